"""Datasets, offers and negotiations for tests, and a courier that hands messages over without a wire."""

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from renkei.exchange import api as exchange
from renkei.exchange.rules.plan import compile_terms
from renkei.exchange.rules.terms import parse
from renkei.kernel.clock import parse_utc
from renkei.kernel.ids import NODE, Actor, DatasetId, OfferId, TransferId
from renkei.kernel.places import Place
from renkei.kernel.texts import Text
from renkei.parties import api as parties
from renkei.privacy import api as privacy
from tests.factories import lake
from tests.factories import parties as members

MAY = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
Process = TypeVar("Process", exchange.Negotiation, exchange.Transfer)
CLASSES = (
    privacy.ColumnClass("device", privacy.Category.RELATED, privacy.Role.SUBJECT),
    privacy.ColumnClass("at", privacy.Category.NONE, privacy.Role.TIME),
    privacy.ColumnClass("latitude", privacy.Category.PERSONAL, privacy.Role.LATITUDE),
    privacy.ColumnClass("longitude", privacy.Category.PERSONAL, privacy.Role.LONGITUDE),
    privacy.ColumnClass("gateway", privacy.Category.PERSONAL, privacy.Role.PLACE),
    privacy.ColumnClass("reading"),
    privacy.ColumnClass("counter"),
)
PLAIN = (
    privacy.ColumnClass("device", privacy.Category.NONE, privacy.Role.SUBJECT),
    privacy.ColumnClass("at", privacy.Category.NONE, privacy.Role.TIME),
)


def constraint(operand: str, operator: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"leftOperand": operand, "operator": operator, "rightOperand": value} | more


def terms(*constraints: dict[str, Any], no_distribution: bool = True) -> dict[str, Any]:
    """Return terms with these constraints; without any, use is allowed for everything."""
    permission: dict[str, Any] = {"action": "use"}
    if constraints:
        permission["constraint"] = list(constraints)
    return {"permission": [permission]} | (
        {"prohibition": [{"action": "distribute"}]} if no_distribution else {}
    )


PURPOSES = constraint("purpose", "isAnyOf", ["research", "education"])
END = constraint("dateTime", "lteq", "2027-03-31T00:00:00Z")
CELL = constraint("rk:cell", "eq", "jis-mesh:2")
GROUP = constraint("rk:minimumGroup", "gteq", "2", **{"rk:entity": "device"})
TERMS = terms(PURPOSES, END, CELL, GROUP)


def dataset(
    *,
    owner: parties.Organisation | None = None,
    rows: Any = None,
    classes: Sequence[privacy.ColumnClass] = CLASSES,
    dataset_id: str | None = None,
    actor: Actor = NODE,
    now: datetime = MAY,
    name: str = "readings",
    title: Text | None = None,
    themes: Sequence[str] = ("environment",),
    licence: str = "CC-BY-4.0",
    place: Place | None = None,
) -> exchange.Dataset:
    """Publish a table that holds these rows (12 readings of 3 devices unless told otherwise)."""
    org = owner or members.organisation(slug="provider")
    table = lake.stored(lake.readings() if rows is None else rows, owner=org.id, name=name)
    return exchange.publish_dataset(
        owner=org.id,
        table=table.id,
        title=title or Text(ja="屋外の測定値", en="Outdoor readings"),
        description=Text(ja="LoRaWAN の測定値です。", en="Readings sent over LoRaWAN."),
        licence=licence,
        classes=classes,
        themes=themes,
        place=place,
        dataset_id=DatasetId(dataset_id) if dataset_id else None,
        actor=actor,
        now=now,
    )


def offer(
    *,
    of: exchange.Dataset | None = None,
    said: dict[str, Any] | None = None,
    automatic: bool = True,
    by_hand: bool = False,
    offer_id: str | None = None,
    now: datetime = MAY,
) -> exchange.Offer:
    """Offer a dataset, a new one unless it is named."""
    return exchange.offer(
        dataset=(of or dataset()).id,
        terms=TERMS if said is None else said,
        automatic=automatic,
        by_hand=by_hand,
        offer_id=OfferId(offer_id) if offer_id else None,
        actor=NODE,
        now=now,
    )


def as_told(process: Process) -> Process:
    """Return a process as an answer to its peer tells it: what waits in our outbox is not looked up for that."""
    return replace(process, waiting_for=None, turn=None, waiting_since=None, unsent=None)


