"""Counter-offers from the page, of the provider and of the consumer."""

import html
import json

import pytest

from renkei.exchange import api as exchange
from renkei.exchange.rules.portable import portable
from renkei.kernel.clock import utc_now
from renkei.parties import api as parties
from tests.factories.exchange import TERMS as FACTORY_TERMS
from tests.factories.exchange import constraint, table, terms
from tests.web.scenes import TERMS, request, scene, signed_in

pytestmark = pytest.mark.django_db

STRICTER = {
    **TERMS,
    "permission": [
        {
            "action": "use",
            "constraint": [
                {"leftOperand": "purpose", "operator": "isAnyOf", "rightOperand": ["research"]},
                *TERMS["permission"][0]["constraint"][1:],
            ],
        }
    ],
}


def _prefilled(text: str) -> dict:
    start = text.index(">", text.index('<textarea id="counter-terms"')) + 1
    return json.loads(html.unescape(text[start : text.index("</textarea>", start)]))


def test_the_form_holds_the_terms_on_the_table() -> None:
    shown = scene()
    asked = request(shown)

    text = signed_in(shown.org).get(f"/negotiations/{asked.id}").content.decode()

    assert _prefilled(text) == shown.offer.terms
    assert "Make a counter-offer" in text


def test_the_provider_answers_with_other_terms() -> None:
    shown = scene()
    asked = request(shown)

    answer = signed_in(shown.org).post(f"/negotiations/{asked.id}/counter", {"terms": json.dumps(STRICTER)})

    held = exchange.negotiation(asked.id, org=shown.org.id)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/negotiations/{asked.id}")
    assert held.state is exchange.NegotiationState.OFFERED
    assert held.offer["permission"] == portable(STRICTER)["permission"]


def test_the_consumer_answers_an_offer_with_other_terms_and_accepts_the_next() -> None:
    at = table(automatic=False)
    wanted = at.request()
    at.deliver()
    sides = {"provider": signed_in(at.provider), "consumer": signed_in(at.consumer)}
    numbers = {"provider": at.theirs(wanted).id, "consumer": wanted.id}

    def act(side: str, what: str, **said: str) -> None:
        answer = sides[side].post(f"/negotiations/{numbers[side]}/{what}", said)
        assert answer.status_code == 302, answer.content.decode()
        at.deliver(now=utc_now())

    act("provider", "counter", terms=json.dumps(_for("research")))
    act("consumer", "counter", terms=json.dumps(_for("education")))
    assert at.theirs(wanted).offer["permission"] == _for("education")["permission"]
    act("provider", "counter", terms=json.dumps(_for("research")))
    act("consumer", "agree")

    done = at.ours(wanted)
    assert (done.state, done.offer["permission"]) == (
        exchange.NegotiationState.FINALIZED,
        portable(_for("research"))["permission"],
    )


def _for(purpose: str) -> exchange.Policy:
    return terms(constraint("purpose", "eq", purpose), *FACTORY_TERMS["permission"][0]["constraint"][1:])


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "cannot be read"),
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        (json.dumps(TERMS), "says the same"),
        (json.dumps({"permission": [{"action": "use", "constraint": [
            {"leftOperand": "systemDevice", "operator": "eq", "rightOperand": "x"}]}]}), "systemDevice"),
        (json.dumps({"permission": [{"action": "use"}]}), "latitude"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_what_was_written(written: str, said: str) -> None:
    shown = scene()
    asked = request(shown)

    answer = signed_in(shown.org).post(f"/negotiations/{asked.id}/counter", {"terms": written})

    text = answer.content.decode()
    assert answer.status_code == 400
    assert said in text[text.index('id="terms-error"') :]
    assert html.escape(written) in text or written in html.unescape(text)
    assert exchange.negotiation(asked.id, org=shown.org.id) == asked


def test_a_token_that_may_only_look_makes_no_counter_offer_and_neither_does_a_stranger() -> None:
    shown = scene()
    asked = request(shown)
    said = {"terms": json.dumps(STRICTER)}

    reader = signed_in(shown.org, scopes=frozenset({parties.Scope.EXCHANGE}))
    assert reader.post(f"/negotiations/{asked.id}/counter", said).status_code == 403
    other = signed_in(scene(slug="other-lab").org)
    assert other.post(f"/negotiations/{asked.id}/counter", said).status_code == 404
    assert exchange.negotiation(asked.id, org=shown.org.id) == asked


def test_a_negotiation_that_moved_on_meanwhile_says_so_in_place() -> None:
    shown = scene()
    asked = request(shown)
    browser = signed_in(shown.org)
    browser.post(f"/negotiations/{asked.id}/agree")

    answer = browser.post(f"/negotiations/{asked.id}/counter", {"terms": json.dumps(STRICTER)})

    assert answer.status_code == 400
    assert "In the state AGREED" in answer.content.decode()
