"""Moving staged uplinks into their owners' tables, each once, whenever the process dies.

A batch goes four steps, each of which can be repeated: it is claimed (its number, its last row and how many they are
are written down); its rows are appended to the table under that number, which the table remembers and takes once; its
staged rows are deleted, some at a time, in the transaction that writes what they say of their devices into the context;
when none is left the batch is settled. After a crash the claim is found and the batch begins anew with the same number
and the rows that are left. Two processes at the same batch do no harm either: the table takes the first, a staged row
can be deleted once, and the number does not move on before the batch is settled.

Some rows at a time, since whoever takes uplinks in waits for a writer (SQLite), and locks of entities are not held
long. Streams are not locked meanwhile: receivers need theirs.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from renkei.audit import api as audit
from renkei.context import api as context
from renkei.kernel.ids import NODE, OrgId, TableId
from renkei.kernel.refusals import Refusal
from renkei.lake import api as lake
from renkei.parties import api as parties
from renkei.telemetry.entities import entity_of
from renkei.telemetry.models import StagedRow, StreamRow

WRITER = "telemetry"
_CHUNK = 10_000
CONTEXT_CHUNK = 100
"""Uplinks that become context in one transaction."""


def commit_staged(*, now: datetime, limit: int = 50_000) -> int:
    """Move up to `limit` staged uplinks of each owner into its table and return how many were moved.

    A table that cannot be written now (a full disk) does not hold up the others; its refusal is raised at the end,
    and its batch stays claimed for the next time.
    """
    moved, refused = 0, None
    for stream in list(StreamRow.objects.values_list("id", flat=True).order_by("id")):
        try:
            moved += commit_stream(stream, now=now, limit=limit)
        except Refusal as why:
            refused = refused or why
    if refused is not None:
        raise refused
    return moved


def commit_stream(stream_id: int, *, now: datetime, limit: int) -> int:
    """Move one owner's next batch, or the one that was left unfinished, and return its rows."""
    stream = claim_batch(stream_id, limit=limit)
    if stream is None:
        return 0
    append_batch(stream)
    while observe_rows(stream, now=now):
        pass
    return settle_batch(stream, now=now)


@transaction.atomic
def claim_batch(stream_id: int, *, limit: int) -> StreamRow | None:
    """Return the stream with a batch under way: the unfinished one, else a new one; None when nothing is staged."""
    if not StagedRow.objects.filter(stream_id=stream_id).exists():
        return None
    stream = StreamRow.objects.select_for_update().get(pk=stream_id)
    if stream.claimed_to is not None:
        return stream
    waiting = StagedRow.objects.filter(stream_id=stream_id).order_by("id").values_list("id", flat=True)
    full = waiting[limit - 1 : limit].first()
    last = waiting.last() if full is None else full
    if last is None:
        return None
    stream.batch, stream.claimed_to = stream.batch + 1, last
    stream.claimed_rows = StagedRow.objects.filter(stream_id=stream_id, id__lte=last).count()
    stream.save(update_fields=["batch", "claimed_to", "claimed_rows"])
    return stream


def append_batch(stream: StreamRow) -> None:
    """Append the rows of a claimed batch to the table, which skips a batch that it holds already."""
    from renkei.telemetry.batches import decode_rows, table_of  # heavy, and idle nodes have nothing to append

    chunks, after = [], 0
    while rows := _rows_after(stream, after):
        chunks.append(decode_rows([bytes(body) for _, body in rows]))
        after = rows[-1][0]
    if chunks:
        lake.append(TableId(stream.table), table_of(chunks), writer=WRITER, sequence=stream.batch)


@transaction.atomic
def observe_rows(stream: StreamRow, *, now: datetime) -> int:
    """Write what the next staged rows of a batch say of their devices, and delete them; return how many they were.

    Each uplink counts once: its staged row goes in the same transaction. Within these rows it counts in the order in
    which the network heard it.
    """
    rows = StagedRow.objects.filter(stream_id=stream.pk, id__lte=stream.claimed_to)
    held = list(rows.select_for_update().order_by("id").values_list("id", "body")[:CONTEXT_CHUNK])
    if not held:
        return 0
    entities = sorted((entity_of(bytes(body)) for _, body in held), key=_observed)
    context.observe_entities(OrgId(stream.owner), entities, actor=NODE, now=now)
    StagedRow.objects.filter(id__in=[number for number, _ in held]).delete()
    return len(held)


@transaction.atomic
def settle_batch(stream: StreamRow, *, now: datetime) -> int:
    """Write that a batch has no staged rows any more, and the audit line; return how many they were.

    Whoever comes late, or before the last of them is gone, returns 0.
    """
    held = StreamRow.objects.select_for_update().get(pk=stream.pk)
    if (held.batch, held.claimed_to) != (stream.batch, stream.claimed_to):
        return 0
    if StagedRow.objects.filter(stream_id=stream.pk, id__lte=stream.claimed_to).exists():
        return 0
    held.claimed_to = None
    held.save(update_fields=["claimed_to"])
    owner = parties.organisation(OrgId(stream.owner))
    audit.record(
        "telemetry.batch-committed",
        actor=NODE,
        subject=stream.table,
        at=now,
        concerns=(owner.participant,),
        batch=stream.batch,
        rows=held.claimed_rows,
    )
    return held.claimed_rows


def _observed(entity: context.Document) -> str:
    """Return when an uplink was heard; every attribute says so."""
    return max((instances[0]["observedAt"] for instances in entity["attrs"].values()), default="")


def _rows_after(stream: StreamRow, after: int) -> list[tuple[int, Any]]:
    rows = StagedRow.objects.filter(stream_id=stream.pk, id__gt=after, id__lte=stream.claimed_to)
    return list(rows.order_by("id").values_list("id", "body")[:_CHUNK])
