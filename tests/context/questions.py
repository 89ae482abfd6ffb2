"""Random documents and questions about them: few names and values, so that much meets."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from renkei.context.types import (
    DEFAULT,
    All,
    AnyOf,
    Compare,
    Comparison,
    Document,
    EntityQuery,
    Exists,
    GeoQuery,
    GeoRelation,
    Literal,
    Path,
    Range,
    ScopeQuery,
    Selector,
    Term,
    TypeSelection,
)

NAMES = [f"https://example.org/{name}" for name in "abc"]
SUBS = [f"https://example.org/{name}" for name in "xy"]
TYPES = [f"https://example.org/{name}" for name in ("T", "U")]
TEXTS = ["", "red", "Red", "réd", "red blue", "r" * 254, "r" * 255, "r" * 300, "r" * 254 + "z", "2026-05-01"]
TIMES = [
    "2026-05-01T00:00:00Z",
    "2026-05-01T09:00:00.5+09:00",
    "2026-02-30T00:00:00Z",
    "2026-04-30T23:59:60Z",
]
URIS = ["urn:x:1", "urn:x:2", "https://example.org/red"]
NUMBERS = [0, 1, -1, 1.5, 2, 1e300, 12345678901234567890]
SCOPES = ["/a", "/a/b", "/a/b/c", "/ab", "/x.y/b"]
scalars = st.sampled_from([*TEXTS, *TIMES, *URIS, *NUMBERS, True, False])
wrapped = st.builds(lambda text: {"@type": "DateTime", "@value": text}, st.sampled_from(TIMES))
objects = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["k", "l", "en"]), inner, max_size=2)
    ),
    max_leaves=5,
)
values = scalars | wrapped | objects | st.lists(wrapped | scalars, max_size=3)
positions = st.tuples(
    st.sampled_from([-179.9, -1.0, 0.0, 1.0, 2.0, 179.9]), st.sampled_from([-1.0, 0.0, 1.0, 89.5])
).map(list)
texts = st.sampled_from(TEXTS)


def square(corner: list[float]) -> dict[str, Any]:
    """Return a polygon of one degree each way."""
    x, y = min(corner[0], 179.0), min(corner[1], 89.0)
    return {"type": "Polygon", "coordinates": [[[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1], [x, y]]]}


geometries = (
    positions.map(lambda one: {"type": "Point", "coordinates": one})
    | positions.map(square)
    | st.lists(positions, min_size=2, max_size=3, unique_by=tuple).map(
        lambda many: {"type": "LineString", "coordinates": many}
    )
)
uris = st.sampled_from(URIS)
contents = st.one_of(
    values.map(lambda value: {"type": "Property", "value": value}),
    (uris | st.lists(uris, min_size=1, max_size=2)).map(
        lambda value: {"type": "Relationship", "object": value}
    ),
    (uris | st.lists(uris, min_size=1, max_size=2)).map(
        lambda value: {"type": "VocabProperty", "vocab": value}
    ),
    st.dictionaries(st.sampled_from(["en", "fr"]), texts | st.lists(texts, max_size=2), min_size=1).map(
        lambda value: {"type": "LanguageProperty", "languageMap": value}
    ),
    objects.map(lambda value: {"type": "JsonProperty", "json": value}),
    st.lists(scalars, max_size=3).map(lambda value: {"type": "ListProperty", "valueList": value}),
    st.lists(uris, max_size=2).map(lambda value: {"type": "ListRelationship", "objectList": value}),
    geometries.map(lambda value: {"type": "GeoProperty", "value": value}),
)


@st.composite
def instances(draw: st.DrawFn, *, deep: bool = True) -> list[dict[str, Any]]:
    """Draw the instances of one attribute."""
    made = []
    for dataset in draw(st.sampled_from([(DEFAULT,), (DEFAULT,), ("urn:d:1",), (DEFAULT, "urn:d:1")])):
        instance = dict(draw(contents))
        if dataset:
            instance["datasetId"] = dataset
        if draw(st.booleans()):
            instance["observedAt"] = TIMES[0]
        if deep and draw(st.booleans()):
            instance["attrs"] = draw(
                st.dictionaries(st.sampled_from(SUBS), instances(deep=False), min_size=1)
            )
        made.append(instance)
    return made


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Draw an entity without its id."""
    made: Document = {
        "type": draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=2, unique=True)),
        "attrs": draw(st.dictionaries(st.sampled_from(NAMES), instances(), max_size=3)),
    }
    scopes = draw(st.lists(st.sampled_from(SCOPES), max_size=2, unique=True))
    return {**made, "scope": scopes} if scopes else made


