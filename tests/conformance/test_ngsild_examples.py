"""The published examples of Smart Data Models: read, written, and read again."""

import os
from pathlib import Path

import msgspec
import pytest

from renkei.context.types import RequestInvalid
from renkei.wire.ngsild.jsonld import CORE
from renkei.wire.ngsild.reading import read_body, read_entity
from renkei.wire.ngsild.writing import Form, View, write_entity

ROOT = Path(__file__).resolve().parents[2]
MODELS = Path(os.environ.get("RENKEI_SHARED", ROOT.parent / "shared")) / "conformance" / "smart-data-models"
pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(
        not MODELS.is_dir(),
        reason=f"THE SMART DATA MODELS ARE NOT HERE ({MODELS}): their examples are NOT read in this run; name the folder "
        "that holds `conformance/smart-data-models` in RENKEI_SHARED",
    ),
]
NO_URI = "/id must be a URI"
MULTIPLE = "/location/value/coordinates must be a position"
SPACE = "has a name with characters that are not allowed"
BROKEN = {
    "Device/Device/example.json": NO_URI,
    "Device/DeviceModel/example.json": NO_URI,
    "Energy/InverterDevice/example-normalized.jsonld": MULTIPLE,
    "Energy/InverterDevice/example.json": SPACE,
    "Energy/InverterDevice/example.jsonld": SPACE,
    "Energy/SolarEnergy/example-normalized.jsonld": MULTIPLE,
    "Weather/SeaConditions/example.json": NO_URI,
    "Weather/WeatherAlert/example.json": NO_URI,
    "Weather/WeatherAlert/example.jsonld": NO_URI,
    "Weather/WeatherForecast/example-normalized.jsonld": NO_URI,
    "Weather/WeatherForecast/example.json": NO_URI,
    "Weather/WeatherForecast/example.jsonld": NO_URI,
}
"""Examples that break the standard they illustrate, and how."""
EXAMPLES = {
    f"{found.parent.parent.relative_to(MODELS)}/{found.name}": found
    for found in sorted(MODELS.glob("*/*/examples/*.json*"))
}
OLDER = "example-normalized.json"
"""NGSIv2, whose attributes are of kinds such as `Text` and `Number`."""
GEOJSON = "example-geojsonfeature.json"


@pytest.mark.parametrize(
    "name",
    [name for name in EXAMPLES if name not in BROKEN and not name.endswith((f"/{OLDER}", f"/{GEOJSON}"))],
)
def test_an_example_says_the_same_when_written_again(name: str):
    document = read_entity(read_body(EXAMPLES[name].read_bytes()), CORE)

    for form in (Form.NORMALIZED, Form.CONCISE):
        written = msgspec.json.encode(write_entity(document, CORE, View(form=form)))
        assert read_entity(read_body(written), CORE) == document


@pytest.mark.parametrize("name", BROKEN)
def test_an_example_that_breaks_the_standard_is_refused_where_it_does(name: str):
    with pytest.raises(RequestInvalid) as refused:
        read_entity(read_body(EXAMPLES[name].read_bytes()), CORE)

    assert BROKEN[name] in refused.value.facts["why"]


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name.endswith(f"/{OLDER}")])
def test_an_example_of_ngsiv2_is_refused(name: str):
    with pytest.raises(RequestInvalid, match=r"kind of attribute|must be a URI"):
        read_entity(read_body(EXAMPLES[name].read_bytes()), CORE)
