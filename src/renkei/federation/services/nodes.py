"""Which nodes are known: the operator adds and removes them, and says who asks in whose name."""

from datetime import datetime

from django.db import IntegrityError, transaction

from renkei.audit import api as audit
from renkei.federation.errors import NodeMissing, NodeOwn, NodeTaken
from renkei.federation.models import NodeRow
from renkei.federation.queries import stale_before
from renkei.federation.rules import folded
from renkei.federation.types import Found, KnownNode, NodeId
from renkei.kernel.ids import Actor, OrgId, new_id
from renkei.parties import api as parties


@transaction.atomic
def add_node(*, found: Found, org: OrgId, shared: bool, actor: Actor, now: datetime) -> KnownNode:
    """Have the catalogue of a participant crawled from now on, as one organisation of this node may see it.

    With `shared` every member of this node may find what it offers to everybody or to that member; otherwise only the
    organisation that asks. Raises federation.node-own, federation.node-taken, parties.organisation-missing.
    """
    asker = parties.organisation(org)
    if parties.organisation_by_participant(found.participant) is not None:
        raise NodeOwn(participant=found.participant)
    row = NodeRow(
        id=new_id(),
        participant=found.participant,
        org=org,
        own=False,
        shared=shared,
        name_ja=found.participant,
        name_en=found.participant,
        name_text=folded(found.participant),
        base=found.base,
        added_at=now,
        next_at=now,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        known = NodeRow.objects.get(participant=found.participant)
        raise NodeTaken(participant=found.participant, node=known.pk) from None
    _record("node-added", row, actor=actor, now=now, asks=asker.participant, shared=shared)
    return row.as_fact(entries=0, stale_before=stale_before(now))


@transaction.atomic
def remove_node(*, node: NodeId, actor: Actor, now: datetime) -> KnownNode:
    """Forget a known node and everything that was found there. Raises federation.node-missing."""
    row = _row(node)
    entries = row.entries.filter(gone_at=None).count()
    fact = row.as_fact(entries=entries, stale_before=stale_before(now))
    row.delete()
    _record("node-removed", row, actor=actor, now=now, node=node, entries=entries)
    return fact


@transaction.atomic
def ask_soon(*, node: NodeId, actor: Actor, now: datetime) -> KnownNode:
    """Let a node be crawled as soon as a worker is free, whatever its schedule. Raises federation.node-missing."""
    row = _row(node)
    row.next_at = now
    row.save(update_fields=["next_at"])
    _record("crawl-asked", row, actor=actor, now=now)
    entries = row.entries.filter(gone_at=None).count()
    return row.as_fact(entries=entries, stale_before=stale_before(now))


def _row(node: NodeId) -> NodeRow:
    row = NodeRow.objects.select_for_update().filter(pk=node, own=False).first()
    if row is None:
        raise NodeMissing(node=node)
    return row


def _record(action: str, row: NodeRow, *, actor: Actor, now: datetime, **facts: audit.Fact) -> None:
    audit.record(
        f"federation.{action}",
        actor=actor,
        subject=row.participant,
        at=now,
        concerns=(parties.organisation(OrgId(row.org)).participant,),
        **facts,
    )
