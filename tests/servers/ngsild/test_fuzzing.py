"""Broken requests at every endpoint: each is refused with a reason that the standard knows, and changes nothing."""

import json
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from renkei.context import api as context
from renkei.kernel.clock import utc_now
from renkei.servers.ngsild import resolving
from renkei.servers.ngsild.api import ENDPOINTS, ROUTES
from renkei.servers.outgoing import shared_outgoing
from tests.factories import parties as make

pytestmark = pytest.mark.django_db(transaction=True)
BASE = "/ngsi-ld/v1"
ERRORS = "https://uri.etsi.org/ngsi-ld/errors/"
TERMS = "https://example.org/cars.jsonld"
LINKED = {"Link": f'<{TERMS}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'}
CAR, OTHER = "urn:ngsi-ld:Car:1", "urn:ngsi-ld:Car:2"
TABLES = ("entity", "type", "scope", "value", "place", "instance", "subscription", "watch", "notification")
TABLES += ("registration", "stored_context", "void", "erasure")
COUNTED_LATER = {"used", "last_used_at"}
"""What a process writes about contexts once a minute, whatever is asked then."""

ENTITY: dict[str, Any] = {
    "id": CAR,
    "type": ["Car", "Vehicle"],
    "scope": ["/japan/nagoya"],
    "speed": [
        {"type": "Property", "value": 80, "unitCode": "KMH", "observedAt": "2026-05-01T09:00:00Z"},
        {"type": "Property", "value": 81.5, "datasetId": "urn:ngsi-ld:Dataset:gps", "accuracy": {"type": "Property", "value": 1}},
    ],
    "near": {"type": "Relationship", "object": [OTHER], "objectType": "Car"},
    "location": {"type": "GeoProperty", "value": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}},
    "name": {"type": "LanguageProperty", "languageMap": {"ja": "車", "en": "car"}},
    "colour": {"type": "VocabProperty", "vocab": ["red"]},
    "raw": {"type": "JsonProperty", "json": {"a": [1, {"b": None}]}},
    "route": {"type": "ListProperty", "valueList": [1, 2]},
    "stops": {"type": "ListRelationship", "objectList": [{"object": OTHER}]},
}  # fmt: skip
ATTRS = {name: value for name, value in ENTITY.items() if name not in {"id", "type"}}
QUERY: dict[str, Any] = {
    "type": "Query",
    "entities": [{"type": "Car", "id": CAR, "idPattern": "urn:.*"}],
    "q": 'speed>50|name[ja]=="車"',
    "pick": ["id", "speed"],
    "scopeQ": "/japan/#",
    "geoQ": {"georel": "near;maxDistance==10", "geometry": "Point", "coordinates": [0, 0]},
    "temporalQ": {"timerel": "after", "timeAt": "2026-05-01T09:00:00Z", "lastN": 2},
    "ordering": {"orderBy": ["speed;desc"], "geometry": "Point", "coordinates": [0, 0]},
    "join": "inline",
    "joinLevel": 1,
    "datasetId": ["@none"],
    "lang": "ja",
}
SUBSCRIPTION: dict[str, Any] = {
    "id": "urn:ngsi-ld:Subscription:1",
    "type": "Subscription",
    "entities": [{"type": "Car", "id": CAR, "idPattern": "urn:.*"}],
    "watchedAttributes": ["speed"],
    "q": "speed>50",
    "geoQ": {"georel": "near;maxDistance==10", "geometry": "Point", "coordinates": [0, 0]},
    "scopeQ": "/japan/#",
    "throttling": 5,
    "expiresAt": "2099-01-01T00:00:00Z",
    "notification": {
        "attributes": ["speed"],
        "format": "keyValues",
        "endpoint": {
            "uri": "https://receiver.example/hook",
            "accept": "application/json",
            "timeout": 5000,
            "receiverInfo": [{"key": "a", "value": "b"}],
        },
    },
}
REGISTRATION: dict[str, Any] = {
    "id": "urn:ngsi-ld:ContextSourceRegistration:1",
    "type": "ContextSourceRegistration",
    "information": [{"entities": [{"type": "Car", "id": CAR}], "propertyNames": ["speed"]}],
    "endpoint": "https://source.example/",
    "mode": "inclusive",
    "operations": ["retrieveOps"],
    "expiresAt": "2099-01-01T00:00:00Z",
    "managementInterval": {"startAt": "2026-01-01T00:00:00Z"},
}
STORED: dict[str, Any] = {"@context": [TERMS, {"Bus": {"@id": "urn:x:Bus", "@type": "@id"}}]}
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "entities"): ENTITY,
    ("PUT", "entities/{id}"): ENTITY,
    ("PATCH", "entities/{id}"): ENTITY,
    ("POST", "entities/{id}/attrs"): ATTRS,
    ("PATCH", "entities/{id}/attrs"): ATTRS,
    ("PATCH", "entities/{id}/attrs/{name}"): ENTITY["speed"][0],
    ("PUT", "entities/{id}/attrs/{name}"): ENTITY["speed"][0],
    ("POST", "entityOperations/create"): [ENTITY, {**ENTITY, "id": OTHER}],
    ("POST", "entityOperations/upsert"): [ENTITY, {**ENTITY, "id": OTHER}],
    ("POST", "entityOperations/update"): [ENTITY, {**ENTITY, "id": OTHER}],
    ("POST", "entityOperations/merge"): [ENTITY, {**ENTITY, "id": OTHER}],
    ("POST", "entityOperations/delete"): [CAR, OTHER],
    ("POST", "entityOperations/query"): QUERY,
    ("POST", "temporal/entityOperations/query"): QUERY,
    ("POST", "temporal/entities"): ENTITY,
    ("POST", "temporal/entities/{id}/attrs"): ATTRS,
    ("PATCH", "temporal/entities/{id}/attrs/{name}/{instance}"): ENTITY["speed"][0],
    ("POST", "subscriptions"): SUBSCRIPTION,
    ("PATCH", "subscriptions/{id}"): {**SUBSCRIPTION, "throttling": None},
    ("POST", "csourceRegistrations"): REGISTRATION,
    ("PATCH", "csourceRegistrations/{id}"): {**REGISTRATION, "expiresAt": None},
    ("POST", "jsonldContexts"): STORED,
}  # fmt: skip
PARAMETERS: dict[str, tuple[str, ...]] = {
    "q": ("speed>50", 'name[ja]=="車"', "speed==1..5;near==urn:x:1", 'name~="^c.*"', "raw.a[0]==1", "(a|b);!c"),
    "type": ("Car", "(Car|Bus);Vehicle", "*"),
    "id": (CAR, f"{CAR},{OTHER}"),
    "idPattern": ("urn:.*",),
    "attrs": ("speed,near",),
    "pick": ("id,speed", "near{speed,near{id}}"),
    "omit": ("scope,speed",),
    "keep": ("speed",),
    "drop": ("speed,colour",),
    "scopeQ": ("/japan/#", "/japan/+;/a,/b"),
    "csf": ("endpoint==1",),
    "georel": ("near;maxDistance==10", "within", "intersects"),
    "geometry": ("Point", "Polygon"),
    "coordinates": ("[0,0]", "[[[0,0],[1,0],[1,1],[0,0]]]"),
    "geoproperty": ("location",),
    "geometryProperty": ("location",),
    "orderBy": ("speed;desc,id", "location;dist-asc"),
    "orderFrom": ("[0,0]",),
    "orderGeometry": ("Point",),
    "lang": ("ja,en;q=0.5", "*"),
    "options": ("keyValues,sysAttrs", "concise", "temporalValues", "aggregatedValues", "noOverwrite", "update"),
    "format": ("simplified", "temporalValues", "aggregatedValues"),
    "timerel": ("after", "between"),
    "timeAt": ("2026-05-01T09:00:00Z",),
    "endTimeAt": ("2026-05-02T09:00:00Z",),
    "timeproperty": ("observedAt", "modifiedAt"),
    "lastN": ("2",),
    "aggrMethods": ("avg,max,stddev",),
    "aggrPeriodDuration": ("PT1H", "P1M"),
    "datasetId": ("@none,urn:ngsi-ld:Dataset:gps",),
    "deleteAll": ("true",),
    "observedAt": ("2026-05-01T09:00:00Z",),
    "limit": ("5",),
    "offset": ("1",),
    "count": ("true",),
    "join": ("inline", "flat"),
    "joinLevel": ("2",),
    "containedBy": (CAR,),
    "expandValues": ("colour",),
    "jsonKeys": ("raw",),
    "details": ("true",),
    "kind": ("Hosted",),
    "reload": ("true",),
    "local": ("true",),
}  # fmt: skip
HEADERS = {
    "Accept": ("application/json", "application/ld+json;q=0.5, */*;q=0.1", "application/geo+json"),
    "Content-Type": ("application/json", "application/ld+json", "application/merge-patch+json; charset=utf-8"),
    "Link": (LINKED["Link"],),
    "NGSILD-Tenant": ("fuzzed",),
    "Prefer": ("body=json", "ngsi-ld=1.6"),
    "Via": ("1.1 broker",),
}  # fmt: skip
NAMES = {
    "{id}": (CAR, "urn:ngsi-ld:Subscription:1", "urn:ngsi-ld:ContextSourceRegistration:1", "core"),
    "{name}": ("speed", "scope", "https://example.org/speed", "Car"),
    "{instance}": ("urn:ngsi-ld:Instance:1",),
}


