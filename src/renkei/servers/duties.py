"""The duties' door: the other side of an agreement states that a duty is fulfilled."""

from datetime import datetime

import msgspec

from renkei.exchange import api as exchange
from renkei.kernel.clock import parse_utc, utc_now
from renkei.parties import api as parties
from renkei.servers.did import shared_documents
from renkei.servers.door import Call, Reply, json_reply, route
from renkei.servers.dsp.addresses import ROOT
from renkei.servers.errors import BodyMalformed
from renkei.servers.identity import peer
from renkei.wire import duties as wire

_LARGEST = 16 * 1024


def fulfilment(call: Call) -> Reply:
    """Take a statement of the peer that calls; its ID token is for the organisation in the path."""
    org = parties.organisation_by_slug(call.path["slug"])
    sender = peer(call, org.participant)
    given = call.read(wire.Fulfilment)
    payload = parties.verify_statement(
        given.statement,
        participant=sender,
        type=exchange.FULFILMENT_TYPE,
        longest=wire.LONGEST,
        documents=shared_documents(),
    )
    said = _stated(payload)
    now = utc_now()
    kept = exchange.receive_fulfilment(
        org=org.id,
        peer=sender,
        agreement=said.agreement,
        number=said.duty,
        statement=said.statement,
        evidence=said.evidence,
        proof=given.statement,
        stated_at=_stated_at(said),
        now=now,
    )
    return json_reply(wire.Taken(agreement=kept.agreement, duty=kept.number, state=kept.state(now).value))


def _stated(payload: bytes) -> wire.Stated:
    try:
        return msgspec.json.decode(payload, type=wire.Stated)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as why:
        raise BodyMalformed(why=str(why)) from None


def _stated_at(said: wire.Stated) -> datetime:
    try:
        return parse_utc(said.at)
    except (ValueError, OverflowError):
        raise BodyMalformed(why="`at` is no time with an offset from UTC") from None


ROUTES = [route(f"{ROOT}{wire.PATH}", fulfilment, methods=["POST"], limit=_LARGEST, far=True)]
