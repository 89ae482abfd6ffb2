"""The types and attributes that there are (clauses 5.2.24 to 5.2.28)."""

from collections.abc import Iterable
from typing import Any

from renkei.context.types import AttributeInfo, TypeInfo
from renkei.wire.ngsild.terms import Terms


def write_type_list(types: Iterable[TypeInfo], context: Terms, *, uri: str) -> dict[str, Any]:
    """Return the names of types, EntityTypeList (clause 5.2.24); `uri` is what the list is called."""
    return {"id": uri, "type": "EntityTypeList", "typeList": [context.compact(one.iri) for one in types]}


def write_types(types: Iterable[TypeInfo], context: Terms) -> list[dict[str, Any]]:
    """Return types with the names of their attributes, EntityType[] (clause 5.2.25)."""
    return [
        {
            "id": one.iri,
            "type": "EntityType",
            "typeName": context.compact(one.iri),
            "attributeNames": [context.compact(attribute.iri) for attribute in one.attributes],
        }
        for one in types
    ]


def write_type(one: TypeInfo, context: Terms) -> dict[str, Any]:
    """Return a type with how many entities and which attributes it has, EntityTypeInfo (clause 5.2.26)."""
    return {
        "id": one.iri,
        "type": "EntityTypeInfo",
        "typeName": context.compact(one.iri),
        "entityCount": one.entities,
        "attributeDetails": [
            {
                "id": attribute.iri,
                "type": "Attribute",
                "attributeName": context.compact(attribute.iri),
                "attributeTypes": list(attribute.kinds),
            }
            for attribute in one.attributes
        ],
    }


def write_attribute_list(attributes: Iterable[AttributeInfo], context: Terms, *, uri: str) -> dict[str, Any]:
    """Return the names of attributes, AttributeList (clause 5.2.27); `uri` is what the list is called."""
    names = [context.compact(one.iri) for one in attributes]
    return {"id": uri, "type": "AttributeList", "attributeList": names}


def write_attributes(attributes: Iterable[AttributeInfo], context: Terms) -> list[dict[str, Any]]:
    """Return attributes with the types that have them, Attribute[] (clause 5.2.28)."""
    return [
        {
            "id": one.iri,
            "type": "Attribute",
            "attributeName": context.compact(one.iri),
            "typeNames": [context.compact(iri) for iri in one.types],
        }
        for one in attributes
    ]


def write_attribute_info(one: AttributeInfo, context: Terms) -> dict[str, Any]:
    """Return everything known of an attribute, Attribute (clause 5.2.28)."""
    return {
        "id": one.iri,
        "type": "Attribute",
        "attributeName": context.compact(one.iri),
        "attributeCount": one.count,
        "attributeTypes": list(one.kinds),
        "typeNames": [context.compact(iri) for iri in one.types],
    }
