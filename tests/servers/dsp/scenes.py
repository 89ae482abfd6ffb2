"""Processes of the provider's organisation in every state and both roles, and all that the node keeps of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model

from renkei.audit.models import EntryRow
from renkei.exchange import api as exchange
from renkei.exchange.models import AgreementRow, NegotiationRow, OutboxRow, TransferRow
from renkei.kernel.clock import utc_now
from renkei.parties import api as parties
from renkei.servers.dsp.addresses import base_url
from renkei.wire.dsp import envelope

KEPT: tuple[type[Model], ...] = (NegotiationRow, AgreementRow, TransferRow, OutboxRow, EntryRow)
PROVIDER, CONSUMER = exchange.Role.PROVIDER, exchange.Role.CONSUMER
PEER_PID = "urn:peer:process"
PURPOSE = {"leftOperand": "purpose", "operator": "isAnyOf", "rightOperand": ["research"]}
TERMS = {"profile": exchange.PROFILE, "permission": [{"action": "use", "constraint": [PURPOSE]}]}


def everything() -> dict[str, list[dict[str, Any]]]:
    """Return every row of what the node keeps of its processes, with what waits to be sent and the log."""
    return {kind.__name__: list(kind.objects.order_by("pk").values()) for kind in KEPT}


@dataclass(frozen=True)
class Scene:
    """One process: which, and in whose hands."""

    own: parties.Organisation
    peer: parties.Organisation
    role: exchange.Role
    pid: str
    process: str
    """`negotiations` or `transfers`."""
    offer: exchange.Policy

    @property
    def pids(self) -> dict[str, str]:
        """Both process ids as messages name them."""
        ours, theirs = (
            ("providerPid", "consumerPid") if self.role is PROVIDER else ("consumerPid", "providerPid")
        )
        return {ours: self.pid, theirs: PEER_PID}

    def messages(self) -> dict[str, dict[str, Any]]:
        """Return every message about the process that our side can be sent, by the last part of its address."""
        return {name: each for name, each in self._written().items() if name not in TO_OTHER_SIDE[self.role]}

    def astray(self) -> dict[str, dict[str, Any]]:
        """Return the messages that only the other side can be sent."""
        return {name: each for name, each in self._written().items() if name in TO_OTHER_SIDE[self.role]}

    def _written(self) -> dict[str, dict[str, Any]]:
        kinds = NEGOTIATION if self.process == "negotiations" else TRANSFER
        return {
            path: {"@context": [envelope.CONTEXT], "@type": kind, **self.pids, **members(self)}
            for path, (kind, members) in kinds.items()
        }

    def path(self, message: str) -> str:
        """Return the address that a message of this name goes to."""
        return f"/orgs/{self.own.slug}/dsp/2025-1/{self.process}/{self.pid}/{message.partition(' ')[0]}"


def _agreement(scene: Scene) -> dict[str, Any]:
    parties_ = {"assigner": scene.peer.participant, "assignee": scene.own.participant}
    return {"agreement": scene.offer | parties_ | {"@id": "urn:agreement:1", "@type": "Agreement"}}


Members = Callable[[Scene], dict[str, Any]]
NEGOTIATION: dict[str, tuple[str, Members]] = {
    "request": ("ContractRequestMessage", lambda scene: {"offer": scene.offer}),
    "offers": ("ContractOfferMessage", lambda scene: {"offer": scene.offer}),
    "agreement": ("ContractAgreementMessage", _agreement),
    "agreement/verification": ("ContractAgreementVerificationMessage", lambda _scene: {}),
    "events ACCEPTED": ("ContractNegotiationEventMessage", lambda _scene: {"eventType": "ACCEPTED"}),
    "events FINALIZED": ("ContractNegotiationEventMessage", lambda _scene: {"eventType": "FINALIZED"}),
    "termination": (
        "ContractNegotiationTerminationMessage",
        lambda _scene: {"code": "E1", "reason": ["over"]},
    ),
}
TRANSFER: dict[str, tuple[str, Members]] = {
    "start": ("TransferStartMessage", lambda _scene: {}),
    "completion": ("TransferCompletionMessage", lambda _scene: {}),
    "suspension": ("TransferSuspensionMessage", lambda _scene: {"code": "E1", "reason": ["later"]}),
    "termination": ("TransferTerminationMessage", lambda _scene: {"code": "E1", "reason": ["over"]}),
}
TO_OTHER_SIDE = {PROVIDER: {"offers", "agreement"}, CONSUMER: {"request", "agreement/verification"}}
NEGOTIATION_STATES = ["REQUESTED", "OFFERED", "ACCEPTED", "AGREED", "VERIFIED", "FINALIZED"]


def negotiation(
    role: exchange.Role,
    state: str,
    *,
    own: parties.Organisation,
    peer: parties.Organisation,
    dataset: exchange.Dataset,
) -> Scene:
    """Bring a negotiation of our organisation by hand to a state; the dataset is ours, or stands for the peer's."""
    now = utc_now()
    if role is PROVIDER:
        pid, offer = _as_provider(state, own=own, peer=peer, dataset=dataset, now=now)
    else:
        pid, offer = _as_consumer(state, own=own, peer=peer, now=now)
    if state == "TERMINATED":
        exchange.terminate_negotiation(org=own.id, negotiation=pid, reason="No.", actor=own.actor, now=now)
    assert exchange.negotiation(pid, org=own.id).state == state
    return Scene(own=own, peer=peer, role=role, pid=pid, process="negotiations", offer=offer)


