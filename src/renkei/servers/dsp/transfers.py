"""The transfer process: what peers say to an organisation about the data of an agreement."""

import re
from urllib.parse import urlsplit

from django.conf import settings

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.servers.addresses import names_inside
from renkei.servers.door import Call, Reply, route
from renkei.servers.dsp.addresses import BASE
from renkei.servers.dsp.answers import LARGEST, Visit, act, message_reply, refuse_transfer, visit
from renkei.servers.dsp.errors import DataAddressUnusable
from renkei.servers.dsp.negotiations import own_and_peer
from renkei.servers.dsp.pace import openings
from renkei.wire.dsp import envelope
from renkei.wire.dsp.destination import read_destination
from renkei.wire.dsp.envelope import NIL_PID
from renkei.wire.dsp.transfer import (
    DataAddress,
    TransferCompletionMessage,
    TransferProcess,
    TransferRequestMessage,
    TransferStartMessage,
    TransferSuspensionMessage,
    TransferTerminationMessage,
)


def show(call: Call) -> Reply:
    """Answer with the state of a transfer that the caller is a party of. Raises exchange.transfer-missing."""
    here = visit(call)
    return _state(exchange.transfer_for_peer(call.path["pid"], org=here.org.id, peer=here.peer))


def open_by_request(call: Call, here: Visit) -> Reply:
    """Take a consumer's request for data: 201 with the new transfer, and the same again for the same request.

    Raises wire.dsp-destination-unusable when data cannot be pushed to where it asks for them.
    """
    message = envelope.read(call.body, TransferRequestMessage)
    if message.data_address is not None and message.format == exchange.HTTP_PUSH:
        read_destination(message.data_address, secure=not settings.RENKEI.inside_peers)
    openings.check(here.peer)
    opened = exchange.receive_transfer_request(
        org=here.org.id,
        peer=here.peer,
        consumer_pid=message.consumer_pid,
        agreement=message.agreement_id,
        format=message.format,
        callback=message.callback_address,
        data_address=_told(message.data_address),
        now=utc_now(),
    )
    return _state(opened, status=201)


def take_start(call: Call, here: Visit) -> Reply:
    """Take a provider's start with the data's address, or either side's resumption."""
    message = envelope.read(call.body, TransferStartMessage)
    pid, peer_pid = own_and_peer(call, provider=message.provider_pid, consumer=message.consumer_pid)
    started = exchange.receive_transfer_start(
        org=here.org.id,
        peer=here.peer,
        pid=pid,
        peer_pid=peer_pid,
        data_address=_address(message.data_address),
        now=utc_now(),
    )
    return _state(started)


def take_completion(call: Call, here: Visit) -> Reply:
    """Take either side's word that the transfer is complete."""
    message = envelope.read(call.body, TransferCompletionMessage)
    pid, peer_pid = own_and_peer(call, provider=message.provider_pid, consumer=message.consumer_pid)
    completed = exchange.receive_transfer_completion(
        org=here.org.id, peer=here.peer, pid=pid, peer_pid=peer_pid, now=utc_now()
    )
    return _state(completed)


def take_suspension(call: Call, here: Visit) -> Reply:
    """Take either side's pause, with its reasons."""
    message = envelope.read(call.body, TransferSuspensionMessage)
    pid, peer_pid = own_and_peer(call, provider=message.provider_pid, consumer=message.consumer_pid)
    suspended = exchange.receive_transfer_suspension(
        org=here.org.id,
        peer=here.peer,
        pid=pid,
        peer_pid=peer_pid,
        code=message.code or "",
        reasons=envelope.reason_texts(message.reason),
        now=utc_now(),
    )
    return _state(suspended)


def take_termination(call: Call, here: Visit) -> Reply:
    """Take either side's end of the transfer, with its reasons."""
    message = envelope.read(call.body, TransferTerminationMessage)
    pid, peer_pid = own_and_peer(call, provider=message.provider_pid, consumer=message.consumer_pid)
    terminated = exchange.receive_transfer_termination(
        org=here.org.id,
        peer=here.peer,
        pid=pid,
        peer_pid=peer_pid,
        code=message.code or "",
        reasons=envelope.reason_texts(message.reason),
        now=utc_now(),
    )
    return _state(terminated)


def _address(address: DataAddress | None) -> exchange.DataAddress | None:
    if address is None:
        return None
    endpoint = address.where
    if not _is_usable(endpoint):
        # A member's own programs go wherever this leads, and take the secret with them.
        raise DataAddressUnusable(endpoint=endpoint[:200])
    return _told(address)


def _told(address: DataAddress | None) -> exchange.DataAddress | None:
    if address is None:
        return None
    return exchange.DataAddress(
        endpoint_type=address.endpoint_type,
        endpoint=address.where,
        properties=tuple((entry.name, entry.value) for entry in address.properties or ()),
    )


def _is_usable(endpoint: str) -> bool:
    inside = settings.RENKEI.inside_peers
    if not re.fullmatch(rf"{'https?' if inside else 'https'}://[^\s\x00-\x20]{{1,2000}}", endpoint, re.ASCII):
        return False
    try:
        host = urlsplit(endpoint).hostname
    except ValueError:
        return False
    return bool(host) and (inside or not names_inside(host or ""))


def _state(transfer: exchange.Transfer, *, status: int = 200) -> Reply:
    answer = TransferProcess(
        provider_pid=transfer.provider_pid or NIL_PID,
        consumer_pid=transfer.consumer_pid or NIL_PID,
        state=transfer.state.value,
    )
    return message_reply(answer, status=status)


_HANDLERS = [
    ("/request", open_by_request),
    ("/{pid}/start", take_start),
    ("/{pid}/completion", take_completion),
    ("/{pid}/suspension", take_suspension),
    ("/{pid}/termination", take_termination),
]
ROUTES = [
    *(
        route(
            f"{BASE}/transfers{path}",
            act(handler),
            methods=["POST"],
            refuse=refuse_transfer,
            limit=LARGEST,
            far=True,
        )
        for path, handler in _HANDLERS
    ),
    route(f"{BASE}/transfers/{{pid}}", show, methods=["GET"], refuse=refuse_transfer, far=True),
]
