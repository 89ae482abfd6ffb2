"""The organisation's entities: found by type, id, scope and the query language, listed and drawn on a map."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from renkei.context import api as context
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import OrgId
from renkei.kernel.refusals import Refusal
from renkei.servers.door import STATUS
from renkei.servers.ngsild.questions import LOCATION, read_query
from renkei.web.drawing.maps import Place, draw_map
from renkei.web.request import PortalRequest
from renkei.web.session import signed_in
from renkei.web.views import listing, tenant

FILTERS = ("type", "id", "scope", "q")
FURTHEST = 10_000
"""Pages; who wants to see more narrows it down."""
_PARAMETERS = {"type": "type", "idPattern": "id", "scopeQ": "scope", "q": "q"}
_SPECIAL = re.compile(r"[\\.^$*+?()\[\]{}|]")
_NAMES = re.compile(r"[/#]name$")


@dataclass(frozen=True, slots=True)
class EntityLine:
    """One line of the list of entities."""

    number: int
    """By which the map names it."""
    id: str
    called: str
    """What its attribute `name` says; empty where it has none."""
    types: Sequence[str]
    scopes: Sequence[str]
    attributes: int
    modified: str
    mapped: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """Which part of the list is shown."""

    number: int
    pages: int
    total: int


@require_safe
@signed_in
def entities(request: PortalRequest) -> HttpResponse:
    """List entities; a filter that cannot be read is said to be so beside it."""
    owner = tenant.reader(request)
    if owner is None:
        return listing.show(request, "entities", section="entities", hidden=True)
    words = tenant.words_of(request, owner)
    asked = {name: request.GET.get(name, "").strip() for name in FILTERS}
    number = page_number(request)
    trouble: Refusal | None = None
    found = context.Found((), more=False, total=0)
    try:
        found = _found(owner, words, asked, number)
    except Refusal as refusal:
        trouble = refusal
    first = (number - 1) * listing.ON_A_PAGE + 1
    lines = [_line(at, entity, words) for at, entity in enumerate(found.entities, first)]
    return listing.show(
        request,
        "entities",
        section="entities",
        status=STATUS[trouble.kind] if trouble else 200,
        words=words,
        types=_types(owner, words),
        asked=asked,
        narrowed=any(asked.values()),
        lines=lines,
        sheet=Sheet(number, max(1, -(-(found.total or 0) // listing.ON_A_PAGE)), found.total or 0),
        map=draw_map(_places(found.entities, first)),
        trouble=trouble.said(request.lang) if trouble else "",
        wrong=_wrong(trouble),
    )


def _found(owner: OrgId, words: tenant.Words, asked: dict[str, str], number: int) -> context.Found:
    said = {
        "type": asked["type"],
        "idPattern": _SPECIAL.sub(r"\\\g<0>", asked["id"]),
        "scopeQ": asked["scope"],
        "q": asked["q"],
    }
    query = read_query({name: value for name, value in said.items() if value}, words.terms)
    page = context.Page(listing.ON_A_PAGE, (number - 1) * listing.ON_A_PAGE, counted=True)
    return context.find(owner, query, page, now=utc_now())


def place_of(entity: context.Document) -> dict[str, Any] | None:
    """Return where an entity lies, as GeoJSON: its `location`, else the first GeoProperty it has."""
    attrs = entity["attrs"]
    for instances in (attrs.get(LOCATION, ()), *attrs.values()):
        for instance in instances:
            if instance["type"] == context.Kind.GEO and isinstance(instance.get("value"), dict):
                found: dict[str, Any] = instance["value"]
                return found
    return None


def called(entity: context.Document) -> str:
    """Return what an entity's attribute `name`, of whatever vocabulary, says of it; empty where it has none."""
    for iri, instances in entity["attrs"].items():
        said = instances[0].get("value") if instances and _NAMES.search(iri) else None
        if isinstance(said, str):
            return said
    return ""


def _line(number: int, entity: context.Document, words: tenant.Words) -> EntityLine:
    return EntityLine(
        number=number,
        id=entity["id"],
        called=called(entity),
        types=[words.name(iri) for iri in entity["type"]],
        scopes=entity.get("scope", ()),
        attributes=len(entity["attrs"]),
        modified=entity["modifiedAt"],
        mapped=place_of(entity) is not None,
    )


def _places(found: Sequence[context.Document], first: int) -> Iterator[Place]:
    for number, entity in enumerate(found, first):
        geometry = place_of(entity)
        if geometry is not None:
            yield Place(number, called(entity) or entity["id"], geometry)


def _types(owner: OrgId, words: tenant.Words) -> list[tuple[str, str]]:
    """Return each type there is: how a filter names it, and what people call it."""
    found = [
        (words.terms.compact(each.iri), words.name(each.iri)) for each in context.types(owner, now=utc_now())
    ]
    return sorted(found, key=lambda pair: pair[1].casefold())


def page_number(request: PortalRequest) -> int:
    said = request.GET.get("page", "1")
    return min(max(int(said), 1), FURTHEST) if said.isascii() and said.isdigit() and len(said) < 9 else 1


def _wrong(trouble: Refusal | None) -> str:
    """Return the filter that was refused; the query's where it is not said which."""
    if trouble is None:
        return ""
    return _PARAMETERS.get(str(trouble.facts.get("parameter", "")), "q")
