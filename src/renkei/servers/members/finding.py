"""The federated catalogue, for a member: search it, and see which nodes it covers."""

from renkei.federation import api as federation
from renkei.kernel.clock import utc_now
from renkei.parties import api as parties
from renkei.servers.door import Call, Reply, json_reply
from renkei.servers.identity import member
from renkei.servers.members.answers import offer
from renkei.wire import finding as wire


def search(call: Call) -> Reply:
    """Return a part of the entries that fit, the best first. Raises federation.query-unreadable."""
    viewer = _viewer(call)
    found = federation.search(
        federation.read_query(call.query), viewer=viewer, now=utc_now(), after=call.query.get("after")
    )
    return json_reply(wire.Entries(tuple(map(entry, found)), found.next))


def nodes(call: Call) -> Reply:
    """List the known nodes that the member may search."""
    found = federation.nodes(_viewer(call), now=utc_now())
    return json_reply(wire.KnownNodes(tuple(map(known_node, found))))


def entry(fact: federation.Entry) -> wire.Entry:
    """Describe an entry."""
    said = fact.described
    place = None
    if said.place is not None:
        corners = None if said.place.box is None else said.place.box.corners()
        place = wire.Place(name=said.place.name, box=corners)
    return wire.Entry(
        id=fact.id,
        provider=fact.participant,
        provider_name=fact.provider,
        dataset=said.dataset,
        title=said.title,
        description=said.description,
        offers=tuple(offer(dict(each.policy)) for each in said.offers),
        themes=said.themes,
        licence=said.licence,
        formats=said.formats,
        place=place,
        first=said.first,
        last=said.last,
        issued=said.issued,
        modified=said.modified,
        standing=fact.standing.value,
        first_seen=fact.first_seen,
        last_seen=fact.last_seen,
        gone_at=fact.gone_at,
        why_stale=fact.trouble.text if fact.trouble else None,
    )


def known_node(fact: federation.KnownNode) -> wire.KnownNode:
    """Describe a known node."""
    return wire.KnownNode(
        id=fact.id,
        participant=fact.participant,
        name=fact.name,
        shared=fact.shared,
        entries=fact.entries,
        stale=fact.stale,
        added_at=fact.added_at,
        crawled_at=fact.crawled_at,
        next_at=fact.next_at,
        failures=fact.failures,
        trouble=fact.trouble.text if fact.trouble else None,
        unreadable=fact.unreadable,
    )


def _viewer(call: Call) -> federation.Viewer:
    org = member(call, parties.Scope.EXCHANGE).org
    return federation.Viewer(org=org.id, participant=org.participant)
