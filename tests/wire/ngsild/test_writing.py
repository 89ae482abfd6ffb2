"""How entities are shown: whole, in part, with what they point to, as GeoJSON, over time."""

from typing import Any

import pytest

from renkei.context.types import (
    DEFAULT,
    NULL,
    AttributeInfo,
    BatchResult,
    EntityError,
    EntityId,
    NotUpdated,
    RequestInvalid,
    TypeInfo,
    Updated,
)
from renkei.wire.ngsild.problems import Error, Problem
from renkei.wire.ngsild.writing import (
    Form,
    Join,
    TemporalForm,
    View,
    add_context,
    read_datasets,
    write_attribute_info,
    write_attribute_list,
    write_attributes,
    write_batch_result,
    write_entity,
    write_feature,
    write_features,
    write_temporal_entity,
    write_type,
    write_type_list,
    write_types,
    write_update_result,
)
from tests.wire.ngsild.examples import CONTEXT, CORE, EX

POINT = {"type": "Point", "coordinates": [139.7, 35.7]}
MADE = {"createdAt": "2026-05-01T09:00:00.000000Z", "modifiedAt": "2026-05-01T09:00:00.000000Z"}
CITY = "urn:ngsi-ld:City:Tokyo"
VEHICLE: dict[str, Any] = {
    "id": "urn:ngsi-ld:Vehicle:1",
    "type": [EX + "Vehicle"],
    "scope": ["/japan/tokyo"],
    **MADE,
    "attrs": {
        EX + "speed": [
            {"type": "Property", "value": 55, "unitCode": "KMH", **MADE},
            {"type": "Property", "value": 54, "datasetId": "urn:ngsi-ld:Dataset:gps", **MADE},
        ],
        EX + "street": [
            {"type": "LanguageProperty", "languageMap": {"fr": "Grand Place", "nl": "Grote Markt"}, **MADE}
        ],
        EX + "isParked": [
            {
                "type": "Relationship",
                "object": CITY,
                **MADE,
                "attrs": {EX + "source": [{"type": "VocabProperty", "vocab": EX + "museum", **MADE}]},
            }
        ],
        CORE + "location": [{"type": "GeoProperty", "value": POINT, **MADE}],
    },
}
TOKYO: dict[str, Any] = {
    "id": CITY,
    "type": [EX + "City"],
    "attrs": {
        EX + "name": [{"type": "Property", "value": "Tokyo"}],
        EX + "street": [{"type": "Property", "value": 1}],
    },
}


def shown(**view: Any) -> dict[str, Any]:
    return write_entity(VEHICLE, CONTEXT, View(**view))


def test_normalized_shows_everything_but_what_the_broker_notes():
    assert list(shown().items()) == [
        ("id", "urn:ngsi-ld:Vehicle:1"),
        ("type", "Vehicle"),
        ("scope", "/japan/tokyo"),
        (
            "speed",
            [
                {"type": "Property", "value": 55, "unitCode": "KMH"},
                {"type": "Property", "value": 54, "datasetId": "urn:ngsi-ld:Dataset:gps"},
            ],
        ),
        ("street", {"type": "LanguageProperty", "languageMap": {"fr": "Grand Place", "nl": "Grote Markt"}}),
        (
            "isParked",
            {"type": "Relationship", "object": CITY, "source": {"type": "VocabProperty", "vocab": "museum"}},
        ),
        ("location", {"type": "GeoProperty", "value": POINT}),
    ]


def test_concise_leaves_out_what_can_be_told():
    assert shown(form=Form.CONCISE, omit={"id": {}, "type": {}, "scope": {}}) == {
        "speed": [{"value": 55, "unitCode": "KMH"}, {"value": 54, "datasetId": "urn:ngsi-ld:Dataset:gps"}],
        "street": {"languageMap": {"fr": "Grand Place", "nl": "Grote Markt"}},
        "isParked": {"object": CITY, "source": {"vocab": "museum"}},
        "location": POINT,
    }


def test_simplified_is_values_alone():
    assert shown(form=Form.SIMPLIFIED, lang="nl", omit={"id": {}, "type": {}, "scope": {}}) == {
        "speed": {"dataset": {"@none": 55, "urn:ngsi-ld:Dataset:gps": 54}},
        "street": "Grote Markt",
        "isParked": CITY,
        "location": POINT,
    }


