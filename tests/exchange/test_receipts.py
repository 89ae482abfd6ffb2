"""Receipts: one for every provision, signed, chained, in the log, and with nothing personal in them."""

import dataclasses
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from django.db import IntegrityError, close_old_connections, connection, transaction

from renkei.audit import api as audit
from renkei.exchange import api as exchange
from renkei.exchange.errors import AgreementEnded, ReceiptMissing, TransferNotStarted, TransferUnknown
from renkei.exchange.models import ProvisionRow
from renkei.exchange.services import delivery, push_records
from renkei.exchange.services.issuing import Place
from renkei.kernel.ids import NODE, AgreementId, TransferId
from renkei.parties import api as parties
from renkei.privacy import api as privacy
from renkei.wire import receipt as wire
from tests.factories import lake as lakes
from tests.factories.exchange import MAY, Hand, Table, constraint, table, terms

pytestmark = pytest.mark.django_db


def read(at: Table, secret: str, *, purpose: str | None = None, now: datetime = MAY) -> exchange.Delivered:
    return exchange.deliver(exchange.access(secret, purpose=purpose, now=now), channel="http-data", now=now)


def verified(at: Table, text: str) -> wire.SignedReceipt:
    document = msgspec.json.encode(parties.did_document(at.provider.slug, now=MAY))
    found = wire.read_receipt(text)
    wire.check_signature(found, wire.key_in_document(document, found))
    return found


def test_a_receipt_says_what_was_handed_over_under_which_terms():
    at = table()
    secret = at.secret()
    granted = exchange.access(secret, purpose="research", now=MAY)

    delivered = exchange.deliver(granted, channel="http-data", now=MAY)

    release, found = delivered.release, verified(at, delivered.receipt.text)
    assert found.said == delivered.receipt.said
    assert found.said == exchange.Receipt(
        id=found.said.id,
        issued_at=int(MAY.timestamp()),
        provider=at.provider.participant,
        recipient=at.consumer.participant,
        agreement=granted.agreement.id,
        terms=granted.agreement.terms_digest,
        transfer=granted.transfer.id,
        number=1,
        previous=None,
        channel="http-data",
        dataset=at.dataset.id,
        purpose="research",
        plan=release.digest,
        table=at.dataset.table,
        table_version=release.version,
        rows=12,
        columns=5,
        withheld=tuple(exchange.WithheldTerm(w.term, w.rows, w.columns) for w in release.withheld),
        smallest_group=release.smallest_group,
        loss=release.loss,
        files=(release.files[0].sha256,),
        file_count=1,
        checkpoint=found.said.checkpoint,
    )
    assert [term.term for term in found.said.withheld] == ["rk:cell", "rk:minimumGroup"]
    assert exchange.terms_digest(granted.agreement.terms) == found.said.terms


def test_the_head_in_a_receipt_is_one_that_the_log_signed():
    at = table()
    secret = at.secret()
    signed = audit.signed_head(now=MAY)

    said = read(at, secret).receipt.said

    assert said.checkpoint == signed.checkpoint
    assert wire.head_of(verified(at, read(at, secret).receipt.text)).size == signed.size


def test_each_receipt_of_a_transfer_names_the_one_before_it():
    at = table()
    secret = at.secret()
    texts = [read(at, secret, now=MAY + timedelta(seconds=n)).receipt.text for n in range(3)]
    another = read(at, at.secret()).receipt

    wire.check_chain([verified(at, text) for text in texts])
    assert (another.said.number, another.said.previous) == (1, None)


def test_the_log_holds_the_hash_of_each_receipt_and_not_the_receipt():
    at = table()
    delivered = read(at, at.secret())
    audit.seal(now=MAY)

    [entry] = [e for e in audit.entries(start=0, limit=1000) if e.action == "exchange.read"]

    assert entry.facts["receipt"] == delivered.receipt.sha256
    assert delivered.receipt.text not in entry.body.decode()


def test_a_provision_keeps_its_receipt_and_can_be_found_by_it():
    at = table()
    receipt = read(at, at.secret()).receipt

    [record] = exchange.issued(org=at.provider.id)

    assert (record.receipt, record.receipt_id, record.rows) == (receipt.text, receipt.said.id, 12)
    assert exchange.receipt(receipt.said.id, org=at.provider.id) == record
    assert exchange.issued(org=at.consumer.id) == ()
    for unknown, org in [(receipt.said.id, at.consumer.id), ("", at.provider.id), ("urn:none", None)]:
        with pytest.raises(ReceiptMissing):
            exchange.receipt(unknown, org=org)


