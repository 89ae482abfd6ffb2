"""Writes of the log: a line for each act, the seal over what waits, the signature under a head."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec
from django.db import connection, transaction

from renkei.audit import queries, tree
from renkei.audit.errors import HeadAltered, TreeAltered
from renkei.audit.models import EntryRow, HeadRow, LogRow, TileRow
from renkei.audit.signing import Signer
from renkei.audit.types import Evidence, Fact, Head, Proven, Recording, SignedHead
from renkei.kernel.clock import format_utc
from renkei.kernel.ids import Actor
from renkei.kernel.merkle import leaf_hash, verify_consistency
from renkei.kernel.notes import Checkpoint

SEAL_BATCH = 20_000
"""Entries sealed in one transaction, so that other writers are not kept waiting for long."""

RECORD_BATCH = 250
"""Acts written with one statement: three values each, of which every database takes as many."""

_LONGEST_FACT = 255
_WHOLE = 1 << 53
"""Whole numbers up to here mean the same to every reader of JSON (RFC 8259, section 6)."""
_encode = msgspec.json.Encoder(order="sorted").encode
"""The same bytes as `kernel.canonical.canonical_json` for what an entry may hold, in a tenth of the time."""
_INSERT = "INSERT INTO audit_entry (action, subject, body) VALUES (%s, %s, %s) RETURNING id"
_INSERT_MANY = "INSERT INTO audit_entry (action, subject, body) VALUES {} RETURNING id"
_CONCERN = "INSERT INTO audit_concern (participant, entry) VALUES (%s, %s)"
_ASSIGN = """
UPDATE audit_entry SET leaf_index = %s + waiting.place
FROM (
    SELECT id, ROW_NUMBER() OVER (ORDER BY id) - 1 AS place
    FROM audit_entry WHERE leaf_index IS NULL ORDER BY id LIMIT %s
) AS waiting
WHERE audit_entry.id = waiting.id
"""


def record(
    action: str, *, actor: Actor, subject: str, at: datetime, concerns: Sequence[str] = (), **facts: Fact
) -> None:
    """Write one act into the log, in the caller's transaction: it stands or falls with the act itself.

    `action` is `room.what-happened`; `concerns` are the participants who may ask for the entry with a proof. Facts
    are ids, counts, hashes and words of the field, never personal content, since nothing is ever taken out; a text that
    is longer than an id, or not printable, enters as its SHA-256. Raises RuntimeError outside a transaction and TypeError
    for a fact of another type.
    """
    _check_in_transaction(action)
    act = Recording(action, actor=actor, subject=subject, at=at, concerns=concerns, facts=facts)
    asking, body = _written(act, at=format_utc(at))
    with connection.cursor() as cursor:  # plain SQL: this stands on the path of every write of the house
        cursor.execute(_INSERT, [action, subject, body])
        (entry,) = cursor.fetchone()
        for who in asking:
            cursor.execute(_CONCERN, [who, entry])


def record_many(acts: Iterable[Recording]) -> int:
    """Write acts that were done together into the log, in the caller's transaction; returns how many they were.

    The entries are the same as if `record` had written each, in the same order, with a few statements for many. Raises
    what `record` raises.
    """
    _check_in_transaction("record_many")
    waiting, count = iter(acts), 0
    with connection.cursor() as cursor:
        while some := list(islice(waiting, RECORD_BATCH)):
            _insert(cursor, some)
            count += len(some)
    return count


def seal(*, now: datetime) -> Head:  # noqa: ARG001  every write of the house takes the time, whatever it keeps of it
    """Give each waiting entry its place in the log and grow the tree over it.

    Entries are taken in the order in which they were written, in batches of `SEAL_BATCH`, each its own transaction;
    two callers at a time take turns. Raises audit.log-altered when the stored tree cannot be continued.
    """
    while EntryRow.objects.filter(index__isnull=True).exists():
        if _seal_batch() < SEAL_BATCH:
            break
    return queries.head()


def signed_head(*, now: datetime) -> SignedHead:
    """Seal what waits and return the log's head, signed.

    The checkpoint is a signed note (C2SP tlog-checkpoint). A head is signed only when it is consistent with the last
    one that was signed; otherwise raises audit.log-altered.
    """
    sealed = seal(now=now)
    row = HeadRow.objects.filter(pk=sealed.size).first()
    if row is None:
        _check_continues(sealed)
        signer = Signer.load()
        text = signer.sign(Checkpoint(origin=signer.key.name, size=sealed.size, root=sealed.root))
        # Ed25519 is deterministic: whoever signs the same head at the same time writes the same text.
        HeadRow.objects.bulk_create(
            [HeadRow(size=sealed.size, checkpoint=text, signed_at=now)], ignore_conflicts=True
        )
        row = HeadRow.objects.get(pk=sealed.size)
    kept = row.as_fact()
    if kept.root != sealed.root:
        raise HeadAltered(index=0, last=max(sealed.size - 1, 0), size=sealed.size)
    return kept


def evidence(
    participant: str,
    *,
    subject: str | None = None,
    size: int | None = None,
    start: int = 0,
    limit: int = 500,
    now: datetime,
) -> Evidence:
    """Return the entries that concern a participant, each proven against one signed head.

    Without `size` the head is the newest; with it, the one that was signed at that size. `limit` entries from index
    `start` on; `following` says where to go on. Raises audit.head-unknown.
    """
    head = signed_head(now=now) if size is None else queries.head_of_size(size)
    found = queries.entries_concerning(participant, subject=subject, start=start, limit=limit + 1)
    within = [entry for entry in found if entry.index < head.size]
    shown = within[:limit]
    proofs = queries.inclusions([entry.index for entry in shown], size=head.size)
    return Evidence(
        head=head,
        entries=tuple(Proven(entry, proof) for entry, proof in zip(shown, proofs, strict=True)),
        following=within[limit].index if len(within) > limit else None,
    )


def _check_in_transaction(what: str) -> None:
    if not connection.in_atomic_block:
        raise RuntimeError(f"{what}: an audit line is written in the transaction of its act")


def _insert(cursor: Any, acts: Sequence[Recording]) -> None:
    told = ""
    moment: datetime | None = None
    values: list[str] = []
    asking: list[list[str]] = []
    for act in acts:
        if act.at is not moment:  # acts that were done together bear the same time
            moment, told = act.at, format_utc(act.at)
        who, body = _written(act, at=told)
        asking.append(who)
        values += (act.action, act.subject, body)
    cursor.execute(_INSERT_MANY.format(",".join(["(%s, %s, %s)"] * len(acts))), values)
    # Ids grow in the order of the rows, in whichever order the database returns them.
    ids = sorted(entry for (entry,) in cursor.fetchall())
    concerned = [(who, entry) for entry, several in zip(ids, asking, strict=True) for who in several]
    if concerned:
        cursor.executemany(_CONCERN, concerned)


def _written(act: Recording, *, at: str) -> tuple[list[str], str]:
    """Whom an act concerns, and its body as canonical JSON."""
    asking = sorted(set(act.concerns))
    body = {
        "v": 1,
        "at": at,
        "action": act.action,
        "actor": act.actor,
        "subject": act.subject,
        "concerns": asking,
        "facts": {name: _fact(act.action, name, value) for name, value in act.facts.items()},
    }
    return asking, _encode(body).decode()


def _fact(action: str, name: str, value: Fact) -> Fact:
    if isinstance(value, str):
        if len(value) <= _LONGEST_FACT and value.isprintable():
            return value
        return f"sha256:{hashlib.sha256(value.encode(errors='surrogatepass')).hexdigest()}"
    if not isinstance(value, int | None):
        raise TypeError(f"{action}: the fact {name} is a {type(value).__name__}")
    if not -_WHOLE < (value or 0) < _WHOLE:
        raise TypeError(f"{action}: the fact {name} is {value}, which not every reader of JSON can tell")
    return value


@transaction.atomic
def _seal_batch() -> int:
    log, _ = LogRow.objects.select_for_update().get_or_create(
        pk=1, defaults={"size": 0, "root": tree.Hashes({}).of(tree.Span(0, 0))}
    )
    with connection.cursor() as cursor:
        cursor.execute(_ASSIGN, [log.size, SEAL_BATCH])
    bodies = EntryRow.objects.filter(index__gte=log.size).order_by("index").values_list("body", flat=True)
    leaves = [leaf_hash(body.encode()) for body in bodies]
    if leaves:
        _store(log, leaves)
    return len(leaves)


def _store(log: LogRow, leaves: list[bytes]) -> None:
    edge = queries.tiles(set(tree.right_edge(log.size)))
    try:
        changed = tree.grow(edge=edge, size=log.size, leaves=leaves)
        whole = tree.Span(0, log.size + len(leaves))
        root = tree.Hashes({**edge, **changed}).of(whole)
    except KeyError:
        raise TreeAltered(index=0, last=max(log.size - 1, 0)) from None
    TileRow.objects.bulk_create(
        [TileRow(level=tile.level, index=tile.number, hashes=hashes) for tile, hashes in changed.items()],
        update_conflicts=True,
        unique_fields=["level", "index"],
        update_fields=["hashes"],
        batch_size=500,
    )
    LogRow.objects.filter(pk=1).update(size=whole.end, root=root)


def _check_continues(sealed: Head) -> None:
    last = HeadRow.objects.filter(size__lte=sealed.size).order_by("-size").first()
    if last is None:
        return
    signed = last.as_fact()
    if not verify_consistency(
        first_size=signed.size,
        first_root=signed.root,
        second_size=sealed.size,
        second_root=sealed.root,
        path=queries.consistency(signed.size, sealed.size),
    ):
        raise HeadAltered(index=0, last=max(signed.size - 1, 0), size=signed.size)
