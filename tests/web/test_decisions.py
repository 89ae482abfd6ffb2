"""A member decides on the page: agree, refuse with a reason, end with a reason."""

import re

import pytest
from django.test import Client

from renkei.audit import api as audit
from renkei.exchange import api as exchange
from renkei.parties import api as parties
from tests.factories import parties as members
from tests.web.scenes import TERMS, agreement, request, scene, signed_in, transfer

pytestmark = pytest.mark.django_db

READER = frozenset({parties.Scope.EXCHANGE})


def _narrowed(*purposes: str) -> exchange.Policy:
    constraints = TERMS["permission"][0]["constraint"]
    first = {**constraints[0], "rightOperand": list(purposes)}
    return {"permission": [{"action": "use", "constraint": [first]}]}


def _marks(text: str) -> list[str]:
    """Return what is written beside each point of the terms."""
    return re.findall(r'<span class="change">(\w+)</span>', text)


def test_the_page_marks_where_the_request_differs_from_the_offer() -> None:
    shown = scene()
    asked = request(shown, terms=_narrowed("research"))

    text = signed_in(shown.org).get(f"/negotiations/{asked.id}").content.decode()

    assert "Differences are marked." in text
    assert _marks(text) == ["changed", "same", "removed", "removed", "same", "same"]


def test_the_page_says_when_the_request_is_the_offer() -> None:
    shown = scene()
    asked = request(shown)

    text = signed_in(shown.org).get(f"/negotiations/{asked.id}").content.decode()

    assert "Both say the same." in text
    assert set(_marks(text)) == {"same"}


def test_a_member_agrees() -> None:
    shown = scene()
    asked = request(shown)

    answer = signed_in(shown.org).post(f"/negotiations/{asked.id}/agree")

    held = exchange.negotiation(asked.id, org=shown.org.id)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/negotiations/{asked.id}")
    assert held.state is exchange.NegotiationState.AGREED
    assert held.agreement is not None


def test_a_member_refuses_and_its_reason_stands_as_written() -> None:
    shown = scene()
    asked = request(shown)

    signed_in(shown.org).post(f"/negotiations/{asked.id}/refuse", {"reason": "予算年度が終わるため <2026>"})

    held = exchange.negotiation(asked.id, org=shown.org.id)
    assert (held.state, held.reasons) == (
        exchange.NegotiationState.TERMINATED,
        ("予算年度が終わるため <2026>",),
    )


@pytest.mark.parametrize("reason", ["", "  ", "no", "x" * 1001])
def test_a_refusal_without_a_usable_reason_is_asked_for_again(reason: str) -> None:
    shown = scene()
    asked = request(shown)

    answer = signed_in(shown.org).post(f"/negotiations/{asked.id}/refuse", {"reason": reason})

    assert answer.status_code == 400
    assert "Write a reason of 3 to 1000 characters." in answer.content.decode()
    assert exchange.negotiation(asked.id, org=shown.org.id).state is exchange.NegotiationState.REQUESTED


def test_a_decision_that_was_taken_already_is_told_and_changes_nothing() -> None:
    shown = scene()
    asked = request(shown)
    browser = signed_in(shown.org)
    browser.post(f"/negotiations/{asked.id}/agree")

    again = browser.post(f"/negotiations/{asked.id}/agree")

    assert again.status_code == 400
    assert "exchange.transition-illegal" in again.content.decode()
    assert exchange.negotiation(asked.id, org=shown.org.id).state is exchange.NegotiationState.AGREED


def test_a_token_that_may_only_look_sees_no_buttons_and_cannot_decide() -> None:
    shown = scene(automatic=False)
    asked = request(shown)
    reader = signed_in(shown.org, scopes=READER)

    text = reader.get(f"/negotiations/{asked.id}").content.decode()
    answers = [
        reader.post(f"/negotiations/{asked.id}/agree"),
        reader.post(f"/negotiations/{asked.id}/refuse", {"reason": "because"}),
        reader.post("/agreements/urn:uuid:1/end", {"reason": "because"}),
    ]

    assert "With this token you may look, not decide" in text
    assert f'action="/negotiations/{asked.id}/agree"' not in text
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert exchange.negotiation(asked.id, org=shown.org.id).state is exchange.NegotiationState.REQUESTED


@pytest.mark.parametrize("act", ["agree", "refuse"])
def test_another_organisation_cannot_decide(act: str) -> None:
    shown = scene()
    asked = request(shown)
    other = signed_in(members.organisation(slug="other-lab"))

    answer = other.post(f"/negotiations/{asked.id}/{act}?org={shown.org.id}", {"reason": "because"})

    assert answer.status_code == 404
    assert exchange.negotiation(asked.id, org=shown.org.id).state is exchange.NegotiationState.REQUESTED


def test_the_operator_decides_as_the_node() -> None:
    shown = scene()
    asked = request(shown)

    signed_in(None).post(f"/negotiations/{asked.id}/agree?org={shown.org.id}")
    head = audit.seal(now=exchange.negotiation(asked.id, org=None).updated_at)

    actors = {entry.action: entry.actor for entry in audit.entries(start=0, limit=head.size)}
    assert exchange.negotiation(asked.id, org=None).state is exchange.NegotiationState.AGREED
    assert "node" in actors.values()


def test_a_member_ends_an_agreement_and_its_transfers() -> None:
    shown = scene(automatic=True)
    signed = agreement(shown)
    opened = transfer(shown, signed)
    browser = signed_in(shown.org)

    answer = browser.post(f"/agreements/{signed.id}/end", {"reason": "the project is over"})

    held = exchange.agreement(signed.id, org=shown.org.id)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/agreements/{signed.id}")
    assert (held.end_reason, held.ended_at is not None) == ("the project is over", True)
    assert exchange.transfer(opened.id, org=shown.org.id).state is exchange.TransferState.TERMINATED
    text = browser.get(f"/agreements/{signed.id}").content.decode()
    assert "the project is over" in text
    assert "End this agreement" not in text


def test_an_agreement_is_not_ended_without_a_reason_or_by_another() -> None:
    shown = scene(automatic=True)
    signed = agreement(shown)
    other = signed_in(members.organisation(slug="other-lab"))

    silent = signed_in(shown.org).post(f"/agreements/{signed.id}/end", {"reason": ""})
    foreign = other.post(f"/agreements/{signed.id}/end", {"reason": "because"})

    assert (silent.status_code, foreign.status_code) == (400, 404)
    assert exchange.agreement(signed.id, org=shown.org.id).ended_at is None


def test_every_form_carries_its_token_against_other_sites() -> None:
    shown = scene()
    asked = request(shown)
    issued = members.token(org=shown.org)
    browser = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    browser.get("/sign-in")
    form = {"token": issued.secret, "csrfmiddlewaretoken": browser.cookies["csrftoken"].value}
    assert browser.post("/sign-in", form).status_code == 302

    text = browser.get(f"/negotiations/{asked.id}").content.decode()

    assert text.count('method="post"') == text.count('name="csrfmiddlewaretoken"') == 4
