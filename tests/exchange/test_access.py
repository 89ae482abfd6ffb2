"""When an agreement holds: bounds to the microsecond, and in which order reasons are given."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from renkei.exchange import errors
from renkei.exchange.rules.access import check_in_force, check_readable
from renkei.exchange.rules.terms import parse
from renkei.exchange.types import Agreement, Circumstances, Role, Transfer, TransferState
from tests.factories.exchange import MAY, constraint, terms

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
SIGNED = Agreement(
    id="urn:agreement",
    role=Role.PROVIDER,
    org="urn:org",
    assigner="did:web:provider",
    assignee="did:web:consumer",
    dataset="urn:dataset",
    negotiation="urn:negotiation",
    terms=terms(),
    terms_digest="",
    signed_at=MAY,
    in_force_at=MAY,
    ends_at=None,
    ended_at=None,
    end_reason="",
)
RUNNING = Transfer(
    id="urn:transfer",
    role=Role.PROVIDER,
    org="urn:org",
    participant="did:web:provider",
    peer="did:web:consumer",
    peer_pid="urn:peer",
    peer_address="https://peer.example",
    agreement=SIGNED.id,
    dataset="urn:dataset",
    format="HttpData-PULL",
    state=TransferState.STARTED,
    data_address=None,
    waiting_for=None,
    decision_due=False,
    code=None,
    reasons=(),
    created_at=MAY,
    updated_at=MAY,
)


def asking(purpose):
    return Circumstances(now=NOON, participant=SIGNED.assignee, purpose=purpose, in_force_at=MAY)


def outcome(agreement, now):
    try:
        check_in_force(agreement, terms=parse(agreement.terms), now=now)
    except errors.AgreementNotBegun:
        return "not begun"
    except errors.AgreementExpired:
        return "expired"
    return "holds"


@pytest.mark.parametrize(
    ("operator", "before", "at", "after"),
    [
        ("lteq", "holds", "holds", "expired"),
        ("lt", "holds", "expired", "expired"),
        ("gteq", "not begun", "holds", "holds"),
        ("gt", "not begun", "not begun", "holds"),
    ],
)
def test_each_operator_draws_its_line_to_the_microsecond(operator, before, at, after):
    said = terms(constraint("dateTime", operator, "2026-06-01T12:00:00Z"))
    signed = replace(SIGNED, terms=said)

    assert [outcome(signed, now) for now in (NOON - TICK, NOON, NOON + TICK)] == [before, at, after]


ENDED = {"ended_at": MAY, "end_reason": "breach"}
PAST = {"terms": terms(constraint("dateTime", "lt", "2026-05-02T00:00:00Z"))}
OTHERS = {"terms": terms(constraint("recipient", "eq", "did:web:friend"))}


@pytest.mark.parametrize(
    ("signed", "transfer", "refusal"),
    [
        (ENDED | PAST, {"state": TransferState.TERMINATED}, errors.AgreementEnded),
        (PAST, {"state": TransferState.SUSPENDED}, errors.AgreementExpired),
        ({"in_force_at": None}, {}, errors.AgreementNotInForce),
        ({}, {"state": TransferState.SUSPENDED}, errors.TransferNotStarted),
        (OTHERS, {}, errors.RecipientNotAllowed),
    ],
)
def test_the_reason_given_is_the_one_that_matters_most(signed, transfer, refusal):
    with pytest.raises(refusal):
        check_readable(replace(RUNNING, **transfer), replace(SIGNED, **signed), asking(None))


@pytest.mark.parametrize("purpose", [None, "research"])
def test_a_purpose_is_checked_only_where_the_terms_name_one(purpose):
    check_readable(RUNNING, SIGNED, asking(purpose))