@dataclass(frozen=True)
class Raw:
    """JSON text that no value stands for."""

    text: str


def _deep(levels: int) -> Raw:
    return Raw("[" * levels + "1" + "]" * levels)


def _deep_object(levels: int) -> Raw:
    return Raw('{"a":' * levels + "1" + "}" * levels)


STRANGE: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 2**31, 2**63, 2**64, -(2**63) - 1, Raw("1e308"), Raw("1e309"), Raw("-0.0"),
    Raw("9" * 400), Raw("NaN"), Raw("Infinity"), "", " ", "a", "a b", "\0", "a\0b", "\ud800", "\udfff\ud800", "é" * 300,
    "n" * 3000, "urn:" + "x" * 3000, "urn:x:1", "urn:ngsi-ld:null", "@none", "@type", "@id", "@context", "@value",
    "id", "type", "value", "(", "[", "{", "*", "%", "%00", "%zz", "/", "//", "#", "+", ";", "|", "'", '"', "\\", "$1", ":",
    "%s", "{}", "2026-13-40T99:99:99Z", "2026-05-01", "0000-00-00T00:00:00Z", "9999-12-31T23:59:60Z", "P1Y", "PT-1S",
    "https://[::1", "http://", "data:,", [], {}, [[]], [{}], {"": ""}, {"a": None}, [None], [1, "a", None, {}],
    {"@value": 1}, {"@id": "x"}, {"@list": []}, {"@type": "Property"}, {"type": "Property"}, {"type": "Property", "value": None},
    {"type": "Feature", "geometry": None}, {"type": "Point", "coordinates": []}, {"type": "Point", "coordinates": [Raw("1e308"), 0]},
    {"type": "GeometryCollection", "geometries": []}, {"type": "Polygon", "coordinates": [[[0, 0]]]},
    {"languageMap": {}}, {"object": {}}, {"value": {"@value": {}}}, _deep(30), _deep(70), _deep(2000), _deep_object(70),
)  # fmt: skip
TWICE = "\ue000"
"""Ends the name of a member that is written a second time under its own name."""


