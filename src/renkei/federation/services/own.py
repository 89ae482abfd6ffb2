"""This node's own catalogues among the others: read from the exchange whenever one of them has changed."""

from collections.abc import Callable, Iterator
from datetime import datetime

from django.db import transaction

from renkei.exchange import api as exchange
from renkei.federation.models import EntryRow, NodeRow
from renkei.federation.rules import WITHDRAWN_KEPT, folded
from renkei.federation.services.entries import Tally, mark_withdrawn, take
from renkei.federation.types import Described, Offer
from renkei.kernel.ids import OrgId, new_id
from renkei.parties import api as parties

PAGE = 200


def index_own(*, base_of: Callable[[parties.Organisation], str], now: datetime) -> int:
    """Bring the entries of this node's own organisations up to date; returns how many catalogues had changed.

    Two queries where none has. `base_of` tells where an organisation speaks the protocol. Two workers may meet here:
    whoever read the older state notes that state, so that the next look reads again.
    """
    known = dict(NodeRow.objects.filter(own=True).values_list("org", "etag"))
    revisions = exchange.catalogue_revisions()
    changed = [org for org, revision in revisions.items() if known.get(org) != revision]
    for org in changed:
        _index(parties.organisation(org), revision=revisions[org], base_of=base_of, now=now)
    return len(changed)


def forget_withdrawn(*, now: datetime) -> int:
    """Remove the entries that were withdrawn more than thirty days ago; returns how many."""
    forgotten, _ = EntryRow.objects.filter(gone_at__lt=now - WITHDRAWN_KEPT).delete()
    return forgotten


def _index(
    org: parties.Organisation,
    *,
    revision: str,
    base_of: Callable[[parties.Organisation], str],
    now: datetime,
) -> None:
    node, tally = _node(org, base=base_of(org), now=now), Tally()
    for page in _pages(org.id):
        take(node, map(described_listing, page.listings), tally=tally, now=now)
    with transaction.atomic():
        mark_withdrawn(node, tally=tally, now=now)
        NodeRow.objects.filter(pk=node.pk).update(etag=revision, crawled_at=now, base=node.base)


def _node(org: parties.Organisation, *, base: str, now: datetime) -> NodeRow:
    row, _ = NodeRow.objects.get_or_create(
        participant=org.participant,
        defaults={
            "id": new_id(),
            "org": org.id,
            "own": True,
            "shared": True,
            "name_ja": org.name.ja,
            "name_en": org.name.en,
            "name_text": folded(f"{org.name.ja}\n{org.name.en}"),
            "base": base,
            "added_at": now,
        },
    )
    row.base = base
    return row


def _pages(owner: OrgId) -> Iterator[exchange.Page]:
    after: str | None = None
    while True:
        page = exchange.catalogue(owner, after=after, limit=PAGE)
        yield page
        after = page.next
        if after is None:
            return


def described_listing(listing: exchange.Listing) -> Described:
    """Describe a dataset of this node as its catalogue does."""
    dataset = listing.dataset
    offers = tuple(
        Offer(policy=offer.policy(), recipients=exchange.recipients_of(offer.terms))
        for offer in listing.offers
    )
    return Described(
        dataset=dataset.id,
        title=dataset.title,
        description=dataset.description,
        offers=offers,
        themes=dataset.themes,
        licence=dataset.licence,
        formats=exchange.formats_under(listing.offers, dataset=dataset),
        place=dataset.place,
        first=dataset.quality.first,
        last=dataset.quality.last,
        issued=dataset.published_at,
        modified=dataset.revised_at,
    )
