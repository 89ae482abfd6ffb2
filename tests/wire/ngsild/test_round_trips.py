"""What is written can be read back as it was."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from renkei.context.types import Document, Instance
from renkei.kernel.refusals import Refusal
from renkei.wire.ngsild.reading import read_body, read_entity, read_temporal_entity
from renkei.wire.ngsild.writing import PLAIN, Form, View, write_entity, write_temporal_entity
from tests.wire.ngsild.examples import CONTEXT, CORE, EX, VOCABULARY

text = st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), max_size=8)
scalars = st.one_of(
    st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), text
)
members = st.one_of(
    text, st.sampled_from(["type", "value", "object", "dataset", "unitCode", "coordinates", "vocab"])
)
json = st.recursive(
    scalars | st.none() | st.sampled_from(["Property", "Point"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(members, inner, max_size=3),
    max_leaves=8,
)
uris = st.builds("urn:ngsi-ld:{}:{}".format, st.sampled_from(["Vehicle", "都市"]), st.integers(0, 99))
names = st.sampled_from(
    [
        EX + "speed",
        EX + "street",
        EX + "source",
        "https://other.example/x#y",
        VOCABULARY + "free",
        CORE + "hasValue",
    ]
)
words = st.sampled_from([EX + "museum", VOCABULARY + "other", "urn:a:b"])
positions = st.tuples(st.floats(-180, 180), st.floats(-90, 90)).map(list)
places = st.one_of(
    st.builds(lambda at: {"type": "Point", "coordinates": at}, positions),
    st.builds(
        lambda line: {"type": "LineString", "coordinates": line}, st.lists(positions, min_size=2, max_size=3)
    ),
    st.builds(
        lambda ring: {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
        st.lists(positions, min_size=3, max_size=4),
    ),
)
languages = st.dictionaries(
    st.sampled_from(["ja", "en", "en-GB", "@none"]), text | st.lists(text, min_size=1, max_size=2), min_size=1
)
values: st.SearchStrategy[Instance] = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("Property"), "value": json.filter(lambda value: value is not None) | places}
    ),
    st.fixed_dictionaries(
        {"type": st.just("Relationship"), "object": uris | st.lists(uris, min_size=1, max_size=2)}
    ),
    st.fixed_dictionaries({"type": st.just("GeoProperty"), "value": places}),
    st.fixed_dictionaries({"type": st.just("LanguageProperty"), "languageMap": languages}),
    st.fixed_dictionaries(
        {"type": st.just("VocabProperty"), "vocab": words | st.lists(words, min_size=1, max_size=2)}
    ),
    st.fixed_dictionaries(
        {"type": st.just("JsonProperty"), "json": json.filter(lambda value: value is not None)}
    ),
    st.fixed_dictionaries({"type": st.just("ListProperty"), "valueList": st.lists(json, max_size=2)}),
    st.fixed_dictionaries(
        {
            "type": st.just("ListRelationship"),
            "objectList": st.lists(st.fixed_dictionaries({"object": uris}), max_size=2),
        }
    ),
)
described = st.fixed_dictionaries(
    {},
    optional={
        "observedAt": st.sampled_from(["2026-05-01T08:59:00Z", "2026-05-01T08:59:00.123456Z"]),
        "unitCode": st.just("KMH"),
        "objectType": words,
        "valueType": words,
    },
)


def _put(value: Instance, said: dict[str, Any], subs: dict[str, Any]) -> Instance:
    return value | said | ({"attrs": subs} if subs else {})


def _apart(instances: list[Instance]) -> list[Instance]:
    """Return the first as the default instance, each other in a dataset of its own."""
    return [
        one if place == 0 else {**one, "datasetId": f"urn:ngsi-ld:Dataset:{place}"}
        for place, one in enumerate(instances)
    ]


instances = st.recursive(
    st.builds(_put, values, described, st.just({})),
    lambda inner: st.builds(
        _put,
        values,
        described,
        st.dictionaries(
            names.filter(lambda iri: iri != CORE + "hasValue"),
            st.lists(inner, min_size=1, max_size=2).map(_apart),
            max_size=2,
        ),
    ),
    max_leaves=3,
)
documents: st.SearchStrategy[Document] = st.builds(
    lambda head, attrs: {**head, "attrs": attrs},
    st.fixed_dictionaries(
        {
            "id": uris,
            "type": st.lists(
                st.sampled_from([EX + "Vehicle", VOCABULARY + "Bus", "https://a.example/T"]),
                min_size=1,
                unique=True,
            ),
        },
        optional={"scope": st.lists(st.sampled_from(["/japan", "/japan/東京"]), min_size=1, unique=True)},
    ),
    st.dictionaries(names, st.lists(instances, min_size=1, max_size=3).map(_apart), max_size=4),
)


def over_the_wire(written: dict[str, Any]) -> Any:
    return read_body(msgspec.json.encode(written))


@given(documents)
def test_normalized_says_everything(document: Document):
    assert read_entity(over_the_wire(write_entity(document, CONTEXT)), CONTEXT) == document


@given(documents)
def test_concise_says_everything_with_less(document: Document):
    concise = write_entity(document, CONTEXT, View(form=Form.CONCISE))

    assert read_entity(over_the_wire(concise), CONTEXT) == document
    assert len(msgspec.json.encode(concise)) <= len(msgspec.json.encode(write_entity(document, CONTEXT)))


@given(st.dictionaries(names, values, max_size=4))
def test_simplified_holds_the_very_values(attrs: dict[str, Instance]):
    document = {
        "id": "urn:a:b",
        "type": [EX + "Vehicle"],
        "attrs": {iri: [one] for iri, one in attrs.items()},
    }

    simplified = write_entity(document, CONTEXT, View(form=Form.SIMPLIFIED))

    assert set(simplified) == {"id", "type", *map(CONTEXT.compact, attrs)}
    for iri, one in attrs.items():
        bare = {"Property": "value", "GeoProperty": "value", "Relationship": "object"}.get(one["type"])
        if bare:
            assert simplified[CONTEXT.compact(iri)] == one[bare]
        else:
            alone = {member: simplified[member] for member in ("id", "type", CONTEXT.compact(iri))}
            assert read_entity(alone, CONTEXT)["attrs"][iri] == [one]


@given(documents)
def test_history_is_read_back_with_its_repeats(document: Document):
    history = {**document, "attrs": {iri: [*found, *found] for iri, found in document["attrs"].items()}}

    assert read_temporal_entity(over_the_wire(write_temporal_entity(history, CONTEXT)), CONTEXT) == history


@given(documents)
def test_the_short_way_writes_what_the_long_way_does(document: Document):
    assert write_entity(document, CONTEXT, PLAIN) == write_entity(document, CONTEXT, View())


@given(json)
def test_nothing_that_is_json_breaks_the_reader(payload: Any):
    """Refusals are raised by the reader on purpose; anything else fails this test."""
    try:
        document = read_entity({"id": "urn:a:b", "type": "Vehicle", "speed": payload}, CONTEXT)
    except Refusal:
        return
    assert read_entity(over_the_wire(write_entity(document, CONTEXT)), CONTEXT) == document