def written(value: Any) -> str:
    """Return a value as JSON text, also where it is none."""
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k.rstrip(TWICE))}:{written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return json.dumps(value)


def _places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, child in children:
        yield from _places(child, (*at, name))


def _changed(value: Any, at: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    if not at:
        return change(value)
    first, *others = at
    if isinstance(value, dict):
        return {**value, first: _changed(value[first], tuple(others), change)}
    return [_changed(v, tuple(others), change) if n == first else v for n, v in enumerate(value)]


def _without(value: Any, strange: Any) -> Any:
    if isinstance(value, dict) and value:
        return dict(list(value.items())[1:])
    return value[1:] if isinstance(value, list) else strange


def _renamed(value: Any, strange: Any) -> Any:
    if isinstance(value, dict) and value and isinstance(strange, str):
        (_, first), *others = value.items()
        return {**dict(others), strange: first}
    return strange


def _doubled(value: Any, strange: Any) -> Any:
    if isinstance(value, dict) and value:
        return {**value, f"{next(iter(value))}{TWICE}": strange}
    return [*value, *value] if isinstance(value, list) else [value, value]


CHANGES: tuple[Callable[[Any, Any], Any], ...] = (
    lambda _, strange: strange,
    lambda _, strange: strange,
    _without,
    _renamed,
    _doubled,
    lambda value, _: [value],
    lambda value, _: {"value": value},
    lambda value, strange: {**value, "more": strange} if isinstance(value, dict) else [value, strange],
)


@st.composite
def mutations(draw: st.DrawFn, valid: Any) -> str:
    """Return the JSON of a valid payload with one to three faults."""
    payload = valid
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.sampled_from(list(_places(payload))))
        change, strange = draw(st.sampled_from(CHANGES)), draw(st.sampled_from(STRANGE))
        payload = _changed(payload, at, lambda value, c=change, s=strange: c(value, s))
    return written(payload)


TEXTS = tuple(
    one for one in STRANGE if isinstance(one, str) and not any("\ud800" <= c < "\ue000" for c in one)
)


@st.composite
def spoiled(draw: st.DrawFn, valid: tuple[str, ...]) -> str:
    """Return a valid text with something cut out of it or put into it, or a strange one."""
    text = draw(st.sampled_from(valid))
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 4)))
    other = draw(st.sampled_from(TEXTS) | st.text(max_size=4).filter(lambda t: t.isprintable()))
    return draw(st.sampled_from((text, text[:start] + other + text[end:], other)))


