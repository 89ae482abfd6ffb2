"""The present of a type of entity, read under an agreement: shown as its plan shows rows, and only then asked about.

Every entity of the type goes through the filter that a release of the table obeys as well (`privacy.live_filter`), and
questions are put to what comes out, never to what the owner holds. So no answer can tell what is kept back, however a
question is put. Questions about what does not leave as it is are refused all the same, by name, since their answers
would mislead.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.db import transaction

from renkei.context import api as context
from renkei.exchange.errors import FormatDiffers, QuestionHidden
from renkei.exchange.rules.presenting import (
    Face,
    Row,
    check_presentable,
    check_question,
    paths_of,
    presented,
    rows_of,
)
from renkei.exchange.rules.terms import parsed
from renkei.exchange.services.delivery import access_by_transfer
from renkei.exchange.services.issuing import issue_receipt, newest_head
from renkei.exchange.services.uses import take_use
from renkei.exchange.types import CELL, NGSI_LD, PSEUDONYM, Access, Answered, IssuedReceipt, Presented
from renkei.lake import api as lake
from renkei.privacy import api as privacy

CHANNEL: Final = "ngsi-ld"
FOUND: Final = 500
"""Entities that the database is asked for at once."""
KEPT: Final = 200
"""Filters that a process keeps: making one with groups reads the whole table."""
Write = Callable[[Sequence[context.Document], bool, int | None], bytes]
"""Writes entities, whether there are more, and how many fit in all, as the door sends them."""

_filters: OrderedDict[tuple[str, int], privacy.LiveFilter] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Look:
    """A dataset's entities as one agreement lets them be seen."""

    face: Face
    live: privacy.LiveFilter
    version: int
    """The table's, whose groups count."""

    def at(self, document: context.Document) -> tuple[context.Document | None, bool]:
        """Return what may be seen of an entity, None where nothing may, and whether its cell is of too small a group."""
        hidden, made = False, []
        for row in rows_of(document, self.face):
            shown = self.live.shown(row)
            if shown is not None:
                made.append(shown)
                hidden = hidden or self._hides_cell(row, shown)
        return presented(document, made, self.face), hidden

    def _hides_cell(self, row: Row, made: Row) -> bool:
        grouped = self.face.plan.minimum_group is not None and not self.face.plan.group_by
        return grouped and made.get("cell") is None and row[self.face.source.latitude] is not None


def look_of(granted: Access) -> Look:
    """Return how the entities of a dataset look to who was granted access.

    Raises exchange.not-an-entity-type, entities-kept-back, and what `privacy.live_filter` raises.
    """
    plan = granted.plan
    source = check_presentable(granted.dataset.entities, plan, dataset=granted.dataset.id)
    snapshot = lake.snapshot(plan.table)
    face = Face(
        source,
        plan,
        {column.name: column.type for column in snapshot.columns},
        frozenset(column.name for column in privacy.leaving(plan)),
    )
    return Look(face, _filter(plan, snapshot.version), snapshot.version)


def read_entities(
    granted: Access,
    wanted: context.EntityQuery,
    page: context.Page,
    *,
    asked: bytes,
    write: Write,
    now: datetime,
) -> Presented:
    """Show the entities that are wanted, take a use, record it and sign its receipt; all is checked again first.

    `asked` is the question as it came, whose hash stands in the receipt, and `write` makes the bytes that it names.
    Raises what `access_by_transfer` and `look_of` raise, exchange.format-differs, question-hidden, and what `take_use`
    raises.
    """
    checked = access_by_transfer(granted.transfer.id, purpose=granted.purpose, now=now)
    check_transfer_format(checked, NGSI_LD)
    look = look_of(checked)
    check_question(wanted, look.face)
    hidden: dict[str, bool] = {}
    entities, more, total = _page(_seen(checked, look, wanted, hidden, now=now), wanted, page)
    head = newest_head(now=now)
    with transaction.atomic():
        take_use(checked.agreement, terms=parsed(checked.agreement.terms), now=now)
        body = write(entities, more, total)
        answered = account(look, [hidden[entity["id"]] for entity in entities])
        said = replace(
            answered, query=hashlib.sha256(asked).hexdigest(), answer=hashlib.sha256(body).hexdigest()
        )
        receipt: IssuedReceipt = issue_receipt(checked, said, channel=CHANNEL, checkpoint=head, now=now)
    return Presented(tuple(entities), more, total, body, receipt, now)


def shown_type(granted: Access) -> context.TypeInfo:
    """Return which type and which attributes can be shown; nothing is counted, since no entity is looked at.

    Raises exchange.format-differs and what `look_of` raises.
    """
    face = look_of(granted).face
    kinds = {iri: ("GeoProperty",) for iri in [face.source.position] if iri}
    named = tuple(
        context.AttributeInfo(iri, kinds=kinds.get(iri, ("Property",)), types=(face.source.type,))
        for iri in face.shown_attributes()
    )
    return context.TypeInfo(face.source.type, entities=0, attributes=named)


def check_transfer_format(granted: Access, wanted: str) -> None:
    """Refuse a transfer of another format. Raises exchange.format-differs."""
    if granted.transfer.format != wanted:
        raise FormatDiffers(format=granted.transfer.format, wanted=wanted)


