"""`/types` and `/attributes`: what there is (clauses 5.7.5 to 5.7.10)."""

from renkei.context import api as context
from renkei.kernel.ids import new_id
from renkei.servers.ngsild.door import Answer, Asked, Endpoint, said
from renkei.servers.ngsild.naming import name_of
from renkei.wire.ngsild.asked import flag, words_of
from renkei.wire.ngsild.writing import (
    write_attribute_info,
    write_attribute_list,
    write_attributes,
    write_type,
    write_type_list,
    write_types,
)

LISTING = frozenset({"details", "local", "via"})


def types(asked: Asked) -> Answer:
    """`GET /types` (clauses 5.7.5, 5.7.6)."""
    asked.accepted()
    used = asked.context()
    if flag(words_of(asked.query.multi_items()), "details"):
        found = context.types_with_attributes(asked.tenant, now=asked.now)
        return said(asked, write_types(found, used), used)
    return said(asked, write_type_list(context.types(asked.tenant, now=asked.now), used, uri=new_id()), used)


def type_info(asked: Asked) -> Answer:
    """`GET /types/{name}` (clause 5.7.7)."""
    asked.accepted()
    used = asked.context()
    found = context.type_info(asked.tenant, name_of(asked.path["name"], used), now=asked.now)
    return said(asked, write_type(found, used), used)


def attributes(asked: Asked) -> Answer:
    """`GET /attributes` (clauses 5.7.8, 5.7.9)."""
    asked.accepted()
    used = asked.context()
    if flag(words_of(asked.query.multi_items()), "details"):
        found = context.attributes_with_types(asked.tenant, now=asked.now)
        return said(asked, write_attributes(found, used), used)
    listed = context.attributes(asked.tenant, now=asked.now)
    return said(asked, write_attribute_list(listed, used, uri=new_id()), used)


def attribute_info(asked: Asked) -> Answer:
    """`GET /attributes/{name}` (clause 5.7.10)."""
    asked.accepted()
    used = asked.context()
    found = context.attribute_info(asked.tenant, name_of(asked.path["name"], used), now=asked.now)
    return said(asked, write_attribute_info(found, used), used)


ENDPOINTS = (
    Endpoint("GET", "types", types, takes=LISTING),
    Endpoint("GET", "types/{name}", type_info, takes=LISTING),
    Endpoint("GET", "attributes", attributes, takes=LISTING),
    Endpoint("GET", "attributes/{name}", attribute_info, takes=LISTING),
)
