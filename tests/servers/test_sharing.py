"""The share that a transfer opens, read by the standard Delta Sharing client over a real server."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import delta_sharing
import fsspec
import httpx
import pytest
from requests.exceptions import HTTPError

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.wire import receipt as wire
from tests.factories import delivery
from tests.factories import lake as tables
from tests.factories import parties as members
from tests.factories.delivery import Opened
from tests.servers.running import running

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def node(settings: Any) -> Iterator[str]:
    with running(settings) as url:
        yield url


@pytest.fixture
def opened(node: str) -> Opened:
    return delivery.opened()


@pytest.fixture
def profile(node: str, opened: Opened, tmp_path: Path) -> str:
    return profile_of(node, opened.secret, tmp_path)


def profile_of(node: str, secret: str, folder: Path) -> str:
    path = folder / "profile.share"
    path.write_text(
        json.dumps({"shareCredentialsVersion": 1, "endpoint": f"{node}/sharing", "bearerToken": secret})
    )
    return str(path)


def name_of(opened: Opened) -> str:
    return f"temperature-readings-{opened.dataset.id[-8:]}"


def address(profile: str, opened: Opened) -> str:
    return f"{profile}#renkei.provider.{name_of(opened)}"


def ask(node: str, path: str, *, secret: str | None, method: str = "GET", **more: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    return httpx.request(
        method, f"{node}/sharing{path}", headers=headers | more.pop("headers", {}), trust_env=False, **more
    )


def test_the_standard_client_finds_the_one_table(profile: str, opened: Opened):
    client = delta_sharing.SharingClient(profile)

    share = delta_sharing.Share(name="renkei")
    schema = delta_sharing.Schema(name="provider", share="renkei")
    table = delta_sharing.Table(name=name_of(opened), share="renkei", schema="provider")
    assert client.list_shares() == [share]
    assert client.list_schemas(share) == [schema]
    assert client.list_tables(schema) == [table]
    assert client.list_all_tables() == [table]


def test_the_standard_client_reads_what_the_terms_allow(profile: str, opened: Opened):
    frame = delta_sharing.load_as_pandas(address(profile, opened))

    assert list(frame.columns) == ["device", "at", "cell", "reading", "counter"]
    assert sorted(map(tuple, frame[["device", "reading", "counter"]].values.tolist())) == sorted(
        (device, 21.5 + number, number) for device in ("D-1", "D-2", "D-3") for number in range(4)
    )
    assert frame["cell"].unique().tolist() == ["533946"]
    assert frame["at"].min() == tables.MAY


def test_the_standard_client_takes_a_limit(profile: str, opened: Opened):
    assert len(delta_sharing.load_as_pandas(address(profile, opened), limit=5)) == 5
    assert delta_sharing.load_as_pandas(address(profile, opened), limit=0).columns.tolist()[:2] == [
        "device",
        "at",
    ]


def test_the_standard_clients_hints_leave_the_rows_as_they_are(profile: str, opened: Opened):
    hint = json.dumps(
        {"op": "equal", "children": [{"op": "column", "name": "device"}, {"op": "literal", "value": "D-1"}]}
    )

    assert len(delta_sharing.load_as_pandas(address(profile, opened), jsonPredicateHints=hint)) == 12


def test_the_standard_client_reads_in_batches(profile: str, opened: Opened):
    assert len(delta_sharing.load_as_pandas(address(profile, opened), convert_in_batches=True)) == 12


def test_the_standard_client_learns_version_and_columns(profile: str, opened: Opened):
    version = delta_sharing.get_table_version(address(profile, opened))
    metadata = delta_sharing.get_table_metadata(address(profile, opened))
    protocol = delta_sharing.get_table_protocol(address(profile, opened))

    assert version == opened.dataset.quality.version
    assert (metadata.version, metadata.num_files, metadata.partition_columns) == (version, 1, [])
    assert [field["type"] for field in json.loads(metadata.schema_string)["fields"]] == [
        "string",
        "timestamp",
        "string",
        "double",
        "long",
    ]
    assert protocol.min_reader_version == 1


def test_what_was_withheld_is_told_to_the_reader(node: str, tmp_path: Path):
    opened = delivery.opened(offered=delivery.terms(group=9))
    told = delta_sharing.get_table_metadata(
        address(profile_of(node, opened.secret, tmp_path), opened)
    ).configuration

    assert told["renkei.agreement"] == opened.agreement.id
    assert json.loads(told["renkei.withheld"])[-1] == {
        "term": "rk:minimumGroup",
        "rows": 12,
        "columns": ["cell"],
    }


@pytest.mark.parametrize("asked", [{"version": 0}, {"timestamp": "2026-05-01T00:00:00Z"}])
def test_the_past_is_refused(profile: str, opened: Opened, asked: dict[str, Any]):
    with pytest.raises(HTTPError, match=r"servers\.history-not-kept") as refused:
        delta_sharing.load_as_pandas(address(profile, opened), **asked)

    assert refused.value.response.json()["errorCode"] == "INVALID_PARAMETER_VALUE"


def test_changes_are_refused(profile: str, opened: Opened):
    with pytest.raises(HTTPError, match=r"servers\.history-not-kept"):
        delta_sharing.load_table_changes_as_pandas(address(profile, opened), starting_version=0)


def test_a_version_at_a_time_is_refused(profile: str, opened: Opened):
    with pytest.raises(HTTPError, match=r"servers\.history-not-kept"):
        delta_sharing.get_table_version(address(profile, opened), starting_timestamp="2026-05-01T00:00:00Z")


def test_a_client_that_reads_only_the_delta_format_is_told_so(profile: str, opened: Opened):
    with pytest.raises(HTTPError, match=r"servers\.response-format-unsupported"):
        delta_sharing.load_as_pandas(address(profile, opened), use_delta_format=True)


def test_each_query_is_a_recorded_provision_and_listing_is_none(profile: str, opened: Opened):
    delta_sharing.SharingClient(profile).list_all_tables()
    delta_sharing.get_table_metadata(address(profile, opened))
    delta_sharing.load_as_pandas(address(profile, opened))

    recorded = exchange.provisions(org=opened.org.id)

    assert [(each.channel, each.rows, each.transfer) for each in recorded] == [
        ("delta-sharing", 12, opened.transfer.id)
    ]


def test_an_ended_agreement_stops_the_next_read(profile: str, opened: Opened):
    assert len(delta_sharing.load_as_pandas(address(profile, opened))) == 12
    exchange.end_agreement(
        org=opened.org.id,
        agreement=opened.agreement.id,
        reason="契約違反 (misuse)",
        actor=opened.org.actor,
        now=utc_now(),
    )

    with pytest.raises(HTTPError) as refused:
        delta_sharing.load_as_pandas(address(profile, opened))

    answer = refused.value.response
    assert (answer.status_code, answer.json()["refusal"]["code"]) == (403, "exchange.agreement-ended")
    assert "契約違反 (misuse)" in answer.json()["message"]


def test_an_agreement_that_ends_in_mid_read_shows_as_a_missing_file_and_the_reason_at_the_next_call(
    profile: str, opened: Opened, monkeypatch: pytest.MonkeyPatch
):
    begin = fsspec.filesystem

    def end_and_begin(*words: Any, **more: Any) -> Any:
        exchange.end_agreement(
            org=opened.org.id,
            agreement=opened.agreement.id,
            reason="over",
            actor=opened.org.actor,
            now=utc_now(),
        )
        return begin(*words, **more)

    monkeypatch.setattr(fsspec, "filesystem", end_and_begin)

    # The file's door answers 403 with the reason, but the standard client's file layer shows its address only.
    with pytest.raises(FileNotFoundError):
        delta_sharing.load_as_pandas(address(profile, opened))
    with pytest.raises(HTTPError) as refused:
        delta_sharing.load_as_pandas(address(profile, opened))
    assert refused.value.response.json()["refusal"]["code"] == "exchange.agreement-ended"


def test_an_end_date_stops_the_next_read(node: str, tmp_path: Path):
    now = utc_now()
    opened = delivery.opened(until=now - timedelta(seconds=1), now=now - timedelta(minutes=1))

    answer = ask(node, "/shares", secret=opened.secret)

    assert (answer.status_code, answer.json()["refusal"]["code"]) == (403, "exchange.agreement-expired")


def test_an_ended_transfer_stops_the_next_read(node: str, opened: Opened):
    exchange.terminate_transfer(
        org=opened.org.id, transfer=opened.transfer.id, reason="over", actor=opened.org.actor, now=utc_now()
    )

    answer = ask(node, "/shares", secret=opened.secret)

    assert (answer.status_code, answer.json()["refusal"]["code"]) == (403, "exchange.transfer-not-started")


TABLE = "/shares/renkei/schemas/provider/tables/x"
DOORS = [
    ("GET", "/shares"),
    ("GET", "/shares/renkei"),
    ("GET", "/shares/renkei/schemas"),
    ("GET", "/shares/renkei/schemas/provider/tables"),
    ("GET", "/shares/renkei/all-tables"),
    ("GET", f"{TABLE}/version"),
    ("GET", f"{TABLE}/metadata"),
    ("POST", f"{TABLE}/query"),
    ("GET", f"{TABLE}/changes"),
]


@pytest.mark.parametrize(("method", "path"), DOORS)
def test_no_door_opens_without_the_transfers_secret(node: str, opened: Opened, method: str, path: str):
    member = members.token(org=opened.org, now=utc_now()).secret

    for secret, code in [
        (None, "servers.token-missing"),
        ("rt_guessed", "exchange.transfer-unknown"),
        (member, "exchange.transfer-unknown"),
        (opened.consumer_pid, "exchange.transfer-unknown"),
    ]:
        answer = ask(node, path, secret=secret, method=method)
        assert (answer.status_code, answer.json()["errorCode"], answer.json()["refusal"]["code"]) == (
            401,
            "UNAUTHENTICATED",
            code,
        )
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_secret_opens_no_other_members_table(node: str, opened: Opened):
    other = delivery.opened(slug="other", peer=delivery.ParticipantId("did:web:peer.example:orgs:third"))
    table = f"/shares/renkei/schemas/other/tables/temperature-readings-{other.dataset.id[-8:]}"

    for path in ("/metadata", "/version", "/changes"):
        answer = ask(node, table + path, secret=opened.secret)
        assert (answer.status_code, answer.json()["errorCode"]) == (404, "RESOURCE_DOES_NOT_EXIST")
        assert answer.json()["refusal"]["code"] == "servers.share-unknown"
    assert ask(node, table + "/query", secret=opened.secret, method="POST").status_code == 404
    assert ask(node, table + "/metadata", secret=other.secret).status_code == 200


def test_names_are_read_without_regard_to_case(node: str, opened: Opened):
    assert ask(node, "/shares/RENKEI/schemas/Provider/tables", secret=opened.secret).status_code == 200


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"limitHint": "many"}', b'{"limitHint": -1}', b"\xff", b"[" * 100_000]
)
def test_a_broken_query_is_refused(node: str, opened: Opened, body: bytes):
    path = f"/shares/renkei/schemas/provider/tables/{name_of(opened)}/query"

    answer = ask(node, path, secret=opened.secret, method="POST", content=body)

    assert (answer.status_code, answer.json()["refusal"]["code"]) == (400, "servers.body-malformed")


def test_a_huge_query_is_refused(node: str, opened: Opened, settings: Any):
    settings.RENKEI = replace(settings.RENKEI, max_body=1000)
    path = f"/shares/renkei/schemas/provider/tables/{name_of(opened)}/query"

    answer = ask(node, path, secret=opened.secret, method="POST", content=b" " * 1001)

    assert (answer.status_code, answer.json()["refusal"]["code"]) == (413, "servers.body-too-large")


@pytest.mark.parametrize("asked", [{"maxResults": "-1"}, {"maxResults": "x"}, {"pageToken": "stolen"}])
def test_a_page_that_cannot_be_is_refused(node: str, opened: Opened, asked: dict[str, str]):
    answer = ask(node, "/shares", secret=opened.secret, params=asked)

    assert (answer.status_code, answer.json()["refusal"]["code"]) == (400, "servers.page-malformed")


def test_a_query_answers_in_lines_with_signed_addresses_that_end_with_the_agreement(node: str):
    until = (utc_now() + timedelta(seconds=90)).replace(microsecond=0)
    opened = delivery.opened(until=until)
    path = f"/shares/renkei/schemas/provider/tables/{name_of(opened)}/query"

    answer = ask(node, path, secret=opened.secret, method="POST")

    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["delta-table-version"] == str(opened.dataset.quality.version)
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [next(iter(line)) for line in lines] == ["protocol", "metaData", "file"]
    file = lines[2]["file"]
    assert (json.loads(file["stats"]), file["expirationTimestamp"]) == (
        {"numRecords": 12},
        int(until.timestamp() * 1000),
    )
    assert "X-Amz-Signature=" in file["url"]
    content = httpx.get(file["url"], trust_env=False).content
    assert content[:4] == b"PAR1"
    receipt = wire.read_receipt(answer.headers["renkei-receipt"])
    document = httpx.get(f"{node}/orgs/provider/did.json", trust_env=False).content
    wire.check_signature(receipt, wire.key_in_document(document, receipt))
    wire.check_answer(receipt, sha256=hashlib.sha256(content).hexdigest(), parquet=True)
    assert (receipt.said.channel, receipt.said.agreement) == ("delta-sharing", opened.agreement.id)