def _as_provider(
    state: str,
    *,
    own: parties.Organisation,
    peer: parties.Organisation,
    dataset: exchange.Dataset,
    now: datetime,
) -> tuple[Any, exchange.Policy]:
    published = exchange.offer(
        dataset=dataset.id, terms=TERMS, automatic=False, by_hand=True, actor=own.actor, now=now
    )
    offer = published.policy(target=True)
    said: dict[str, Any] = {"org": own.id, "peer": peer.participant, "now": now}
    pid = exchange.receive_request(
        consumer_pid=PEER_PID, provider_pid=None, offer=offer, callback=base_url(peer), **said
    ).id
    pids, ours = (
        {"pid": pid, "peer_pid": PEER_PID},
        {"org": own.id, "negotiation": pid, "actor": own.actor, "now": now},
    )
    steps: list[Callable[[], object]] = [
        lambda: exchange.counter(terms=TERMS, **ours),
        lambda: exchange.receive_accepted(**said, **pids),
        lambda: exchange.agree(**ours),
        lambda: exchange.receive_verification(**said, **pids),
        lambda: exchange.finalize(**ours),
    ]
    _walk(steps, state)
    return pid, offer


def _as_consumer(
    state: str, *, own: parties.Organisation, peer: parties.Organisation, now: datetime
) -> tuple[Any, exchange.Policy]:
    offer = TERMS | {"@id": "urn:offer:1", "@type": "Offer", "target": "urn:dataset:1"}
    said: dict[str, Any] = {"org": own.id, "peer": peer.participant, "now": now}
    pid = exchange.request_negotiation(
        org=own.id,
        provider=peer.participant,
        address=base_url(peer),
        dataset="urn:dataset:1",
        offer=offer,
        by_hand=True,
        actor=own.actor,
        now=now,
    ).id
    NegotiationRow.objects.filter(pk=pid).update(
        peer_pid=PEER_PID
    )  # as the peer's answer to the request says
    ours = {"org": own.id, "negotiation": pid, "actor": own.actor, "now": now}
    agreement = offer | {
        "@id": f"urn:agreement:{pid}",
        "@type": "Agreement",
        "assigner": peer.participant,
        "assignee": own.participant,
    }
    steps: list[Callable[[], object]] = [
        lambda: exchange.receive_offer(
            provider_pid=PEER_PID, consumer_pid=pid, offer=offer, callback=None, **said
        ),
        lambda: exchange.accept_offer(**ours),
        lambda: exchange.receive_agreement(pid=pid, peer_pid=PEER_PID, agreement=agreement, **said),
        lambda: exchange.verify_agreement(**ours),
        lambda: exchange.receive_finalized(pid=pid, peer_pid=PEER_PID, **said),
    ]
    _walk(steps, state)
    return pid, offer


def _walk(steps: list[Callable[[], object]], state: str) -> None:
    for step in steps[: NEGOTIATION_STATES.index(state) if state != "TERMINATED" else 1]:
        step()


def transfer(
    role: exchange.Role,
    state: str,
    *,
    own: parties.Organisation,
    peer: parties.Organisation,
    dataset: exchange.Dataset,
) -> Scene:
    """Bring a transfer of our organisation to a state."""
    signed = negotiation(role, "FINALIZED", own=own, peer=peer, dataset=dataset)
    agreement = exchange.negotiation(signed.pid, org=own.id).agreement  # type: ignore[arg-type]  # a pid of ours
    assert agreement is not None
    now = utc_now()
    if role is PROVIDER:
        pid = exchange.receive_transfer_request(
            org=own.id, peer=peer.participant, consumer_pid=PEER_PID, agreement=agreement,
            format=exchange.HTTP_DATA, callback=base_url(peer), now=now,
        ).id  # fmt: skip
    else:
        pid = exchange.request_transfer(
            org=own.id, agreement=agreement, format=exchange.HTTP_DATA, actor=own.actor, now=now
        ).id
        TransferRow.objects.filter(pk=pid).update(peer_pid=PEER_PID)
    _lead(role, state, own=own, peer=peer, pid=pid, now=now)
    assert exchange.transfer(pid, org=own.id).state == state
    return Scene(own=own, peer=peer, role=role, pid=pid, process="transfers", offer=signed.offer)


def _lead(
    role: exchange.Role,
    state: str,
    *,
    own: parties.Organisation,
    peer: parties.Organisation,
    pid: Any,
    now: datetime,
) -> None:
    ours = {"org": own.id, "transfer": pid, "actor": own.actor, "now": now}
    if state == "REQUESTED":
        return
    if role is PROVIDER:
        exchange.start_transfer(**ours)
    else:
        exchange.receive_transfer_start(
            org=own.id, peer=peer.participant, pid=pid, peer_pid=PEER_PID, data_address=None, now=now
        )
    if state == "SUSPENDED":
        exchange.suspend_transfer(reason="Later.", **ours)
    elif state == "COMPLETED":
        exchange.complete_transfer(**ours)
    elif state == "TERMINATED":
        exchange.terminate_transfer(reason="No.", **ours)


SCENES = [
    *((negotiation, role, state) for role in exchange.Role for state in exchange.NegotiationState),
    *((transfer, role, state) for role in exchange.Role for state in exchange.TransferState),
]
"""How to make each scene: the maker, our role, the state."""


def told(case: tuple[Callable[..., Scene], exchange.Role, str]) -> str:
    """Return a scene's name."""
    make, role, state = case
    return f"{make.__name__} as {role.value}, {state}"
