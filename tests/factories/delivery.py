"""A transfer that has started: dataset, offer, agreement and the secret that the consumer was sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from renkei.exchange import api as exchange
from renkei.kernel.clock import format_utc, utc_now
from renkei.kernel.ids import ParticipantId, new_id
from renkei.kernel.texts import Text
from renkei.lake import api as lake
from renkei.parties import api as parties
from renkei.privacy import api as privacy
from tests.factories import lake as tables
from tests.factories import parties as members
from tests.factories import privacy as plans

FAR = ParticipantId("did:web:peer.example:orgs:far")
CALLBACK = "https://peer.example/orgs/far/dsp/2025-1"


@dataclass(frozen=True)
class Opened:
    """What a provider holds, and the secret that its consumer holds."""

    org: parties.Organisation
    dataset: exchange.Dataset
    offer: exchange.Offer
    agreement: exchange.Agreement
    transfer: exchange.Transfer
    secret: str
    consumer_pid: str


class Satchel:
    """A courier that keeps what it is given."""

    def __init__(self) -> None:
        self.messages: list[exchange.Outgoing] = []

    def send(self, message: exchange.Outgoing) -> exchange.Sent:
        """Take the message."""
        self.messages.append(message)
        return exchange.Sent()

    def state(self, _message: exchange.Outgoing) -> str:
        """Nobody is there to be asked."""
        raise exchange.PeerUnavailable("nobody is there")


def terms(
    *,
    purposes: Sequence[str] = ("research", "education"),
    until: datetime | None = None,
    cell: str | None = "jis-mesh:2",
    group: int = 2,
) -> dict[str, Any]:
    """Return terms that the table of tests.factories.lake can lawfully be offered under."""
    constraints: list[dict[str, Any]] = [
        {"leftOperand": "purpose", "operator": "isAnyOf", "rightOperand": list(purposes)}
    ]
    if until is not None:
        constraints.append({"leftOperand": "dateTime", "operator": "lteq", "rightOperand": format_utc(until)})
    if cell is not None:
        constraints.append({"leftOperand": "rk:cell", "operator": "eq", "rightOperand": cell})
        constraints.append(
            {
                "leftOperand": "rk:minimumGroup",
                "operator": "gteq",
                "rightOperand": str(group),
                "rk:entity": "device",
            }
        )
    return {
        "permission": [{"action": "use", "constraint": constraints}],
        "prohibition": [{"action": "distribute"}],
    }


def dataset(
    org: parties.Organisation,
    *,
    rows: Any = None,
    columns: tuple[lake.Column, ...] = tables.COLUMNS,
    classes: Sequence[privacy.ColumnClass] = plans.CLASSES,
    title: Text = Text(ja="気温の計測", en="Temperature readings"),  # noqa: B008 — frozen
    name: str = "readings",
    now: datetime | None = None,
) -> exchange.Dataset:
    """Publish a table with readings of three devices, or with the rows given."""
    held = tables.stored(
        tables.readings() if rows is None else rows, owner=org.id, name=name, columns=columns, subject=None
    )
    return exchange.publish_dataset(
        owner=org.id,
        table=held.id,
        title=title,
        description=Text(ja="三つの計測器による気温。", en="Temperature by three devices."),
        licence="CC-BY-4.0",
        classes=classes,
        actor=org.actor,
        now=now or utc_now(),
    )


def opened(
    *,
    slug: str = "provider",
    org: parties.Organisation | None = None,
    published: exchange.Dataset | None = None,
    until: datetime | None = None,
    form: str = exchange.DELTA_SHARING,
    offered: dict[str, Any] | None = None,
    peer: ParticipantId = FAR,
    now: datetime | None = None,
) -> Opened:
    """Bring a transfer to its start, with a consumer whose messages are handed in directly."""
    now = now or utc_now() - timedelta(seconds=2)
    org = org or members.organisation(slug=slug)
    published = published or dataset(org, now=now)
    offer = exchange.offer(
        dataset=published.id,
        terms=offered or terms(until=until),
        automatic=True,
        actor=org.actor,
        now=now,
    )
    negotiation_pid, transfer_pid = new_id(), new_id()
    asked = exchange.receive_request(
        org=org.id,
        peer=peer,
        consumer_pid=negotiation_pid,
        provider_pid=None,
        offer=offer.policy(target=True),
        callback=CALLBACK,
        now=now,
    )
    done = exchange.receive_verification(
        org=org.id, peer=peer, pid=asked.id, peer_pid=negotiation_pid, now=now
    )
    agreement = exchange.agreement(done.agreement, org=org.id)
    transfer = exchange.receive_transfer_request(
        org=org.id,
        peer=peer,
        consumer_pid=transfer_pid,
        agreement=agreement.id,
        format=form,
        callback=CALLBACK,
        now=now,
    )
    satchel = Satchel()
    while exchange.deliver_due(satchel, now=utc_now()):
        pass
    starts = [m for m in satchel.messages if m.own_pid == transfer.id and m.payload.get("data_address")]
    address = exchange.DataAddress.from_dict(starts[0].payload["data_address"])
    assert address.secret is not None
    return Opened(org, published, offer, agreement, transfer, address.secret, transfer_pid)
