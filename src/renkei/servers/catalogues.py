"""Crawls peers' catalogues over the Dataspace Protocol: by GET with the ETag of the last answer where the peer takes it.

Other connectors know the protocol's POST alone, and give no ETag. They are asked by POST and answer whole; what changed
is then told by comparing.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import msgspec
from django.conf import settings

from renkei.exchange import api as exchange
from renkei.federation import api as federation
from renkei.kernel.clock import parse_moment, utc_now
from renkei.kernel.ids import OrgId, ParticipantId
from renkei.kernel.refusals import Kind, Refusal
from renkei.parties import api as parties
from renkei.servers.errors import PeerAnswered
from renkei.servers.peers import Peer, PeerPage, Peers
from renkei.wire.dsp import catalog as dsp
from renkei.wire.dsp import coverage
from renkei.wire.dsp.policy import PolicyMalformed, check_catalogued_offer

LARGEST_OFFERS: Final = 64 * 1024
"""Bytes of all offers of one dataset: as much as a message of a negotiation may have."""
NOT_IMPLEMENTED: Final = 501


class DspCatalogues:
    """Asks peers in the name of this node's organisations; safe in any number of threads."""

    def __init__(self, peers: Peers | None = None) -> None:
        """`peers` is who asks: one of its own unless told otherwise."""
        self._peers = peers or Peers()

    def find(self, address: str) -> federation.Found:
        """Return the participant behind a DID or a root's address. Raises what `Peers.find` raises."""
        peer = self._peers.find(address)
        return federation.Found(participant=peer.participant, base=peer.base)

    def page(
        self, peer: federation.Found, *, org: OrgId, after: str | None, etag: str, by_get: bool | None
    ) -> federation.CataloguePage | None:
        """Return a page, None where it is as `etag` says. Raises what `Peers.catalog` raises."""
        at = Peer(participant=peer.participant, base=peer.base)
        asker = parties.organisation(org).participant
        if by_get is not False:
            try:
                page = self._peers.changed_catalog(at, org=org, after=after, etag=etag)
            except PeerAnswered as refusal:
                if refusal.kind is Kind.UNAVAILABLE and refusal.status != NOT_IMPLEMENTED:
                    raise
                # Whatever else it says to a GET, a POST tells whether it is the method or the question that it refuses.
            else:
                return None if page is None else _described(page, asker=asker, by_get=True)
        return _described(self._peers.catalog(at, org=org, after=after), asker=asker, by_get=False)


def crawler() -> federation.Crawler:
    """Return who crawls the known nodes, as the settings have it."""
    return federation.Crawler(
        catalogues=DspCatalogues(),
        bounds=federation.Bounds(datasets=settings.RENKEI.crawl_datasets),
        every=timedelta(seconds=settings.RENKEI.crawl_seconds),
        clock=utc_now,
    )


def _described(page: PeerPage, *, asker: ParticipantId, by_get: bool) -> federation.CataloguePage:
    catalog = page.catalog
    told = [_dataset(each, asker=asker) for each in catalog.dataset or ()]
    return federation.CataloguePage(
        described=tuple(each for each in told if each is not None),
        next=page.next,
        name=None if catalog.title is None else dsp.text_of(catalog.title),
        etag=page.etag,
        # A tag tells of the page that it came with: of the whole where that page names the catalogue's revision, or is all.
        whole=bool(page.etag) and (catalog.revision is not None or page.next is None),
        by_get=by_get,
        octets=page.octets,
        unreadable=len(page.unreadable) + told.count(None),
    )


def _dataset(told: dsp.Dataset, *, asker: ParticipantId) -> federation.Described | None:
    """Return what a catalogue says of a dataset; None where no offer can be read, or all are larger than a message."""
    offers = tuple(_offer(each, asker=asker) for each in told.has_policy if _can_be_walked(each))
    if not offers or len(msgspec.json.encode(told.has_policy)) > LARGEST_OFFERS:
        return None
    first, last = coverage.read_period(told.temporal)
    if first is None and last is None and told.quality is not None:
        first, last = _moment(told.quality.first), _moment(told.quality.last)
    title = dsp.text_of(told.title)
    return federation.Described(
        dataset=told.id,
        title=title if title.en else dsp.text_of(told.id),
        description=dsp.text_of(told.description),
        offers=offers,
        themes=dsp.names_of(told.themes),
        licence=next(iter(dsp.names_of(told.licence)), ""),
        formats=tuple(dict.fromkeys(each.format for each in told.distribution)),
        place=coverage.read_place(told.spatial),
        first=first,
        last=last,
        issued=_moment(dsp.time_of(told.issued)),
        modified=_moment(dsp.time_of(told.modified)),
    )


def _offer(policy: exchange.Policy, *, asker: ParticipantId) -> federation.Offer:
    """Terms that this node cannot evaluate, but that speak of recipients, are shown to nobody but the one who asked."""
    recipients: frozenset[str] | None = frozenset([asker])
    with suppress(Refusal):
        recipients = exchange.recipients_of(policy)
    return federation.Offer(policy=policy, recipients=recipients)


def _can_be_walked(policy: exchange.Policy) -> bool:
    try:
        check_catalogued_offer(policy)
    except PolicyMalformed:
        return False
    return True


def _moment(text: str | None) -> datetime | None:
    with suppress(ValueError):
        return None if text is None else parse_moment(text)
    return None