@dataclass
class Post:
    """A courier between organisations of this node: what it carries arrives by the same calls as from the wire.

    `before` is called with each message, and may raise what a wire raises; `after` is called when it has arrived.
    """

    now: datetime = MAY
    before: Callable[[exchange.Outgoing], None] = lambda _message: None
    after: Callable[[exchange.Outgoing], None] = lambda _message: None
    carried: list[exchange.MessageKind] = field(default_factory=list)

    def send(self, message: exchange.Outgoing) -> exchange.Sent:
        self.before(message)
        answer = arrive(message, now=self.now)
        self.carried.append(message.kind)
        self.after(message)
        return answer

    def state(self, message: exchange.Outgoing) -> str:
        there = parties.organisation_by_participant(message.peer)
        assert there is not None
        assert message.peer_pid is not None
        of = (
            exchange.negotiation_for_peer
            if message.kind.startswith("contract-")
            else exchange.transfer_for_peer
        )
        return of(message.peer_pid, org=there.id, peer=message.participant).state.value


def arrive(message: exchange.Outgoing, *, now: datetime = MAY) -> exchange.Sent:
    """Let a message arrive at its peer, which is an organisation of this node."""
    there = parties.organisation_by_participant(message.peer)
    assert there is not None
    kinds = exchange.MessageKind
    opening = {
        kinds.CONTRACT_REQUEST: _request,
        kinds.CONTRACT_OFFER: _offer,
        kinds.TRANSFER_REQUEST: _transfer_request,
    }
    to = {"org": there.id, "peer": message.participant, "now": now}
    if message.kind in opening:
        return exchange.Sent(peer_pid=opening[message.kind](message, to).id)
    if message.kind is kinds.DUTY_FULFILMENT:
        return _fulfilment(message, to)
    follow = {
        kinds.CONTRACT_ACCEPTED: exchange.receive_accepted,
        kinds.CONTRACT_AGREEMENT: exchange.receive_agreement,
        kinds.CONTRACT_VERIFICATION: exchange.receive_verification,
        kinds.CONTRACT_FINALIZED: exchange.receive_finalized,
        kinds.CONTRACT_TERMINATION: exchange.receive_negotiation_termination,
        kinds.TRANSFER_START: exchange.receive_transfer_start,
        kinds.TRANSFER_SUSPENSION: exchange.receive_transfer_suspension,
        kinds.TRANSFER_COMPLETION: exchange.receive_transfer_completion,
        kinds.TRANSFER_TERMINATION: exchange.receive_transfer_termination,
    }
    said = dict(message.payload)
    if "reason" in said:
        said["reasons"] = said.pop("reason")
    if said.get("data_address"):
        said["data_address"] = exchange.DataAddress.from_dict(said["data_address"])
    follow[message.kind](pid=message.peer_pid, peer_pid=message.own_pid, **to, **said)  # type: ignore[operator]  # all take these
    return exchange.Sent()


def _fulfilment(message: exchange.Outgoing, to: dict[str, Any]) -> exchange.Sent:
    proof = message.payload["statement"]
    said = json.loads(base64.urlsafe_b64decode(proof.split(".")[1] + "=="))
    exchange.receive_fulfilment(
        agreement=said["agreement"],
        number=said["duty"],
        statement=said["statement"],
        evidence=said["evidence"],
        proof=proof,
        stated_at=parse_utc(said["at"]),
        **to,
    )
    return exchange.Sent()


def _request(message: exchange.Outgoing, to: dict[str, Any]) -> exchange.Negotiation:
    return exchange.receive_request(
        consumer_pid=message.own_pid,
        provider_pid=None if message.opening else message.peer_pid,
        offer=message.payload["offer"],
        callback="http://consumer.test/dsp" if message.opening else None,
        **to,
    )


def _offer(message: exchange.Outgoing, to: dict[str, Any]) -> exchange.Negotiation:
    return exchange.receive_offer(
        provider_pid=message.own_pid,
        consumer_pid=message.peer_pid,
        offer=message.payload["offer"],
        callback=None,
        **to,
    )


def _transfer_request(message: exchange.Outgoing, to: dict[str, Any]) -> exchange.Transfer:
    return exchange.receive_transfer_request(
        consumer_pid=message.own_pid,
        agreement=message.payload["agreement"],
        format=message.payload["format"],
        callback="http://consumer.test/dsp",
        data_address=_address(message),
        **to,
    )


