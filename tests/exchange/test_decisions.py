"""Decisions under an agreement: each term refuses by its own name, and the whole agrees with the general evaluator."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renkei.exchange import errors
from renkei.exchange.rules.access import check_in_force, decide
from renkei.exchange.rules.odrl.asked import Act, State
from renkei.exchange.rules.odrl.evaluation import evaluate
from renkei.exchange.rules.odrl.policy import read_policy
from renkei.exchange.rules.odrl.reports import Decision
from renkei.exchange.rules.terms import parse
from renkei.exchange.types import Agreement, Circumstances, Role
from renkei.kernel.refusals import Refusal
from tests.factories.exchange import MAY, constraint, terms

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LAB, CITY = "did:web:lab.example", "did:web:city.example"
BODY = "urn:body:consortium"
ASKED = Circumstances(now=NOON, participant=LAB, purpose="research", in_force_at=MAY)


def decided(said: dict[str, Any], circumstances: Circumstances) -> str | None:
    try:
        decide(parse(said), circumstances, agreement="urn:agreement")
    except Refusal as refusal:
        return refusal.code
    return None


RESEARCH, EDUCATION = constraint("purpose", "eq", "research"), constraint("purpose", "eq", "education")
MEMBER, JAPAN = constraint("rk:membership", "eq", BODY), constraint("spatial", "eq", "JP")
BANNED = terms() | {"prohibition": [{"action": "use", "constraint": [EDUCATION]}]}


@pytest.mark.parametrize(
    ("said", "known", "code"),
    [
        (terms(RESEARCH), {}, None),
        (terms(EDUCATION), {}, errors.PurposeNotAgreed.code),
        (terms(constraint("recipient", "eq", CITY)), {}, errors.RecipientNotAllowed.code),
        (terms(MEMBER), {}, errors.MembershipMissing.code),
        (terms(MEMBER), {"memberships": frozenset({BODY})}, None),
        (terms(JAPAN), {}, errors.PlaceNotAllowed.code),
        (terms(JAPAN), {"places": frozenset({"JP-13"})}, None),
        (terms(JAPAN), {"places": frozenset({"JPX"})}, errors.PlaceNotAllowed.code),
        (terms(constraint("spatial", "eq", "JP-13")), {"places": frozenset({"JP"})}, errors.PlaceNotAllowed.code),
        (terms({"or": [EDUCATION, MEMBER]}), {}, errors.AlternativesUnmet.code),
        (terms({"or": [EDUCATION, MEMBER]}), {"memberships": frozenset({BODY})}, None),
        (terms({"xone": [RESEARCH, JAPAN]}), {"places": frozenset({"US"})}, None),
        (terms({"xone": [RESEARCH, JAPAN]}), {"places": frozenset({"JP"})}, errors.AlternativesUnmet.code),
        (terms({"xone": [RESEARCH, JAPAN]}), {}, errors.AlternativesUnmet.code),
        (BANNED, {}, None),
        (BANNED, {"purpose": "education"}, errors.UseProhibited.code),
        (BANNED, {"purpose": None}, errors.UseProhibited.code),
        (terms(constraint("count", "lteq", "3")), {"uses": 2}, None),
        (terms(constraint("count", "lteq", "3")), {"uses": 3}, errors.UsesExhausted.code),
        (terms(constraint("rk:rate", "lteq", "2/PT1H")), {"recent_uses": 1}, None),
        (terms(constraint("rk:rate", "lteq", "2/PT1H")), {"recent_uses": 2}, errors.RateExceeded.code),
        (terms(), {"open_duties": ("pay",)}, errors.DutyOpen.code),
    ],
)  # fmt: skip
def test_each_term_refuses_by_its_own_name(said, known, code):
    assert decided(said, replace(ASKED, **known)) == code


def test_a_purpose_that_is_not_claimed_is_the_only_one_that_was_agreed():
    said = terms(RESEARCH, {"xone": [RESEARCH, JAPAN]})

    assert decided(said, replace(ASKED, purpose=None, places=frozenset({"US"}))) is None


PURPOSES, PLACES = ["research", "education", "contest"], ["JP", "JP-13", "US"]
MOMENTS = [NOON - timedelta(days=1), NOON, NOON + timedelta(days=1)]
times = st.sampled_from(MOMENTS).map(lambda at: at.isoformat())
single = st.one_of(
    st.builds(constraint, st.just("purpose"), st.just("isAnyOf"), st.lists(st.sampled_from(PURPOSES), min_size=1, max_size=2, unique=True)),
    st.builds(constraint, st.just("recipient"), st.just("eq"), st.sampled_from([LAB, CITY])),
    st.builds(constraint, st.just("rk:membership"), st.just("eq"), st.sampled_from([BODY, "urn:body:other"])),
    st.builds(constraint, st.just("spatial"), st.just("isPartOf"), st.sampled_from(PLACES)),
    st.builds(constraint, st.just("dateTime"), st.sampled_from(["lt", "lteq", "gt", "gteq"]), times),
    st.builds(constraint, st.just("elapsedTime"), st.just("lteq"), st.sampled_from(["P10D", "P31D", "P60D"])),
)  # fmt: skip
joined = st.recursive(
    single,
    lambda inner: st.tuples(
        st.sampled_from(["or", "xone", "and"]), st.lists(inner, min_size=1, max_size=3)
    ).map(lambda pair: {pair[0]: pair[1]}),
    max_leaves=6,
)
circumstances = st.builds(
    Circumstances,
    now=st.sampled_from(MOMENTS),
    participant=st.sampled_from([LAB, CITY]),
    purpose=st.sampled_from(PURPOSES),
    memberships=st.sampled_from([frozenset(), frozenset({BODY})]),
    places=st.sampled_from([frozenset(), frozenset({"JP-13"}), frozenset({"US"})]),
    in_force_at=st.just(MAY),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(joined, max_size=3), st.lists(joined, max_size=2), circumstances)
def test_the_decision_is_the_general_evaluators(required, barred, known):
    said: dict[str, Any] = terms(*required, no_distribution=False)
    if barred:
        said["prohibition"] = [{"action": "use", "constraint": barred}]
    try:
        read = parse(said)
    except (
        errors.OperandRepeated,
        errors.PermissionUnreachable,
        errors.TermsContradict,
        errors.TermsTooComplex,
    ):
        return
    signed = Agreement(
        id="urn:agreement", role=Role.PROVIDER, org="urn:org", assigner="did:web:p", assignee=known.participant,
        dataset="urn:d", negotiation="urn:n", terms=said, terms_digest="", signed_at=MAY, in_force_at=MAY,
        ends_at=None, ended_at=None, end_reason="",
    )  # fmt: skip
    try:
        check_in_force(signed, terms=read, now=known.now)
        decide(read, known, agreement=signed.id)
        permitted = True
    except Refusal:
        permitted = False

    world: dict[str, Any] = {
        "dateTime": known.now,
        "elapsedTime": known.now - MAY,
        "recipient": known.participant,
    }
    world |= {"rk:membership": tuple(known.memberships)} if known.memberships else {}
    world |= {"spatial": tuple(known.places)} if known.places else {}
    asked = Act("use", facts={"purpose": known.purpose})
    report = evaluate(read_policy(said | {"conflict": "prohibit"}), request=asked, state=State(world=world))

    assert permitted == (report.decision is Decision.PERMITTED)
