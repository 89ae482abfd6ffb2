"""One crawl of one known node, from the lease to what it came to.

A worker takes the node that is due by one UPDATE which only one can win, and says when it may be taken next in the same
breath, so that a crawl that dies is not begun again at once. It asks page by page without any transaction open, keeps
what each page says, and holds on to its lease meanwhile. Whoever has lost the lease writes nothing more about the node.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from renkei.audit import api as audit
from renkei.federation.errors import CatalogueCircular, CatalogueTooLong, CrawlUnderWay, NodeMissing
from renkei.federation.models import NodeRow
from renkei.federation.ports import Catalogues
from renkei.federation.rules import NAME, cleaned, folded, pause
from renkei.federation.services.entries import Tally, mark_withdrawn, take
from renkei.federation.types import Bounds, CataloguePage, Crawled, Found, NodeId, Trouble
from renkei.kernel.ids import NODE, OrgId, ParticipantId, new_id
from renkei.kernel.refusals import Refusal
from renkei.kernel.texts import Text
from renkei.parties import api as parties

LEASE = timedelta(seconds=120)
"""Longer than a peer may take for one page."""
Clock = Callable[[], datetime]


class _LeaseLost(Exception):
    """Another worker has the node now, or it was removed."""


@dataclass(slots=True)
class _Walk:
    """Where a crawl is."""

    tally: Tally
    pages: int = 0
    octets: int = 0
    unreadable: int = 0
    first: CataloguePage | None = None
    """The first page, without its datasets."""
    unchanged: bool = False


@dataclass(frozen=True, slots=True)
class Crawler:
    """Crawls known nodes; safe in any number of threads and processes."""

    catalogues: Catalogues
    bounds: Bounds
    every: timedelta
    """Between two crawls of one node."""
    clock: Clock

    def crawl_due(self) -> Crawled | None:
        """Crawl the node that has been due longest; None where none is due that nobody else has."""
        now = self.clock()
        while (due := _next_due(now)) is not None:
            row = self._lease(due, now=now)
            if row is not None:
                return self._crawl(row)
        return None

    def crawl(self, node: NodeId) -> Crawled:
        """Crawl one node now, whatever its schedule. Raises federation.node-missing, federation.crawl-under-way."""
        known = NodeRow.objects.filter(pk=node, own=False).first()
        if known is None:
            raise NodeMissing(node=node)
        now = self.clock()
        leased = known.leased_until is not None and known.leased_until > now
        row = None if leased else self._lease(known, now=now)
        done = None if row is None else self._crawl(row)
        if done is None:
            raise CrawlUnderWay(participant=known.participant)
        return done

    def _lease(self, seen: NodeRow, *, now: datetime) -> NodeRow | None:
        fresh = new_id()
        soonest = now + pause(every=self.every, failures=seen.failures, spread=_spread(fresh))
        won = NodeRow.objects.filter(pk=seen.pk, lease=seen.lease).update(
            lease=fresh, leased_until=now + LEASE, next_at=soonest, tried_at=now
        )
        return NodeRow.objects.filter(pk=seen.pk, lease=fresh).first() if won else None

    def _crawl(self, row: NodeRow) -> Crawled | None:
        """Return what it came to, a failure too; None where the lease was lost."""
        walk = _Walk(Tally())
        try:
            try:
                peer = self.catalogues.find(row.participant)
                self._walk(row, peer, walk)
            except Refusal as refusal:
                return _failed(row, refusal, walk, every=self.every, now=self.clock())
            return _done(row, peer, walk, now=self.clock())
        except _LeaseLost:
            return None

    def _walk(self, row: NodeRow, peer: Found, walk: _Walk) -> None:
        moved = peer.base != row.base
        by_get, etag = (None, "") if moved else (row.by_get, row.etag)
        after: str | None = None
        while True:
            page = self.catalogues.page(peer, org=OrgId(row.org), after=after, etag=etag, by_get=by_get)
            if page is None:
                walk.unchanged = True
                return
            _keep(row, page, walk, bounds=self.bounds, now=self.clock())
            if page.next is None:
                return
            if page.next == after:
                raise CatalogueCircular(page=page.next[:200])
            after, etag, by_get = page.next, "", page.by_get
            _hold(row, now=self.clock())


def _next_due(now: datetime) -> NodeRow | None:
    due = NodeRow.objects.filter(Q(leased_until=None) | Q(leased_until__lte=now), next_at__lte=now)
    return due.order_by("next_at", "pk").first()


def _hold(row: NodeRow, *, now: datetime) -> None:
    if not NodeRow.objects.filter(pk=row.pk, lease=row.lease).update(leased_until=now + LEASE):
        raise _LeaseLost


def _keep(row: NodeRow, page: CataloguePage, walk: _Walk, *, bounds: Bounds, now: datetime) -> None:
    """Keep what a page says, as far as the bounds allow. Raises federation.catalogue-too-long."""
    if walk.first is None:
        walk.first = CataloguePage(
            (), page.next, page.name, page.etag, page.whole, page.by_get, page.octets, page.unreadable
        )
    walk.pages += 1
    walk.octets += page.octets
    walk.unreadable += page.unreadable
    left = bounds.datasets - len(walk.tally.seen)
    with transaction.atomic():
        if not NodeRow.objects.select_for_update().filter(pk=row.pk, lease=row.lease).exists():
            raise _LeaseLost
        if walk.pages == 1:  # what is kept from here on is not what the old tag stands for
            NodeRow.objects.filter(pk=row.pk).update(etag="")
        take(row, page.described[:left], tally=walk.tally, now=now)
    more = page.next is not None
    if len(page.described) > left or (more and len(walk.tally.seen) >= bounds.datasets):
        raise CatalogueTooLong(limit=bounds.datasets, what_ja="データセット数", what_en="datasets")
    if more and walk.pages >= bounds.pages:
        raise CatalogueTooLong(limit=bounds.pages, what_ja="ページ数", what_en="pages")
    if more and walk.octets >= bounds.octets:
        raise CatalogueTooLong(limit=bounds.octets, what_ja="バイト数", what_en="bytes")


@transaction.atomic
def _done(row: NodeRow, peer: Found, walk: _Walk, *, now: datetime) -> Crawled:
    row = _locked(row)
    gone = 0 if walk.unchanged else mark_withdrawn(row, tally=walk.tally, now=now)
    recovered = row.trouble is not None
    row.base, row.crawled_at, row.failures, row.trouble = peer.base, now, 0, None
    row.lease, row.leased_until = "", None
    if walk.first is not None:
        _remember(row, walk.first, unreadable=walk.unreadable)
    row.save()
    tally = walk.tally
    if recovered or tally.new or tally.changed or gone:
        facts = {"new": tally.new, "changed": tally.changed, "withdrawn": gone}
        _record("catalogue-crawled", row, now=now, **facts)
    return _crawled(row, walk, withdrawn=gone)


@transaction.atomic
def _failed(row: NodeRow, refusal: Refusal, walk: _Walk, *, every: timedelta, now: datetime) -> Crawled:
    row = _locked(row)
    before = (row.trouble or {}).get("code")
    row.failures += 1
    row.trouble = {"code": refusal.code, "ja": refusal.said("ja"), "en": refusal.said("en")}
    row.next_at = now + pause(every=every, failures=row.failures, spread=_spread(row.lease))
    row.lease, row.leased_until = "", None
    row.save()
    if before != refusal.code:
        _record("crawl-failed", row, now=now, code=refusal.code)
    return _crawled(row, walk, trouble=row.as_trouble())


def _locked(row: NodeRow) -> NodeRow:
    found = NodeRow.objects.select_for_update().filter(pk=row.pk, lease=row.lease).first()
    if found is None:
        raise _LeaseLost
    return found


def _remember(row: NodeRow, first: CataloguePage, *, unreadable: int) -> None:
    name = cleaned(first.name or Text(ja=row.participant, en=row.participant), NAME)
    row.name_ja, row.name_en = name.ja or row.participant, name.en or row.participant
    row.name_text = folded(f"{row.name_ja}\n{row.name_en}")
    row.by_get, row.unreadable = first.by_get, unreadable
    row.etag = first.etag if first.whole else ""


def _crawled(row: NodeRow, walk: _Walk, *, withdrawn: int = 0, trouble: Trouble | None = None) -> Crawled:
    return Crawled(
        node=NodeId(row.pk),
        participant=ParticipantId(row.participant),
        unchanged=walk.unchanged,
        pages=walk.pages,
        new=walk.tally.new,
        changed=walk.tally.changed,
        same=walk.tally.same,
        withdrawn=withdrawn,
        unreadable=walk.unreadable,
        trouble=trouble,
    )


def _spread(lease: str) -> float:
    return int(lease[-6:], 16) / 0xFFFFFF


def _record(action: str, row: NodeRow, *, now: datetime, **facts: audit.Fact) -> None:
    audit.record(
        f"federation.{action}",
        actor=NODE,
        subject=row.participant,
        at=now,
        concerns=(parties.organisation(OrgId(row.org)).participant,),
        **facts,
    )
