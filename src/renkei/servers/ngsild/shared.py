"""Another organisation's entities under an agreement: `/shared/{transfer}/ngsi-ld/v1` with the transfer's secret.

To a client it is an NGSI-LD API like any other, for reading only, and with one type of entity in it. What it shows and
what may be asked is decided in `exchange` (`services.entities`): each answer is a use of the data and comes with its
receipt in a header, as at the other doors of a transfer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from starlette.datastructures import QueryParams
from starlette.routing import BaseRoute, Mount

from renkei.context import api as context
from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import Actor
from renkei.servers.door import Call
from renkei.servers.errors import ParameterUnknown, TenantOfAnother, TransferOfAnotherToken
from renkei.servers.ngsild.application import NgsiLd
from renkei.servers.ngsild.door import BASE, Answer, Asked, Endpoint, Later, refused, said, with_context
from renkei.servers.ngsild.naming import name_of, uri_of
from renkei.servers.ngsild.negotiation import GEO_JSON, JSON, JSON_LD
from renkei.servers.ngsild.paging import page_headers, read_page
from renkei.servers.ngsild.questions import LOCATION, asks_for_something, read_query
from renkei.servers.ngsild.subscriptions import read_new
from renkei.wire.ngsild.asked import read_view, words_of, words_of_query
from renkei.wire.ngsild.gathering import without_core
from renkei.wire.ngsild.jsonld import Context
from renkei.wire.ngsild.subscriptions import write_subscription
from renkei.wire.ngsild.writing import (
    write_attribute_list,
    write_entities,
    write_entity,
    write_feature,
    write_features,
    write_type,
    write_type_list,
    write_types,
)
from renkei.wire.rows import RECEIPT_HEADER

SHOWN = frozenset({"attrs", "pick", "omit", "options", "format", "lang", "local", "via", "purpose"})
NARROWED = frozenset(
    {"id", "idPattern", "type", "q", "scopeQ", "georel", "geometry", "coordinates", "geoproperty"}
    | {"datasetId", "expandValues"}
)
PAGED = frozenset({"limit", "offset", "count", "orderBy"})
OFFERED = (JSON, JSON_LD, GEO_JSON)


@dataclass(frozen=True, slots=True)
class SharedAsked(Asked):
    """A request by whoever holds the secret of a transfer."""

    granted: exchange.Access = None  # type: ignore[assignment]  # `admitted` always gives it

    def resolved(self, source: Any) -> Context:
        """Return a context that this request names by its address; others would have to be kept among the owner's.

        Raises context.ld-context-invalid and what `resolve` raises.
        """
        named = without_core(source)
        if len(named) > 1 or not all(isinstance(each, str) for each in named):
            raise context.LdContextInvalid(
                why="under an agreement a context is named by its one address: publish it, and name it there"
            )
        return Asked.resolved(self, source)


def admitted(endpoint: Endpoint, call: Call, query: QueryParams, place: str) -> Answer | Later:
    """Answer a request with a transfer's secret.

    Raises exchange's refusals of an access, servers.transfer-of-another-token, parameter-unknown, tenant-of-another.
    """
    now = utc_now()
    access = exchange.access(call.bearer(), purpose=query.get("purpose"), now=now)
    if access.transfer.id != call.path["transfer"]:
        raise TransferOfAnotherToken
    named = call.headers.get("ngsild-tenant")
    if named is not None and named != access.dataset.owner:
        raise TenantOfAnother(tenant=named[:80])
    unknown = [name for name in query if name not in endpoint.takes]
    if unknown:
        raise ParameterUnknown(named=", ".join(unknown)[:80], known=", ".join(sorted(endpoint.takes)) or "-")
    owner, reader = access.dataset.owner, Actor(access.transfer.peer)
    return endpoint.handler(SharedAsked(call, query, owner, reader, now, place, access))


def find(asked: SharedAsked) -> Answer:
    """`GET /entities` (clause 5.7.2)."""
    return _found(asked, words_of(asked.query.multi_items()), asked.context(), [])


def find_by_body(asked: SharedAsked) -> Answer:
    """`POST /entityOperations/query` (clause 6.23)."""
    payload, used = asked.read()
    words, entities = words_of_query(payload)
    return _found(asked, {**words_of(asked.query.multi_items()), **words}, used, entities)


def retrieve(asked: SharedAsked) -> Answer:
    """`GET /entities/{id}` (clause 5.7.1)."""
    kind, used = asked.accepted(OFFERED), asked.context()
    view, uri = read_view(words_of(asked.query.multi_items()), used), uri_of(asked.path["id"])
    query = context.EntityQuery(selectors=(context.Selector(ids=(uri,)),), attributes=tuple(view.attrs or ()))

    def written(found: Sequence[context.Document], _more: bool, _total: int | None) -> Answer:  # noqa: FBT001
        if not found:
            return refused(
                context.EntityMissing(entity=uri)
            )  # which is an answer, and a use, as an empty list is
        if kind == GEO_JSON:
            feature = write_feature(found[0], used, view, geometry_property=LOCATION)
            return Answer(200, with_context(feature, used), GEO_JSON)
        return said(asked, write_entity(found[0], used, view), used)

    return _read(asked, query, context.Page(1), written)


def _found(
    asked: SharedAsked, words: dict[str, str], used: Context, entities: list[dict[str, Any]]
) -> Answer:
    kind, view, page = asked.accepted(OFFERED), read_view(words, used), read_page(words)
    if words.get("join", "@none") != "@none":
        raise exchange.QuestionHidden(asked="join")
    query = read_query(words, used, entities)
    if not asks_for_something(query, words):
        raise context.RequestInvalid(
            why="a question names a type, attributes, q, a place, or local=true: ids alone are not enough"
        )

    def written(found: Sequence[context.Document], more: bool, total: int | None) -> Answer:  # noqa: FBT001
        headers = page_headers(asked, page, more=more, total=total, base=base_of(asked))
        if kind == GEO_JSON:
            features = write_features(found, used, view, geometry_property=LOCATION)
            return Answer(200, with_context(features, used), GEO_JSON, headers)
        return said(asked, write_entities(found, used, view), used, headers=headers)

    return _read(asked, query, page, written)


def _read(asked: SharedAsked, query: context.EntityQuery, page: context.Page, written: Any) -> Answer:
    """Read under the agreement; the receipt names the hash of the answer's very bytes."""
    answers: list[Answer] = []

    def write(found: Sequence[context.Document], more: bool, total: int | None) -> bytes:  # noqa: FBT001
        answers.append(written(found, more, total))
        return answers[-1].written()

    question = b"\0".join((asked.call.method.encode(), asked.place.encode(), _told(asked), asked.call.body))
    shown = exchange.read_entities(asked.granted, query, page, asked=question, write=write, now=asked.now)
    answer = answers[-1]
    headers = {
        **answer.headers,
        RECEIPT_HEADER: shown.receipt.text,
        "Cache-Control": "private, no-store",
    }
    return Answer(answer.status, None, answer.media_type, headers, shown.body)


