"""One entity: its attributes with all that is said of them, its place, its JSON, and the history of a number."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from renkei.context import api as context
from renkei.kernel.clock import utc_now
from renkei.web.drawing.maps import Place, draw_map
from renkei.web.request import PortalRequest
from renkei.web.session import signed_in
from renkei.web.views import histories, listing, tenant
from renkei.web.views.entities import called, place_of
from renkei.wire.ngsild.core import CORE_URL
from renkei.wire.ngsild.writing import View, add_context, write_entity

_LONGEST = 4000
"""Characters of a value that the page shows; the JSON has all of it."""


@dataclass(frozen=True, slots=True)
class InstanceLine:
    """One instance of an attribute."""

    kind: context.Kind
    text: str
    """What it says, as text; empty where one of the others does."""
    links: Sequence[str]
    """Ids of entities that it points to."""
    languages: Sequence[tuple[str, str]]
    """Tags, and what is said in each."""
    unit: str
    observed: str
    dataset: str
    modified: str
    numeric: bool
    subs: Sequence["AttributeLine"]


@dataclass(frozen=True, slots=True)
class AttributeLine:
    """One attribute."""

    iri: str
    name: str
    instances: Sequence[InstanceLine]

    @property
    def numeric(self) -> bool:
        """Return whether some instance is a number, so that its history can be drawn."""
        return any(instance.numeric for instance in self.instances)


@require_safe
@signed_in
def entity(request: PortalRequest, *, entity_id: str) -> HttpResponse:
    """Show one entity, or with `?as=json` its NGSI-LD. Raises context.entity-missing, also for another tenant's."""
    owner, now = tenant.own_reader(request), utc_now()
    words = tenant.words_of(request, owner)
    found = context.entity(owner, context.EntityId(entity_id), now=now)
    if request.GET.get("as") == "json":
        return _json(found, words)
    lines = list(_attributes(found["attrs"], words))
    geometry = place_of(found)
    place = [Place(1, called(found) or entity_id, geometry)] if geometry else []
    numeric = [line for line in lines if line.numeric]
    return listing.show(
        request,
        "entity",
        section="entities",
        entity=found,
        called=called(found),
        types=[(iri, words.name(iri)) for iri in found["type"]],
        words=words,
        lines=lines,
        map=draw_map(place),
        numeric=numeric,
        history=histories.read(request, owner, found, numeric, now=now) if numeric else None,
    )


def _json(found: context.Document, words: tenant.Words) -> HttpResponse:
    written = add_context(
        write_entity(found, words.terms, View(sys_attrs=True)),
        [words.chosen, CORE_URL] if words.chosen else CORE_URL,
    )
    body = json.dumps(written, ensure_ascii=False, indent=2)
    return HttpResponse(f"{body}\n", content_type="application/json; charset=utf-8")


def _attributes(attrs: Mapping[str, Any], words: tenant.Words) -> Iterator[AttributeLine]:
    for iri, instances in attrs.items():
        yield AttributeLine(iri, words.name(iri), [_instance(each, words) for each in instances])


def _instance(instance: context.Instance, words: tenant.Words) -> InstanceLine:
    kind = context.Kind(instance["type"])
    said = instance.get(context.VALUE_MEMBER[kind])
    links = _links(kind, said)
    languages = sorted(said.items()) if kind is context.Kind.LANGUAGE and isinstance(said, dict) else []
    return InstanceLine(
        kind=kind,
        text="" if links or languages else _text(kind, said, words),
        links=links,
        languages=[(tag, text if isinstance(text, str) else " / ".join(text)) for tag, text in languages],
        unit=instance.get("unitCode", ""),
        observed=instance.get("observedAt", ""),
        dataset=instance.get("datasetId", ""),
        modified=instance.get("modifiedAt", ""),
        numeric=kind is context.Kind.PROPERTY and histories.is_number(said),
        subs=list(_attributes(instance.get("attrs", {}), words)),
    )


def _links(kind: context.Kind, said: Any) -> list[str]:
    if kind is context.Kind.RELATIONSHIP:
        return said if isinstance(said, list) else [said]
    if kind is context.Kind.LIST_RELATIONSHIP and isinstance(said, list):
        return [each["object"] for each in said]
    return []


def _text(kind: context.Kind, said: Any, words: tenant.Words) -> str:
    if kind is context.Kind.VOCAB:
        return ", ".join(words.name(iri) for iri in (said if isinstance(said, list) else [said]))
    if kind is context.Kind.GEO and isinstance(said, dict) and said.get("type") == "Point":
        return "Point " + ", ".join(f"{number:.10g}" for number in said["coordinates"])
    text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
