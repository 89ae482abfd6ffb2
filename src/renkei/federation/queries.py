"""Reads of the federated catalogue, answered with facts."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.expressions import CombinedExpression

from renkei.exchange.types import Slice
from renkei.federation.errors import EntryMissing, NodeMissing, QueryUnreadable
from renkei.federation.models import EntryRow, NodeRow
from renkei.federation.rules import folded, mark, words
from renkei.federation.types import Entry, KnownNode, NodeId, Query, Viewer
from renkei.kernel.ids import OrgId, ParticipantId
from renkei.kernel.places import Box

PART = 50
"""Entries that are read at once unless told otherwise."""
NOBODY = ParticipantId("")
"""No participant is called so: what this viewer sees is offered to everybody."""
_TITLE, _THEME, _ELSEWHERE, _STANDS = 100, 10, 1, 10_000
"""What it counts for an entry that a word stands in its title, its themes, elsewhere; and that it was not withdrawn."""


def stale_before(now: datetime) -> datetime:
    """Return the moment before which a catalogue must not have been crawled last, or its entries are stale."""
    return now - timedelta(seconds=settings.RENKEI.crawl_stale_seconds)


def nodes(viewer: Viewer | None, *, now: datetime) -> tuple[KnownNode, ...]:
    """Return the known nodes that a member may search, or all of them where `viewer` is None, newest first; one query.

    This node's own organisations are not among them.
    """
    rows = NodeRow.objects.filter(own=False).order_by("-added_at", "-pk")
    if viewer is not None:
        rows = rows.filter(Q(shared=True) | Q(org=viewer.org))
    counted = rows.annotate(standing=Count("entries", filter=Q(entries__gone_at=None)))
    before = stale_before(now)
    return tuple(row.as_fact(entries=row.standing, stale_before=before) for row in counted)


def node(node_id: NodeId, *, now: datetime) -> KnownNode:
    """Return one known node. Raises federation.node-missing."""
    rows = NodeRow.objects.filter(own=False, pk=node_id)
    row = rows.annotate(standing=Count("entries", filter=Q(entries__gone_at=None))).first()
    if row is None:
        raise NodeMissing(node=node_id)
    return row.as_fact(entries=row.standing, stale_before=stale_before(now))


def entry(entry_id: int, *, viewer: Viewer | None, now: datetime) -> Entry:
    """Return one entry with the offers that are made to the viewer. Raises federation.entry-missing."""
    row = _visible(viewer).select_related("node").filter(pk=entry_id).first()
    if row is None:
        raise EntryMissing(entry=entry_id)
    return _fact(row, viewer=viewer, now=now)


def search(
    query: Query, *, viewer: Viewer | None, now: datetime, after: str | None = None, limit: int = PART
) -> Slice[Entry]:
    """Return the entries that fit, the best first: by where the words stand, then the latest found; two queries.

    `viewer` is the member who asks and finds what is offered to it; None is the operator, who finds everything. What
    was withdrawn comes last. Raises federation.query-unreadable.
    """
    asked = words(query.text)
    rows = _fitting(_visible(viewer), query, asked, now=now).annotate(rank=_rank(asked))
    if after is not None:
        rank, key = _place(after)
        rows = rows.filter(Q(rank__lt=rank) | Q(rank=rank, pk__lt=key))
    # The long columns of a row are read for those few that are shown.
    best = list(rows.order_by("-rank", "-pk").values_list("pk", "rank")[: limit + 1])
    shown = [pk for pk, _ in best[:limit]]
    found = EntryRow.objects.select_related("node").in_bulk(shown)
    # One may have gone between the two queries.
    entries = (_fact(found[pk], viewer=viewer, now=now) for pk in shown if pk in found)
    following = f"{best[limit - 1][1]} {best[limit - 1][0]}" if len(best) > limit else None
    return Slice(entries, following=following)


def open_entries(
    *, org: OrgId | None, crawled: bool, after: int | None = None, limit: int = PART, now: datetime
) -> tuple[tuple[Entry, ...], int | None]:
    """Return a page of what is offered to everybody, with those offers alone, and where the next page begins.

    Of one organisation of this node, or of all of them; `crawled` adds what stands in the shared catalogues of known
    nodes. One query.
    """
    rows = EntryRow.objects.filter(open=True, gone_at=None, pk__gt=after or 0)
    whose = Q(node__own=True) if org is None else Q(node__own=True, node__org=org)
    rows = rows.filter(whose | Q(node__own=False, node__shared=True) if crawled else whose)
    page = list(rows.select_related("node").order_by("pk")[: limit + 1])
    before = stale_before(now)
    entries = tuple(row.as_fact(viewer=NOBODY, stale_before=before) for row in page[:limit])
    return entries, page[limit - 1].pk if len(page) > limit else None


def open_entry(*, org: OrgId, dataset: str, now: datetime) -> Entry:
    """Return a dataset that an organisation of this node offers to everybody. Raises federation.entry-missing."""
    rows = EntryRow.objects.filter(node__own=True, node__org=org, dataset=dataset, open=True, gone_at=None)
    row = rows.select_related("node").first()
    if row is None:
        raise EntryMissing(entry=dataset)
    return row.as_fact(viewer=NOBODY, stale_before=stale_before(now))


def _fact(row: EntryRow, *, viewer: Viewer | None, now: datetime) -> Entry:
    # Whoever asked the node was shown these offers, whatever they name.
    as_made_to = None if viewer is None or row.node.org == viewer.org else viewer.participant
    return row.as_fact(viewer=as_made_to, stale_before=stale_before(now))


def _visible(viewer: Viewer | None) -> QuerySet[EntryRow]:
    if viewer is None:
        return EntryRow.objects.all()
    offered = Q(open=True) | Q(recipients__contains=f"|{viewer.participant}|")
    return EntryRow.objects.filter(Q(node__org=viewer.org) | (Q(node__shared=True) & offered))


def _fitting(
    rows: QuerySet[EntryRow], query: Query, asked: Sequence[str], *, now: datetime
) -> QuerySet[EntryRow]:
    for word in asked:
        rows = rows.filter(text__contains=word)
    for name in ("theme", "licence", "format"):
        given = getattr(query, name)
        rows = rows.filter(**{f"{name}_text__contains": mark(given)}) if given else rows
    if query.provider.startswith("did:"):
        rows = rows.filter(node__participant=query.provider)
    elif query.provider:
        rows = rows.filter(node__name_text__contains=folded(query.provider))
    if query.box is not None:
        rows = rows.filter(_meets(query.box))
    if query.since is not None:
        rows = rows.filter(Q(last__gte=query.since) | Q(last=None, first__isnull=False))
    if query.until is not None:
        rows = rows.filter(Q(first__lte=query.until) | Q(first=None, last__isnull=False))
    if query.current_only:
        before = stale_before(now)
        begun = Q(node__crawled_at=None, node__added_at__gte=before)
        rows = rows.filter(Q(node__own=True) | Q(node__crawled_at__gte=before) | begun, gone_at=None)
    return rows


def _meets(box: Box) -> Q:
    """Boxes meet when they share a parallel and a meridian; either may cross 180°."""
    crosses = Q(west__gt=F("east"))
    if box.west > box.east:  # one that crosses meets every other that does
        meridian = crosses | Q(east__gte=box.west) | Q(west__lte=box.east)
    else:
        plain = Q(west__lte=box.east, east__gte=box.west)
        meridian = (~crosses & plain) | (crosses & (Q(west__lte=box.east) | Q(east__gte=box.west)))
    return meridian & Q(south__lte=box.north, north__gte=box.south)


def _rank(asked: Sequence[str]) -> Case | CombinedExpression:
    rank: Case | CombinedExpression = Case(
        When(gone_at=None, then=Value(_STANDS)), default=Value(0), output_field=IntegerField()
    )
    for word in asked:
        rank = rank + Case(
            When(title_text__contains=word, then=Value(_TITLE)),
            When(theme_text__contains=word, then=Value(_THEME)),
            default=Value(_ELSEWHERE),
            output_field=IntegerField(),
        )
    return rank


def _place(after: str) -> tuple[int, int]:
    rank, _, key = after.partition(" ")
    if not (len(after) <= 40 and rank.isascii() and rank.isdigit() and key.isascii() and key.isdigit()):
        raise QueryUnreadable(name="after", given=after[:40])
    return int(rank), min(int(key), 2**63 - 1)
