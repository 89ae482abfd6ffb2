"""The client library against real nodes' doors: from a catalogue to a table in the notebook."""

import csv
import json
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import delta_sharing
import fsspec
import pytest

from renkei.audit import api as audit
from renkei.client import Agreement, Node, Refused, Undecided, receipts
from renkei.client.errors import (
    DeliveryDamaged,
    ExtraMissing,
    NodeAnswered,
    NodeUnnamed,
    NodeUnreachable,
    OfferAmbiguous,
)
from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import TransferId
from renkei.kernel.refusals import Kind
from renkei.parties import api as parties
from renkei.servers.inbox import kept_at
from renkei.wire import member, receipt, rows, tlog
from tests.factories import delivery
from tests.factories import parties as make
from tests.factories import receipts as make_receipts
from tests.servers.loopback import Loopback, loopback
from tests.servers.running import delivering, free_port, running

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def address(settings: Any) -> Iterator[str]:
    with running(settings) as url, delivering():
        yield url


@pytest.fixture
def provider(address: str) -> parties.Organisation:
    return make.organisation(slug="provider")


@pytest.fixture
def consumer(address: str) -> parties.Organisation:
    return make.organisation(slug="consumer")


@pytest.fixture
def node(address: str, consumer: parties.Organisation) -> Iterator[Node]:
    with Node(address, make.token(org=consumer, now=utc_now()).secret) as opened:
        yield opened


@pytest.fixture
def offer(provider: parties.Organisation) -> exchange.Offer:
    return offered(provider)


@pytest.fixture
def agreement(node: Node, provider: parties.Organisation, offer: exchange.Offer) -> Agreement:
    (listing,) = node.catalog(provider.participant)
    return node.agree(listing, purpose="research")


def offered(provider: parties.Organisation, *, automatic: bool = True) -> exchange.Offer:
    published = delivery.dataset(provider)
    return exchange.offer(
        dataset=published.id,
        terms=delivery.terms(),
        automatic=automatic,
        actor=provider.actor,
        now=utc_now(),
    )


def end(provider: parties.Organisation, agreement: Agreement) -> None:
    exchange.end_agreement(
        org=provider.id, agreement=agreement.id, reason="misuse", actor=provider.actor, now=utc_now()
    )


def test_a_catalogue_becomes_listings(node: Node, provider: parties.Organisation, offer: exchange.Offer):
    (listing,) = node.catalog(provider.participant)

    assert (listing.provider, listing.id, listing.title.ja) == (
        provider.participant,
        offer.dataset,
        "気温の計測",
    )
    assert [column.name for column in listing.columns] == [c.name for c in delivery.tables.COLUMNS]
    assert listing.terms("ja") == [offer.id, *(each.ja for each in exchange.describe_terms(offer.terms))]
    assert "Temperature readings" in repr(listing)


def test_a_long_catalogue_is_read_to_its_end(node: Node, provider: parties.Organisation):
    published = delivery.dataset(provider)
    wanted = set()
    for number in range(105):
        again = exchange.publish_dataset(
            owner=provider.id,
            table=published.table,
            title=published.title,
            description=published.description,
            licence=published.licence,
            classes=published.classes,
            dataset_id=f"urn:n:{number}",  # type: ignore[arg-type] # a dataset's id
            actor=provider.actor,
            now=utc_now(),
        )
        exchange.offer(
            dataset=again.id, terms=delivery.terms(), automatic=True, actor=provider.actor, now=utc_now()
        )
        wanted.add(again.id)

    found = [listing.id for listing in node.catalog(provider.participant)]

    assert (len(found), set(found)) == (105, wanted)


def test_an_agreement_becomes_a_data_frame(agreement: Agreement):
    frame = agreement.to_pandas()

    assert list(frame.columns) == ["device", "at", "cell", "reading", "counter"]
    assert (len(frame), len(agreement.to_pandas(limit=5))) == (12, 5)


def test_an_agreement_becomes_an_arrow_table(agreement: Agreement):
    table = agreement.to_arrow(purpose="research")

    assert (table.num_rows, table.column_names) == (12, ["device", "at", "cell", "reading", "counter"])
    assert set(table["cell"].to_pylist()) == {"533946"}


def test_an_agreement_becomes_a_duckdb_relation(agreement: Agreement):
    rows = agreement.to_duckdb().aggregate("device, count(*) AS n, max(reading) AS top").order("device")

    assert rows.fetchall() == [("D-1", 4, 24.5), ("D-2", 4, 24.5), ("D-3", 4, 24.5)]


