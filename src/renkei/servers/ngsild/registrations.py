"""`/csourceRegistrations`: what other context sources say that they have (clauses 6.8, 6.9)."""

from urllib.parse import quote

from renkei.context import api as context
from renkei.kernel.ids import new_id
from renkei.servers.ngsild.door import BASE, Answer, Asked, Endpoint, said
from renkei.servers.ngsild.entities import options
from renkei.servers.ngsild.naming import name_of, uri_of
from renkei.servers.ngsild.negotiation import PATCHES
from renkei.servers.ngsild.paging import page_headers, read_page
from renkei.wire.ngsild.asked import words_of
from renkei.wire.ngsild.registrations import (
    read_registration,
    read_registration_patch,
    write_registration,
)

ASKING = frozenset({"id", "idPattern", "type", "attrs", "limit", "offset", "count", "options"})


def register(asked: Asked) -> Answer:
    """`POST /csourceRegistrations` (clause 5.9.2)."""
    payload, used = asked.read()
    uri, body = read_registration(payload, used)
    uri = uri or new_id()
    context.register_source(asked.tenant, uri, body, actor=asked.actor, now=asked.now)
    return Answer(201, headers={"Location": f"{BASE}/csourceRegistrations/{quote(uri, safe=':')}"})


def find(asked: Asked) -> Answer:
    """`GET /csourceRegistrations` (clause 5.10.2)."""
    asked.accepted()
    used = asked.context()
    ids, types, names = (
        tuple(word for word in asked.query.get(name, "").split(",") if word)
        for name in ("id", "type", "attrs")
    )
    pattern = asked.query.get("idPattern")
    if pattern is not None and not context.is_pattern(pattern):
        raise context.RequestInvalid(why="idPattern is a regular expression (RE2)")
    query = context.RegistrationQuery(
        ids=tuple(uri_of(uri) for uri in ids),
        pattern=pattern,
        types=tuple(name_of(word, used) for word in types),
        attributes=tuple(name_of(word, used) for word in names),
    )
    found = context.registrations(asked.tenant, query, now=asked.now)
    page = read_page(words_of(asked.query.multi_items()))
    end = page.offset + page.limit
    headers = page_headers(asked, page, more=end < len(found), total=len(found) if page.counted else None)
    sys_attrs = "sysAttrs" in options(asked)
    written = [write_registration(one, used, sys_attrs=sys_attrs) for one in found[page.offset : end]]
    return said(asked, written, used, headers=headers)


def retrieve(asked: Asked) -> Answer:
    """`GET /csourceRegistrations/{id}` (clause 5.10.1)."""
    asked.accepted()
    used = asked.context()
    found = context.registration(asked.tenant, uri_of(asked.path["id"]), now=asked.now)
    return said(asked, write_registration(found, used, sys_attrs="sysAttrs" in options(asked)), used)


def update(asked: Asked) -> Answer:
    """`PATCH /csourceRegistrations/{id}` (clause 5.9.3)."""
    payload, used = asked.read(PATCHES)
    changes = read_registration_patch(payload, used)
    uri = uri_of(asked.path["id"])
    context.update_source(asked.tenant, uri, changes, actor=asked.actor, now=asked.now)
    return Answer(204)


def forget(asked: Asked) -> Answer:
    """`DELETE /csourceRegistrations/{id}` (clause 5.9.4)."""
    context.forget_source(asked.tenant, uri_of(asked.path["id"]), actor=asked.actor, now=asked.now)
    return Answer(204)


ENDPOINTS = (
    Endpoint("POST", "csourceRegistrations", register),
    Endpoint("GET", "csourceRegistrations", find, takes=ASKING),
    Endpoint("GET", "csourceRegistrations/{id}", retrieve, takes=frozenset({"options"})),
    Endpoint("PATCH", "csourceRegistrations/{id}", update),
    Endpoint("DELETE", "csourceRegistrations/{id}", forget),
)
