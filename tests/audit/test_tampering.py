"""Somebody with the database's password alters the log behind the node's back; each way is noticed."""

import pytest
from django.db import connection

from renkei.audit import api as audit
from renkei.audit import tree
from renkei.audit.errors import (
    CheckpointForeign,
    CheckpointMalformed,
    EntryAltered,
    EntryForged,
    EntryMissing,
    HeadAltered,
    LogAltered,
    LogShortened,
    LookupAltered,
    TreeAltered,
    TrustedHeadBroken,
)
from renkei.kernel.merkle import leaf_hash
from renkei.wire import tlog
from tests.factories.audit import MAY, act, acts

pytestmark = pytest.mark.django_db


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        assert cursor.rowcount != 0, "nothing was altered"


def stored(statement: str, *values: object) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return bytes(cursor.fetchone()[0])


def change_body(index: int) -> bytes:
    """Change what the entry says; its lookup columns still fit."""
    body = audit.entries(start=index, limit=1)[0].body.replace(b'"number":', b'"number":9')
    sql("UPDATE audit_entry SET body = %s WHERE leaf_index = %s", body.decode(), index)
    return body


def put_leaf(index: int, leaf: bytes) -> None:
    tile, place = divmod(index, tree.WIDTH)
    hashes = bytearray(stored("SELECT hashes FROM audit_tile WHERE level = 0 AND tile_index = %s", tile))
    hashes[place * 32 : place * 32 + 32] = leaf
    sql("UPDATE audit_tile SET hashes = %s WHERE level = 0 AND tile_index = %s", bytes(hashes), tile)


def found() -> LogAltered:
    with pytest.raises(LogAltered) as caught:
        audit.check()
    return caught.value


def test_an_unaltered_log_passes() -> None:
    acts(300)
    first = audit.signed_head(now=MAY)
    acts(300)
    last = audit.signed_head(now=MAY)
    act("waiting, not sealed")

    assert audit.check() == audit.LogCheck(size=600, root=last.root, heads=2, trusted=None)
    assert audit.check(trusted=first.checkpoint).trusted == 300
    assert audit.check(trusted=last.checkpoint).trusted == 600


def test_an_empty_log_passes() -> None:
    assert audit.check().size == 0
    assert audit.check(trusted=audit.signed_head(now=MAY).checkpoint).trusted == 0


def test_a_changed_body_is_named() -> None:
    acts(300)
    audit.signed_head(now=MAY)
    change_body(5)

    refusal = found()

    assert (type(refusal), refusal.code, refusal.facts) == (EntryAltered, "audit.log-altered", {"index": 5})


def test_a_body_that_was_changed_with_its_leaf_is_named_by_the_heads_around_it() -> None:
    for _ in range(4):
        acts(4)
        audit.signed_head(now=MAY)
    put_leaf(5, leaf_hash(change_body(5)))

    refusal = found()

    assert (type(refusal), refusal.facts) == (HeadAltered, {"index": 4, "last": 7, "size": 8})


def test_a_body_that_was_changed_with_its_leaf_is_named_by_its_tile_before_any_head() -> None:
    acts(300)
    audit.signed_head(now=MAY)
    put_leaf(5, leaf_hash(change_body(5)))

    refusal = found()

    assert (type(refusal), refusal.facts) == (TreeAltered, {"index": 0, "last": tree.WIDTH - 1})


def test_a_body_that_was_changed_with_its_leaf_before_any_head_was_signed_is_noticed() -> None:
    acts(10)
    audit.seal(now=MAY)
    put_leaf(5, leaf_hash(change_body(5)))

    assert type(found()) is TreeAltered


@pytest.mark.parametrize("index", [0, 5, 299])
def test_a_removed_entry_is_named(index: int) -> None:
    acts(300)
    audit.signed_head(now=MAY)
    sql("DELETE FROM audit_entry WHERE leaf_index = %s", index)

    refusal = found()

    assert (type(refusal), refusal.facts["index"]) == (EntryMissing, index)


def test_a_log_cut_at_its_end_is_noticed_by_its_signed_heads() -> None:
    acts(5)
    audit.signed_head(now=MAY)
    root = audit.head().root
    acts(5)
    audit.signed_head(now=MAY)
    sql("DELETE FROM audit_entry WHERE leaf_index >= 5")
    sql("UPDATE audit_log SET size = 5, root = %s", root)

    refusal = found()

    assert (type(refusal), refusal.facts) == (LogShortened, {"index": 5, "size": 10})


def test_two_entries_that_changed_places_are_noticed() -> None:
    acts(10)
    audit.signed_head(now=MAY)
    sql("UPDATE audit_entry SET leaf_index = -1 WHERE leaf_index = 3")
    sql("UPDATE audit_entry SET leaf_index = 3 WHERE leaf_index = 4")
    sql("UPDATE audit_entry SET leaf_index = 4 WHERE leaf_index = -1")

    refusal = found()

    assert (type(refusal), refusal.facts) == (EntryAltered, {"index": 3})