def test_an_agreement_is_saved_to_a_file(agreement: Agreement, tmp_path: Path):
    told: list[tuple[int, int | None]] = []
    saved = agreement.save(
        tmp_path / "data.csv", format="csv", progress=lambda done, total: told.append((done, total))
    )

    with saved.open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 12
    assert told[-1][0] == saved.stat().st_size
    assert list(tmp_path.iterdir()) == [saved]


def test_a_refused_save_leaves_no_file(agreement: Agreement, provider: parties.Organisation, tmp_path: Path):
    agreement.to_arrow()
    end(provider, agreement)

    with pytest.raises(Refused):
        agreement.save(tmp_path / "data.csv", format="csv")

    assert list(tmp_path.iterdir()) == []


def test_every_read_brings_a_receipt_that_verifies(
    agreement: Agreement, provider: parties.Organisation, tmp_path: Path
):
    assert agreement.receipt is None
    with pytest.raises(receipt.ReceiptLacking):
        agreement.verify_receipt()

    saved = agreement.save(tmp_path / "data.parquet", purpose="research")
    found = agreement.verify_receipt(data=saved)

    assert found == agreement.receipt
    assert (found.said.purpose, found.said.rows, found.said.terms) == (
        "research",
        12,
        agreement.signed.terms_digest,
    )
    kept = parties.did_document(provider.slug, now=utc_now())
    assert agreement.verify_receipt(found, document=kept) == found
    saved.write_bytes(saved.read_bytes() + b"more")
    with pytest.raises(receipt.AnotherAnswer):
        agreement.verify_receipt(data=saved)
    with pytest.raises(receipt.FromTheFuture):
        agreement.verify_receipt(now=utc_now() - timedelta(hours=1))


def test_a_receipt_of_somebody_or_something_else_does_not_verify(
    agreement: Agreement, provider: parties.Organisation, node: Node
):
    agreement.to_arrow()
    foreign = receipt.read_receipt(make_receipts.signed(make_receipts.said()))
    with pytest.raises(receipt.OfAnother):
        agreement.verify_receipt(foreign)

    (listing,) = node.catalog(provider.participant)
    again = node.agree(listing)
    again.to_arrow()
    with pytest.raises(receipt.OfAnother):
        again.verify_receipt(agreement.receipt)

    stranger = make.organisation(slug="stranger")
    with pytest.raises(receipt.UnknownKey):
        agreement.verify_receipt(document=parties.did_document(stranger.slug, now=utc_now()))


def test_receipts_are_fetched_again_and_follow_one_another(agreement: Agreement):
    with pytest.raises(receipt.ReceiptLacking):
        agreement.receipts()
    agreement.to_pandas()
    agreement.to_pandas(limit=1)

    found = agreement.receipts()

    assert [each.said.channel for each in found] == ["delta-sharing"] * 2
    receipt.check_chain(found)
    for each in found:
        agreement.verify_receipt(each)


def test_receipts_of_a_transfer_that_is_over_are_fetched_and_none_is_opened_for_it(
    agreement: Agreement, node: Node, consumer: parties.Organisation
):
    agreement.to_arrow()
    transfer = agreement.transfer("HttpData-PULL").id
    exchange.terminate_transfer(
        org=consumer.id, transfer=TransferId(transfer), reason="done", actor=consumer.actor, now=utc_now()
    )

    found = agreement.receipts()

    assert [each.said.channel for each in found] == ["http-data"]
    assert [(each.id, each.state) for each in node.transfers()] == [(transfer, "TERMINATED")]


class Hostile:
    """A provider's door that answers with the same part for ever, and counts how often it was asked."""

    def __init__(self, *answers: bytes) -> None:
        self.answers, self.asked = answers, list[dict[str, str]]()

    def fetch(self, _url: str, *, params: dict[str, str], **_more: Any) -> bytes:
        assert len(self.asked) < 5, "it is asked for ever"
        self.asked.append(params)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


def part(*texts: str, following: str | None) -> bytes:
    items = [{"receipt": text, "at": "2026-05-01T09:00:00Z"} for text in texts]
    return json.dumps({"items": items, "next": following}).encode()


