"""Who is calling whom, and how an answer or a refusal is written in the protocol's own form."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db import transaction

from renkei.kernel.ids import ParticipantId
from renkei.kernel.refusals import Kind, Refusal
from renkei.parties import api as parties
from renkei.servers import identity
from renkei.servers.door import STATUS, Call, Reply
from renkei.wire.dsp import envelope
from renkei.wire.dsp.catalog import CatalogError
from renkei.wire.dsp.envelope import NIL_PID
from renkei.wire.dsp.negotiation import ContractNegotiationError
from renkei.wire.dsp.transfer import TransferError

DSP_STATUS: dict[Kind, int] = {**STATUS, Kind.CONFLICT: 400, Kind.DENIED: 400}
"""The protocol knows 400 for what the state or the terms do not allow, and 404 for what is not there or not for the caller."""


LARGEST = 64 * 1024
"""Bytes of a message: a peer's terms and reasons are kept and shown in lists, where a megabyte each would fill the memory."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A peer at the door of one organisation."""

    org: parties.Organisation
    peer: ParticipantId


def visit(call: Call) -> Visit:
    """Tell whose door was called and by which participant.

    Raises servers.token-missing before anything else, then parties.organisation-missing and the
    `parties.peer-token-…` refusals.
    """
    identity.check_shown(call)
    org = parties.organisation_by_slug(call.path["slug"])
    return Visit(org=org, peer=identity.peer(call, org.participant))


def act(handler: Callable[[Call, Visit], Reply]) -> Callable[[Call], Reply]:
    """Make a door of a handler that hears a peer's message: the token is used up in the transaction of the act.

    One commit holds both, since each costs a sync of the disk. A message that is refused uses its token up too.
    """

    def hear(call: Call) -> Reply:
        identity.check_shown(call)
        org = parties.organisation_by_slug(call.path["slug"])
        token = identity.peer_token(call, org.participant)  # may fetch a document: before the transaction
        with transaction.atomic():
            parties.use_peer_token(token)
            try:
                return handler(call, Visit(org=org, peer=token.participant))
            except Refusal as refusal:
                refused = refusal
        raise refused

    return hear


def message_reply(
    message: msgspec.Struct, *, status: int = 200, headers: dict[str, str] | None = None
) -> Reply:
    """Answer with a message of the protocol."""
    return Reply(status=status, body=envelope.write(message), headers=headers or {})


def refuse_catalog(refusal: Refusal, _call: Call) -> Reply:
    """Refuse as a CatalogError."""
    return _refusal(refusal, CatalogError(code=refusal.code, reason=_reason(refusal)))


def refuse_negotiation(refusal: Refusal, call: Call) -> Reply:
    """Refuse as a ContractNegotiationError that names the process as far as the caller did."""
    provider, consumer = _pids(call)
    error = ContractNegotiationError(
        provider_pid=provider, consumer_pid=consumer, code=refusal.code, reason=_reason(refusal)
    )
    return _refusal(refusal, error)


def refuse_transfer(refusal: Refusal, call: Call) -> Reply:
    """Refuse as a TransferError that names the process as far as the caller did."""
    provider, consumer = _pids(call)
    error = TransferError(
        provider_pid=provider, consumer_pid=consumer, code=refusal.code, reason=_reason(refusal)
    )
    return _refusal(refusal, error)


def _refusal(refusal: Refusal, error: msgspec.Struct) -> Reply:
    headers = {"WWW-Authenticate": "Bearer"} if refusal.kind is Kind.UNKNOWN_CALLER else {}
    return message_reply(error, status=DSP_STATUS[refusal.kind], headers=headers)


def _reason(refusal: Refusal) -> list[Any]:
    return [refusal.said("en"), refusal.said("ja")]


class _Pids(msgspec.Struct):
    provider: Any = msgspec.field(name="providerPid", default=None)
    consumer: Any = msgspec.field(name="consumerPid", default=None)


def _pids(call: Call) -> tuple[str, str]:
    """Return the provider's and the consumer's pid as the message, or failing that the address, names them."""
    try:
        named = msgspec.json.decode(call.body, type=_Pids)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        named = _Pids()
    provider, consumer = _pid(named.provider), _pid(named.consumer)
    own = call.path.get("pid")
    if own and own not in {provider, consumer} and provider == NIL_PID:
        provider = own[:255]
    return provider, consumer


def _pid(given: Any) -> str:
    return given if isinstance(given, str) and 0 < len(given) <= 255 else NIL_PID
