"""The page of one transfer: where it stands, and what was pushed by it."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from renkei.exchange import api as exchange
from renkei.kernel.ids import NODE
from renkei.parties import api as parties
from renkei.servers.inbox import kept_at
from tests.factories import exchange as deals
from tests.factories import parties as members
from tests.web.scenes import signed_in

pytestmark = pytest.mark.django_db
HTML = b"<script>alert(1)</script>"


def asked(at: deals.Table, *, agreement: exchange.Agreement | None = None) -> tuple[exchange.Transfer, str]:
    """Let the consumer ask for a push, and return its transfer and the secret of its inbox."""
    told: list[exchange.Outgoing] = []
    transfer = exchange.request_transfer(
        org=at.consumer.id,
        agreement=(agreement or at.agreed()).id,
        format=exchange.HTTP_PUSH,
        actor=at.consumer.actor,
        now=deals.MAY,
    )
    at.post.before = told.append
    at.deliver()
    [request] = [each for each in told if each.kind is exchange.MessageKind.TRANSFER_REQUEST]
    secret = exchange.DataAddress.from_dict(request.payload["data_address"]).secret
    assert secret is not None
    return transfer, secret


def arrives(
    transfer: exchange.Transfer, secret: str, body: bytes, media_type: str = "text/html", *, receipt: str = ""
) -> str:
    """Let something land, and return the id under which it is listed."""
    digest = hashlib.sha256(body).hexdigest()

    def keep() -> None:
        path: Path = kept_at(transfer.id, digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    landed, _ = exchange.receive_delivery(
        secret,
        transfer=transfer.id,
        arrived=exchange.Pushed(len(body), digest),
        media_type=media_type,
        most=1000,
        keep=keep,
        receipt=receipt,
        now=deals.MAY,
    )
    return landed.id


def shown(org: parties.Organisation | None, transfer: exchange.Transfer, lang: str = "en") -> Any:
    query = "" if org else f"&org={transfer.org}"
    return signed_in(org).get(f"/transfers/{transfer.id}?lang={lang}{query}")


async def _read(answer: Any) -> bytes:
    return b"".join([part async for part in answer])


def test_a_transfer_that_waits_for_a_push_says_so_in_both_languages() -> None:
    at = deals.table()
    transfer, _ = asked(at)

    english, japanese = (shown(at.consumer, transfer, lang).content.decode() for lang in ("en", "ja"))

    assert "the provider to push the data" in english
    assert "Nothing has arrived yet." in english
    assert "提供者によるデータの送り込み" in japanese
    assert "まだ何も届いていません。" in japanese


def test_what_arrived_is_listed_and_handed_out_as_bytes_and_never_as_a_page() -> None:
    at = deals.table()
    transfer, secret = asked(at)
    part = arrives(transfer, secret, HTML)

    page = shown(at.consumer, transfer).content.decode()
    answer = signed_in(at.consumer).get(f"/transfers/{transfer.id}/deliveries/{part}")

    digest = hashlib.sha256(HTML).hexdigest()
    assert f"/transfers/{transfer.id}/deliveries/{part}" in page
    assert digest in page
    assert (answer.status_code, asyncio.run(_read(answer))) == (200, HTML)
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == f'attachment; filename="{digest[:16]}.bin"'
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_the_receipt_that_came_along_is_handed_out_as_it_came() -> None:
    at = deals.table()
    transfer, secret = asked(at)
    bare, with_receipt = (
        arrives(transfer, secret, b"one"),
        arrives(transfer, secret, b"two", receipt="<b>x</b>"),
    )
    page = shown(at.consumer, transfer).content.decode()
    browser = signed_in(at.consumer)

    answer = browser.get(f"/transfers/{transfer.id}/deliveries/{with_receipt}/receipt")

    assert (answer.content, answer["Content-Type"]) == (b"<b>x</b>\n", "text/plain; charset=utf-8")
    assert f"{with_receipt}/receipt" in page
    assert f"{bare}/receipt" not in page
    assert browser.get(f"/transfers/{transfer.id}/deliveries/{bare}/receipt").status_code == 404
    assert signed_in(at.provider).get(answer.request["PATH_INFO"]).status_code == 404


def test_another_member_finds_neither_the_page_nor_the_bytes_and_the_operator_no_bytes() -> None:
    at, other = deals.table(), members.organisation(slug="other-lab")
    transfer, secret = asked(at)
    part = arrives(transfer, secret, HTML)
    path = f"/transfers/{transfer.id}/deliveries/{part}"

    operator = shown(None, transfer)

    assert [shown(other, transfer).status_code, signed_in(other).get(path).status_code] == [404, 404]
    assert (operator.status_code, path in operator.content.decode()) == (200, False)
    assert signed_in(None).get(path).status_code == 404


def test_the_reasons_of_a_transfer_that_was_terminated_are_shown_whole() -> None:
    at = deals.table()
    transfer, _ = asked(at)
    exchange.terminate_transfer(
        org=at.consumer.id, transfer=transfer.id, reason="受け取り側の保守のため", actor=NODE, now=deals.MAY
    )

    page = shown(at.consumer, transfer).content.decode()

    assert "受け取り側の保守のため" in page
    assert "exchange.terminated-by-consumer" in page


def test_the_page_costs_the_same_queries_however_much_arrived() -> None:
    at = deals.table()
    transfer, secret = asked(at)
    browser = signed_in(at.consumer)
    costs = []

    for size in (1, 3, 30):
        for number in range(size):
            arrives(transfer, secret, str(number).encode())
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(f"/transfers/{transfer.id}").status_code == 200
        costs.append(len(queries))

    assert costs == [11, 11, 11]
