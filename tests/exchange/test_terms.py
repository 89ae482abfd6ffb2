"""Terms: what can be evaluated is read, everything else is refused by name."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.exchange import errors
from renkei.exchange.rules.normal import normal, terms_digest
from renkei.exchange.rules.portable import portable, spelled
from renkei.exchange.rules.terms import OPERANDS, Bound, Terms, parse
from renkei.exchange.types import PROFILE
from renkei.kernel.refusals import Refusal
from renkei.privacy.api import Cell, CellScheme, MinimumGroup
from tests.factories.exchange import CELL, GROUP, constraint, terms

END = datetime(2027, 3, 31, tzinfo=UTC)


def test_every_operand_is_read():
    said = terms(
        constraint("purpose", "isAnyOf", ["research", "education"]),
        constraint("recipient", "eq", "did:web:lab.example"),
        constraint("dateTime", "gteq", "2026-04-01T00:00:00+09:00"),
        constraint("dateTime", "lt", "2027-03-31T00:00:00Z"),
        constraint("rk:cell", "eq", "h3:5"),
        constraint("rk:minimumGroup", "gteq", "10", **{"rk:entity": "device"}),
        constraint("rk:withholdColumn", "isAnyOf", ["gateway", "payload"]),
        constraint("rk:observedFrom", "gteq", "2026-01-01T00:00:00Z"),
        constraint("rk:observedUntil", "lt", "2026-07-01T00:00:00Z"),
    )

    assert parse(said) == Terms(
        purposes=frozenset({"research", "education"}),
        recipients=frozenset({"did:web:lab.example"}),
        starts=Bound(datetime(2026, 3, 31, 15, tzinfo=UTC), included=True),
        ends=Bound(END, included=False),
        cell=Cell(CellScheme.H3, 5),
        minimum_group=MinimumGroup(10, "device"),
        withheld=frozenset({"gateway", "payload"}),
        observed_from=datetime(2026, 1, 1, tzinfo=UTC),
        observed_until=datetime(2026, 7, 1, tzinfo=UTC),
        no_distribution=True,
    )
    assert {each["leftOperand"] for each in said["permission"][0]["constraint"]} == set(OPERANDS)


def test_terms_without_constraints_allow_every_use():
    assert parse({"permission": [{"action": "use"}]}) == Terms()


@pytest.mark.parametrize(
    ("said", "refusal", "facts"),
    [
        (terms(constraint("spatial", "eq", "JP")), errors.OperandUnknown, {"operand": "spatial"}),
        (terms(constraint("count", "lteq", "5")), errors.OperandUnknown, {"operand": "count"}),
        (
            terms(constraint("purpose", "neq", "advertising")),
            errors.OperatorUnknown,
            {"operand": "purpose", "operator": "neq", "allowed": "eq, isAnyOf"},
        ),
        (terms(CELL, constraint("rk:cell", "eq", "h3:7")), errors.OperandRepeated, {"operand": "rk:cell"}),
        (
            terms(
                constraint("dateTime", "lt", "2027-01-01T00:00:00Z"),
                constraint("dateTime", "lteq", "2028-01-01T00:00:00Z"),
            ),
            errors.OperandRepeated,
            {"operand": "dateTime"},
        ),
        (terms({"or": [CELL, GROUP]}), errors.ConstraintUnknown, {"logic": "or"}),
        (terms({"andSequence": [CELL]}), errors.ConstraintUnknown, {"logic": "andSequence"}),
        (terms(GROUP), errors.MinimumGroupWithoutCell, {}),
        ({"permission": []}, errors.TermsAmbiguous, {"count": 0}),
        ({"permission": [{"action": "use"}] * 2}, errors.TermsAmbiguous, {"count": 2}),
        ({"prohibition": [{"action": "distribute"}]}, errors.TermsAmbiguous, {"count": 0}),
        (
            {"permission": [{"action": "sell"}]},
            errors.ActionUnknown,
            {"rule": "permission", "action": "sell"},
        ),
        (
            terms() | {"prohibition": [{"action": "print"}]},
            errors.ActionUnknown,
            {"rule": "prohibition", "action": "print"},
        ),
        (terms() | {"obligation": [{"action": "compensate"}]}, errors.DutyUnknown, {}),
        ({"permission": [{"action": "use", "duty": [{"action": "inform"}]}]}, errors.DutyUnknown, {}),
        (
            {"permission": [{"action": "use", "refinement": ["x"]}]},
            errors.OperandUnknown,
            {"operand": "permission[0].refinement"},
        ),
        (
            terms(constraint("purpose", "eq", "research", unit="x")),
            errors.OperandUnknown,
            {"operand": "constraint purpose.unit"},
        ),
        (
            {"permission": ["use"]},
            errors.PolicyMalformed,
            {"place": "permission[0]", "why": "an object is needed here"},
        ),
    ],
)
def test_what_nobody_can_evaluate_is_refused_by_name(said, refusal, facts):
    with pytest.raises(refusal) as refused:
        parse(said)
    assert refused.value.facts == facts


@pytest.mark.parametrize(
    ("operand", "operator", "value"),
    [
        ("purpose", "eq", ""),
        ("purpose", "eq", ["research"]),
        ("purpose", "isAnyOf", []),
        ("purpose", "eq", "two words"),
        ("recipient", "eq", "Tokai laboratory"),
        ("dateTime", "lteq", "2027-03-31"),
        ("dateTime", "lteq", "2027-03-31T00:00:00"),
        ("dateTime", "lteq", "soon"),
        ("dateTime", "lteq", ["2027-03-31T00:00:00Z"]),
        ("rk:cell", "eq", "h3:16"),
        ("rk:cell", "eq", "jis-mesh:0"),
        ("rk:cell", "eq", "jis-mesh:４"),
        ("rk:cell", "eq", "geohash:5"),
        ("rk:cell", "eq", "h3"),
        ("rk:minimumGroup", "gteq", "1"),
        ("rk:minimumGroup", "gteq", "-3"),
        ("rk:minimumGroup", "gteq", "2.5"),
        ("rk:minimumGroup", "gteq", "2"),
        ("rk:withholdColumn", "isAnyOf", [""]),
        ("rk:observedFrom", "gteq", "yesterday"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(operand, operator, value):
    with pytest.raises(errors.OperandValue) as refused:
        parse(
            terms(CELL, constraint(operand, operator, value))
            if operand != "rk:cell"
            else terms(constraint(operand, operator, value))
        )
    assert refused.value.facts["operand"] == operand


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
words = st.sampled_from(
    [
        "permission",
        "prohibition",
        "obligation",
        "constraint",
        "action",
        "use",
        "leftOperand",
        "and",
        "rightOperand",
    ]
)
policies = st.recursive(
    json_values | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(words, policies, max_size=3))
def test_whatever_a_peer_sends_is_read_or_refused_and_never_breaks(policy):
    with suppress(Refusal):
        assert isinstance(parse(policy), Terms)


# ---- spelling makes no difference

SPELLED = terms(
    constraint("purpose", "isAnyOf", ["research", "education"]),
    constraint("dateTime", "lteq", "2027-03-31T00:00:00Z"),
    CELL,
    GROUP,
)


def respelled(value, *, prefix, wrap, turn):
    """Return terms written as another implementation might write them."""
    if isinstance(value, dict):
        said = {
            f"{prefix}{k}" if k in {"permission", "constraint"} else k: respelled(
                v, prefix=prefix, wrap=wrap, turn=turn
            )
            for k, v in value.items()
        }
        for word in {"action", "operator", "leftOperand"} & set(said):
            name = said[word].replace("rk:", f"{PROFILE}#") if wrap else said[word]
            name = name if "/" in name or ":" in name else f"{prefix}{name}"
            said[word] = {"@id": name} if wrap else name
        if wrap and isinstance(said.get("rightOperand"), str):
            said["rightOperand"] = {"@value": said["rightOperand"], "@type": "xsd:string"}
        return said
    if isinstance(value, list):
        inner = [respelled(each, prefix=prefix, wrap=wrap, turn=turn) for each in value]
        inner = inner[::-1] if turn else inner
        return inner[0] if len(inner) == 1 and wrap else inner
    return value


@given(
    prefix=st.sampled_from(["", "odrl:", "http://www.w3.org/ns/odrl/2/"]),
    wrap=st.booleans(),
    turn=st.booleans(),
)
def test_terms_that_say_the_same_have_the_same_digest(prefix, wrap, turn):
    other = respelled(SPELLED, prefix=prefix, wrap=wrap, turn=turn)
    other |= {"@id": "urn:other", "@type": "Offer", "target": "urn:x", "profile": PROFILE, "obligation": []}

    assert normal(other) == normal(SPELLED)
    assert terms_digest(other) == terms_digest(SPELLED)
    assert parse(other) == parse(SPELLED)


def test_terms_that_say_something_else_have_another_digest():
    others = [
        terms(CELL),
        terms(CELL, no_distribution=False),
        terms(constraint("rk:cell", "eq", "jis-mesh:3")),
        terms(CELL, GROUP),
        terms(CELL, constraint("purpose", "eq", "research")),
    ]

    assert len({terms_digest(each) for each in others}) == len(others)


def test_one_word_of_any_is_that_word():
    one = terms(constraint("purpose", "isAnyOf", ["research"]))

    assert terms_digest(one) == terms_digest(terms(constraint("purpose", "eq", "research")))


@given(st.permutations(SPELLED["permission"][0]["constraint"]))
def test_the_normal_form_is_its_own_normal_form(order):
    said = normal(terms(*order))

    assert normal(said) == said


# ---- terms as they are written to peers that know only the core of ODRL


def core(policy):
    """Return what a peer keeps that knows of a constraint two operands, an operator and one value, and of logic `or`."""

    def kept(each):
        if "or" in each:
            return {"or": [kept(one) for one in each["or"]]}
        assert isinstance(each["rightOperand"], str)
        return {name: each[name] for name in ("leftOperand", "operator", "rightOperand")}

    return {
        name: [
            {"action": rule["action"]}
            | ({"constraint": [kept(each) for each in rule["constraint"]]} if "constraint" in rule else {})
            for rule in policy[name]
        ]
        for name in ("permission", "prohibition")
        if name in policy
    }


def test_what_a_peer_keeps_of_portable_terms_says_the_same():
    said = terms(
        constraint("purpose", "isAnyOf", ["research", "education"]),
        constraint("recipient", "isAnyOf", ["did:web:a.example", "did:web:b.example"]),
        constraint("rk:withholdColumn", "isAnyOf", ["gateway", "counter"]),
        CELL,
        GROUP,
    )

    sent = core(portable(said | {"profile": PROFILE}))

    assert terms_digest(sent) == terms_digest(said)
    assert parse(sent) == parse(said)


def test_what_is_in_its_normal_form_needs_only_spelling():
    kept = {"profile": PROFILE} | normal(SPELLED)

    assert spelled(kept) == portable(normal(SPELLED) | {"profile": PROFILE})
    assert spelled(kept) != kept


def test_portable_terms_keep_what_else_stands_in_the_policy():
    said = {"@id": "urn:offer", "@type": "Offer", "profile": PROFILE} | terms(GROUP, no_distribution=False)

    assert portable(said) == {
        "@id": "urn:offer",
        "@type": "Offer",
        "profile": PROFILE,
        "permission": [
            {
                "action": "use",
                "constraint": [
                    {"leftOperand": "rk:minimumGroup", "operator": "gteq", "rightOperand": "2"},
                    {"leftOperand": "rk:entity", "operator": "eq", "rightOperand": "device"},
                ],
            }
        ],
    }


@given(st.dictionaries(words, policies, max_size=3))
def test_portable_terms_have_the_same_normal_form_whatever_they_say(policy):
    with suppress(AttributeError, TypeError, RecursionError, KeyError):
        assert normal(portable(policy)) == normal(policy)
        assert spelled(normal(policy)) == portable(normal(policy))


@pytest.mark.parametrize(
    "alternatives",
    [
        [constraint("purpose", "eq", "research"), constraint("recipient", "eq", "did:web:a.example")],
        [constraint("purpose", "eq", "research"), constraint("purpose", "neq", "education")],
        [constraint("purpose", "eq", "research", **{"rk:entity": "device"})],
    ],
)
def test_alternatives_that_are_no_list_of_values_cannot_be_evaluated(alternatives):
    with pytest.raises(errors.ConstraintUnknown):
        parse(terms({"or": alternatives}))


def test_what_is_counted_is_refused_where_it_is_not_clear_for_which_group():
    with pytest.raises(errors.OperandUnknown) as refused:
        parse(terms(CELL, constraint("rk:entity", "eq", "device")))

    assert refused.value.facts["operand"] == "rk:entity"