def test_nothing_of_what_a_row_says_stands_in_a_receipt():
    at = table()
    delivered = read(at, at.secret(), purpose="research")

    said = msgspec.json.encode(delivered.receipt.said).decode()

    values = {str(value) for row in lakes.readings().to_pylist() for value in row.values()}
    assert [value for value in values if len(value) > 3 and value in said] == []
    assert at.provider.name.ja not in said


@pytest.mark.parametrize("claimed", ["Taro Yamada, for his mother", "x" * 500, "研究"])
def test_what_a_reader_states_as_its_purpose_stands_there_only_as_a_plain_word(claimed: str):
    at = table(said=terms(constraint("rk:cell", "eq", "jis-mesh:2"), GROUP))
    secret = at.secret()

    said = read(at, secret, purpose=claimed).receipt.said

    assert said.purpose is not None
    assert said.purpose.startswith("sha256:")
    assert read(at, secret, purpose="odrl:research").receipt.said.purpose == "odrl:research"
    assert read(at, secret).receipt.said.purpose is None


GROUP = constraint("rk:minimumGroup", "gteq", "2", **{"rk:entity": "device"})


def test_the_reader_gets_all_receipts_of_its_transfer_again_part_by_part_also_when_all_is_over():
    at = table()
    secret = at.secret()
    number = exchange.access(secret, now=MAY).transfer.id
    texts = [read(at, secret).receipt.text for _ in range(3)]
    agreement = exchange.access(secret, now=MAY).agreement.id
    exchange.end_agreement(org=at.provider.id, agreement=agreement, reason="over", actor=NODE, now=MAY)

    first = exchange.receipts_for_reader(secret, transfer=number, limit=2)
    rest = exchange.receipts_for_reader(secret, transfer=number, after=int(first.next or 0))

    assert [each.receipt for each in first + rest] == texts
    assert (first.next, rest.next) == ("2", None)


def test_no_other_secret_opens_the_receipts():
    at = table()
    secret, other = at.secret(), at.secret()
    number = exchange.access(secret, now=MAY).transfer.id

    for wrong in (other, "", "rt_none"):
        with pytest.raises(TransferUnknown):
            exchange.receipts_for_reader(wrong, transfer=number)


def test_what_is_refused_leaves_no_receipt():
    at = table()
    secret = at.secret()
    granted = exchange.access(secret, now=MAY)
    exchange.end_agreement(
        org=at.provider.id, agreement=granted.agreement.id, reason="over", actor=NODE, now=MAY
    )

    with pytest.raises(Exception, match="agreement-ended"):
        exchange.deliver(granted, channel="http-data", now=MAY)

    assert exchange.issued(org=at.provider.id) == ()


def ending(at: Table, agreement: str) -> None:
    exchange.end_agreement(
        org=at.provider.id, agreement=AgreementId(agreement), reason="over", actor=NODE, now=MAY
    )


def counted() -> Table:
    return table(
        said=terms(constraint("rk:cell", "eq", "jis-mesh:2"), GROUP, constraint("count", "lteq", "9"))
    )


def test_an_agreement_that_ends_while_the_release_is_made_is_not_answered(monkeypatch: pytest.MonkeyPatch):
    at = counted()
    granted = exchange.access(at.secret(), now=MAY)

    def long_release(plan: privacy.Plan, *, now: datetime) -> privacy.Release:
        ending(at, granted.agreement.id)
        return privacy.release(plan, now=now)

    monkeypatch.setattr(delivery, "privacy", SimpleNamespace(release=long_release))
    with pytest.raises(AgreementEnded):
        exchange.deliver(granted, channel="http-data", now=MAY)

    assert exchange.issued(org=at.provider.id) == ()
    assert exchange.uses(granted.agreement, now=MAY).taken == 0


def test_an_answer_that_was_computed_while_its_transfer_was_suspended_is_not_told():
    at = counted()
    granted = exchange.access(at.secret(), now=MAY)
    release = privacy.release(granted.plan, now=MAY)
    exchange.suspend_transfer(
        org=at.provider.id, transfer=granted.transfer.id, reason="maintenance", actor=NODE, now=MAY
    )

    with pytest.raises(TransferNotStarted):
        exchange.issue_receipt(granted, exchange.of_release(release), channel="sql", now=MAY)

    assert exchange.issued(org=at.provider.id) == ()


