"""Whole ODRL policies: what cannot be judged is refused by name, and knowing less never permits more."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.exchange import errors
from renkei.exchange.rules.odrl.actions import INCLUDED_IN, SAME_AS, covers
from renkei.exchange.rules.odrl.asked import Act, Deontic, Finding, Performance, State
from renkei.exchange.rules.odrl.evaluation import evaluate
from renkei.exchange.rules.odrl.policy import read_policy
from renkei.exchange.rules.odrl.reports import Decision, PolicyReport, Premise

READ = Act("read", party="did:web:lab.example", target="urn:counts", facts={"purpose": "research"})


def where(operand: str, operator: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"leftOperand": operand, "operator": operator, "rightOperand": value, **more}


def judged(policy: dict[str, Any], *, request: Act | None = READ, state: State | None = None) -> PolicyReport:
    return evaluate(read_policy(policy), request=request, state=state or State())


def test_a_policy_is_read_however_it_is_spelled():
    plain = {
        "permission": [
            {"action": "use", "target": "urn:counts", "constraint": [where("purpose", "eq", "research")]}
        ]
    }
    spelled = {
        "@id": "urn:policy",
        "odrl:permission": {
            "@id": "urn:rule",
            "@type": "odrl:Permission",
            "odrl:action": {"@id": "http://www.w3.org/ns/odrl/2/use"},
            "odrl:target": {"@id": "urn:counts"},
            "dct:description": "Use for research",
            "odrl:constraint": {
                "@id": "urn:constraint",
                "odrl:leftOperand": {"@id": "odrl:purpose"},
                "odrl:operator": {"@id": "odrl:eq"},
                "odrl:rightOperand": {"@value": "research"},
            },
        },
    }

    first, second = judged(plain), judged(spelled)

    assert (first.decision, second.decision) == (Decision.PERMITTED, Decision.PERMITTED)
    assert [each.constraint for each in second.rules[0].premises] == [None, None, "urn:constraint"]
    assert (first.rules[0].rule, second.rules[0].rule, second.policy) == (
        "permission[0]",
        "urn:rule",
        "urn:policy",
    )


@pytest.mark.parametrize(
    ("policy", "refusal"),
    [
        ({"inheritFrom": "urn:parent"}, errors.OperandUnknown),
        ({"permission": ["use"]}, errors.PolicyMalformed),
        ({"permission": [{"action": {"refinement": []}}]}, errors.PolicyMalformed),
        ({"permission": [{"action": 5}, {"action": {"@id": None}}]}, errors.PolicyMalformed),
        ({"permission": [{"action": "use", "remedy": [{"action": "inform"}]}]}, errors.OperandUnknown),
        ({"prohibition": [{"action": "use", "duty": [{"action": "inform"}]}]}, errors.OperandUnknown),
        ({"permission": [{"action": "use", "rk:watermark": "yes"}]}, errors.OperandUnknown),
        ({"permission": [{"action": "use", "constraints": []}]}, errors.OperandUnknown),
        ({"permission": [], "conflict": "whoever-comes-first"}, errors.PolicyMalformed),
        ({"permission": [{"constraint": [where("count", "lt", "5", unit="urn:u")]}]}, errors.OperandUnknown),
        ({"permission": [{"constraint": [where("count", "lt", "5", status="4")]}]}, errors.OperandUnknown),
        (
            {"permission": [{"duty": [{"consequence": [{"consequence": [{"action": "inform"}]}]}]}]},
            errors.PolicyMalformed,
        ),
        ({"prohibition": [{"remedy": [{"consequence": [{"action": "inform"}]}]}]}, errors.PolicyMalformed),
    ],
)
def test_what_cannot_be_judged_is_refused(policy, refusal):
    with pytest.raises(refusal):
        read_policy(policy)


def test_a_constraint_that_contains_itself_is_refused_by_name():
    circle: dict[str, Any] = {}
    circle["xone"] = [circle, where("purpose", "eq", "research")]

    with pytest.raises(errors.TermsTooDeep):
        read_policy({"permission": [{"action": "use", "constraint": circle}]})


def test_without_a_request_rules_are_judged_by_their_constraints_and_nothing_is_decided():
    policy = {
        "permission": [
            {"action": "use", "assignee": "urn:a", "constraint": where("dateTime", "lt", "2027-01-01")}
        ],
        "obligation": [{"action": "delete", "constraint": where("dateTime", "gt", "2027-01-01")}],
    }

    report = judged(policy, request=None, state=State(world={"dateTime": "2026-05-01T00:00:00Z"}))

    assert [(each.active, each.attempted) for each in report.rules] == [(True, False), (False, False)]
    assert [each.premise for each in report.rules[0].premises] == [Premise.CONSTRAINT]
    assert report.decision is Decision.UNDECIDED


def test_a_request_by_nobody_for_nothing_fits_no_assignee_and_no_target():
    policy = {"permission": [{"action": "use", "assignee": "urn:a", "target": "urn:x"}]}

    assert judged(policy, request=Act("use")).decision is Decision.UNDECIDED


def test_a_permission_is_used_only_after_its_duty():
    policy = {"permission": [{"action": "use", "duty": [{"uid": "urn:pay", "action": "compensate"}]}]}
    done = Act("compensate", party=READ.party)

    open_, paid = judged(policy), judged(policy, state=State(acts=(done,)))
    broken = judged(policy, state=State(findings={"urn:pay": Finding(Performance.UNPERFORMED)}))

    assert [each.decision for each in (open_, paid, broken)] == ["undecided", "permitted", "undecided"]
    assert [each.rules[0].active for each in (open_, paid, broken)] == [True, True, False]
    assert [each.rules[0].conditions[0].deontic for each in (open_, paid, broken)] == [
        Deontic.NON_SET,
        Deontic.FULFILLED,
        Deontic.VIOLATED,
    ]


def test_every_action_of_the_vocabulary_leads_to_one_of_the_two_roots():
    for action in (*INCLUDED_IN, *SAME_AS):
        roots = [root for root in ("use", "transfer") if covers(root, action, added={})]

        assert len(roots) == 1, action
        assert covers(action, action, added={})


def test_actions_that_are_told_to_include_each_other_do_no_harm():
    told = {"urn:a": ("urn:b",), "urn:b": ("urn:a",)}

    assert covers("urn:a", "urn:b", added=told)
    assert not covers("use", "urn:b", added=told)


# ---- properties

_CONSTRAINTS = st.lists(
    st.sampled_from(
        [
            where("purpose", "neq", "marketing"),
            where("count", "lt", "3"),
            where("spatial", "isPartOf", "JP"),
            {"xone": [where("count", "lt", "3"), where("spatial", "isPartOf", "JP")]},
            {"or": [where("purpose", "eq", "research"), where("spatial", "eq", "JP-13")]},
        ]
    ),
    max_size=2,
)
_DUTIES = st.lists(st.builds(lambda said: {"action": "inform", "constraint": said}, _CONSTRAINTS), max_size=2)
_ACTIONS = st.sampled_from(["use", "read", "print"])
_PERMISSIONS = st.builds(
    lambda action, said, duties: {"action": action, "constraint": said, "duty": duties},
    _ACTIONS,
    _CONSTRAINTS,
    _DUTIES,
)
_PROHIBITIONS = st.builds(lambda action, said: {"action": action, "constraint": said}, _ACTIONS, _CONSTRAINTS)
_POLICIES = st.builds(
    lambda permissions, prohibitions, conflict: {
        "permission": permissions,
        "prohibition": prohibitions,
        **({"conflict": conflict} if conflict else {}),
    },
    st.lists(_PERMISSIONS, max_size=2),
    st.lists(_PROHIBITIONS, max_size=2),
    st.sampled_from(["perm", "prohibit", "invalid", None]),
)
_WORLDS = st.fixed_dictionaries(
    {
        "purpose": st.sampled_from(["research", "marketing"]),
        "count": st.integers(1, 4),
        "spatial": st.sampled_from(["JP-13", "US-CA"]),
    }
)
_ACTS = st.sampled_from([(), (Act("inform", party="urn:me"),)])
ME = Act("read", party="urn:me", target="urn:x")


@given(_POLICIES, _WORLDS, _ACTS, st.sets(st.sampled_from(["purpose", "count", "spatial"])))
def test_knowing_less_never_permits_more(policy, world, acts, forgotten):
    less = {name: value for name, value in world.items() if name not in forgotten}

    known = judged(policy, request=ME, state=State(world=world, acts=acts)).decision
    guessed = judged(policy, request=ME, state=State(world=less, acts=acts)).decision

    assert guessed is not Decision.PERMITTED or known is Decision.PERMITTED


@given(_POLICIES, _PROHIBITIONS, _WORLDS, _ACTS)
def test_one_more_prohibition_never_permits_more(policy, prohibition, world, acts):
    more = policy | {"prohibition": [*policy["prohibition"], prohibition]}
    state = State(world=world, acts=acts)

    before, after = (judged(each, request=ME, state=state).decision for each in (policy, more))

    assert after is not Decision.PERMITTED or before is Decision.PERMITTED


@given(_POLICIES, _WORLDS, _ACTS)
def test_with_prohibitions_first_nothing_is_permitted_that_an_active_prohibition_meets(policy, world, acts):
    report = judged(policy | {"conflict": "prohibit"}, request=ME, state=State(world=world, acts=acts))
    prohibited = any(each.active for each in report.rules if each.kind == "prohibition")

    assert (report.decision is Decision.PROHIBITED) == prohibited
    assert report.valid
