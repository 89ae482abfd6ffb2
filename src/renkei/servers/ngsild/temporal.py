"""`/temporal/entities` and below: histories read and written (clauses 6.18 to 6.24)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from django.conf import settings

from renkei.context import api as context
from renkei.kernel.clock import format_utc
from renkei.servers.errors import MethodUnsupported
from renkei.servers.ngsild.door import BASE, Answer, Asked, Endpoint, said
from renkei.servers.ngsild.naming import dataset_of, name_of, uri_of
from renkei.servers.ngsild.negotiation import PATCHES
from renkei.servers.ngsild.paging import page_headers, read_page
from renkei.servers.ngsild.questions import asks_for_something, read_query
from renkei.servers.ngsild.reading import NARROWED, PAGED
from renkei.wire.ngsild.asked import (
    flag,
    read_aggregation,
    read_temporal,
    read_temporal_form,
    read_view,
    words_of,
    words_of_query,
)
from renkei.wire.ngsild.asked.words import Words
from renkei.wire.ngsild.jsonld import Context
from renkei.wire.ngsild.reading import read_attribute, read_temporal_entity, read_temporal_fragment
from renkei.wire.ngsild.writing import TemporalForm, View, write_temporal_entity

TIMED = frozenset(
    {"timerel", "timeAt", "endTimeAt", "timeproperty", "lastN", "aggrMethods", "aggrPeriodDuration"}
)
SHOWN = frozenset({"attrs", "pick", "omit", "options", "format", "lang", "datasetId", "local", "via"})
WRITING = frozenset({"local", "options", "via"})
PARTIAL = 206
NO_BODY = Answer(204)
_LATEST = context.TemporalQuery(member="modifiedAt", last=1)


def create(asked: Asked) -> Answer:
    """`POST /temporal/entities` (clause 5.6.11): a history that is there already goes on."""
    payload, used = asked.read()
    entity = read_temporal_entity(payload, used)
    if not context.add_history(asked.tenant, entity, actor=asked.actor, now=asked.now):
        return NO_BODY
    return Answer(201, headers={"Location": f"{BASE}/temporal/entities/{quote(entity['id'], safe=':')}"})


def delete(asked: Asked) -> Answer:
    """`DELETE /temporal/entities/{id}` (clause 5.6.16)."""
    context.delete_history(asked.tenant, _uri(asked), actor=asked.actor, now=asked.now)
    return NO_BODY


def append(asked: Asked) -> Answer:
    """`POST /temporal/entities/{id}/attrs` (clause 5.6.12)."""
    uri = _uri(asked)
    payload, used = asked.read()
    fragment = read_temporal_fragment(payload, used)
    if fragment.get("id", uri) != uri:
        raise context.RequestInvalid(why="the id in the body is not the one in the path")
    context.append_history(asked.tenant, uri, fragment, actor=asked.actor, now=asked.now)
    return NO_BODY


def delete_attribute(asked: Asked) -> Answer:
    """`DELETE /temporal/entities/{id}/attrs/{name}` (clause 5.6.13)."""
    context.delete_attribute_history(
        asked.tenant,
        _uri(asked),
        name_of(asked.path["name"], asked.context()),
        dataset=dataset_of(asked.query.get("datasetId")),
        everything=flag(words_of(asked.query.multi_items()), "deleteAll"),
        actor=asked.actor,
        now=asked.now,
    )
    return NO_BODY


def change_instance(asked: Asked) -> Answer:
    """`PATCH /temporal/entities/{id}/attrs/{name}/{instance}` (clause 5.6.14)."""
    uri, instance = _uri(asked), uri_of(asked.path["instance"])
    if not asked.path["name"]:
        raise MethodUnsupported(method="PATCH", allowed="DELETE")
    payload, used = asked.read(PATCHES)
    name = name_of(asked.path["name"], used)
    (given,) = read_attribute(payload, used, name=asked.path["name"])
    if "type" not in payload:
        given = {member: value for member, value in given.items() if member != "type"}
    context.change_instance(asked.tenant, uri, name, instance, given, actor=asked.actor, now=asked.now)
    return NO_BODY


def delete_instance(asked: Asked) -> Answer:
    """`DELETE /temporal/entities/{id}/attrs/{name}/{instance}` (clause 5.6.15)."""
    uri, instance = _uri(asked), uri_of(asked.path["instance"])
    name = name_of(asked.path["name"], asked.context())
    context.delete_instance(asked.tenant, uri, name, instance, actor=asked.actor, now=asked.now)
    return NO_BODY


def retrieve(asked: Asked) -> Answer:
    """`GET /temporal/entities/{id}` (clause 5.7.3)."""
    asked.accepted()
    uri, used, words = _uri(asked), asked.context(), words_of(asked.query.multi_items())
    wanted = _wanted(words, used)
    found = context.retrieve_history(
        asked.tenant,
        uri,
        wanted.temporal,
        shown=wanted.chosen,
        aggregation=wanted.aggregation,
        limit=settings.RENKEI.context_instances,
    )
    (entity,) = found.entities
    if wanted.view.attrs and not entity["attrs"]:
        _check_known(asked, uri, wanted)
    written = wanted.written(entity, used)
    if not written:
        raise context.AttributeMissing(entity=uri, attribute="pick, omit", dataset="-")
    return _told(asked, written, used, found, {})


def find(asked: Asked) -> Answer:
    """`GET /temporal/entities` (clause 5.7.4)."""
    asked.accepted()
    return _found(asked, words_of(asked.query.multi_items()), asked.context(), [])


def find_by_body(asked: Asked) -> Answer:
    """`POST /temporal/entityOperations/query` (clause 6.24)."""
    asked.accepted()
    payload, used = asked.read()
    words, entities = words_of_query(payload)
    return _found(asked, {**words_of(asked.query.multi_items()), **words}, used, entities)


def _found(asked: Asked, words: Words, used: Context, entities: list[dict[str, Any]]) -> Answer:
    wanted, page = _wanted(words, used), read_page(words)
    query = read_query(words, used, entities)
    if not asks_for_something(query, words):
        raise context.RequestInvalid(
            why="a question names a type, attributes, q, a place, or local=true: ids alone are not enough"
        )
    found = context.query_history(
        asked.tenant,
        query,
        wanted.temporal,
        page,
        shown=wanted.chosen,
        aggregation=wanted.aggregation,
        limit=settings.RENKEI.context_instances,
    )
    headers = page_headers(asked, page, more=found.more, total=found.total)
    return _told(asked, [wanted.written(entity, used) for entity in found.entities], used, found, headers)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What of a history is wanted, and how it is to be seen."""

    form: TemporalForm
    view: View
    temporal: context.TemporalQuery
    aggregation: context.Aggregation | None
    chosen: context.Chosen

    def written(self, entity: context.Document, used: Context) -> dict[str, Any]:
        """Return an entity as it is to be seen."""
        return write_temporal_entity(entity, used, self.view, form=self.form, member=self.temporal.member)


