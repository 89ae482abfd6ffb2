"""`/subscriptions` and below (ETSI GS CIM 009 v1.9.1, clauses 5.8, 6.10 and 6.11)."""

import time
from typing import Any, Final
from urllib.parse import quote

from renkei.context import api as context
from renkei.exchange import api as exchange
from renkei.servers.errors import MethodUnsupported
from renkei.servers.ngsild.door import BASE, Answer, Asked, Endpoint, said
from renkei.servers.ngsild.negotiation import PATCHES
from renkei.servers.ngsild.notifying import check_endpoint
from renkei.servers.ngsild.paging import page_headers, read_page
from renkei.servers.ngsild.resolving import address, consulted, core
from renkei.wire.ngsild.asked import words_of
from renkei.wire.ngsild.jsonld import Context
from renkei.wire.ngsild.subscriptions import read_fragment, read_subscription, write_subscription

WRITING = frozenset({"local", "via"})
SETTLING: Final = 0.1
"""Seconds."""
READING = frozenset({"local", "via", "options", "sysAttrs"})


def create(asked: Asked) -> Answer:
    """`POST /subscriptions` (clause 5.8.1)."""
    name, members = read_new(asked)
    _check_own(name)
    made = context.create_subscription(asked.tenant, name, members, actor=asked.actor, now=asked.now)
    where = f"{BASE}/subscriptions/{quote(made.subscription.id, safe=':')}"
    return Answer(201, headers={"Location": where})


def read_new(asked: Asked) -> tuple[str | None, dict[str, Any]]:
    """Return the name, where there is one, and the members of a subscription that is to be taken."""
    payload, used = asked.read()
    name, given = read_subscription(payload)
    members = context.expand_members(given, expand=used.expand) | {"@context": _source(payload, used)}
    _check(members, asked)
    context.read_subscription(
        name or "urn:ngsi-ld:Subscription:new", members
    )  # before anything is kept for it
    return name, _with_hosted(members, used, asked)


def update(asked: Asked) -> Answer:
    """`PATCH /subscriptions/{id}` (clause 5.8.2)."""
    name = _name(asked)
    _check_own(name)
    payload, used = asked.read(PATCHES)
    given = read_fragment(payload)
    fragment = context.expand_members(given, expand=used.expand)
    _check(fragment, asked)
    if _names_any(given):
        fragment = _with_hosted(fragment | {"@context": _source(payload, used)}, used, asked)
    context.update_subscription(asked.tenant, name, fragment, actor=asked.actor, now=asked.now)
    return Answer(204)


def delete(asked: Asked) -> Answer:
    """`DELETE /subscriptions/{id}` (clause 5.8.5)."""
    context.delete_subscription(asked.tenant, _name(asked), actor=asked.actor, now=asked.now)
    return Answer(204)


def retrieve(asked: Asked) -> Answer:
    """`GET /subscriptions/{id}` (clause 5.8.3)."""
    asked.accepted()
    used = asked.context()
    known = _settled(asked)
    return said(asked, write_subscription(known, used, sys_attrs=_sys_attrs(asked)), used)


def query(asked: Asked) -> Answer:
    """`GET /subscriptions` (clause 5.8.4)."""
    asked.accepted()
    used, page = asked.context(), read_page(words_of(asked.query.multi_items()))
    listed, more, total = context.subscriptions(asked.tenant, page, now=asked.now)
    written = [write_subscription(known, used, sys_attrs=_sys_attrs(asked)) for known in listed]
    return said(asked, written, used, headers=page_headers(asked, page, more=more, total=total))


def _settled(asked: Asked) -> context.Subscribed:
    """Return a subscription; one that is being told this very moment only when that is recorded, or after `SETTLING`.

    So a subscriber that has just taken a notification reads that it did. It is another node that is waited for, so this
    endpoint is a far one.
    """
    until = time.monotonic() + SETTLING
    while True:
        known = context.subscription(asked.tenant, _name(asked), now=asked.now)
        if time.monotonic() >= until or not context.is_being_told(known, now=asked.now):
            return known
        time.sleep(0.005)


def _name(asked: Asked) -> str:
    name = asked.path["id"]
    if not name:
        raise MethodUnsupported(method=asked.call.method, allowed="GET, HEAD, POST")
    if not context.is_uri(name):
        raise context.RequestInvalid(why="the id of a subscription is a URI")
    return name


def _check_own(name: str | None) -> None:
    """Refuse to make or change what is a consumer's: it would be told at that consumer's cost."""
    if name is not None and exchange.is_shared_name(name):
        raise context.RequestInvalid(why="the name is that of a consumer's subscription under an agreement")


def _check(members: dict[str, Any], asked: Asked) -> None:
    """Refuse an address that this node would not send to, and a context that cannot be had."""
    told = members.get("notification")
    endpoint = told.get("endpoint") if isinstance(told, dict) else None
    uri = endpoint.get("uri") if isinstance(endpoint, dict) else None
    if isinstance(uri, str):
        try:
            check_endpoint(uri)
        except ValueError:
            raise context.RequestInvalid(why="the uri of an endpoint is no usable address") from None
    wanted = members.get("jsonldContext")
    if wanted is None:
        return
    if not isinstance(wanted, str) or not wanted.startswith(("http://", "https://")):
        raise context.RequestInvalid(why="jsonldContext is the address of a context")
    consulted(wanted, tenant=asked.tenant, now=asked.now)


def _source(payload: Any, used: Context) -> Any:
    """Return what is kept of the context of a request: what its body says, else where it is, else what it says."""
    if isinstance(payload, dict) and "@context" in payload:
        given = payload["@context"]
        return given[0] if isinstance(given, list) and len(given) == 1 else given
    return used.link or used.source


def _with_hosted(members: dict[str, Any], used: Context, asked: Asked) -> dict[str, Any]:
    """Let this node host a context that has no address of its own, so that notifications can name it (clause 5.8.1)."""
    if used.link is not None or members.get("jsonldContext") is not None or used is core():
        return members
    return members | {"jsonldContext": address(used, tenant=asked.tenant, now=asked.now)}


def _names_any(payload: Any) -> bool:
    """Tell whether a fragment has names that its context explains, so that notifications are written with it."""
    return isinstance(payload, dict) and bool({"entities", "watchedAttributes", "q", "geoQ"} & payload.keys())


def _sys_attrs(asked: Asked) -> bool:
    options = {word for value in asked.query.getlist("options") for word in value.split(",")}
    return "sysAttrs" in options or asked.query.get("sysAttrs") == "true"


ENDPOINTS = (
    Endpoint("POST", "subscriptions", create, takes=WRITING, far=True),
    Endpoint("GET", "subscriptions", query, takes=READING | {"limit", "offset", "count"}),
    Endpoint("GET", "subscriptions/{id}", retrieve, takes=READING, far=True),
    Endpoint("PATCH", "subscriptions/{id}", update, takes=WRITING, far=True),
    Endpoint("DELETE", "subscriptions/{id}", delete, takes=WRITING),
)