@pytest.mark.parametrize(
    "answers",
    [
        [part(following="1")],
        [part(make_receipts.signed(make_receipts.said()), following="1")],
        [part(make_receipts.signed(make_receipts.said()), following="x")],
        [part(make_receipts.signed(make_receipts.said()), following=n) for n in ("5", "4")],
    ],
)
def test_a_provider_that_lists_receipts_for_ever_is_not_followed(answers: list[bytes]):
    door = Hostile(*answers)

    with pytest.raises(NodeAnswered):
        receipts.fetch_all(door, [pulled("https://node.example/data/urn:1")])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://node.example/data/x/sharing",
        "https://node.example/data/x/data/urn:1",
        "https://node.example/data/x/query/urn:1",
    ],
)
def test_receipts_are_asked_for_at_the_nodes_own_root_whatever_its_path(endpoint: str):
    asked: list[str] = []

    class Door:
        def fetch(self, url: str, **_more: Any) -> bytes:
            asked.append(url)
            return part(following=None)

    receipts.fetch_all(Door(), [pulled(endpoint)])  # type: ignore[arg-type]

    assert asked == ["https://node.example/data/x/data/urn:1/receipts"]


def pulled(endpoint: str) -> member.Transfer:
    return member.Transfer(
        id="urn:own",
        role="consumer",
        peer="did:web:node.example",
        peer_pid="urn:1",
        state="STARTED",
        agreement="urn:agreement",
        dataset="urn:dataset",
        format="HttpData-PULL",
        data_address=member.DataAddress(endpoint_type="HttpData", endpoint=endpoint, token="t"),
        created_at=utc_now(),
        updated_at=utc_now(),
    )


def test_what_is_no_receipt_does_not_keep_the_data_away(
    agreement: Agreement, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rows, "RECEIPT_HEADER", "content-type")

    assert agreement.to_arrow().num_rows == 12
    with pytest.raises(receipt.ReceiptMalformed):
        _ = agreement.receipt


def test_a_profile_serves_any_delta_sharing_client(agreement: Agreement, tmp_path: Path):
    path = agreement.save_profile(tmp_path / "renkei.share")

    (table,) = delta_sharing.SharingClient(str(path)).list_all_tables()

    assert (table.share, table.schema) == ("renkei", "provider")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == agreement.profile()


def test_reading_again_uses_the_transfer_that_runs(agreement: Agreement, node: Node):
    agreement.to_arrow()
    agreement.to_arrow()
    agreement.to_pandas()

    assert sorted((each.format, each.state) for each in node.transfers()) == [
        ("DeltaSharing-PULL", "STARTED"),
        ("HttpData-PULL", "STARTED"),
    ]


def test_an_ended_transfer_is_replaced_by_a_new_one(agreement: Agreement, node: Node):
    agreement.to_arrow()
    node.end_transfer(node.transfers()[0].id, reason="cleaning up")

    assert agreement.to_arrow().num_rows == 12


def test_agreements_are_found_again(agreement: Agreement, node: Node):
    assert [each.id for each in node.agreements()] == [agreement.id]
    assert node.agreement(agreement.id).signed == agreement.signed
    assert "in force" in repr(agreement)


def test_a_purpose_that_is_not_offered_is_refused_in_the_providers_words(
    node: Node, provider: parties.Organisation, offer: exchange.Offer
):
    (listing,) = node.catalog(provider.participant)

    with pytest.raises(Refused, match="advertising") as refused:
        node.agree(listing, purpose="advertising")

    assert (refused.value.code, refused.value.kind) == ("exchange.purpose-not-offered", Kind.DENIED)
    assert "research" in refused.value.said("en")


def test_reading_for_another_purpose_is_refused(agreement: Agreement):
    with pytest.raises(Refused) as refused:
        agreement.to_arrow(purpose="education")

    assert refused.value.code == "exchange.purpose-not-agreed"
    assert refused.value.facts["purpose"] == "education"


@pytest.mark.parametrize("read", ["to_pandas", "to_arrow", "to_duckdb"])
def test_an_ended_agreement_is_refused_at_the_next_read(
    agreement: Agreement, provider: parties.Organisation, read: str
):
    assert len(getattr(agreement, read)()) == 12
    end(provider, agreement)

    with pytest.raises(Refused, match="misuse"):
        getattr(agreement, read)()