@dataclass(frozen=True)
class Request:
    """One request, as it is sent."""

    method: str
    path: str
    body: str | None = None
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=lambda: dict(LINKED))


WRITES = tuple(e for e in ENDPOINTS if (e.method, e.path) in BODIES)


def _named(path: str, **names: str) -> str:
    for variable, usual in NAMES.items():
        path = path.replace(variable, urllib.parse.quote(names.get(variable, usual[0]), safe=""))
    kind = path.partition("/")[0]
    own = {"subscriptions": 1, "csourceRegistrations": 2}.get(kind)
    return path.replace(urllib.parse.quote(CAR, safe=""), NAMES["{id}"][own]) if own else path


@st.composite
def broken_bodies(draw: st.DrawFn) -> Request:
    """Return a request with a broken body."""
    endpoint = draw(st.sampled_from(WRITES))
    body = draw(mutations(BODIES[endpoint.method, endpoint.path]))
    return Request(endpoint.method, _named(endpoint.path), body)


@st.composite
def broken_questions(draw: st.DrawFn) -> Request:
    """Return a request with broken parameters, header or path."""
    endpoint = draw(st.sampled_from(ENDPOINTS))
    known = sorted(endpoint.takes & PARAMETERS.keys()) or ["options"]
    names = draw(st.lists(st.sampled_from(known), max_size=6))
    query = [(name, draw(spoiled(PARAMETERS[name]))) for name in names]
    if "type" in known and draw(st.booleans()):
        query.append(("type", "Car"))
    path = endpoint.path
    for variable, usual in NAMES.items():
        if variable in path:
            part = draw(spoiled(usual)) if draw(st.integers(0, 3)) == 0 else usual[0]
            path = path.replace(variable, urllib.parse.quote(part, safe=""))
    headers = dict(LINKED)
    if draw(st.integers(0, 3)) == 0:
        name = draw(st.sampled_from(sorted(HEADERS)))
        value = draw(spoiled(HEADERS[name]))
        headers[name] = value.encode("utf-8").decode("latin-1") if value.isprintable() else "-"
    valid = BODIES.get((endpoint.method, endpoint.path))
    body = None if valid is None else written(valid)
    return Request(endpoint.method, path, body, query, headers)


