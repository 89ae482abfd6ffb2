"""How what a catalogue says becomes entries: only what is new or changed is written, and nothing vanishes without a mark."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from renkei.federation.models import EntryRow, NodeRow
from renkei.federation.rules import bounded, digest_of, fingerprint, marked, search_text, title_text
from renkei.federation.types import Described

_KEY: Final = ("node", "dataset")
_ONCE: Final = ("id", "first_seen", *_KEY)
_WRITTEN: Final = tuple(f.name for f in EntryRow._meta.concrete_fields if f.name not in _ONCE)
_BATCH: Final = 500


@dataclass(slots=True)
class Tally:
    """What a walk through one catalogue has come to so far. Of what was seen only fingerprints are kept."""

    seen: set[int] = field(default_factory=set)
    new: int = 0
    changed: int = 0
    same: int = 0


@transaction.atomic
def take(node: NodeRow, page: Iterable[Described], *, tally: Tally, now: datetime) -> None:
    """Keep a page's datasets: write those that are new, otherwise than before, or back again.

    Two queries, and none at all for a page without datasets. A dataset that stands in a catalogue twice counts once.
    """
    fresh = _unseen(map(bounded, page), tally)
    rows = EntryRow.objects.filter(node=node, dataset__in=list(fresh))
    kept = {
        dataset: (digest, gone) for dataset, digest, gone in rows.values_list("dataset", "digest", "gone_at")
    }
    written = []
    for dataset, described in fresh.items():
        if dataset not in kept:
            tally.new += 1
        elif kept[dataset] != (digest_of(described), None):
            tally.changed += 1
        else:
            tally.same += 1
            continue
        written.append(_row(node, described, now=now))
    EntryRow.objects.bulk_create(
        written, batch_size=_BATCH, update_conflicts=True, unique_fields=_KEY, update_fields=_WRITTEN
    )


def mark_withdrawn(node: NodeRow, *, tally: Tally, now: datetime) -> int:
    """Mark the entries that a whole walk has not seen; returns how many they are."""
    standing = EntryRow.objects.filter(node=node, gone_at=None).values_list("pk", "dataset")
    gone = [pk for pk, dataset in standing.iterator(_BATCH) if fingerprint(dataset) not in tally.seen]
    for place in range(0, len(gone), _BATCH):
        rows = EntryRow.objects.filter(pk__in=gone[place : place + _BATCH])
        rows.update(gone_at=now, last_seen=node.crawled_at)
    return len(gone)


def _unseen(page: Iterable[Described], tally: Tally) -> dict[str, Described]:
    found: dict[str, Described] = {}
    for described in page:
        mark = fingerprint(described.dataset)
        if mark not in tally.seen:
            tally.seen.add(mark)
            found[described.dataset] = described
    return found


def _row(node: NodeRow, described: Described, *, now: datetime) -> EntryRow:
    place = described.place
    name, box = (None, None) if place is None else (place.name, place.box)
    west, south, east, north = (None,) * 4 if box is None else box.corners()
    return EntryRow(
        node=node,
        dataset=described.dataset,
        digest=digest_of(described),
        open=any(offer.recipients is None for offer in described.offers),
        recipients=_named(described),
        first=described.first,
        last=described.last,
        west=west,
        south=south,
        east=east,
        north=north,
        theme_text=marked(described.themes),
        licence_text=marked([described.licence] if described.licence else []),
        format_text=marked(described.formats),
        title_text=title_text(described),
        text=search_text(described),
        title_ja=described.title.ja,
        title_en=described.title.en,
        description_ja=described.description.ja,
        description_en=described.description.en,
        themes=list(described.themes),
        formats=list(described.formats),
        licence=described.licence,
        place_ja=None if name is None else name.ja,
        place_en=None if name is None else name.en,
        issued=described.issued,
        modified=described.modified,
        offers=_offers(described),
        first_seen=now,
        changed_at=now,
    )


def _offers(described: Described) -> Sequence[dict[str, Any]]:
    return [
        {
            "policy": dict(offer.policy),
            "to": None if offer.recipients is None else sorted(offer.recipients),
        }
        for offer in described.offers
    ]


def _named(described: Described) -> str:
    named = {each for offer in described.offers for each in offer.recipients or ()}
    return f"|{'|'.join(sorted(named))}|" if named else ""
