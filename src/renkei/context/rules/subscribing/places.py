"""The places and scopes that a subscription asks for, read by the rules of the query language (clauses 5.2.13, 4.19)."""

from collections.abc import Mapping
from typing import Any

from renkei.context.errors import RequestInvalid
from renkei.context.rules.geo import parse_geo
from renkei.context.rules.selecting import parse_scopes
from renkei.context.rules.subscribing.shapes import a_text, refuse_unknown
from renkei.context.types import LOCATION, GeoQuery, ScopeQuery

_GEO = frozenset({"geometry", "coordinates", "georel", "geoproperty"})


def read_place(members: Mapping[str, Any]) -> GeoQuery:
    """Return the place that a `geoQ` asks for. Raises context.request-invalid, query-malformed."""
    refuse_unknown(members, _GEO, "geoQ")
    georel, geometry = a_text(members, "georel"), a_text(members, "geometry")
    if georel is None or geometry is None or "coordinates" not in members:
        raise RequestInvalid(why="geoQ has georel, geometry and coordinates")
    return parse_geo(
        georel=georel,
        geometry=geometry,
        coordinates=members["coordinates"],
        attribute=a_text(members, "geoproperty") or LOCATION,
    )


def read_scopes(text: Any) -> ScopeQuery:
    """Return the scopes that a `scopeQ` asks for. Raises context.request-invalid, query-malformed."""
    if not isinstance(text, str):
        raise RequestInvalid(why="scopeQ is a text")
    return parse_scopes(text)