def test_an_agreement_that_ends_in_mid_read_tells_why(
    agreement: Agreement, provider: parties.Organisation, monkeypatch: pytest.MonkeyPatch
):
    begin = fsspec.filesystem

    def end_and_begin(*words: Any, **more: Any) -> Any:
        """The standard client calls this when it has the files' addresses and is about to fetch them."""
        end(provider, agreement)
        return begin(*words, **more)

    monkeypatch.setattr(fsspec, "filesystem", end_and_begin)

    with pytest.raises(Refused, match="misuse") as refused:
        agreement.to_pandas()
    assert refused.value.code == "exchange.agreement-ended"


def test_a_decision_that_is_still_to_come_is_not_a_failure(node: Node, provider: parties.Organisation):
    waiting = offered(provider, automatic=False)
    (listing,) = node.catalog(provider.participant)

    with pytest.raises(Undecided) as undecided:
        node.agree(listing, timeout=0.5)

    (incoming,) = exchange.negotiations(org=provider.id)
    assert incoming.dataset == waiting.dataset
    exchange.agree(org=provider.id, negotiation=incoming.id, actor=provider.actor, now=utc_now())
    assert node.conclude(undecided.value.facts["id"]).to_arrow().num_rows == 12


def test_a_negotiation_can_be_given_up(node: Node, provider: parties.Organisation):
    offered(provider, automatic=False)
    (listing,) = node.catalog(provider.participant)
    begun = node.negotiate(listing)

    node.give_up(begun.id, reason="no longer needed")

    assert [(each.id, each.state) for each in node.negotiations()] == [(begun.id, "TERMINATED")]
    with pytest.raises(Refused, match="no longer needed"):
        node.conclude(begun.id)


def test_several_offers_want_a_choice(node: Node, provider: parties.Organisation, offer: exchange.Offer):
    other = exchange.offer(
        dataset=offer.dataset,
        terms=delivery.terms(purposes=["contest"]),
        automatic=True,
        actor=provider.actor,
        now=utc_now(),
    )
    (listing,) = node.catalog(provider.participant)

    with pytest.raises(OfferAmbiguous):
        node.agree(listing)
    assert node.agree(listing, offer=other.id).signed.in_force


def test_the_providers_log_holds_what_was_done_and_only_grows(
    agreement: Agreement, node: Node, provider: parties.Organisation, tmp_path: Path
):
    agreement.to_arrow()
    things = (agreement.id, agreement.signed.negotiation, node.transfers()[0].id)
    first = node.verify_audit(provider.participant, *things, keep=tmp_path / "head.json")
    end(provider, agreement)

    second = node.verify_audit(provider.participant, *things, keep=tmp_path / "head.json")

    assert (first.before, second.before) == (None, first.size)
    assert second.size > first.size
    assert second.key == audit.log_key().verifier
    assert {
        "exchange.negotiation-requested",
        "exchange.negotiation-agreed",
        "exchange.negotiation-finalized",
        "exchange.agreement-in-force",
        "exchange.transfer-started",
        "exchange.read",
    } <= set(first.actions)
    assert first.actions == second.actions[: len(first.actions)]
    assert "exchange.agreement-ended" in second.actions
    assert [entry.index for entry in second.entries] == sorted(entry.index for entry in second.entries)


def test_long_lists_come_whole(
    agreement: Agreement, node: Node, provider: parties.Organisation, monkeypatch: pytest.MonkeyPatch
):
    for _ in range(3):
        agreement.to_arrow()
        node.end_transfer(node.transfers()[0].id, reason="read")
    whole = [each.id for each in node.transfers()]
    monkeypatch.setattr(
        "renkei.exchange.queries.processes.transfers.__kwdefaults__",
        {**exchange.transfers.__kwdefaults__, "limit": 2},
    )

    assert [each.id for each in node.transfers()] == whole
    assert len(whole) == 3


def test_an_agreement_is_proven_by_its_own_id(
    agreement: Agreement, node: Node, provider: parties.Organisation, tmp_path: Path
):
    verified = node.verify_audit(provider.participant, agreement.id, keep=tmp_path / "head.json")

    # Both sides are on one node here, and each writes its line.
    assert [(entry.action, entry.subject) for entry in verified.entries] == [
        ("exchange.agreement-in-force", agreement.id)
    ] * 2


def test_what_is_not_in_the_log_is_not_proven(
    agreement: Agreement, node: Node, provider: parties.Organisation, tmp_path: Path
):
    with pytest.raises(tlog.NothingProven):
        node.verify_audit(provider.participant, "urn:uuid:never", keep=tmp_path / "head.json")