def _wanted(words: Words, used: Context) -> _Wanted:
    form, sys_attrs = read_temporal_form(words)
    plain = {name: value for name, value in words.items() if name not in {"options", "format"}}
    view = replace(read_view(plain, used), sys_attrs=sys_attrs)
    summed = read_aggregation(words) if form is TemporalForm.AGGREGATED else None
    return _Wanted(form, view, read_temporal(words), summed, _chosen(view))


def _chosen(view: View) -> context.Chosen:
    """Return which attributes have to be read for what is to be seen."""
    only = view.attrs
    if view.pick is not None:
        only = frozenset(name for name in view.pick if ":" in name or name == context.SCOPE)
    omitted = frozenset(name for name, within in (view.omit or {}).items() if not within)
    return context.Chosen(only=only, without=omitted, datasets=view.datasets)


def _check_known(asked: Asked, uri: context.EntityId, wanted: _Wanted) -> None:
    """Refuse attributes of which the entity has no history at all (clause 5.7.3.4)."""
    known = context.retrieve_history(asked.tenant, uri, _LATEST, shown=wanted.chosen, limit=1)
    if not any(entity["attrs"] for entity in known.entities):
        names = ", ".join(sorted(wanted.view.attrs or ()))
        raise context.AttributeMissing(entity=uri, attribute=names[:200], dataset="-")


def _told(
    asked: Asked, value: Any, used: Context, found: context.History, headers: Mapping[str, str]
) -> Answer:
    """Answer, and where not all is told, say of which time it is (clause 6.3.10)."""
    if found.told is None:
        return said(asked, value, used, headers=headers)
    start, end = format_utc(found.told.start), format_utc(found.told.end)
    size = "*" if found.told.size is None else found.told.size
    ranged = {**headers, "Content-Range": f"date-time {start}-{end}/{size}"}
    return said(asked, value, used, status=PARTIAL, headers=ranged)


def _uri(asked: Asked) -> context.EntityId:
    return uri_of(asked.path["id"])


_ONE, _ATTRIBUTE = "temporal/entities/{id}", "temporal/entities/{id}/attrs/{name}"
ENDPOINTS = (
    Endpoint("POST", "temporal/entities", create, takes=WRITING),
    Endpoint("GET", "temporal/entities", find, takes=SHOWN | TIMED | NARROWED | PAGED),
    Endpoint("GET", _ONE, retrieve, takes=SHOWN | TIMED),
    Endpoint("DELETE", _ONE, delete, takes=WRITING),
    Endpoint("POST", f"{_ONE}/attrs", append, takes=WRITING),
    Endpoint("DELETE", _ATTRIBUTE, delete_attribute, takes=WRITING | {"datasetId", "deleteAll"}),
    Endpoint("PATCH", f"{_ATTRIBUTE}/{{instance}}", change_instance, takes=WRITING),
    Endpoint("DELETE", f"{_ATTRIBUTE}/{{instance}}", delete_instance, takes=WRITING),
    Endpoint("POST", "temporal/entityOperations/query", find_by_body, takes=SHOWN | PAGED, reads=True),
)