class Door:
    """A member's way in, with one of everything behind it."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def fill(self) -> None:
        """Have one of everything there."""
        for path, body in (
            ("entityOperations/upsert", [ENTITY]),
            ("subscriptions", SUBSCRIPTION),
            ("csourceRegistrations", REGISTRATION),
        ):
            made = self.send(Request("POST", path, written(body)))
            assert made.status_code in {201, 204, 409}, made.text

    def send(self, request: Request) -> Any:
        """Send it."""
        headers = {"Content-Type": "application/json", **request.headers}
        encoded = {name: value.encode("latin-1") for name, value in headers.items()}
        query = f"?{urllib.parse.urlencode(request.query)}" if request.query else ""
        body = None if request.body is None else request.body.encode()
        return self.client.request(
            request.method, f"{BASE}/{request.path}{query}", content=body, headers=encoded
        )

    def check(self, request: Request) -> Any:
        """Send it; see that it is done, or refused with a reason and nothing changed."""
        before = kept()
        answer = self.send(request)

        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            told = answer.json()
            assert told["type"].startswith(ERRORS)
            assert told["status"] == answer.status_code
            assert told["title"]
            assert told["detail"]
            assert told["code"]
            assert answer.headers["Content-Type"] == "application/json"
            assert kept() == before
        return answer


def kept() -> dict[str, list[Any]]:
    """Return all that is kept."""
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT * FROM context_{table}")  # noqa: S608 - names of our own
            columns = [column[0] for column in cursor.description]
            shown = [n for n, name in enumerate(columns) if name not in COUNTED_LATER]
            found[table] = sorted(repr([row[n] for n in shown]) for row in cursor.fetchall())
        cursor.execute("SELECT count(*) FROM audit_entry")
        found["audit"] = cursor.fetchall()
    return found


@pytest.fixture
def door(settings: Any) -> Iterator[Door]:
    settings.RENKEI = replace(settings.RENKEI, public_url="http://testserver", inside_peers=False)
    shared_outgoing.cache_clear()
    resolving.forget_all()
    terms = {
        n: f"https://example.org/{n}" for n in ("Car", "Vehicle", "speed", "near", "name", "colour", "raw")
    }
    context.lay_in_context(TERMS, json.dumps({"@context": terms}), now=utc_now())
    secret = make.token(org=make.organisation(slug="fuzzed"), now=utc_now()).secret
    headers = {"Authorization": f"Bearer {secret}"}
    with TestClient(Starlette(routes=ROUTES), headers=headers, raise_server_exceptions=False) as client:
        yield Door(client)
    shared_outgoing.cache_clear()
    resolving.forget_all()


tried = settings(
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@tried
@given(request=broken_bodies())
def test_a_broken_body_is_refused_with_a_reason_and_changes_nothing(door: Door, request: Request) -> None:
    door.fill()
    door.check(request)


@tried
@given(request=broken_questions())
def test_a_broken_question_is_refused_with_a_reason_and_changes_nothing(door: Door, request: Request) -> None:
    door.fill()
    door.check(request)