def test_an_entry_that_was_slipped_in_at_the_end_is_noticed() -> None:
    acts(10)
    audit.signed_head(now=MAY)
    act("forged")
    sql("UPDATE audit_entry SET leaf_index = 10 WHERE leaf_index IS NULL")

    refusal = found()

    assert (type(refusal), refusal.facts) == (EntryForged, {"index": 10, "size": 10})


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET subject = 'urn:uuid:hidden' WHERE leaf_index = 5",
        "UPDATE audit_entry SET action = 'exchange.nothing' WHERE leaf_index = 5",
        "DELETE FROM audit_concern WHERE entry = (SELECT id FROM audit_entry WHERE leaf_index = 5)",
        "UPDATE audit_concern SET participant = 'did:web:thief' "
        "WHERE entry = (SELECT id FROM audit_entry WHERE leaf_index = 5)",
    ],
)
def test_an_entry_that_was_hidden_from_those_it_concerns_is_named(statement: str) -> None:
    acts(10, concerns=("did:web:a",))
    audit.signed_head(now=MAY)
    sql(statement)

    refusal = found()

    assert (type(refusal), refusal.facts) == (LookupAltered, {"index": 5})


def test_an_entry_is_not_shown_to_somebody_whom_only_the_side_table_names() -> None:
    acts(1, concerns=("did:web:a",))
    audit.seal(now=MAY)
    sql("UPDATE audit_concern SET participant = 'did:web:thief'")

    assert audit.entries_concerning("did:web:thief") == ()


@pytest.mark.parametrize("checkpoint", ["", "127.0.0.1:8080\n10\nAAAA\n", "no checkpoint"])
def test_a_head_that_was_overwritten_is_noticed(checkpoint: str) -> None:
    acts(10)
    audit.signed_head(now=MAY)
    sql("UPDATE audit_head SET checkpoint = %s", checkpoint)

    assert type(found()) is HeadAltered


def test_a_head_with_another_size_or_signature_is_noticed() -> None:
    acts(10)
    good = audit.signed_head(now=MAY).checkpoint
    for bad in (good.replace("\n10\n", "\n9\n"), good[:-6] + "AAA=\n"):
        sql("UPDATE audit_head SET checkpoint = %s", bad)
        assert type(found()) is HeadAltered
    sql("UPDATE audit_head SET checkpoint = %s", good)
    assert audit.check().heads == 1


@pytest.mark.parametrize("level", [0, 1])
def test_a_tile_that_was_removed_is_noticed(level: int) -> None:
    acts(300)
    audit.signed_head(now=MAY)
    sql("DELETE FROM audit_tile WHERE level = %s", level)

    assert isinstance(found(), EntryAltered if level == 0 else TreeAltered)


def test_no_head_is_signed_that_does_not_continue_the_last_one() -> None:
    acts(10)
    audit.signed_head(now=MAY)
    put_leaf(5, leaf_hash(b"forged"))
    acts(1)

    with pytest.raises(HeadAltered):
        audit.signed_head(now=MAY)


def rewrite() -> None:
    """Take entry 5 out and have the node rebuild and sign everything, as its operator could."""
    sql("DELETE FROM audit_entry WHERE leaf_index = 5")
    sql("UPDATE audit_entry SET leaf_index = NULL")
    for table in ("audit_tile", "audit_log", "audit_head"):
        sql(f"DELETE FROM {table}")  # noqa: S608  names written above
    audit.signed_head(now=MAY)


def test_a_log_that_was_rebuilt_and_signed_anew_is_caught_by_a_kept_checkpoint() -> None:
    acts(10)
    kept = tlog.keep(
        kept=None,
        vkey=audit.log_key().verifier,
        checkpoint=audit.signed_head(now=MAY).checkpoint,
        path=(),
    )
    rewrite()
    acts(3)
    now = audit.signed_head(now=MAY)

    assert audit.check().size == 12  # from inside nothing can be seen
    with pytest.raises(TrustedHeadBroken) as caught:
        audit.check(trusted=kept.checkpoint)
    assert caught.value.code == "audit.log-altered"
    with pytest.raises(tlog.LogRewritten):
        tlog.keep(kept=kept, vkey=kept.vkey, checkpoint=now.checkpoint, path=audit.consistency(10, now.size))


def test_a_log_that_was_rebuilt_shorter_is_caught_by_a_kept_checkpoint() -> None:
    acts(10)
    vkey = audit.log_key().verifier
    kept = tlog.keep(kept=None, vkey=vkey, checkpoint=audit.signed_head(now=MAY).checkpoint, path=())
    rewrite()

    with pytest.raises(LogShortened):
        audit.check(trusted=kept.checkpoint)
    with pytest.raises(tlog.LogShrunk):
        tlog.keep(kept=kept, vkey=vkey, checkpoint=audit.signed_head(now=MAY).checkpoint, path=())


def test_a_log_that_was_rebuilt_under_a_new_key_is_caught_by_a_kept_checkpoint() -> None:
    acts(10)
    vkey = audit.log_key().verifier
    kept = tlog.keep(kept=None, vkey=vkey, checkpoint=audit.signed_head(now=MAY).checkpoint, path=())
    sql("DELETE FROM audit_key")
    rewrite()

    with pytest.raises(CheckpointForeign):
        audit.check(trusted=kept.checkpoint)
    with pytest.raises(tlog.VerifierChanged):
        tlog.keep(
            kept=kept,
            vkey=audit.log_key().verifier,
            checkpoint=audit.signed_head(now=MAY).checkpoint,
            path=(),
        )


def test_what_is_no_checkpoint_of_this_log_is_not_compared() -> None:
    acts(3)
    signed = audit.signed_head(now=MAY)

    for text in ("", "nonsense", signed.checkpoint.partition("\n\n")[0] + "\n"):
        with pytest.raises(CheckpointMalformed):
            audit.check(trusted=text)
    for forged in (
        signed.checkpoint.replace("\n3\n", "\n2\n"),
        signed.checkpoint.replace("— 127.0.0.1:8080", "— other.example"),
    ):
        with pytest.raises(CheckpointForeign):
            audit.check(trusted=forged)
