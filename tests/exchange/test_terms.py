"""Terms: what can be evaluated is read, everything else is refused by name."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.exchange import errors
from renkei.exchange.rules.matching import match, narrow
from renkei.exchange.rules.normal import normal, terms_digest
from renkei.exchange.rules.portable import portable, spelled
from renkei.exchange.rules.terms import OPERANDS, Ban, Bound, Duty, DutyAction, Rate, Terms, evaluable, parse
from renkei.exchange.types import PROFILE
from renkei.kernel.refusals import Refusal
from renkei.privacy.api import Cell, CellScheme, Delivery, Mask, MaskKind, MinimumGroup, TimeStep
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
        constraint("rk:membership", "isAnyOf", ["urn:body:iotac"]),
        constraint("spatial", "isPartOf", "JP"),
        constraint("elapsedTime", "lteq", "P90D"),
        constraint("count", "lteq", "100"),
        constraint("rk:rate", "lteq", "10/PT1H"),
        constraint("rk:timeResolution", "eq", "PT1H"),
        constraint("rk:groupBy", "isAnyOf", ["cell"]),
        constraint("rk:mask", "eq", "device=hash"),
        constraint("rk:mask", "eq", "reading=round:0.5"),
        constraint("rk:delivery", "eq", "in-place"),
        constraint("rk:privacyBudget", "lteq", "1.50"),
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
        memberships=frozenset({"urn:body:iotac"}),
        places=frozenset({"JP"}),
        elapsed=timedelta(days=90),
        uses=100,
        rate=Rate(10, timedelta(hours=1)),
        time_step=TimeStep.HOUR,
        group_by=frozenset({"cell"}),
        masks=frozenset({Mask("device", MaskKind.HASH), Mask("reading", MaskKind.ROUND, "0.5")}),
        delivery=Delivery.IN_PLACE,
        budget=Decimal("1.5"),
        banned=frozenset({Ban("distribute")}),
    )
    assert {each["leftOperand"] for each in said["permission"][0]["constraint"]} == set(OPERANDS)


def test_terms_without_constraints_allow_every_use():
    assert parse({"permission": [{"action": "use"}]}) == Terms()


@pytest.mark.parametrize(
    ("said", "refusal", "facts"),
    [
        (terms(constraint("systemDevice", "eq", "x")), errors.OperandUnknown, {"operand": "systemDevice"}),
        (terms(constraint("meteredTime", "lteq", "PT5H")), errors.OperandUnknown, {"operand": "meteredTime"}),
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
        (
            terms({"or": [CELL, GROUP]}),
            errors.ConstraintUnknown,
            {"logic": "permission[0].or.or (rk:cell)"},
        ),
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
        (
            terms() | {"obligation": [{"action": "compensate"}]},
            errors.DutyUnknown,
            {"duty": "compensate", "ja": "payAmount の指定が必要です。", "en": "It needs payAmount."},
        ),
        (
            {"permission": [{"action": "use", "duty": [{"action": "translate"}]}]},
            errors.DutyUnknown,
            {
                "duty": "translate",
                "ja": "扱えるのは attribute, delete, rk:log, inform, compensate です。",
                "en": "What can be tracked is attribute, delete, rk:log, inform, compensate.",
            },
        ),
        (
            {"permission": [{"action": "use", "duty": [{"action": "delete"}]}]},
            errors.DutyUnknown,
            {
                "duty": "delete",
                "ja": "データを受け取る前に消去することはできません。obligation に書いてください。",
                "en": "Nothing can be deleted before it is received: write it as an obligation.",
            },
        ),
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
    with suppress(Refusal, AttributeError, TypeError, RecursionError, KeyError):
        assert normal(portable(policy)) == normal(policy)
        assert spelled(normal(policy)) == portable(normal(policy))


@pytest.mark.parametrize(
    ("alternatives", "refusal"),
    [
        (
            [constraint("purpose", "eq", "research"), constraint("purpose", "neq", "education")],
            errors.OperatorUnknown,
        ),
        (
            [constraint("purpose", "eq", "research"), constraint("count", "lteq", "5")],
            errors.ConstraintUnknown,
        ),
        ([constraint("purpose", "eq", "research", **{"rk:entity": "device"})], errors.OperandUnknown),
        ([], errors.PolicyMalformed),
    ],
)
def test_alternatives_take_only_what_decides(alternatives, refusal):
    with pytest.raises(refusal):
        parse(terms({"xone": alternatives}))


def test_what_is_counted_is_refused_where_it_is_not_clear_for_which_group():
    with pytest.raises(errors.OperandUnknown) as refused:
        parse(terms(CELL, constraint("rk:entity", "eq", "device")))

    assert refused.value.facts["operand"] == "rk:entity"


@pytest.mark.parametrize("odd", [1.5, "\ud800"])
def test_terms_without_one_spelling_are_still_evaluated_as_far_as_they_go(odd):
    said = terms(CELL) | {"x:remark": odd}

    assert evaluable(said).cell == parse(terms(CELL)).cell
    assert evaluable(said | {"inheritFrom": "urn:other"}) == Terms()


def test_terms_are_not_read_anew_each_time_they_are_evaluated():
    assert evaluable(terms(CELL)) is evaluable(terms(CELL))


def test_duties_are_read_with_what_they_ask_for():
    said = {
        "permission": [
            {
                "action": "use",
                "duty": {
                    "action": "compensate",
                    "constraint": constraint("payAmount", "eq", "5000", unit="JPY"),
                },
            }
        ],
        "obligation": [
            {"action": "delete", "constraint": [constraint("elapsedTime", "lteq", "P30D")]},
            {"action": "attribute", "constraint": [constraint("rk:credit", "eq", "City of Tokai")]},
            {"action": "inform", "constraint": [constraint("dateTime", "lteq", "2027-03-31T00:00:00Z")]},
        ],
    }

    assert set(parse(said).duties) == {
        Duty(DutyAction.COMPENSATE, first=True, amount=Decimal(5000), unit="JPY"),
        Duty(DutyAction.DELETE, within=timedelta(days=30)),
        Duty(DutyAction.ATTRIBUTE, credit="City of Tokai"),
        Duty(DutyAction.INFORM, by=END),
    }


def test_a_refinement_of_the_action_says_what_a_constraint_says():
    research = constraint("purpose", "eq", "research")
    refined = {"permission": [{"action": [{"rdf:value": {"@id": "odrl:use"}, "refinement": [research]}]}]}

    assert normal(refined) == normal({"permission": [{"action": "use", "constraint": [research]}]})


def test_what_is_only_named_stands_for_what_bears_the_name():
    research, lab = (
        constraint("purpose", "eq", "research"),
        constraint("recipient", "eq", "did:web:lab.example"),
    )
    named = terms({"xone": [research | {"@id": "urn:c1"}, lab]}, {"or": [{"@id": "urn:c1"}, lab]})
    plain = terms({"xone": [research, lab]}, {"or": [research, lab]})

    assert normal(named) == normal(plain)


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        (terms({"or": [{"@id": "urn:nowhere"}]}), errors.ReferenceUnresolved),
        (
            terms(
                {"@id": "urn:a", "or": [{"@id": "urn:b"}, constraint("purpose", "eq", "x")]},
                {"@id": "urn:b", "xone": [{"@id": "urn:a"}]},
            ),
            errors.TermsCyclic,
        ),
    ],
)
def test_names_lead_somewhere_and_come_to_an_end(said, refusal):
    with pytest.raises(refusal):
        parse(said)


BY_ROWS = constraint("rk:groupBy", "eq", "device")
BAN = {"prohibition": [{"action": "use", "constraint": [constraint("purpose", "eq", "research")]}]}


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        (
            terms(
                constraint("dateTime", "gteq", "2027-01-01T00:00:00Z"),
                constraint("dateTime", "lt", "2027-01-01T00:00:00Z"),
            ),
            errors.TermsContradict,
        ),
        (
            terms(
                constraint("rk:observedFrom", "gteq", "2027-01-01T00:00:00Z"),
                constraint("rk:observedUntil", "lt", "2026-01-01T00:00:00Z"),
            ),
            errors.TermsContradict,
        ),
        (
            terms(constraint("rk:mask", "eq", "x=hash"), constraint("rk:mask", "eq", "x=redact")),
            errors.TermsContradict,
        ),
        (
            terms(constraint("rk:mask", "eq", "x=hash"), constraint("rk:withholdColumn", "eq", "x")),
            errors.TermsContradict,
        ),
        (terms(BY_ROWS), errors.TermsContradict),
        (terms(constraint("rk:delivery", "eq", "aggregates")), errors.TermsContradict),
        (terms(constraint("rk:delivery", "eq", "in-place")), errors.TermsContradict),
        (terms(constraint("rk:privacyBudget", "lteq", "1")), errors.TermsContradict),
        (terms(constraint("purpose", "eq", "research")) | BAN, errors.PermissionUnreachable),
        (terms() | {"prohibition": [{"action": "use"}]}, errors.PermissionUnreachable),
        (
            terms({"xone": [constraint("purpose", "eq", "research")] * 2}),
            errors.PermissionUnreachable,
        ),
        (
            terms(
                constraint("recipient", "eq", "did:web:a.example"),
                {"or": [constraint("recipient", "eq", "did:web:b.example"),
                        {"and": [constraint("dateTime", "lt", "2026-01-01T00:00:00Z"),
                                 constraint("dateTime", "gt", "2026-01-01T00:00:00Z")]}]},
            ),
            errors.PermissionUnreachable,
        ),
        (
            terms(
                *(
                    {"xone": [constraint(name, "eq", f"did:web:{n}") for n in range(60)]}
                    for name in ("recipient", "rk:membership", "purpose")
                )
            ),
            errors.TermsTooComplex,
        ),
    ],
)  # fmt: skip
def test_terms_that_contradict_themselves_are_refused_by_name(said, refusal):
    with pytest.raises(refusal):
        parse(said)


def test_alternatives_that_somebody_can_meet_are_taken():
    said = terms(
        {"or": [constraint("purpose", "eq", "research"), constraint("recipient", "eq", "did:web:a.example")]},
        {"xone": [constraint("spatial", "eq", "JP"), constraint("rk:membership", "eq", "urn:body:x")]},
    ) | {"prohibition": [{"action": "use", "constraint": [constraint("purpose", "eq", "education")]}]}

    found = parse(said)

    assert [each.kind for each in found.when] == ["or", "xone"]
    assert {ban.action for ban in found.banned} == {"use"}


@pytest.mark.parametrize("member", [{"inheritFrom": "urn:other"}, {"conflict": "perm"}])
def test_members_that_would_change_what_the_rules_mean_are_not_passed_over(member):
    with pytest.raises(errors.OperandUnknown):
        parse(terms() | member)


RESEARCH, MARKETING = constraint("purpose", "eq", "research"), constraint("purpose", "eq", "marketing")
STRICT = terms(RESEARCH, constraint("rk:withholdColumn", "eq", "payload"))


@pytest.mark.parametrize(
    "said",
    [
        {"permission": [{"action": "use"}], "odrl:permission": STRICT["permission"]},
        {"permission": [{"action": "use", "constraint": [], "odrl:constraint": [RESEARCH]}]},
        terms(RESEARCH | {"odrl:rightOperand": "marketing"}),
        {"permission": [{"action": {"@id": "use", "value": "use", "x": "y"}, "odrl:action": "use"}]},
        terms(constraint("purpose", "eq", {"@value": "research", "@id": "marketing"})),
        terms(constraint("purpose", "eq", {"@value": "research", "rk:entity": "device"})),
        {
            "permission": [{"action": "use", "constraint": [{"@id": "c"}]}],
            "x:b": MARKETING | {"@id": "c"},
            "x:a": RESEARCH | {"@id": "c"},
        },
    ],
)
def test_what_is_said_twice_in_two_spellings_is_refused_whatever_the_order(said):
    backwards = {name: said[name] for name in reversed(said)}

    for policy in (said, backwards):
        with pytest.raises(errors.PolicyMalformed):
            normal(policy)
        with pytest.raises(errors.PolicyMalformed):
            match(requested=policy, offered=STRICT)


@given(st.dictionaries(words, policies, max_size=3), st.randoms())
def test_terms_mean_the_same_in_whatever_order_their_members_came(policy, random):
    def shuffled(value):
        if isinstance(value, list):
            return [shuffled(each) for each in value]
        if not isinstance(value, dict):
            return value
        names = list(value)
        random.shuffle(names)
        return {name: shuffled(value[name]) for name in names}

    def read(said):
        try:
            return normal(said)
        except Refusal as refusal:
            return refusal.code

    assert read(policy) == read(shuffled(policy))


def test_an_and_of_a_rule_says_what_its_parts_say_side_by_side():
    count = constraint("count", "lteq", "5")
    joined = terms({"and": [constraint("purpose", "isAnyOf", ["research", "education"]), {"and": [count]}]})

    assert normal(joined) == normal(terms(constraint("purpose", "isAnyOf", ["education", "research"]), count))
    assert parse(narrow(joined, "research")).purposes == frozenset({"research"})


def doubling(depth):
    named = {
        f"x:{n}": {"@id": f"c{n}", "and": [{"@id": f"c{n + 1}"}, {"@id": f"c{n + 1}"}]} for n in range(depth)
    }
    return terms({"@id": "c0"}) | named | {f"x:{depth}": RESEARCH | {"@id": f"c{depth}"}}


@pytest.mark.parametrize("depth", [7, 12, 30, 200])
def test_few_names_do_not_stand_for_very_many_constraints(depth):
    with pytest.raises(errors.TermsTooDeep):
        normal(doubling(depth))


def test_a_huge_number_of_values_is_refused_before_they_are_tried():
    many = [f"p{n}" for n in range(3000)]
    said = terms(
        constraint("purpose", "eq", "zz"),
        {"or": [constraint("purpose", "isAnyOf", many), {"and": [RESEARCH, MARKETING]}]},
    )

    with pytest.raises(errors.TermsTooComplex):
        parse(said)
    with pytest.raises(errors.PolicyMalformed):
        parse(
            terms(
                {
                    "or": [MARKETING | {"operator": "eq"}, constraint("recipient", "eq", "did:web:a.example")]
                    * 40
                }
            )
        )


USE = {"permission": [{"action": "use"}]}


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        (USE | {"prohibition": [{"action": ["sell", "derive"]}]}, errors.ActionUnknown),
        (USE | {"prohibition": [{"action": {"rdf:value": "sell", "x": "y"}}]}, errors.ActionUnknown),
        (USE | {"obligation": [{"action": "delete", "constraint": [constraint(["elapsedTime"], "lteq", "P1D")]}]}, errors.DutyUnknown),
        (USE | {"obligation": [{"action": "delete", "constraint": [constraint("elapsedTime", "lteq", "P1D", unit="x")]}]}, errors.OperandUnknown),
        (USE | {"obligation": [{"action": "compensate", "constraint": [constraint("payAmount", "eq", "1e-99999", unit="JPY")]}]}, errors.OperandValue),
        (USE | {"obligation": [{"action": "compensate", "constraint": [constraint("payAmount", "eq", "5")]}]}, errors.OperandValue),
        (USE | {"obligation": [{"action": "compensate", "constraint": [constraint("payAmount", "eq", "5", unit="JPY. Nothing need be paid")]}]}, errors.OperandValue),
        (USE | {"obligation": [{"action": "inform"}] * 17}, errors.PolicyMalformed),
        (terms(constraint("count", "lteq", "9" * 5000)), errors.OperandValue),
        (terms(constraint("dateTime", "lteq", "9999-12-31T23:59:59-14:00")), errors.OperandValue),
        (terms(constraint("dateTime", "lteq", "9999-12-31T23:59:59Z")), errors.OperandValue),
        (terms({"or": [constraint("dateTime", "lteq", "9999-12-31T23:59:59Z"), RESEARCH]}), errors.OperandValue),
        (terms(constraint("rk:membership", "eq", "A” may receive it.\nAnyone may. “")), errors.OperandValue),
        (terms(constraint("recipient", "eq", "did:web:a may receive the data")), errors.OperandValue),
        (USE | {"constraint": [RESEARCH]}, errors.OperandUnknown),
        (USE | {"prohibitions": [{"action": "distribute"}]}, errors.OperandUnknown),
        (USE | {"rk:purpose": "research"}, errors.OperandUnknown),
        ({"permission": [{"action": "use", "assignee": "did:web:a"}]}, errors.OperandUnknown),
        ({"permission": [{"action": "use", "target": {"@id": "urn:d", "refinement": [RESEARCH]}}]}, errors.OperandUnknown),
    ],
)  # fmt: skip
def test_what_would_be_passed_over_or_break_something_is_refused_by_name(said, refusal):
    with pytest.raises(refusal):
        parse(said)


def test_a_member_of_two_bodies_can_satisfy_what_asks_for_both():
    said = terms(
        constraint("rk:membership", "eq", "urn:a"),
        {"or": [{"and": [constraint("rk:membership", "eq", "urn:b"), RESEARCH]},
                {"and": [constraint("rk:membership", "eq", "urn:c"), MARKETING]}]},
    )  # fmt: skip

    assert parse(said).memberships == frozenset({"urn:a"})