paths = st.one_of(
    st.sampled_from(NAMES).map(Path),
    st.builds(
        Path,
        st.sampled_from(NAMES),
        st.just(()),
        st.sampled_from([("k",), ("l",), ("en",), ("*",), ("k", "l")]),
    ),
    st.builds(
        Path,
        st.sampled_from([*NAMES, "https://example.org/unknown"]),
        st.sampled_from(
            [(sub,) for sub in (*SUBS, "observedAt", "datasetId", "createdAt")] + [(SUBS[0], "observedAt")]
        ),
    ),
    st.builds(Path, st.sampled_from(NAMES), st.just((SUBS[0],)), st.sampled_from([("k",), ("*",)])),
    st.sampled_from(["id", "type", "scope", "createdAt"]).map(Path),
)
moments = st.sampled_from(
    [datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 1, 0, 0, 0, 500_000, tzinfo=UTC)]
)
literals = st.one_of(
    st.sampled_from([*TEXTS, *TIMES]).map(Literal),
    st.just(Literal("red", term="https://example.org/red")),
    uris.map(lambda uri: Literal(uri, is_uri=True)),
    st.sampled_from([*NUMBERS, True, False]).map(Literal),
    moments.map(Literal),
)
ranges = st.one_of(
    st.builds(Range, st.sampled_from(NUMBERS), st.sampled_from(NUMBERS)),
    st.builds(Range, texts, texts),
    st.builds(Range, moments, moments),
)
ordered = st.sampled_from(
    [Comparison.GREATER, Comparison.LESS, Comparison.GREATER_EQUAL, Comparison.LESS_EQUAL]
)
comparable = (st.sampled_from([*TEXTS, *TIMES, *NUMBERS]) | moments).map(Literal)
patterns = st.sampled_from(["red", "^r", "(?i)^RED$", "é", "r{250}", "z$", "^$", "x|:1"]).map(Literal)
terms: st.SearchStrategy[Term] = st.recursive(
    st.one_of(
        st.builds(Exists, paths),
        st.builds(
            Compare,
            paths,
            st.sampled_from([Comparison.EQUAL, Comparison.UNEQUAL]),
            st.lists(literals | ranges, min_size=1, max_size=2).map(tuple),
        ),
        st.builds(Compare, paths, ordered, comparable.map(lambda one: (one,))),
        st.builds(
            Compare,
            paths,
            st.sampled_from([Comparison.MATCH, Comparison.NO_MATCH]),
            patterns.map(lambda one: (one,)),
        ),
    ),
    lambda inner: (
        st.lists(inner, min_size=2, max_size=3).map(lambda some: All(tuple(some)))
        | st.lists(inner, min_size=2, max_size=3).map(lambda some: AnyOf(tuple(some)))
    ),
    max_leaves=4,
)
distances = st.sampled_from([1.0, 100.0, 120_000.0, 300_000.0, 20_100_000.0])
geo_queries = st.one_of(
    st.builds(
        GeoQuery,
        st.sampled_from([one for one in GeoRelation if one is not GeoRelation.NEAR]),
        geometries,
        st.sampled_from(NAMES),
    ),
    st.builds(
        lambda place, name, least, most: GeoQuery(GeoRelation.NEAR, place, name, least, most),
        geometries,
        st.sampled_from(NAMES),
        st.none() | distances,
        st.none() | distances,
    ),
)
groups = st.lists(
    st.lists(st.sampled_from([*TYPES, "https://example.org/None"]), min_size=1, max_size=2).map(tuple),
    min_size=1,
    max_size=2,
).map(tuple)
wanted_scopes = st.sampled_from(["/a", "/a/#", "/#", "/+/b", "/a/+/c", "/a/+/#", "/x.y/#", "/xzy/#"])
scope_queries = st.lists(
    st.lists(wanted_scopes, min_size=1, max_size=2).map(tuple), min_size=1, max_size=2
).map(lambda some: ScopeQuery(tuple(some)))
selectors = st.builds(
    Selector,
    ids=st.sampled_from([(), ("urn:e:0", "urn:e:1")]),
    pattern=st.sampled_from([None, "0$", "^urn:e"]),
    types=st.none() | groups.map(TypeSelection),
)
queries = st.builds(
    EntityQuery,
    selectors=st.lists(selectors, max_size=2).map(tuple),
    attributes=st.sampled_from([(), (), (NAMES[0],), (NAMES[1], "https://example.org/unknown")]),
    datasets=st.sampled_from([(), (), (DEFAULT,), ("urn:d:1",), ("urn:d:2", DEFAULT)]),
    q=st.none() | terms,
    geo=st.none() | geo_queries,
    scopes=st.none() | scope_queries,
)