def test_a_push_counts_for_nothing_when_its_agreement_ends_at_the_last_moment(
    monkeypatch: pytest.MonkeyPatch,
):
    at, hand, locked = counted(), Hand(), push_records.lock_chain
    signed = pushing(at)

    def late(transfer: TransferId, *, now: datetime) -> Place:
        ending(at, signed.id)
        return locked(transfer, now=now)

    monkeypatch.setattr(push_records, "lock_chain", late)
    exchange.push_due(hand, now=MAY)

    assert hand.pushed == []
    assert exchange.issued(org=at.provider.id) == ()


def pushing(at: Table) -> exchange.Agreement:
    signed = at.agreed()
    exchange.request_transfer(
        org=at.consumer.id,
        agreement=signed.id,
        format=exchange.HTTP_PUSH,
        actor=at.consumer.actor,
        now=MAY,
    )
    at.deliver()
    return signed


def test_a_push_takes_its_use_before_it_locks_the_transfer_as_an_agreement_that_ends_does():
    at, hand, asked = counted(), Hand(), list[str]()
    pushing(at)

    def listen(execute: Any, sql: str, *rest: Any) -> Any:
        asked.append(sql)
        return execute(sql, *rest)

    hand.during = lambda _push: listening.__exit__(None, None, None)
    listening = connection.execute_wrapper(listen)

    def begin(_push: exchange.Push) -> None:
        listening.__enter__()

    hand.before = begin
    exchange.push_due(hand, now=MAY)

    use = next(place for place, sql in enumerate(asked) if "exchange_usage" in sql)
    lock = next(place for place, sql in enumerate(asked) if is_lock(sql))
    assert use < lock


def is_lock(sql: str) -> bool:
    """The read that locks a chain where there are row locks: the transfer's state alone."""
    return sql.startswith('SELECT "exchange_transfer"."state"')


def test_the_head_of_the_log_is_signed_before_the_transaction_of_the_record_is_open(
    monkeypatch: pytest.MonkeyPatch,
):
    at = table()
    granted = exchange.access(at.secret(), now=MAY)
    depth = len(connection.savepoint_ids)
    depths: list[int] = []
    signs = audit.signed_head

    def watched(*, now: datetime) -> audit.SignedHead:
        depths.append(len(connection.savepoint_ids))
        return signs(now=now)

    monkeypatch.setattr(audit, "signed_head", watched)
    exchange.deliver(granted, channel="http-data", now=MAY)

    assert depths == [depth]


def test_any_answer_can_have_a_receipt_such_as_one_that_was_computed_in_place():
    at = table()
    granted = exchange.access(at.secret(), now=MAY)
    answered = exchange.Answered(
        plan="b" * 64,
        table=at.dataset.table,
        version=7,
        rows=3,
        columns=("cell", "mean"),
        withheld=(privacy.Withheld("rk:minimumGroup", 2, ()),),
        smallest_group=4,
        loss=310,
        query="c" * 64,
        answer="d" * 64,
    )

    said = exchange.issue_receipt(granted, answered, channel="query", now=MAY).said

    assert (said.channel, said.query, said.answer, said.smallest_group, said.loss, said.rows) == (
        ("query", "c" * 64, "d" * 64, 4, 310, 3)
    )
    [record] = exchange.provisions(org=at.provider.id)
    assert (record.channel, record.columns, record.rows) == ("query", ("cell", "mean"), 3)


def test_a_release_from_before_hashes_were_kept_states_no_files():
    at = table()
    release = read(at, at.secret()).release
    older = dataclasses.replace(
        release, files=tuple(dataclasses.replace(f, sha256="") for f in release.files)
    )

    assert exchange.of_release(older).files == ()


def test_the_shelf_reads_what_a_release_lost_and_releases_from_before_it_told():
    at = table()
    release = read(at, at.secret()).release
    about = release.files[0].path.parent / "release.json"
    told = json.loads(about.read_text())
    assert (told["loss"], told["smallest_group"]) == (release.loss, release.smallest_group)

    about.write_text(json.dumps(told | {"loss": 250, "smallest_group": 3}))
    now = privacy.release(exchange.access(at.secret(), now=MAY).plan, now=MAY)
    assert (now.loss, now.smallest_group) == (250, 3)
    older = {name: value for name, value in told.items() if name not in {"loss", "smallest_group"}}
    older["files"] = [{k: v for k, v in file.items() if k != "sha256"} for file in told["files"]]
    about.write_text(json.dumps(older))
    now = privacy.release(exchange.access(at.secret(), now=MAY).plan, now=MAY)
    assert (now.loss, now.smallest_group, now.files[0].sha256) == (0, None, "")


