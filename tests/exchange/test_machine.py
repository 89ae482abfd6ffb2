"""Both state machines over every state, message and sender."""

from itertools import product
from pathlib import Path

import pytest

from renkei.exchange.errors import TransitionIllegal
from renkei.exchange.rules.machine import NEGOTIATION, TRANSFER, allowed, step
from renkei.exchange.rules.tables import states_page
from renkei.exchange.types import NegotiationMessage, NegotiationState, Role, TransferMessage, TransferState

N, T = NegotiationMessage, TransferMessage
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "states.md"

# Written down a second time, by hand, from DSP 2025-1: state -> {message (sender): next state}.
NEGOTIATIONS = {
    None: {"request (consumer)": "REQUESTED", "offer (provider)": "OFFERED"},
    "REQUESTED": {"offer (provider)": "OFFERED", "agreement (provider)": "AGREED"},
    "OFFERED": {"request (consumer)": "REQUESTED", "accepted (consumer)": "ACCEPTED"},
    "ACCEPTED": {"agreement (provider)": "AGREED"},
    "AGREED": {"verification (consumer)": "VERIFIED"},
    "VERIFIED": {"finalized (provider)": "FINALIZED"},
    "FINALIZED": {},
    "TERMINATED": {},
}
TRANSFERS = {
    None: {"request (consumer)": "REQUESTED"},
    "REQUESTED": {"start (provider)": "STARTED"},
    "STARTED": {
        "suspension (provider)": "SUSPENDED",
        "suspension (consumer)": "SUSPENDED",
        "completion (provider)": "COMPLETED",
        "completion (consumer)": "COMPLETED",
    },
    "SUSPENDED": {"start (provider)": "STARTED", "start (consumer)": "STARTED"},
    "COMPLETED": {},
    "TERMINATED": {},
}
OVER = {None, "FINALIZED", "COMPLETED", "TERMINATED"}


def expected(book, state, message, sender):
    if message.value == "termination":
        return None if state in OVER else "TERMINATED"
    return book[state].get(f"{message.value} ({sender.value})")


@pytest.mark.parametrize(("state", "message", "sender"), list(product([None, *NegotiationState], N, Role)))
def test_a_negotiation_goes_where_the_protocol_says(state, message, sender):
    following = expected(NEGOTIATIONS, state, message, sender)
    if following is None:
        with pytest.raises(TransitionIllegal) as refused:
            step(NEGOTIATION, state=state, message=message, sender=sender)
        assert refused.value.facts["message"] == message.value
    else:
        assert step(NEGOTIATION, state=state, message=message, sender=sender) == following


@pytest.mark.parametrize(("state", "message", "sender"), list(product([None, *TransferState], T, Role)))
def test_a_transfer_goes_where_the_protocol_says(state, message, sender):
    following = expected(TRANSFERS, state, message, sender)
    if following is None:
        with pytest.raises(TransitionIllegal):
            step(TRANSFER, state=state, message=message, sender=sender)
    else:
        assert step(TRANSFER, state=state, message=message, sender=sender) == following


def test_a_refusal_says_what_would_be_allowed():
    with pytest.raises(TransitionIllegal) as refused:
        step(NEGOTIATION, state=NegotiationState.AGREED, message=N.FINALIZED, sender=Role.PROVIDER)

    assert (
        refused.value.facts["allowed"]
        == "verification (consumer), termination (provider), termination (consumer)"
    )
    assert allowed(NEGOTIATION, state=NegotiationState.FINALIZED) == []


def test_the_page_of_states_is_the_code():
    assert PAGE.read_text() == states_page("en")
    assert PAGE.with_suffix(".ja.md").read_text() == states_page("ja")
