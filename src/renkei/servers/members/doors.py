"""The doors of the member API that ask, and those that begin something.

A question with `wait=<seconds>` is held until the process has come to rest, at most ten seconds. It holds no thread
meanwhile: it looks again as soon as something changed in this process, and now and then for the sake of the others.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.routing import BaseRoute

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import AgreementId, NegotiationId, OrgId, TransferId
from renkei.parties import api as parties
from renkei.servers.door import Call, Reply, in_room, json_reply, route
from renkei.servers.errors import OfferNotListed, WaitMalformed
from renkei.servers.identity import member
from renkei.servers.members import answers, deliveries, duties, finding
from renkei.servers.members.log import fetch_log
from renkei.servers.peers import Peers
from renkei.wire import member as wire

LOOK_AGAIN = 0.25
"""Seconds after which a waiting question looks at the database although nothing changed in this process; then it doubles."""
SELDOM = 2.0
"""Seconds to which that grows: what other processes commit is seen by looking, and many may wait."""

SETTLED = {exchange.NegotiationState.FINALIZED, exchange.NegotiationState.TERMINATED}
peers = Peers()


@dataclass(frozen=True, slots=True)
class Look:
    """What was found, and whether there is anything to wait for."""

    reply: Reply
    state: str
    settled: bool


def catalog(call: Call) -> Reply:
    """Fetch a page of a provider's catalogue."""
    org = _member(call).org
    asked = call.read(wire.CatalogRequest)
    peer = peers.find(asked.provider)
    page = peers.catalog(peer, org=org.id, after=asked.after)
    listings = tuple(answers.listing(dataset) for dataset in page.catalog.dataset or ())
    return json_reply(wire.Catalog(provider=peer.participant, listings=listings, next=page.next))


def negotiate(call: Call) -> Reply:
    """Begin a negotiation; the messages go out in the background."""
    caller = _member(call)
    asked = call.read(wire.NegotiationRequest)
    peer = peers.find(asked.provider)
    offer = asked.offer
    if isinstance(offer, str):
        offered = peers.dataset(peer, org=caller.org.id, dataset=asked.dataset).has_policy
        offer = next((policy for policy in offered if policy.get("@id") == offer), None) or _not_listed(asked)
    begun = exchange.request_negotiation(
        org=caller.org.id,
        provider=peer.participant,
        address=peer.base,
        dataset=asked.dataset,
        offer=offer,
        purpose=asked.purpose,
        by_hand=asked.by_hand,
        actor=caller.actor,
        now=utc_now(),
    )
    return json_reply(answers.negotiation(begun), status=201)


def negotiations(call: Call) -> Reply:
    """List a part of the organisation's negotiations, from `after` on."""
    found = exchange.negotiations(org=_member(call).org.id, after=call.query.get("after"))
    return json_reply(wire.Negotiations(tuple(map(answers.negotiation, found)), found.next))


async def negotiation(call: Call) -> Reply:
    """Show one negotiation, once it has come to rest or the time is up."""

    def look(org: OrgId) -> Look:
        found = exchange.negotiation(NegotiationId(call.path["id"]), org=org)
        settled = found.state in SETTLED or found.decision_due
        return Look(json_reply(answers.negotiation(found)), found.state, settled)

    return await _held(call, look)


def agreements(call: Call) -> Reply:
    """List a part of the organisation's agreements, from `after` on."""
    found = exchange.agreements(org=_member(call).org.id, after=call.query.get("after"))
    return json_reply(wire.Agreements(tuple(map(answers.agreement, found)), found.next))


def agreement(call: Call) -> Reply:
    """Show one agreement."""
    found = exchange.agreement(AgreementId(call.path["id"]), org=_member(call).org.id)
    return json_reply(answers.agreement(found))


def receipts(call: Call) -> Reply:
    """List a part of the receipts that were signed for the organisation, of one agreement where `agreement` names it."""
    named = call.query.get("agreement")
    found = exchange.issued(
        org=_member(call).org.id,
        agreement=AgreementId(named) if named else None,
        after=call.query.get("after"),
    )
    items = tuple(wire.HeldReceipt(receipt=each.receipt, at=each.at) for each in found)
    return json_reply(wire.HeldReceipts(items, found.next))


