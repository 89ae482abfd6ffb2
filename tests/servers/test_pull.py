"""The plain pull door over a real server: who may read, what comes, and that it comes in constant memory."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from renkei.exchange import api as exchange
from renkei.exchange.services import delivery as delivering
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import TableId
from renkei.kernel.texts import Text
from renkei.lake import api as lake
from renkei.privacy import api as privacy
from renkei.servers import pull
from renkei.wire import receipt as wire
from renkei.wire import rows
from tests.factories import delivery
from tests.factories import lake as tables
from tests.factories import parties as members
from tests.factories.delivery import Opened
from tests.servers.running import running

pytestmark = pytest.mark.django_db(transaction=True)
FREE = {"permission": [{"action": "use"}]}
ODD_COLUMNS = (
    tables.column("device"),
    tables.column("payload", lake.ColumnType.BYTES),
    tables.column("level", lake.ColumnType.REAL),
    tables.column("alarm", lake.ColumnType.FLAG),
    tables.column("at", lake.ColumnType.INSTANT),
)
ODD_ROWS = [
    {"device": '=cmd|" /C calc"!A0', "payload": b"\x00\xff", "level": -1.5, "alarm": True, "at": tables.MAY},
    {"device": "温度計,\n二号", "payload": None, "level": None, "alarm": None, "at": None},
]


@pytest.fixture
def node(settings: Any) -> Iterator[str]:
    with running(settings) as url:
        yield url


@pytest.fixture
def opened(node: str) -> Opened:
    return delivery.opened(form=exchange.HTTP_DATA)


@pytest.fixture
def odd(node: str) -> Opened:
    """A dataset with every type of column and texts that want quoting."""
    org = members.organisation(slug="odd")
    published = delivery.dataset(
        org,
        rows=tables.rows_of(ODD_ROWS, ODD_COLUMNS),
        columns=ODD_COLUMNS,
        classes=(),
        title=Text(ja="変わった表", en="変わった表"),
    )
    return delivery.opened(org=org, published=published, offered=FREE, form=exchange.HTTP_DATA)


def ask(
    node: str, transfer: str, *, secret: str | None, method: str = "GET", **params: str
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    return httpx.request(method, f"{node}/data/{transfer}", headers=headers, params=params, trust_env=False)


def test_the_data_come_as_parquet_unless_told_otherwise(node: str, opened: Opened):
    answer = ask(node, opened.transfer.id, secret=opened.secret)

    read = pq.read_table(io.BytesIO(answer.content))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/vnd.apache.parquet")
    assert (read.num_rows, read.column_names) == (12, ["device", "at", "cell", "reading", "counter"])
    assert answer.headers["content-length"] == str(len(answer.content))
    name = f"temperature-readings-{opened.dataset.id[-8:]}-v{opened.dataset.quality.version}.parquet"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'


def test_the_data_come_as_csv_with_every_text_as_it_is(node: str, odd: Opened):
    answer = ask(node, odd.transfer.id, secret=odd.secret, format="csv")

    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["content-disposition"].endswith('.csv"')
    rows = list(csv.reader(io.StringIO(answer.text, newline="")))
    assert rows[0] == ["device", "payload", "level", "alarm", "at"]
    assert sorted(rows[1:]) == sorted(
        [
            ['=cmd|" /C calc"!A0', "AP8=", "-1.5", "true", "2026-05-01T09:00:00.000000Z"],
            ["温度計,\n二号", "", "", "", ""],
        ]
    )


def test_the_data_come_as_json_lines(node: str, odd: Opened):
    answer = ask(node, odd.transfer.id, secret=odd.secret, format="jsonl")

    assert answer.headers["content-type"] == "application/x-ndjson"
    assert sorted(map(json.loads, answer.content.splitlines()), key=str) == sorted(
        [
            {
                "device": '=cmd|" /C calc"!A0',
                "payload": "AP8=",
                "level": -1.5,
                "alarm": True,
                "at": "2026-05-01T09:00:00.000000Z",
            },
            {"device": "温度計,\n二号", "payload": None, "level": None, "alarm": None, "at": None},
        ],
        key=str,
    )


def test_several_files_become_one(tmp_path: Path):
    columns = (tables.column("device"), tables.column("counter", lake.ColumnType.INTEGER))
    files = []
    for number in range(3):
        part = pa.table({"device": [f"D-{number}"] * 1000, "counter": list(range(1000))})
        path = tmp_path / f"part-{number}.parquet"
        pq.write_table(part, path, row_group_size=400)
        files.append(privacy.ReleaseFile(path.name, path, path.stat().st_size, 1000))
    whole = privacy.Release("a" * 64, TableId("t"), 1, columns, tuple(files), 3000, ())

    pieces = list(pull.parquet_parts(whole))

    merged = pq.ParquetFile(io.BytesIO(b"".join(pieces)))
    assert (merged.metadata.num_rows, merged.metadata.num_row_groups) == (3000, 9)
    assert merged.read().column("device").to_pylist() == [f"D-{n}" for n in range(3) for _ in range(1000)]
    assert len(pieces) == 10  # one for each row group, then the footer: no more than a group is held at once


def test_an_empty_table_has_its_columns(node: str):
    org = members.organisation(slug="empty")
    published = delivery.dataset(org, rows=tables.rows_of([], ODD_COLUMNS), columns=ODD_COLUMNS, classes=())
    empty = delivery.opened(org=org, published=published, offered=FREE, form=exchange.HTTP_DATA)

    answers = {form: ask(node, empty.transfer.id, secret=empty.secret, format=form) for form in pull.FORMATS}

    assert pq.read_table(io.BytesIO(answers["parquet"].content)).column_names == [c.name for c in ODD_COLUMNS]
    assert answers["csv"].text == "device,payload,level,alarm,at\r\n"
    assert answers["jsonl"].content == b""


def test_head_tells_without_a_delivery(node: str, opened: Opened):
    answer = ask(node, opened.transfer.id, secret=opened.secret, method="HEAD", format="csv")

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert exchange.provisions(org=opened.org.id) == ()


def test_each_pull_is_a_recorded_provision(node: str, opened: Opened):
    ask(node, opened.transfer.id, secret=opened.secret, format="csv")

    assert [(each.channel, each.rows) for each in exchange.provisions(org=opened.org.id)] == [
        ("http-data", 12)
    ]


@pytest.mark.parametrize("form", list(pull.FORMATS))
def test_what_is_erased_before_it_is_sent_takes_no_use_and_leaves_no_record(
    node: str, monkeypatch: pytest.MonkeyPatch, form: str
):
    counted = delivery.terms()
    counted["permission"][0]["constraint"].append(
        {"leftOperand": "count", "operator": "lteq", "rightOperand": "1"}
    )
    opened = delivery.opened(offered=counted, form=exchange.HTTP_DATA)

    def erased(plan: privacy.Plan, *, now: datetime) -> privacy.Release:
        release = privacy.release(plan, now=now)
        release.files[0].path.unlink()
        return release

    with monkeypatch.context() as patched:
        patched.setattr(delivering, "privacy", SimpleNamespace(release=erased))
        answer = ask(node, opened.transfer.id, secret=opened.secret, format=form)

    assert (answer.status_code, answer.json()["code"]) == (404, "servers.file-missing")
    assert exchange.provisions(org=opened.org.id) == ()
    assert exchange.uses(opened.agreement, now=utc_now()).taken == 0


def test_a_purpose_that_was_agreed_may_be_stated(node: str, opened: Opened):
    assert ask(node, opened.transfer.id, secret=opened.secret, purpose="research").status_code == 200


@pytest.mark.parametrize("purpose", ["advertising", "", "research " * 1000])
def test_a_purpose_that_was_not_agreed_is_refused(node: str, opened: Opened, purpose: str):
    answer = ask(node, opened.transfer.id, secret=opened.secret, purpose=purpose)

    assert (answer.status_code, answer.json()["code"]) == (403, "exchange.purpose-not-agreed")


@pytest.mark.parametrize("form", ["xlsx", "", "parquet; drop", "../csv"])
def test_a_format_that_does_not_exist_is_refused(node: str, opened: Opened, form: str):
    answer = ask(node, opened.transfer.id, secret=opened.secret, format=form)

    assert (answer.status_code, answer.json()["code"]) == (400, "servers.pull-format-unknown")


def test_only_the_transfers_own_secret_opens_it(node: str, opened: Opened):
    member = members.token(org=opened.org, now=utc_now()).secret

    for secret, code in [
        (None, "servers.token-missing"),
        ("rt_guessed", "exchange.transfer-unknown"),
        (member, "exchange.transfer-unknown"),
    ]:
        answer = ask(node, opened.transfer.id, secret=secret)
        assert (answer.status_code, answer.json()["code"]) == (401, code)
        assert answer.headers["www-authenticate"] == "Bearer"


def test_one_transfers_secret_does_not_open_another(node: str, opened: Opened, odd: Opened):
    for transfer in (odd.transfer.id, "urn:uuid:none", "%2e%2e"):
        answer = ask(node, transfer, secret=opened.secret)
        assert (answer.status_code, answer.json()["code"]) == (403, "servers.transfer-of-another-token")
    assert exchange.provisions(org=odd.org.id) == ()


def test_an_ended_agreement_stops_the_next_pull(node: str, opened: Opened):
    exchange.end_agreement(
        org=opened.org.id,
        agreement=opened.agreement.id,
        reason="the project is over",
        actor=opened.org.actor,
        now=utc_now(),
    )

    answer = ask(node, opened.transfer.id, secret=opened.secret)

    assert (answer.status_code, answer.json()["code"]) == (403, "exchange.agreement-ended")
    assert "the project is over" in answer.json()["en"]


def test_a_bug_is_answered_without_detail(node: str, opened: Opened, settings: Any, tmp_path: Path):
    blocked = tmp_path / "a-file-not-a-folder"
    blocked.touch()
    settings.RENKEI = replace(settings.RENKEI, home=blocked)

    answer = ask(node, opened.transfer.id, secret=opened.secret)

    assert (answer.status_code, answer.json()["code"]) == (500, "servers.fault")
    assert "a-file-not-a-folder" not in answer.text


def test_what_was_withheld_is_told_in_a_header(node: str):
    strict = delivery.opened(slug="strict", offered=delivery.terms(group=9), form=exchange.HTTP_DATA)

    for method in ("HEAD", "GET"):
        answer = ask(node, strict.transfer.id, secret=strict.secret, method=method)
        told = rows.read_withheld(answer.headers[rows.WITHHELD_HEADER])
        assert told == (
            privacy.Withheld("rk:cell", 12, ("latitude", "longitude", "gateway")),
            privacy.Withheld("rk:minimumGroup", 12, ("cell",)),
        )


def test_every_pull_brings_its_signed_receipt(node: str, opened: Opened):
    answers = [
        ask(node, opened.transfer.id, secret=opened.secret, format=form, purpose="research")
        for form in pull.FORMATS
    ]

    found = [wire.read_receipt(answer.headers[rows.RECEIPT_HEADER]) for answer in answers]
    document = httpx.get(f"{node}/orgs/{opened.org.slug}/did.json", trust_env=False).content
    for receipt in found:
        wire.check_signature(receipt, wire.key_in_document(document, receipt))
    wire.check_chain(found)
    said = found[0].said
    assert (said.channel, said.purpose, said.recipient, said.rows) == (
        "http-data",
        "research",
        delivery.FAR,
        12,
    )
    sha256 = hashlib.sha256(answers[0].content).hexdigest()
    wire.check_answer(found[0], sha256=sha256, parquet=True)
    with pytest.raises(wire.AnotherAnswer):  # a receipt shown for another answer
        wire.check_answer(found[0], sha256=hashlib.sha256(answers[1].content).hexdigest(), parquet=True)


def test_head_brings_no_receipt(node: str, opened: Opened):
    answer = ask(node, opened.transfer.id, secret=opened.secret, method="HEAD")

    assert rows.RECEIPT_HEADER not in answer.headers


def test_the_receipts_of_a_transfer_can_be_fetched_again(node: str, opened: Opened):
    told = [
        ask(node, opened.transfer.id, secret=opened.secret).headers[rows.RECEIPT_HEADER] for _ in range(3)
    ]

    listed = receipts_of(node, opened)
    assert [each["receipt"] for each in listed.json()["items"]] == told
    assert (listed.json()["next"], listed.headers["cache-control"]) == (None, "private, no-store")
    assert [each["receipt"] for each in receipts_of(node, opened, after="2").json()["items"]] == told[2:]
    for after in ("-1", "x", "9" * 16, "1.0", "１"):
        assert receipts_of(node, opened, after=after).json()["code"] == "servers.query-malformed"
    for secret in ("rt_none", members.token(org=opened.org, now=utc_now()).secret):
        answer = httpx.get(
            f"{node}/data/{opened.transfer.id}/receipts",
            headers={"Authorization": f"Bearer {secret}"},
            trust_env=False,
        )
        assert answer.status_code == 401


def receipts_of(node: str, opened: Opened, **params: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {opened.secret}"}
    return httpx.get(
        f"{node}/data/{opened.transfer.id}/receipts", headers=headers, params=params, trust_env=False
    )
