"""When and where data come from, as we write it and as others do."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.kernel.places import Box, Place
from renkei.kernel.texts import Text
from renkei.wire.dsp.coverage import read_period, read_place, write_period, write_place
from tests.wire.dsp.messages import moments, places

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["@value", "@id", "@type", "coordinates", "dcat:bbox", "dcat:startDate", "rdfs:label"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)
TOKYO = Box(139, 35, 140, 36)
MAY = datetime(2024, 5, 1, tzinfo=UTC)


@given(places)
def test_a_place_comes_back_as_it_was_written(place: Place) -> None:
    travelled = msgspec.json.decode(msgspec.json.encode(write_place(place)))

    assert read_place(travelled) == (None if place == Place() else place)


@given(moments, moments)
def test_a_span_of_time_comes_back_as_it_was_written(first: datetime | None, last: datetime | None) -> None:
    assert read_period(write_period(first, last)) == (first, last)


@given(json_values)
def test_whatever_a_peer_writes_is_read_or_passed_over(value: Any) -> None:
    read_place(value)
    read_period(value)


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ("Nagoya", Place(name=Text(ja="Nagoya", en="Nagoya"))),
        ({"@value": "名古屋", "@language": "ja"}, Place(name=Text(ja="名古屋", en="名古屋"))),
        (
            {"@id": "http://sws.geonames.org/1856057/"},
            Place(name=Text(*["http://sws.geonames.org/1856057/"] * 2)),
        ),
        ("POLYGON((139 35, 140 35, 140 36, 139 36, 139 35))", Place(box=TOKYO)),
        ("ENVELOPE(139, 140, 36, 35)", Place(box=TOKYO)),
        ("POINT (139 35)", Place(box=Box(139, 35, 139, 35))),
        ('{"type": "Polygon", "coordinates": [[[139, 35], [140, 36]]]}', Place(box=TOKYO)),
        ({"type": "Point", "coordinates": [139.5, 35.5, 12]}, Place(box=Box(139.5, 35.5, 139.5, 35.5))),
        ({"locn:geometry": {"@value": "POLYGON((139 35, 140 36))", "@type": "x"}}, Place(box=TOKYO)),
        (
            {"http://www.w3.org/ns/dcat#bbox": "POLYGON((139 35, 140 36))", "rdfs:label": "関東"},
            Place(name=Text(ja="関東", en="関東"), box=TOKYO),
        ),
        (
            [{"skos:prefLabel": "関東"}, {"dcat:centroid": "POINT(139 35)"}],
            Place(Text("関東", "関東"), Box(139, 35, 139, 35)),
        ),
        ({"dcat:bbox": "POLYGON((900 35, 140 36))"}, None),
        ({"dcat:bbox": 5}, None),
        (None, None),
        ([], None),
    ],
)
def test_places_are_read_in_the_ways_that_connectors_write_them(given: Any, place: Place | None) -> None:
    assert read_place(given) == place


@pytest.mark.parametrize(
    ("given", "period"),
    [
        ({"dcat:startDate": "2024-05-01T00:00:00Z"}, (MAY, None)),
        ({"startDate": {"@value": "2024-05-01", "@type": "xsd:date"}}, (MAY, None)),
        ({"schema:startDate": "2024-05-01T09:00:00+09:00"}, (MAY, None)),
        (
            {"dcat:endDate": "2024-05-01"},
            (None, MAY.replace(hour=23, minute=59, second=59, microsecond=999999)),
        ),
        ({"time:hasBeginning": {"time:inXSDDateTime": {"@value": "2024-05-01T00:00:00"}}}, (MAY, None)),
        ([{"dcat:startDate": "yesterday"}, {"dcat:startDate": "2024-05-01"}], (MAY, None)),
        ("2024", (None, None)),
    ],
)
def test_spans_of_time_are_read_in_the_ways_that_connectors_write_them(given: Any, period: Any) -> None:
    assert read_period(given) == period
