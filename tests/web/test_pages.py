"""What the pages show, to whom, and at what cost."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from renkei.audit import api as audit
from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import NODE
from renkei.kernel.texts import LANGS
from renkei.parties import api as parties
from renkei.telemetry import api as telemetry
from renkei.web.middleware import POLICY
from tests.factories import parties as members
from tests.factories import telemetry as devices
from tests.web.scenes import (
    CALLBACK,
    MAY,
    PEER,
    Scene,
    agreement,
    dataset,
    offer,
    request,
    scene,
    signed_in,
    transfer,
)

pytestmark = pytest.mark.django_db


def _text(browser: Client, page: str) -> str:
    answer = browser.get(page)
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def _every_page(of: Scene) -> list[str]:
    asked = request(of)
    signed = agreement(Scene(org=of.org, dataset=of.dataset, offer=offer(of.dataset, automatic=True)))
    opened = transfer(of, signed)
    devices.device(org=of.org)
    audit.seal(now=MAY)
    lists = [
        "/",
        "/organisations",
        "/devices",
        "/datasets",
        "/negotiations",
        "/agreements",
        "/transfers",
        "/log",
    ]
    things = [
        f"/organisations/{of.org.slug}",
        f"/datasets/{of.dataset.id}",
        f"/negotiations/{asked.id}",
        f"/agreements/{signed.id}",
        f"/transfers/{opened.id}",
    ]
    return lists + things


def test_every_page_opens_in_both_languages_for_member_and_operator_under_a_strict_policy() -> None:
    shown = scene()
    pages = _every_page(shown)

    for browser in (signed_in(shown.org), signed_in(None)):
        for page in pages:
            for lang in LANGS:
                answer = browser.get(f"{page}?lang={lang}")
                assert (answer.status_code, answer.headers["Content-Language"]) == (200, lang), page
                assert f'<html lang="{lang}">' in answer.content.decode()
                assert answer.headers["Content-Security-Policy"] == POLICY
                assert answer.headers["X-Frame-Options"] == "DENY"
                assert answer.headers["Cache-Control"] == "no-store"


def test_a_node_with_nothing_on_it_says_what_to_do_first() -> None:
    browser = signed_in(None)

    said = [_text(browser, f"/{page}") for page in ("organisations", "devices", "datasets")]

    assert [
        "renkei org add" in said[0],
        "renkei device enrol" in said[1],
        "renkei dataset publish" in said[2],
    ] == [
        True,
        True,
        True,
    ]


def test_another_organisations_things_do_not_exist_for_a_member() -> None:
    pages = _every_page(scene())[8:]
    other = signed_in(members.organisation(slug="other-lab"))

    assert {page: other.get(page).status_code for page in pages} == dict.fromkeys(pages, 404)


def test_nobody_learns_whether_a_thing_is_anothers_or_not_there() -> None:
    shown = scene()
    other = signed_in(members.organisation(slug="other-lab"))
    token = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')

    for theirs, nothing in (
        (f"/datasets/{shown.dataset.id}", "/datasets/urn:uuid:0"),
        (f"/negotiations/{request(shown).id}", "/negotiations/urn:uuid:0"),
        (f"/organisations/{shown.org.slug}", "/organisations/nobody"),
    ):
        answers = [other.get(page).content.decode() for page in (theirs, nothing)]
        assert token.sub("", answers[0]) == token.sub("", answers[1])


def test_the_operators_word_for_whose_copy_is_meant_opens_nothing_to_a_member() -> None:
    shown = scene()
    asked = request(shown)
    other = signed_in(members.organisation(slug="other-lab"))

    assert other.get(f"/negotiations/{asked.id}?org={shown.org.id}").status_code == 404


def test_a_members_lists_hold_its_own_things_only() -> None:
    shown = scene()
    _every_page(shown)
    other = signed_in(members.organisation(slug="other-lab"))
    words = {
        "/": "Nothing waits for a decision.",
        "/devices": "There are no devices yet.",
        "/datasets": "There are no datasets yet.",
        "/negotiations": "There are no negotiations yet.",
        "/agreements": "There are no agreements yet.",
        "/transfers": "There are no transfers yet.",
    }

    assert {page: word in _text(other, page) for page, word in words.items()} == dict.fromkeys(words, True)
    assert "tokai-lab" not in _text(other, "/organisations")
    assert "exchange.offer" not in _text(other, "/log")


@pytest.mark.parametrize(
    "page", ["/negotiations/urn:uuid:0", "/agreements/x/y", "/datasets/nothing", "/organisations/none"]
)
def test_what_is_not_there_is_told_as_a_page(page: str) -> None:
    answer = signed_in(members.organisation()).get(page)

    assert answer.status_code == 404
    assert 'role="alert"' in answer.content.decode()


def test_an_address_without_a_page_is_told_in_the_readers_language() -> None:
    answer = Client(headers={"accept-language": "ja"}).get("/nowhere")

    assert answer.status_code == 404
    assert "このアドレスのページはありません" in answer.content.decode()


def test_the_overview_puts_first_what_waits_for_a_decision() -> None:
    shown = scene()
    asked = request(shown)

    text = _text(signed_in(shown.org), "/")

    assert text.index("Negotiations that wait for your decision") < text.index("As it stands")
    assert f'href="/negotiations/{asked.id}"' in text
    assert "far-lab" in text
    assert "peer.example:8443" in text


def test_the_overview_tells_which_messages_do_not_arrive_and_why() -> None:
    class Away:
        def send(self, _message: exchange.Outgoing) -> exchange.Sent:
            raise exchange.PeerUnavailable("the peer answered 500")

        def state(self, _message: exchange.Outgoing) -> str:
            raise exchange.PeerUnavailable("the peer answered 500")

    shown = scene(automatic=True)
    request(shown)
    exchange.deliver_due(Away(), now=MAY)

    text = _text(signed_in(shown.org), "/")

    assert "Messages that have not arrived yet" in text
    assert "contract agreement" in text
    assert "the peer answered 500" in text


def test_a_device_shows_when_and_how_well_it_was_heard() -> None:
    org = members.organisation()
    devices.device(org=org)
    telemetry.receive(
        [devices.uplink(), devices.uplink(), devices.uplink(eui="00" * 8)], owner=org.id, now=MAY
    )

    text = _text(signed_in(org), "/devices")

    assert [word in text for word in ("field tester", devices.EUI, "Helium", "-109 dBm / -20 dB")] == [
        True
    ] * 4
    assert "2026-05-01 09:00 UTC" in text
    assert "telemetry.unknown-device" in text


def test_a_dataset_shows_its_terms_as_sentences_its_odrl_and_each_columns_category() -> None:
    shown = scene()

    text = _text(signed_in(shown.org), f"/datasets/{shown.dataset.id}")

    for sentence in exchange.describe_terms(shown.offer.terms):
        assert sentence.en.split("“")[0].split("'")[0] in text
    assert "&quot;leftOperand&quot;: &quot;rk:minimumGroup&quot;" in text
    assert '<span class="state bad">personal</span>' in text
    assert "Counts at the gate." in text
    assert "deg" in text


def test_a_withdrawn_offer_is_not_shown() -> None:
    shown = scene()
    exchange.withdraw_offer(offer=shown.offer.id, actor=NODE, now=MAY)

    browser = signed_in(shown.org)

    assert "It is not offered." in _text(browser, f"/datasets/{shown.dataset.id}")


def test_an_agreement_shows_its_terms_and_transfers() -> None:
    shown = scene(automatic=True)
    signed = agreement(shown)
    opened = transfer(shown, signed)

    text = _text(signed_in(shown.org), f"/agreements/{signed.id}")

    assert signed.terms_digest in text
    assert '<span class="state good">in force</span>' in text
    assert opened.id in text
    assert "End this agreement" in text


def test_a_consumer_sees_its_own_side_of_a_negotiation_with_another_node() -> None:
    org = members.organisation()
    asked = exchange.request_negotiation(
        org=org.id,
        provider=PEER,
        address=CALLBACK,
        dataset="urn:far:dataset",
        offer={"@id": "urn:far:offer", "permission": [{"action": "use"}]},
        actor=org.actor,
        now=MAY,
    )

    text = _text(signed_in(org), f"/negotiations/{asked.id}")

    assert "No other terms have been proposed, so there is nothing to compare them with." in text
    assert "consumer" in text


def test_the_log_shows_its_signed_head_and_a_member_only_what_concerns_it() -> None:
    shown = scene()
    members.organisation(slug="other-lab")
    head = audit.signed_head(now=MAY)

    mine, all_of_it = (_text(signed_in(org), "/log") for org in (shown.org, None))

    assert audit.log_key().name in head.checkpoint
    assert audit.log_key().verifier in mine
    assert "parties.organisation-created" in all_of_it
    assert mine.count("parties.organisation-created") == 1
    assert all_of_it.count("parties.organisation-created") == 2


def test_a_token_is_shown_by_its_label_and_never_by_its_secret() -> None:
    org = members.organisation()
    issued = members.token(org=org, label="gateway-3")
    parties.revoke_token(token_id=issued.token.id, actor=NODE, now=MAY)

    text = _text(signed_in(org), f"/organisations/{org.slug}")

    assert "gateway-3" in text
    assert "revoked" in text
    assert issued.secret not in text


def test_an_organisations_keys_are_shown_with_what_each_is_doing() -> None:
    org, minute = members.organisation(), timedelta(minutes=1)
    page = f"/organisations/{org.slug}"
    browser = signed_in(org)
    before = _text(browser, page)
    now = utc_now()
    wiped, left, past, signs, waits = [
        parties.rotate_key(
            org=org.id, lead=15 * minute, overlap=60 * minute, actor=NODE, now=now - ago * minute
        ).name
        for ago in (400, 300, 80, 20, 1)
    ]
    parties.wipe_old_keys(now=now - 200 * minute)

    text = _text(browser, page)

    assert "There is no signing key yet" in before
    states = [
        (waits, "will sign"),
        (signs, "signs"),
        (past, "in the document"),
        (left, "out of the document"),
        (wiped, "wiped"),
    ]
    cells = re.findall(
        r"<code>([A-Za-z0-9_-]{43})</code>.*?<span class=\"state[^>]*>([^<]*)<", text, re.DOTALL
    )
    assert cells == states


def test_a_text_of_a_member_is_shown_as_text() -> None:
    org = members.organisation()
    devices.device(org=org, name="<b>loud</b>")

    text = _text(signed_in(org), "/devices")

    assert "&lt;b&gt;loud&lt;/b&gt;" in text
    assert "<b>loud" not in text


def _device(of: Scene, number: int) -> object:
    return devices.device(org=of.org, eui=f"{number:016X}")


def _dataset(of: Scene, _number: int) -> object:
    return offer(dataset(of.org, table=of.dataset.table))


LISTS: dict[str, tuple[Callable[[Scene, int], object], tuple[int, int] | None]] = {
    "/": (lambda of, _: request(of), (17, 17)),
    "/organisations": (lambda _, number: members.organisation(slug=f"member-{number}"), (2, 3)),
    "/devices": (_device, (5, 6)),
    "/datasets": (_dataset, (4, 5)),
    "/negotiations": (lambda of, _: request(of), (6, 7)),
    "/agreements": (lambda of, _: agreement(of), (4, 5)),
    "/transfers": (lambda of, _: transfer(of, agreement(of)), (4, 5)),
    "/log": (lambda _, number: members.organisation(slug=f"member-{number}"), None),
}
"""Each list with what makes it longer, and its queries for a member and for the operator; signing the log's head is the
audit room's affair, so that its page is only held to a constant number."""


@pytest.mark.parametrize("page", LISTS)
def test_a_list_costs_the_same_queries_however_long_it_is(page: str) -> None:
    grow, expected = LISTS[page]
    shown = scene(automatic=page in {"/agreements", "/transfers"})
    browsers = (signed_in(shown.org), signed_in(None))
    costs: list[tuple[int, ...]] = []
    held = 0
    for size in (1, 3, 30):
        for number in range(held, size):
            grow(shown, number)
        held = size
        audit.seal(now=MAY)
        costs.append(tuple(_cost(browser, page) for browser in browsers))

    assert costs == [expected or costs[0]] * 3


def _cost(browser: Client, page: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        _text(browser, page)
    return len(queries)


def test_a_long_list_is_shown_in_pages() -> None:
    org = members.organisation()
    for number in range(53):
        devices.device(org=org, eui=f"{number:016X}", name=f"sensor no {number:02}")
    browser = signed_in(org)

    first, second, beyond = (_text(browser, f"/devices?page={page}") for page in ("1", "2", "9"))

    assert "53 in all, page 1 of 2" in first
    assert 'rel="next" href="?page=2"' in first
    assert (first.count("sensor no "), second.count("sensor no ")) == (50, 3)
    assert beyond.count("sensor no ") == 3