def test_system_attributes_are_shown_at_every_level():
    written = shown(sys_attrs=True, pick={"createdAt": {}, EX + "isParked": {}})

    assert written == {
        "createdAt": MADE["createdAt"],
        "isParked": {
            "type": "Relationship",
            "object": CITY,
            **MADE,
            "source": {"type": "VocabProperty", "vocab": "museum", **MADE},
        },
    }


@pytest.mark.parametrize(
    ("view", "members"),
    [
        ({"attrs": frozenset({EX + "speed"})}, {"id", "type", "scope", "speed"}),
        ({"pick": {"id": {}, EX + "speed": {}}}, {"id", "speed"}),
        (
            {"omit": {"id": {}, "scope": {}, EX + "speed": {}, EX + "street": {}}},
            {"type", "isParked", "location"},
        ),
        (
            {"omit": {EX + "isParked": {EX + "name": {}}}},
            {"id", "type", "scope", "speed", "street", "isParked", "location"},
        ),
        ({"datasets": read_datasets("urn:ngsi-ld:Dataset:gps")}, {"id", "type", "scope", "speed"}),
    ],
)
def test_only_what_is_asked_for_is_shown(view: dict[str, Any], members: set[str]):
    assert set(shown(**view)) == members


def test_datasets_are_told_apart():
    assert read_datasets("@none,urn:a:b") == {DEFAULT, "urn:a:b"}
    assert shown(datasets=read_datasets("@none"))["speed"] == {
        "type": "Property",
        "value": 55,
        "unitCode": "KMH",
    }
    gps = shown(datasets=read_datasets("urn:ngsi-ld:Dataset:gps"))["speed"]
    assert gps == {"type": "Property", "value": 54, "datasetId": "urn:ngsi-ld:Dataset:gps"}


@pytest.mark.parametrize(
    ("wanted", "tag"),
    [
        ("fr", "fr"),
        ("NL", "nl"),
        ("*", "fr"),
        ("de", "fr"),
        ("de, nl;q=0.5", "nl"),
        ("fr;q=0.1,nl;q=0.9", "nl"),
        ("nl-BE", "nl"),
        ("fr;q=0, nl", "nl"),
        ("fr;q=x", "fr"),
    ],
)
def test_the_language_wanted_is_shown(wanted: str, tag: str):
    texts = {"fr": "Grand Place", "nl": "Grote Markt"}

    assert shown(lang=wanted)["street"] == {"type": "Property", "value": texts[tag], "lang": tag}


def test_linked_entities_stand_where_they_are_pointed_to():
    join = Join(entities={CITY: TOKYO}, levels=1)
    view = View(pick={"id": {}, EX + "isParked": {"id": {}, EX + "name": {}}})

    assert write_entity(VEHICLE, CONTEXT, view, join=join) == {
        "id": "urn:ngsi-ld:Vehicle:1",
        "isParked": {
            "type": "Relationship",
            "object": CITY,
            "source": {"type": "VocabProperty", "vocab": "museum"},
            "entity": {"id": CITY, "name": {"type": "Property", "value": "Tokyo"}},
        },
    }
    omitted = View(
        form=Form.SIMPLIFIED, pick={EX + "isParked": {}}, omit={EX + "isParked": {EX + "street": {}}}
    )
    assert write_entity(VEHICLE, CONTEXT, omitted, join=join) == {
        "isParked": {"id": CITY, "type": "City", "name": "Tokyo"}
    }


def test_entities_that_point_to_each_other_end():
    loop = {
        "id": CITY,
        "type": [EX + "City"],
        "attrs": {
            EX + "isParked": [{"type": "Relationship", "object": [CITY, "urn:x:gone"]}],
            EX + "name": [{"type": "ListRelationship", "objectList": [{"object": CITY}]}],
        },
    }

    written = write_entity(loop, CONTEXT, View(form=Form.SIMPLIFIED), join=Join({CITY: loop}, levels=1))

    last = {
        "id": CITY,
        "type": "City",
        "isParked": [CITY, "urn:x:gone"],
        "name": {"objectList": [CITY]},
    }
    assert written == last | {"isParked": [last, "urn:x:gone"], "name": {"entityList": [last]}}