def account(look: Look, hidden: Sequence[bool]) -> Answered:
    """Return what a receipt tells of entities that are shown; of each is given whether its cell is hidden.

    What is kept back is counted in entities and in columns: how many rows an entity has, and which of its values there
    are, would tell of the columns that are withheld. Entities that are kept back as a whole are not counted: beside a
    question about one entity, their number would tell of it.
    """
    plan, face, shown = look.face.plan, look.face, len(hidden)
    names = [name for name in face.leaving if name not in {face.source.latitude, face.source.longitude}]
    return Answered(
        plan=plan.digest(),
        table=plan.table,
        version=look.version,
        rows=shown,
        columns=tuple(sorted({*names, *_places(face)})),
        withheld=_withheld(face, shown, hidden=sum(hidden)),
        smallest_group=plan.minimum_group.size if plan.minimum_group else None,
        loss=1000 - 1000 * len(face.plain) // len(face.types) if shown else 1000,
    )


def _places(face: Face) -> tuple[str, ...]:
    if face.plan.cell is not None:
        return ("cell",)
    return (face.source.latitude, face.source.longitude) if face.shows_position else ()


def _withheld(face: Face, shown: int, *, hidden: int) -> tuple[privacy.Withheld, ...]:
    plan, found = face.plan, []
    if plan.dropped:
        found.append(privacy.Withheld("rk:withholdColumn", shown, plan.dropped))
    if plan.cell is not None:
        replaced = (face.source.latitude, face.source.longitude)
        found.append(privacy.Withheld("rk:cell", shown, replaced))
    if hidden:
        found.append(privacy.Withheld("rk:minimumGroup", hidden, ("cell",)))
    found += [privacy.Withheld("rk:mask", shown, (mask.column,)) for mask in plan.masks]
    if plan.time_step is not None:
        found.append(privacy.Withheld("rk:timeResolution", shown, (face.source.time,)))
    return tuple(found)


def _seen(
    granted: Access,
    look: Look,
    wanted: context.EntityQuery,
    hidden: dict[str, bool],
    *,
    now: datetime,
) -> Iterator[context.Document]:
    """Yield the entities that fit, as they are shown, and note whose cell is hidden."""
    ids = _named(wanted)
    if ids is not None and look.face.hashes_ids:
        ids = _behind(granted, look, ids, now=now)
    source = granted.dataset.entities
    assert source is not None  # noqa: S101 - `look_of` was asked first
    narrow = _narrowed(wanted, look.face, ids)
    if narrow.q is None and narrow.geo is None:
        candidates = context.entities_of_type(granted.dataset.owner, source.type, ids=ids, now=now)
    else:
        candidates = _all_found(granted, narrow, now=now)
    for document in candidates:
        shown, hides = look.at(document)
        if shown is not None and context.fits(wanted, shown):
            hidden[shown["id"]] = hides
            yield shown


def _narrowed(
    wanted: context.EntityQuery, face: Face, ids: Sequence[context.EntityId] | None
) -> context.EntityQuery:
    """Return the part of a question that the database may answer first: what leaves as it is, it answers alike.

    It finds all that fit, and perhaps more. Left out is whatever is made here: cells, times of observation, moments.
    """
    made = {iri for column, iri in face.source.attributes if face.types[column] is lake.ColumnType.INSTANT}
    made |= {CELL}
    paths = paths_of(context.EntityQuery(q=wanted.q))
    askable = all(not (path.subs or path.members or path.attribute in made) for path in paths)
    return context.EntityQuery(
        selectors=(
            context.Selector(ids=tuple(ids or ()), types=context.TypeSelection(((face.source.type,),))),
        ),
        q=wanted.q if askable else None,
        geo=wanted.geo,
    )


def _all_found(granted: Access, narrow: context.EntityQuery, *, now: datetime) -> Iterator[context.Document]:
    page = context.Page(FOUND)
    while True:
        found = context.find(granted.dataset.owner, narrow, page, now=now)
        yield from found.entities
        if not found.more:
            return
        page = replace(page, offset=page.offset + FOUND)


def _behind(granted: Access, look: Look, names: Sequence[str], *, now: datetime) -> list[context.EntityId]:
    """Return the ids that stand behind pseudonyms; every id of the type is hashed, and none is kept."""
    wanted = set(names)
    known = context.ids_of_type(granted.dataset.owner, look.face.source.type, now=now)
    return [uri for uri in known if f"{PSEUDONYM}{look.live.pseudonym(uri)}" in wanted]


def _named(wanted: context.EntityQuery) -> list[context.EntityId] | None:
    """Return the ids that are asked for, None where any may fit."""
    if not wanted.selectors or not all(selector.ids for selector in wanted.selectors):
        return None
    return sorted({uri for selector in wanted.selectors for uri in selector.ids})


def _page(
    found: Iterator[context.Document], wanted: context.EntityQuery, page: context.Page
) -> tuple[list[context.Document], bool, int | None]:
    if wanted.order:
        if any(order.origin is not None for order in wanted.order):
            raise QuestionHidden(asked="orderBy;dist")
        found = iter(context.in_order(found, wanted.order))
    taken: list[context.Document] = []
    fitting, end = 0, page.offset + page.limit
    for document in found:
        fitting += 1
        if page.offset < fitting <= end:
            taken.append(document)
        elif fitting > end and not page.counted:
            break
    return taken, fitting > end, fitting if page.counted else None


def _filter(plan: privacy.Plan, version: int) -> privacy.LiveFilter:
    key = plan.digest(), version
    found = _filters.get(key)
    if found is None:
        found = privacy.live_filter(plan)
        with _lock:
            _filters[key] = found
            while len(_filters) > KEPT:
                _filters.popitem(last=False)
    return found


def forget_filters() -> None:
    """Forget every filter, as after another database was put in this one's place."""
    with _lock:
        _filters.clear()
