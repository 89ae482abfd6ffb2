"""An uplink as what it says of its device: an NGSI-LD entity, in the context room's expanded form.

The entity is `urn:ngsi-ld:Device:<network>:<EUI>`: what the network server calls the device, which stays when it is
retired and enrolled again. Type and names lie in the vocabulary that every NGSI-LD client knows without any `@context`,
in the spelling of Smart Data Models (`Device`, `rssi`), so that a plain `type=Device` finds them also from a node that
cannot fetch other people's contexts.

`decoded_attributes` is where codecs come in: it makes attributes of what a decoder says, whichever it was. Numbers,
texts and truths at the top of it count; the raw payload, which may hold anything, never does. What else the table has of
an uplink, such as its airtime, says something of the network and nothing of the device.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from renkei.context import api as context
from renkei.telemetry.columns import UPLINK_COLUMNS
from renkei.telemetry.rules import from_microseconds

VOCABULARY: Final = "https://uri.etsi.org/ngsi-ld/default-context/"
DEVICE: Final = VOCABULARY + "Device"
LOCATION: Final = "https://uri.etsi.org/ngsi-ld/location"
LONGEST_TEXT: Final = 2000
"""Characters of a decoded text; a longer one is no measurement."""
MOST_DECODED: Final = 100
"""Attributes that one payload may make."""

_SIGNALS: Final[tuple[tuple[str, str, str | None], ...]] = (
    ("rssi", "rssi", "DBM"),
    ("snr", "snr", "2N"),
    ("spreading_factor", "spreadingFactor", None),
    ("counter", "frameCounter", None),
)
"""Column, attribute, and its unit (UN/CEFACT Recommendation 20)."""
_OWN: Final = frozenset({*(name for _, name, _ in _SIGNALS), "location", "id", "type", "scope"})
_UNFIT: Final = re.compile(r"[^A-Za-z0-9_]+")
_COLUMNS: Final = tuple(column.name for column in UPLINK_COLUMNS)
_INSTANT: Final = "%Y-%m-%dT%H:%M:%S.%fZ"
"""Always with microseconds, so that texts sort."""
_row = msgspec.msgpack.Decoder(list[Any])
_json = msgspec.json.Decoder(dict[str, Any])


def entity_id(network: str, eui: str) -> context.EntityId:
    """Return the URI of a device's entity."""
    return context.EntityId(f"urn:ngsi-ld:Device:{network}:{eui}")


def entity_of(body: bytes) -> context.Document:
    """Return what one encoded uplink (`columns.encode_row`) says of its device, as observed when the network heard it."""
    row = dict(zip(_COLUMNS, _row.decode(body), strict=True))
    observed = {"observedAt": from_microseconds(row["sent_at"]).strftime(_INSTANT)}
    attrs: dict[str, list[context.Instance]] = {
        VOCABULARY + name: [_property(row[column], observed, unit)]
        for column, name, unit in _SIGNALS
        if row[column] is not None
    }
    for name, value in decoded_attributes(_json.decode(row["decoded"] or "{}")):
        attrs[VOCABULARY + name] = [_property(value, observed)]
    if row["latitude"] is not None:
        point = {"type": "Point", "coordinates": [row["longitude"], row["latitude"]]}
        attrs[LOCATION] = [{"type": context.Kind.GEO.value, "value": point, **observed}]
    return {"id": entity_id(row["network"], row["device"]), "type": [DEVICE], "attrs": attrs}


def decoded_attributes(decoded: Mapping[str, Any]) -> Iterator[tuple[str, float | int | bool | str]]:
    """Yield name and value of each measurement in a decoded payload, at most MOST_DECODED.

    Characters that a name of an attribute may not have become `_`; a name that the uplink itself uses gets `decoded_`
    before it, so that a payload cannot speak for the radio.
    """
    told: set[str] = set()
    for key, value in decoded.items():
        if not _is_measurement(value):
            continue
        name = _UNFIT.sub("_", key)[:100].strip("_")
        if not name or len(told) >= MOST_DECODED:
            continue
        name = f"decoded_{name}" if name in _OWN or name[0].isdigit() else name
        if name not in told:
            told.add(name)
            yield name, value


def _is_measurement(value: Any) -> bool:
    if isinstance(value, str):
        return 0 < len(value) <= LONGEST_TEXT and "\0" not in value and value != context.NULL
    return isinstance(value, bool | int | float) and abs(value) <= sys.float_info.max


def _property(value: Any, observed: Mapping[str, str], unit: str | None = None) -> context.Instance:
    made = {"type": context.Kind.PROPERTY.value, "value": value, **observed}
    return made | {"unitCode": unit} if unit else made