def test_a_feature_has_the_place_that_is_named():
    written = write_feature(
        VEHICLE,
        CONTEXT,
        View(form=Form.SIMPLIFIED, pick={EX + "isParked": {}}),
        geometry_property=CORE + "location",
    )

    assert written == {
        "id": "urn:ngsi-ld:Vehicle:1",
        "type": "Feature",
        "geometry": POINT,
        "properties": {"isParked": CITY},
    }
    assert write_feature(VEHICLE, CONTEXT, geometry_property=EX + "speed")["geometry"] is None


def test_the_context_stands_once_at_the_collection():
    url = "https://example.org/context.jsonld"

    written = write_features([TOKYO], CONTEXT, geometry_property=CORE + "location", contexts=url)

    assert written["@context"] == url
    assert written["features"] == [write_feature(TOKYO, CONTEXT, geometry_property=CORE + "location")]
    assert add_context({"id": "x"}, (url, "https://b.example")) == {
        "id": "x",
        "@context": [url, "https://b.example"],
    }


SERIES: dict[str, Any] = {
    "id": "urn:ngsi-ld:Vehicle:1",
    "type": [EX + "Vehicle"],
    "attrs": {
        EX + "speed": [
            {"type": "Property", "value": 1, "observedAt": "2026-05-01T09:01:00Z", "instanceId": "urn:x:1"},
            {"type": "Property", "value": 2, "observedAt": "2026-05-01T09:02:00Z", "datasetId": "urn:a:b"},
            {"type": "Property", "value": 3, "observedAt": "2026-05-01T09:03:00Z"},
            {"type": "Property", "value": 4},
        ],
        EX + "street": [
            {"type": "LanguageProperty", "languageMap": NULL, "observedAt": "2026-05-01T09:01:00Z"}
        ],
        EX + "category": [
            {"type": "VocabProperty", "vocab": EX + "museum", "observedAt": "2026-05-01T09:01:00Z"}
        ],
    },
}


def test_history_is_an_array_even_of_one():
    written = write_temporal_entity(SERIES, CONTEXT)

    assert written["speed"] == SERIES["attrs"][EX + "speed"]
    assert written["street"] == [
        {"type": "LanguageProperty", "languageMap": {"@none": NULL}, "observedAt": "2026-05-01T09:01:00Z"}
    ]


def test_temporal_values_are_pairs_by_dataset():
    written = write_temporal_entity(SERIES, CONTEXT, form=TemporalForm.VALUES)

    assert written == {
        "id": "urn:ngsi-ld:Vehicle:1",
        "type": "Vehicle",
        "speed": [
            {"type": "Property", "values": [[1, "2026-05-01T09:01:00Z"], [3, "2026-05-01T09:03:00Z"]]},
            {"type": "Property", "values": [[2, "2026-05-01T09:02:00Z"]], "datasetId": "urn:a:b"},
        ],
        "street": {
            "type": "LanguageProperty",
            "languageMaps": [[{"languageMap": {"@none": NULL}}, "2026-05-01T09:01:00Z"]],
        },
        "category": {"type": "VocabProperty", "vocabs": [[{"vocab": "museum"}, "2026-05-01T09:01:00Z"]]},
    }


def test_the_time_asked_about_is_shown_and_so_is_the_history_of_scopes():
    gone = {
        "id": "urn:ngsi-ld:Vehicle:1",
        "type": [EX + "Vehicle"],
        "scope": [{"type": "Property", "value": [], "deletedAt": "2026-05-01T09:01:00Z"}],
        "attrs": {EX + "speed": [{"type": "Property", "value": NULL, "deletedAt": "2026-05-01T09:01:00Z"}]},
    }

    normalized = write_temporal_entity(gone, CONTEXT, member="deletedAt")
    simplified = write_temporal_entity(gone, CONTEXT, form=TemporalForm.VALUES, member="deletedAt")

    assert (normalized["scope"], normalized["speed"]) == (gone["scope"], gone["attrs"][EX + "speed"])
    assert simplified["scope"] == {"type": "Property", "values": [[[], "2026-05-01T09:01:00Z"]]}
    assert simplified["speed"] == {"type": "Property", "values": [[NULL, "2026-05-01T09:01:00Z"]]}