def transfer_data(call: Call) -> Reply:
    """Ask for the data of an agreement."""
    caller = _member(call)
    asked = call.read(wire.TransferRequest)
    begun = exchange.request_transfer(
        org=caller.org.id,
        agreement=AgreementId(asked.agreement),
        format=asked.format,
        form=asked.form,
        actor=caller.actor,
        now=utc_now(),
    )
    return json_reply(answers.transfer(begun), status=201)


def transfers(call: Call) -> Reply:
    """List a part of the organisation's transfers, of one agreement where `agreement` names it, from `after` on.

    Data addresses are not told.
    """
    named = call.query.get("agreement")
    found = exchange.transfers(
        org=_member(call).org.id,
        agreement=AgreementId(named) if named else None,
        after=call.query.get("after"),
    )
    return json_reply(wire.Transfers(tuple(map(answers.transfer, found)), found.next))


async def transfer(call: Call) -> Reply:
    """Show one transfer with its data address, once it has come to rest or the time is up."""

    def look(org: OrgId) -> Look:
        found = exchange.transfer(TransferId(call.path["id"]), org=org)
        return Look(json_reply(answers.transfer(found)), found.state, _at_rest(found))

    return await _held(call, look)


def _at_rest(transfer: exchange.Transfer) -> bool:
    # What is pushed to us is not here before the transfer is over.
    states = exchange.TransferState
    if transfer.role is exchange.Role.CONSUMER and transfer.format == exchange.HTTP_PUSH:
        return transfer.state in {states.COMPLETED, states.TERMINATED}
    return transfer.state is not states.REQUESTED


async def _held(call: Call, look: Callable[[OrgId], Look]) -> Reply:
    clock, woken = asyncio.get_running_loop(), asyncio.Event()
    wait = _wait(call)
    until = clock.time() + wait
    pause = LOOK_AGAIN
    with exchange.changed.listened(call.path["id"], partial(clock.call_soon_threadsafe, woken.set)):
        org, found = await in_room(lambda: _first_look(call, look))
        while not found.settled and (left := until - clock.time()) > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), min(left, pause))
            pause = LOOK_AGAIN if woken.is_set() else min(pause * 2, SELDOM)
            woken.clear()
            if await in_room(partial(exchange.state, call.path["id"], org=org)) != found.state:
                found = await in_room(partial(look, org))
        if wait and not found.settled:  # what fails to be sent meanwhile changes no state
            found = await in_room(partial(look, org))
    return found.reply


def _first_look(call: Call, look: Callable[[OrgId], Look]) -> tuple[OrgId, Look]:
    org = _member(call).org.id
    return org, look(org)


def _wait(call: Call) -> float:
    asked = call.query.get("wait", "0")
    try:
        seconds = float(asked)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= wire.LONGEST_WAIT:
        raise WaitMalformed(asked=asked[:40], longest=wire.LONGEST_WAIT)
    return seconds


def _member(call: Call) -> parties.Member:
    return member(call, parties.Scope.EXCHANGE)


def _not_listed(asked: wire.NegotiationRequest) -> dict[str, Any]:
    raise OfferNotListed(offer=asked.offer, dataset=asked.dataset)


ROUTES: list[BaseRoute] = [
    route(f"{wire.ROOT}/catalog", catalog, methods=["POST"], far=True),
    route(f"{wire.ROOT}/catalog/search", finding.search, methods=["GET"]),
    route(f"{wire.ROOT}/nodes", finding.nodes, methods=["GET"]),
    route(f"{wire.ROOT}/negotiations", negotiate, methods=["POST"], far=True),
    route(f"{wire.ROOT}/negotiations", negotiations, methods=["GET"]),
    route(f"{wire.ROOT}/negotiations/{{id}}", negotiation, methods=["GET"]),
    route(f"{wire.ROOT}/agreements", agreements, methods=["GET"]),
    *duties.ROUTES,  # before the agreements, whose ids may hold any character
    route(f"{wire.ROOT}/agreements/{{id:path}}", agreement, methods=["GET"]),
    route(f"{wire.ROOT}/receipts", receipts, methods=["GET"]),
    route(f"{wire.ROOT}/transfers", transfer_data, methods=["POST"]),
    route(f"{wire.ROOT}/transfers", transfers, methods=["GET"]),
    route(f"{wire.ROOT}/transfers/{{id}}", transfer, methods=["GET"]),
    *deliveries.ROUTES,
    route(f"{wire.ROOT}/log/{{part}}", fetch_log, methods=["GET"], far=True),
]