def _address(message: exchange.Outgoing) -> exchange.DataAddress | None:
    given = message.payload.get("data_address")
    return exchange.DataAddress.from_dict(given) if given else None


@dataclass
class Hand:
    """Hands pushed data over without a wire: what the consumer's own door takes is an organisation's of this node.

    `before` is called before any byte leaves, `during` when half of them have, and either may raise what a wire raises.
    """

    now: datetime = MAY
    before: Callable[[exchange.Push], None] = lambda _push: None
    during: Callable[[exchange.Push], None] = lambda _push: None
    pushed: list[exchange.Push] = field(default_factory=list)

    def push(
        self, push: exchange.Push, *, begin: Callable[[], None], look: Callable[[], None]
    ) -> exchange.Pushed:
        self.before(push)
        begin()
        self.during(push)
        look()
        body = b"".join(file.path.read_bytes() for file in push.release.files)
        arrived = exchange.Pushed(len(body), hashlib.sha256(body).hexdigest())
        exchange.receive_delivery(
            push.destination.secret or "",
            transfer=TransferId(push.destination.endpoint.rpartition("/")[2]),
            arrived=arrived,
            media_type="application/vnd.apache.parquet",
            most=1 << 30,
            keep=lambda: None,
            receipt=push.receipt,
            now=self.now,
        )
        self.pushed.append(push)
        return arrived


@dataclass
class Table:
    """Two members of this node at one table: a provider with an offer, and a consumer."""

    provider: parties.Organisation
    consumer: parties.Organisation
    dataset: exchange.Dataset
    offer: exchange.Offer
    post: Post = field(default_factory=Post)

    def deliver(self, *, now: datetime = MAY, limit: int = 50) -> int:
        """Carry what is due."""
        self.post.now = now
        return exchange.deliver_due(self.post, now=now, limit=limit)

    def request(
        self, *, purpose: str | None = None, policy: dict[str, Any] | None = None
    ) -> exchange.Negotiation:
        """Let the consumer ask for the dataset; nothing is carried yet."""
        return exchange.request_negotiation(
            org=self.consumer.id,
            provider=self.provider.participant,
            address="http://provider.test/dsp",
            dataset=self.dataset.id,
            offer=policy or self.offer.policy(),
            purpose=purpose,
            actor=self.consumer.actor,
            now=MAY,
        )

    def agreed(self, *, purpose: str | None = None) -> exchange.Agreement:
        """Let both sides agree, and return the consumer's copy."""
        wanted = self.request(purpose=purpose)
        self.deliver()
        found = exchange.negotiation(wanted.id, org=self.consumer.id)
        assert found.agreement is not None, found
        return exchange.agreement(found.agreement, org=self.consumer.id)

    def transferred(self, *, format: str = exchange.DELTA_SHARING) -> exchange.Transfer:  # noqa: A002
        """Let both sides agree and the transfer start, and return the consumer's side with its secret."""
        asked = exchange.request_transfer(
            org=self.consumer.id,
            agreement=self.agreed().id,
            format=format,
            actor=self.consumer.actor,
            now=MAY,
        )
        self.deliver()
        return exchange.transfer(asked.id, org=self.consumer.id)

    def secret(self) -> str:
        """Return the secret of a transfer that has started."""
        address = self.transferred().data_address
        assert address is not None
        assert address.secret is not None
        return address.secret

    def theirs(self, own: exchange.Negotiation) -> exchange.Negotiation:
        """Return the provider's side of a negotiation."""
        now = exchange.negotiation(own.id, org=self.consumer.id)
        assert now.peer_pid is not None
        return exchange.negotiation(now.peer_pid, org=self.provider.id)  # type: ignore[arg-type]  # a pid of this node

    def ours(self, own: exchange.Negotiation) -> exchange.Negotiation:
        """Return the consumer's side of a negotiation as it is now."""
        return exchange.negotiation(own.id, org=self.consumer.id)


def table(*, said: dict[str, Any] | None = None, automatic: bool = True) -> Table:
    """Seat two members at a table."""
    provider, consumer = members.organisation(slug="provider"), members.organisation(slug="consumer")
    published = dataset(owner=provider)
    return Table(provider, consumer, published, offer(of=published, said=said, automatic=automatic))


def plan_of(dataset: exchange.Dataset, said: exchange.Policy) -> privacy.Plan:
    """Return the plan that terms lay down for a dataset."""
    return compile_terms(parse(said), table=dataset.table, classes=dataset.classes)