def _told(asked: SharedAsked) -> bytes:
    return urlencode(asked.query.multi_items()).encode()


def base_of(asked: SharedAsked) -> str:
    """Return the path under which this transfer's API stands."""
    return f"/shared/{quote(asked.granted.transfer.id, safe=':')}{BASE}"


def subscribe(asked: SharedAsked) -> Answer:
    """`POST /subscriptions` (clause 5.8.1): what it may watch and ask is limited to what is shown."""
    name, members = read_new(asked)
    made = exchange.subscribe(asked.granted, name, members, now=asked.now)
    where = f"{base_of(asked)}/subscriptions/{quote(made.subscription.id, safe=':')}"
    return Answer(201, headers={"Location": where})


def subscription(asked: SharedAsked) -> Answer:
    """`GET /subscriptions/{id}` (clause 5.8.3)."""
    used = asked.context()
    known = exchange.shared_subscription(asked.granted, uri_of(asked.path["id"]), now=asked.now)
    return said(asked, write_subscription(known, used), used)


def unsubscribe(asked: SharedAsked) -> Answer:
    """`DELETE /subscriptions/{id}` (clause 5.8.5)."""
    exchange.unsubscribe(asked.granted, uri_of(asked.path["id"]), now=asked.now)
    return Answer(204)


def types(asked: SharedAsked) -> Answer:
    """`GET /types` (clauses 5.7.5, 5.7.6): the one type, and which attributes can be shown; no entity is looked at."""
    used, (known,) = asked.context(), _types(asked)
    if asked.query.get("details") == "true":
        return said(asked, write_types([known], used), used)
    return said(asked, write_type_list([known], used, uri="urn:ngsi-ld:EntityTypeList:shared"), used)


def type_(asked: SharedAsked) -> Answer:
    """`GET /types/{type}` (clause 5.7.7); how many entities there are is not told here."""
    used, (known,) = asked.context(), _types(asked)
    if name_of(asked.path["type"], used) != known.iri:
        raise context.EntityMissing(entity=asked.path["type"][:200])
    told = write_type(known, used)
    del told["entityCount"]
    return said(asked, told, used)


def attributes(asked: SharedAsked) -> Answer:
    """`GET /attributes` (clause 5.7.8)."""
    used, (known,) = asked.context(), _types(asked)
    uri = "urn:ngsi-ld:AttributeList:shared"
    return said(asked, write_attribute_list(known.attributes, used, uri=uri), used)


def _types(asked: SharedAsked) -> tuple[context.TypeInfo]:
    return (exchange.shown_type(asked.granted),)


ENDPOINTS = (
    Endpoint("GET", "entities", find, takes=SHOWN | NARROWED | PAGED),  # type: ignore[arg-type]  # `admitted` asks them
    Endpoint("GET", "entities/{id}", retrieve, takes=SHOWN | {"type"}),  # type: ignore[arg-type]
    Endpoint("POST", "entityOperations/query", find_by_body, takes=SHOWN | PAGED, reads=True),  # type: ignore[arg-type]
    Endpoint("POST", "subscriptions", subscribe, takes=frozenset({"local", "purpose"}), far=True),  # type: ignore[arg-type]
    Endpoint("GET", "subscriptions/{id}", subscription, takes=frozenset({"local", "purpose"})),  # type: ignore[arg-type]
    Endpoint("DELETE", "subscriptions/{id}", unsubscribe, takes=frozenset({"local", "purpose"})),  # type: ignore[arg-type]
    Endpoint("GET", "types", types, takes=frozenset({"details", "local", "purpose"})),  # type: ignore[arg-type]
    Endpoint("GET", "types/{type}", type_, takes=frozenset({"local", "purpose"})),  # type: ignore[arg-type]
    Endpoint("GET", "attributes", attributes, takes=frozenset({"local", "purpose"})),  # type: ignore[arg-type]
)

ROUTES: list[BaseRoute] = [
    Mount("/shared/{transfer}" + BASE, app=NgsiLd(ENDPOINTS, handle=admitted)),
]
