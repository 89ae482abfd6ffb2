"""Entities for tests, in expanded form."""

from typing import Any

from renkei.context import api as context
from renkei.kernel.ids import Actor, OrgId

TENANT = OrgId("urn:uuid:tenant-a")
OTHER = OrgId("urn:uuid:tenant-b")
ACTOR = Actor("did:web:a.example")
VEHICLE, CAR = "https://example.org/Vehicle", "https://example.org/Car"
SPEED, BRAND, PARKED, PLACE, STREET = (
    f"https://example.org/{name}" for name in ("speed", "brand", "isParked", "place", "street")
)
URI = context.EntityId("urn:ngsi-ld:Vehicle:1")


def prop(value: Any, **members: Any) -> context.Instance:
    """Return a Property."""
    return {"type": "Property", "value": value, **members}


def rel(target: Any, **members: Any) -> context.Instance:
    """Return a Relationship."""
    return {"type": "Relationship", "object": target, **members}


def geo(*coordinates: float, **members: Any) -> context.Instance:
    """Return a GeoProperty that is a point: longitude, latitude."""
    return {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [*coordinates]}, **members}


def fragment(**attrs: Any) -> context.Document:
    """Return a fragment; names are those of this module's IRIs in small letters."""
    return {"attrs": {f"https://example.org/{name}": value for name, value in _listed(attrs).items()}}


def entity(uri: str = URI, *types: str, scope: list[str] | None = None, **attrs: Any) -> context.Document:
    """Return an entity."""
    made: context.Document = {"id": uri, "type": list(types or (VEHICLE,)), **fragment(**attrs)}
    return {**made, "scope": scope} if scope else made


def _listed(attrs: dict[str, Any]) -> dict[str, list[context.Instance]]:
    return {name: value if isinstance(value, list) else [value] for name, value in attrs.items()}


def told(document: Any) -> Any:
    """Return a document without the times that the room made."""
    if isinstance(document, dict):
        return {k: told(v) for k, v in document.items() if k not in {"createdAt", "modifiedAt"}}
    return [told(item) for item in document] if isinstance(document, list) else document