def test_what_was_summed_up_is_written_as_it_is():
    hour = ["2026-05-01T09:00:00Z", "2026-05-01T10:00:00Z"]
    summed = {
        **SERIES,
        "attrs": {EX + "speed": [{"type": "Property", "avg": [[2.0, *hour]], "max": [[3, *hour]]}]},
    }

    assert write_temporal_entity(summed, CONTEXT, form=TemporalForm.AGGREGATED)["speed"] == {
        "type": "Property",
        "avg": [[2.0, *hour]],
        "max": [[3, *hour]],
    }


SPEED = AttributeInfo(iri=EX + "speed", count=3, kinds=("Property",), types=(EX + "Vehicle",))
KNOWN = TypeInfo(iri=EX + "Vehicle", entities=2, attributes=(SPEED,))


def test_types_and_attributes_go_by_their_short_names_and_their_iris():
    name = {"id": EX + "speed", "type": "Attribute", "attributeName": "speed"}

    assert write_type_list([KNOWN], CONTEXT, uri="urn:x:1") == {
        "id": "urn:x:1",
        "type": "EntityTypeList",
        "typeList": ["Vehicle"],
    }
    assert write_types([KNOWN], CONTEXT) == [
        {"id": EX + "Vehicle", "type": "EntityType", "typeName": "Vehicle", "attributeNames": ["speed"]}
    ]
    assert write_type(KNOWN, CONTEXT) == {
        "id": EX + "Vehicle",
        "type": "EntityTypeInfo",
        "typeName": "Vehicle",
        "entityCount": 2,
        "attributeDetails": [{**name, "attributeTypes": ["Property"]}],
    }
    assert write_attribute_list([SPEED], CONTEXT, uri="urn:x:1") == {
        "id": "urn:x:1",
        "type": "AttributeList",
        "attributeList": ["speed"],
    }
    assert write_attributes([SPEED], CONTEXT) == [{**name, "typeNames": ["Vehicle"]}]
    assert write_attribute_info(SPEED, CONTEXT) == {
        **name,
        "attributeCount": 3,
        "attributeTypes": ["Property"],
        "typeNames": ["Vehicle"],
    }


def test_what_was_before_is_shown_by_its_short_name_too():
    changed = {"type": "VocabProperty", "vocab": EX + "museum", "previousVocab": EX + "City"}
    gone = {"type": "Property", "value": NULL, "previousValue": 5, "deletedAt": "2026-05-01T09:01:00Z"}
    notice = {**TOKYO, "attrs": {EX + "category": [changed], EX + "name": [gone]}}

    written = write_entity(notice, CONTEXT)

    assert written["category"] == {"type": "VocabProperty", "vocab": "museum", "previousVocab": "City"}
    assert written["name"] == {"type": "Property", "value": NULL, "previousValue": 5}


def test_results_name_what_was_done_and_what_was_not():
    refusal = RequestInvalid(why="/ is wrong")
    updated = Updated(updated=(EX + "speed",), not_updated=(NotUpdated(EX + "street", "no such attribute"),))
    batch = BatchResult(
        created=(EntityId("urn:a:1"),),
        updated=(EntityId("urn:a:2"),),
        errors=(EntityError(EntityId("urn:a:3"), refusal),),
    )

    assert write_update_result(updated) == {
        "updated": [EX + "speed"],
        "notUpdated": [{"attributeName": EX + "street", "reason": "no such attribute"}],
    }
    assert write_batch_result(
        batch, describe=lambda one: Problem(Error.BAD_REQUEST_DATA, one.facts["why"]).as_json()
    ) == {
        "success": ["urn:a:1", "urn:a:2"],
        "errors": [
            {
                "entityId": "urn:a:3",
                "error": {
                    "type": "https://uri.etsi.org/ngsi-ld/errors/BadRequestData",
                    "title": Error.BAD_REQUEST_DATA.title,
                    "detail": "/ is wrong",
                    "status": 400,
                },
            }
        ],
    }
