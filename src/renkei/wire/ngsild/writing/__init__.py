"""Expanded documents into JSON, ready to be encoded (ETSI GS CIM 009 v1.9.1, clauses 4.5 and 5.2)."""

from renkei.wire.ngsild.writing.discovery import (
    write_attribute_info,
    write_attribute_list,
    write_attributes,
    write_type,
    write_type_list,
    write_types,
)
from renkei.wire.ngsild.writing.entities import (
    NO_JOIN,
    Join,
    add_context,
    targets_of,
    write_entities,
    write_entity,
)
from renkei.wire.ngsild.writing.geojson import write_feature, write_features
from renkei.wire.ngsild.writing.results import write_batch_result, write_update_result
from renkei.wire.ngsild.writing.temporal import TemporalForm, write_temporal_entity
from renkei.wire.ngsild.writing.view import PLAIN, Form, Members, View, read_datasets

__all__ = [
    "NO_JOIN",
    "PLAIN",
    "Form",
    "Join",
    "Members",
    "TemporalForm",
    "View",
    "add_context",
    "read_datasets",
    "targets_of",
    "write_attribute_info",
    "write_attribute_list",
    "write_attributes",
    "write_batch_result",
    "write_entities",
    "write_entity",
    "write_feature",
    "write_features",
    "write_temporal_entity",
    "write_type",
    "write_type_list",
    "write_types",
    "write_update_result",
]
