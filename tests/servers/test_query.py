"""Queries in place over a real server: the door, the client and the command of a consumer."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from renkei.cli import agreement as command
from renkei.client import Node, Refused
from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import ParticipantId
from renkei.servers import query
from renkei.servers.dsp.descriptions import describe_dataset
from renkei.wire.delta_sharing import VERSION_HEADER
from renkei.wire.dsp.catalog import DataService
from renkei.wire.receipt import read_receipt
from tests.factories import delivery, queries
from tests.factories import parties as members
from tests.factories.delivery import Opened
from tests.factories.queries import in_place, rows
from tests.servers.running import delivering, running

pytestmark = pytest.mark.django_db(transaction=True)
SQL = "SELECT gateway, count(*) AS n, avg(reading) AS mean FROM data GROUP BY gateway"


@pytest.fixture
def node(settings: Any) -> Iterator[str]:
    with running(settings) as url:
        yield url


@pytest.fixture
def opened(node: str) -> Opened:
    return queries.opened(members.organisation(slug="provider"), rows(10))


def ask(node: str, opened: Opened, *, secret: str | None = None, **asked: Any) -> httpx.Response:
    return httpx.post(
        f"{node}/query/{opened.transfer.id}",
        json={"sql": SQL} | asked,
        headers={"Authorization": f"Bearer {secret or opened.secret}"},
        trust_env=False,
    )


def test_an_answer_comes_with_what_it_was_computed_from(node: str, opened: Opened):
    answer = ask(node, opened)

    version = opened.dataset.quality.version
    assert answer.json() == {
        "columns": ["gateway", "n", "mean"],
        "rows": [["G-1", 10, 14.5]],
        "version": version,
        "plan": exchange.access(opened.secret, now=utc_now()).plan.digest(),
        "smallestGroup": 10,
    }
    assert (answer.headers[VERSION_HEADER], answer.headers["cache-control"]) == (
        str(version),
        "private, no-store",
    )


def test_answers_and_refusals_come_only_at_certain_moments(node: str, opened: Opened):
    for sql in (SQL, "SELECT nothing FROM data", f"{SQL} HAVING count(*) > 99"):
        answer = ask(node, opened, sql=sql)
        took = answer.elapsed.total_seconds()
        assert took >= query.FIRST_MOMENT, sql


@given(st.floats(0, 100))
def test_an_answer_waits_for_the_next_moment(elapsed: float):
    told_at = elapsed + query.left_to_wait(elapsed)

    assert any(told_at == pytest.approx(query.FIRST_MOMENT * 2**n) for n in range(11))
    assert told_at >= elapsed
    assert told_at <= max(query.FIRST_MOMENT, 2 * elapsed)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"secret": "rt_another"}, 401, "exchange.transfer-unknown"),
        ({"sql": "SELECT device FROM data"}, 400, "privacy.query-not-grouped"),
        ({"sql": f"{SQL} UNION {SQL}"}, 400, "privacy.query-part-refused"),
        ({"sql": "x" * 20_001}, 400, "servers.body-malformed"),
        ({"sql": ""}, 400, "servers.body-malformed"),
        ({"sql": SQL, "epsilon": "1"}, 400, "privacy.budget-not-agreed"),
        ({"sql": SQL, "groups": [[["nested"]]]}, 400, "servers.body-malformed"),
        ({"sql": "SELECT count(*) FROM data WHERE counter > 0"}, 403, "privacy.query-differs-too-little"),
    ],
)
def test_a_refusal_says_what_to_change(node: str, opened: Opened, change: Any, status: int, code: str):
    answer = ask(node, opened, **change)

    assert (answer.json()["code"], answer.status_code) == (code, status)
    assert answer.json()["ja"]


def test_doors_for_files_say_where_to_ask(node: str, opened: Opened):
    headers = {"Authorization": f"Bearer {opened.secret}"}

    pulled = httpx.get(f"{node}/data/{opened.transfer.id}", headers=headers, trust_env=False)
    shared = httpx.get(f"{node}/sharing/shares", headers=headers, trust_env=False).json()["items"][0]["name"]
    tables = httpx.get(f"{node}/sharing/shares/{shared}/all-tables", headers=headers, trust_env=False).json()
    table = tables["items"][0]
    read = httpx.post(
        f"{node}/sharing/shares/{shared}/schemas/{table['schema']}/tables/{table['name']}/query",
        headers=headers,
        json={},
        trust_env=False,
    )

    assert (pulled.status_code, pulled.json()["code"]) == (403, "privacy.rows-stay")
    assert read.status_code == 403
    assert "privacy.rows-stay" in read.text


@pytest.fixture
def consumer(node: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    secret = members.token(org=members.organisation(slug="consumer"), now=utc_now()).secret
    monkeypatch.setenv("RENKEI_NODE", node)
    monkeypatch.setenv("RENKEI_TOKEN", secret)
    with delivering(), Node(node, secret) as own:
        yield own


def agreed(consumer: Node, **terms: Any) -> Any:
    org = members.organisation(slug="owner")
    published = delivery.dataset(org, rows=queries.rows_of(rows(10), queries.COLUMNS))
    exchange.offer(
        dataset=published.id, terms=in_place(**terms), automatic=True, actor=org.actor, now=utc_now()
    )
    (listing,) = consumer.catalog(org.participant)
    return consumer.agree(listing)


def test_the_client_hands_on_a_frame(consumer: Node):
    signed = agreed(consumer)

    frame = signed.query(SQL)

    assert frame.to_dict("records") == [{"gateway": "G-1", "n": 10, "mean": 14.5}]
    assert signed.answer(SQL).smallest_group == 10
    with pytest.raises(Refused) as refused:
        signed.query("SELECT median(reading) FROM data")
    assert "count, sum, avg" in str(refused.value)


def test_the_client_is_told_early_that_rows_stay(consumer: Node):
    with pytest.raises(Refused) as refused:
        agreed(consumer).to_arrow()
    assert refused.value.code == "privacy.rows-stay"


def test_a_catalogue_offers_only_queries_where_rows_stay(opened: Opened):
    service = DataService(id="urn:service", type="DataService", endpoint_url="https://node.example")

    described = describe_dataset(
        exchange.listing(owner=opened.org.id, dataset=opened.dataset.id), service=service
    )

    assert [each.format for each in described.distribution] == ["SqlQuery-PULL"]


def test_the_command_keeps_the_receipt_of_the_answer(consumer: Node, tmp_path: Path):
    signed, kept = agreed(consumer), tmp_path / "receipt.jws"

    asked = CliRunner().invoke(
        command.app, ["query", signed.id, "--sql", SQL, "--receipt", str(kept), "--lang", "en"]
    )

    assert asked.exit_code == 0, asked.stderr
    receipt = read_receipt(kept.read_text().strip())
    assert (receipt.said.agreement, receipt.said.channel, receipt.said.rows) == (signed.id, "sql", 1)
    signed.verify_receipt(receipt)


def test_the_command_asks_and_shows(consumer: Node):
    signed = agreed(consumer, budget="100")
    words = [
        "query",
        signed.id,
        "--sql",
        SQL,
        "--bounds",
        "reading=0:40",
        "--groups",
        '[["G-1"]]',
        "--epsilon",
        "90",
    ]

    shown = CliRunner().invoke(command.app, [*words, "--json", "--lang", "en"])
    again = CliRunner().invoke(command.app, [*words, "--lang", "ja"])

    told = json.loads(shown.stdout)
    assert (told["columns"], told["epsilon"]) == (["gateway", "n", "mean"], "90")
    assert told["rows"][0]["gateway"] == "G-1"
    assert "G-1" in again.stdout
    for wrong, code in (
        (["--bounds", "reading"], "cli.bounds-misspelt"),
        (["--groups", "x"], "cli.groups-misspelt"),
    ):
        refused = CliRunner().invoke(command.app, [*words, *wrong, "--lang", "en"])
        assert (refused.exit_code, code in refused.stderr) == (2, True)


def test_another_participant_has_a_ledger_of_its_own(node: str, opened: Opened):
    ask(node, opened, sql="SELECT count(*) FROM data WHERE counter < 6")
    other = delivery.opened(
        org=opened.org,
        published=opened.dataset,
        offered=in_place(),
        form=exchange.SQL_QUERY,
        peer=ParticipantId("did:web:peer.example:orgs:other"),
    )

    assert ask(node, other, sql="SELECT count(*) FROM data WHERE counter < 5").json()["rows"] == [[5]]