def test_a_kept_head_of_another_history_is_noticed(
    agreement: Agreement, node: Node, provider: parties.Organisation, tmp_path: Path
):
    keep = tmp_path / "head.json"
    node.verify_audit(provider.participant, keep=keep)
    kept = json.loads(keep.read_text())
    keep.write_text(json.dumps(kept | {"checkpoint": kept["checkpoint"].replace("\n", "\nx", 1)}))

    with pytest.raises((tlog.SignatureWrong, tlog.CheckpointUnreadable, tlog.LogRewritten)):
        node.verify_audit(provider.participant, keep=keep)


@pytest.mark.parametrize("secret", ["rk_0_guessed", "nonsense"])
def test_a_token_that_nobody_issued_is_refused(address: str, secret: str):
    with Node(address, secret) as stranger, pytest.raises(Refused) as refused:
        stranger.agreements()

    assert (refused.value.code, refused.value.kind) == ("parties.token-unknown", Kind.UNKNOWN_CALLER)
    assert refused.value.as_dict()["ja"] == refused.value.said("ja")


def test_a_node_that_is_not_there_is_said_to_be_unreachable():
    with Node(f"http://127.0.0.1:{free_port()}", "rk_x") as node, pytest.raises(NodeUnreachable):
        node.agreements()


@pytest.fixture
def odd() -> Iterator[Loopback]:
    with loopback() as answering:
        yield answering


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"<html>"), (502, b"<html>"), (200, b'{"items": 5}'), (404, b"[]")]
)
def test_an_answer_that_is_no_nodes_is_said_so(odd: Loopback, status: int, body: bytes):
    odd.says("/api/v1/agreements", status=status, body=body)

    with Node(odd.url, "rk_x") as node, pytest.raises(NodeAnswered):
        node.agreements()


def test_a_node_can_be_named_by_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("RENKEI_NODE", raising=False)
    monkeypatch.delenv("RENKEI_TOKEN", raising=False)
    with pytest.raises(NodeUnnamed):
        Node()

    monkeypatch.setenv("RENKEI_NODE", "http://node.example/")
    monkeypatch.setenv("RENKEI_TOKEN", "rk_x")

    assert repr(Node()) == "Node('http://node.example')"


def test_a_missing_extra_is_named(agreement: Agreement, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "delta_sharing", None)

    with pytest.raises(ExtraMissing, match=r"renkei\[notebook\]"):
        agreement.to_pandas()


def test_data_are_pushed_to_the_own_node_and_saved_as_a_pull_would_give_them(
    node: Node, agreement: Agreement, tmp_path: Path
):
    pulled = agreement.save(tmp_path / "pulled.parquet")

    (saved,) = agreement.receive(tmp_path / "received")
    (as_text,) = agreement.receive(tmp_path / "text", form="csv")

    assert (saved.name, as_text.name) == ("part-1.parquet", "part-1.csv")
    assert saved.read_bytes() == pulled.read_bytes()
    assert as_text.read_bytes() == agreement.save(tmp_path / "pulled.csv", format="csv").read_bytes()
    pushes = [each for each in node.transfers() if each.format == "HttpData-PUSH"]
    assert [each.state for each in pushes] == ["COMPLETED", "COMPLETED"]
    assert [len(node.deliveries(each.id)) for each in pushes] == [1, 1]


def test_a_delivery_whose_bytes_have_changed_on_the_disk_is_not_saved(
    node: Node, agreement: Agreement, tmp_path: Path
):
    (saved,) = agreement.receive(tmp_path / "received")
    (transfer,) = [each.id for each in node.transfers() if each.format == "HttpData-PUSH"]
    (part,) = node.deliveries(transfer)
    kept_at(TransferId(transfer), part.sha256).write_bytes(b"something else")
    saved.unlink()

    with pytest.raises(DeliveryDamaged):
        node.save_deliveries(transfer, tmp_path / "received")
    assert list((tmp_path / "received").iterdir()) == []


def test_a_push_that_the_provider_refuses_is_told_in_its_words(
    node: Node, provider: parties.Organisation, agreement: Agreement, tmp_path: Path
):
    end(provider, agreement)

    with pytest.raises(Refused) as refused:
        agreement.receive(tmp_path)
    assert refused.value.code == "exchange.peer-refused"
    assert "misuse" in refused.value.said("en")
