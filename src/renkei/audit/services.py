"""Writes of the log: a line for each act, the seal over what waits, the signature under a head."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from renkei.audit import queries, tree
from renkei.audit.errors import HeadAltered, TreeAltered
from renkei.audit.models import EntryRow, HeadRow, LogRow, TileRow
from renkei.audit.signing import Signer
from renkei.audit.types import Evidence, Fact, Head, Proven, SignedHead
from renkei.kernel.canonical import canonical_json
from renkei.kernel.clock import format_utc
from renkei.kernel.ids import Actor
from renkei.kernel.merkle import leaf_hash, verify_consistency
from renkei.kernel.notes import Checkpoint

SEAL_BATCH = 20_000
"""Entries sealed in one transaction, so that other writers are not kept waiting for long."""

_INSERT = "INSERT INTO audit_entry (action, subject, body) VALUES (%s, %s, %s) RETURNING id"
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
    are ids, counts, hashes and words of the field, never personal content, since nothing is ever taken out. Raises
    RuntimeError outside a transaction and TypeError for a fact of another type.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"{action}: an audit line is written in the transaction of its act")
    for name, value in facts.items():
        if not isinstance(value, str | int | bool | None):
            raise TypeError(f"{action}: the fact {name} is a {type(value).__name__}")
    asking = sorted(set(concerns))
    body = canonical_json(
        {
            "v": 1,
            "at": format_utc(at),
            "action": action,
            "actor": actor,
            "subject": subject,
            "concerns": asking,
            "facts": facts,
        }
    )
    with connection.cursor() as cursor:  # plain SQL: this stands on the path of every write of the house
        cursor.execute(_INSERT, [action, subject, body.decode()])
        (entry,) = cursor.fetchone()
        for who in asking:
            cursor.execute(_CONCERN, [who, entry])


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
