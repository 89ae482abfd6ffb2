"""JSON of clients into expanded documents (ETSI GS CIM 009 v1.9.1, clauses 4.5 and 5.2).

Normalized, concise and simplified input is told apart attribute by attribute, so that no caller has to say which it
sent. What breaks a rule is refused with the place where it stands.
"""

from renkei.wire.ngsild.reading.bodies import MAX_BODY, MAX_DEPTH, read_body
from renkei.wire.ngsild.reading.entities import (
    read_attribute,
    read_entities,
    read_entity,
    read_fragment,
    read_identified,
    read_ids,
    read_merge,
    read_replacement,
    read_temporal_entity,
    read_temporal_fragment,
)
from renkei.wire.ngsild.reading.geometry import check_geometry
from renkei.wire.ngsild.reading.values import check_name, check_uri

__all__ = [
    "MAX_BODY",
    "MAX_DEPTH",
    "check_geometry",
    "check_name",
    "check_uri",
    "read_attribute",
    "read_body",
    "read_entities",
    "read_entity",
    "read_fragment",
    "read_identified",
    "read_ids",
    "read_merge",
    "read_replacement",
    "read_temporal_entity",
    "read_temporal_fragment",
]
