"""Lists that grow without end: parts, the way onward, and a number of queries that does not grow."""

import pytest
from django.test import Client

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.web.views import listing
from tests.web.scenes import PEER, Scene, agreement, request, scene, signed_in, transfer

pytestmark = pytest.mark.django_db

LISTS = ["/negotiations", "/agreements", "/transfers", "/provisions"]


def _filled(count: int) -> Scene:
    shown = scene(automatic=True)
    for _ in range(count):
        opened = transfer(shown, agreement(shown))
        exchange.deliver(exchange.access_by_transfer(opened.id, now=utc_now()), channel="csv", now=utc_now())
    return shown


def _text(browser: Client, page: str) -> str:
    answer = browser.get(page)
    assert answer.status_code == 200
    return answer.content.decode()


def _next(text: str) -> str | None:
    mark = '<a rel="next" href="'
    return text.split(mark)[1].split('"', maxsplit=1)[0].replace("&amp;", "&") if mark in text else None


@pytest.mark.parametrize("page", LISTS)
def test_a_long_list_is_read_part_by_part(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "ON_A_PAGE", 2)
    browser = signed_in(_filled(5).org)

    first = _text(browser, page)
    second = _text(browser, page + (_next(first) or ""))
    third = _text(browser, page + (_next(second) or ""))

    rows = [text.count('<th role="rowheader"') for text in (first, second, third)]
    assert (rows, _next(third)) == ([2, 2, 1], None)
    assert 'rel="first"' not in first
    assert 'rel="first" href="?"' in third


@pytest.mark.parametrize("page", LISTS)
@pytest.mark.parametrize("operator", [False, True])
def test_a_list_takes_as_many_queries_for_three_as_for_one(page: str, *, operator: bool) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    shown = _filled(1)
    browser = signed_in(None if operator else shown.org)
    with CaptureQueriesContext(connection) as one:
        _text(browser, page)
    for _ in range(2):
        opened = transfer(shown, agreement(shown))
        exchange.deliver(exchange.access_by_transfer(opened.id, now=utc_now()), channel="csv", now=utc_now())
    with CaptureQueriesContext(connection) as three:
        _text(browser, page)

    assert len(one) == len(three)


def test_a_place_that_was_made_up_is_refused() -> None:
    assert signed_in(scene().org).get("/agreements?after=nowhere").status_code == 400


def test_negotiations_that_wait_for_a_decision_come_first_and_can_be_seen_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listing, "ON_A_PAGE", 2)
    shown = scene()
    asked = [request(shown) for _ in range(4)]
    exchange.refuse(
        org=shown.org.id, negotiation=asked[3].id, reason="no", actor=shown.org.actor, now=utc_now()
    )
    browser = signed_in(shown.org)

    everything = _text(browser, "/negotiations")
    alone = _text(browser, "/negotiations?due=1")

    assert everything.index(asked[2].id) < everything.index(asked[3].id)
    assert "see them all" in everything
    assert asked[3].id not in alone
    assert asked[0].id in _text(browser, "/negotiations" + (_next(alone) or ""))


def test_the_records_of_provision_tell_who_got_what_and_how() -> None:
    shown = _filled(1)
    signed = exchange.agreements(org=shown.org.id)[0]

    text = _text(signed_in(shown.org), "/provisions")

    assert "Provided under an agreement through csv, at table version 1." in text
    assert "12 rows, 5 columns" in text
    assert PEER in text
    assert "APPI, Art. 29 and 30" in text
    assert signed.id in _text(signed_in(shown.org), f"/provisions?agreement={signed.id}")
    assert "There are no records yet." in _text(signed_in(shown.org), "/provisions?agreement=urn:uuid:none")
    assert "There are no records yet." in _text(signed_in(scene(slug="other-lab").org), "/provisions")


def test_each_receipt_is_handed_out_as_text_to_those_whose_it_is() -> None:
    shown = _filled(1)
    [record] = exchange.issued(org=shown.org.id)
    path = f"/provisions/receipts/{record.receipt_id}"

    assert f'href="{path}"' in _text(signed_in(shown.org), "/provisions")
    for reader in (shown.org, None):
        answer = signed_in(reader).get(path)
        assert (answer.status_code, answer.content.decode()) == (200, f"{record.receipt}\n")
        assert answer["Content-Type"] == "text/plain; charset=utf-8"
        assert answer["Content-Disposition"] == 'attachment; filename="receipt.txt"'
    assert signed_in(scene(slug="other-lab").org).get(path).status_code == 404


def test_a_list_says_why_in_the_readers_language_alone() -> None:
    shown = scene()
    request(shown, terms=_for_another_purpose())
    browser = signed_in(shown.org)

    english = _text(browser, "/negotiations?lang=en")
    japanese = _text(browser, "/negotiations?lang=ja")

    assert "This offer does not allow use for the purpose" in english
    assert "認められていません" not in english
    assert "認められていません" in japanese
    assert "This offer does not allow" not in japanese


def _for_another_purpose() -> exchange.Policy:
    constraint = {"leftOperand": "purpose", "operator": "eq", "rightOperand": "advertising"}
    return {"permission": [{"action": "use", "constraint": [constraint]}]}