def test_a_push_carries_its_receipt_and_the_consumer_keeps_it():
    at, hand = table(), Hand()
    asked = exchange.request_transfer(
        org=at.consumer.id,
        agreement=at.agreed().id,
        format=exchange.HTTP_PUSH,
        actor=at.consumer.actor,
        now=MAY,
    )
    at.deliver()

    exchange.push_due(hand, now=MAY)

    [record] = exchange.issued(org=at.provider.id)
    [landed] = exchange.deliveries(asked.id, org=at.consumer.id)
    assert landed.receipt == record.receipt == hand.pushed[0].receipt
    said = verified(at, landed.receipt).said
    assert (said.channel, said.recipient, said.number) == ("http-push", at.consumer.participant, 1)


def test_attempts_at_one_release_show_one_receipt_and_none_counts_before_a_byte_leaves():
    at = table()
    exchange.request_transfer(
        org=at.consumer.id,
        agreement=at.agreed().id,
        format=exchange.HTTP_PUSH,
        actor=at.consumer.actor,
        now=MAY,
    )
    at.deliver()
    shown: list[str] = []

    def fails(push: exchange.Push) -> None:
        shown.append(push.receipt)
        raise exchange.PeerUnavailable("no route to host")

    exchange.push_due(Hand(before=fails), now=MAY)
    assert exchange.issued(org=at.provider.id) == ()
    later = MAY + timedelta(hours=1)
    exchange.push_due(Hand(during=fails, now=later), now=later)
    exchange.push_due(Hand(now=later), now=later + timedelta(hours=1))

    [record] = exchange.issued(org=at.provider.id)
    assert len(set(shown)) == 2  # the first one never counted
    assert record.receipt == shown[1]
    [landed] = exchange.deliveries(exchange.transfers(org=at.consumer.id)[0].id, org=at.consumer.id)
    assert landed.receipt == record.receipt


def test_a_push_whose_receipt_lost_its_place_starts_over_with_another():
    at = table()
    exchange.request_transfer(
        org=at.consumer.id,
        agreement=at.agreed().id,
        format=exchange.HTTP_PUSH,
        actor=at.consumer.actor,
        now=MAY,
    )
    at.deliver()

    def another_read(push: exchange.Push) -> None:
        exchange.issue_receipt(push.access, exchange.of_release(push.release), channel="query", now=MAY)

    exchange.push_due(Hand(before=another_read), now=MAY, limit=1)
    first = [each.channel for each in exchange.issued(org=at.provider.id)]
    exchange.push_due(Hand(), now=MAY, limit=1)

    later, earlier = exchange.issued(org=at.provider.id)
    assert (first, later.channel) == (["query"], "http-push")
    wire.check_chain([verified(at, earlier.receipt), verified(at, later.receipt)])


def test_the_database_itself_refuses_two_receipts_in_one_place():
    at = table()
    read(at, at.secret())
    row = ProvisionRow.objects.get(number=1)
    row.pk = None

    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


@pytest.mark.django_db(transaction=True)
def test_reads_at_the_same_time_stand_one_after_the_other_in_the_chain():
    at = table()
    secret = at.secret()
    read(at, secret)

    def reading(_number: int) -> None:
        try:
            read(at, secret)
        finally:
            close_old_connections()

    with ThreadPoolExecutor(4) as readers:
        list(readers.map(reading, range(8)))

    rows = exchange.receipts_for_reader(secret, transfer=exchange.access(secret, now=MAY).transfer.id)
    assert len(rows) == 9
    wire.check_chain([verified(at, each.receipt) for each in rows])


def test_a_key_that_was_replaced_does_not_verify_new_receipts_and_the_new_one_does():
    at = table()
    secret = at.secret()
    first = read(at, secret).receipt.text
    saved = msgspec.json.encode(parties.did_document(at.provider.slug, now=MAY))
    parties.replace_key(org=at.provider.id, actor=NODE, now=MAY + timedelta(minutes=1))

    second = read(at, secret, now=MAY + timedelta(minutes=2)).receipt.text

    later = msgspec.json.encode(parties.did_document(at.provider.slug, now=MAY + timedelta(minutes=2)))
    old, new = wire.read_receipt(first), wire.read_receipt(second)
    wire.check_signature(old, wire.key_in_document(saved, old))
    wire.check_signature(new, wire.key_in_document(later, new))
    with pytest.raises(wire.UnknownKey):
        wire.key_in_document(later, old)
    wire.check_chain([old, new])
