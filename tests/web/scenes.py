"""What the portal's tests show: a member with a dataset on offer, and a peer on another node who asks for it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

from django.test import Client

from renkei.exchange import api as exchange
from renkei.kernel.ids import NODE, ParticipantId
from renkei.kernel.texts import Text
from renkei.parties import api as parties
from tests.factories import lake as lakes
from tests.factories import parties as members
from tests.factories import privacy as privacies

MAY = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
PEER = ParticipantId("did:web:peer.example%3A8443:orgs:far-lab")
CALLBACK = "https://peer.example:8443/orgs/far-lab/dsp/2025-1"
TERMS: exchange.Policy = {
    "profile": exchange.PROFILE,
    "permission": [
        {
            "action": "use",
            "constraint": [
                {"leftOperand": "purpose", "operator": "isAnyOf", "rightOperand": ["research", "education"]},
                {"leftOperand": "rk:cell", "operator": "eq", "rightOperand": "jis-mesh:2"},
                {
                    "leftOperand": "rk:minimumGroup",
                    "operator": "gteq",
                    "rightOperand": "2",
                    "rk:entity": "device",
                },
            ],
        }
    ],
    "prohibition": [{"action": "distribute"}],
}
_numbers = count()


@dataclass(frozen=True, slots=True)
class Scene:
    """A member and its dataset on offer."""

    org: parties.Organisation
    dataset: exchange.Dataset
    offer: exchange.Offer


def scene(*, slug: str = "tokai-lab", automatic: bool = False) -> Scene:
    """Make a member with one dataset and one offer."""
    org = members.organisation(slug=slug)
    table = lakes.stored(lakes.readings(), owner=org.id)
    published = dataset(org, table=table.id)
    return Scene(org=org, dataset=published, offer=offer(published, automatic=automatic))


def dataset(org: parties.Organisation, *, table: str, title: str = "Gate counts") -> exchange.Dataset:
    """Publish a table of the lake's factory."""
    return exchange.publish_dataset(
        owner=org.id,
        table=table,
        title=Text(ja=f"{title}(計測)", en=title),
        description=Text(ja="門の通過を数えたもの。", en="Counts at the gate."),
        licence="CC-BY-4.0",
        classes=privacies.CLASSES,
        themes=("mobility",),
        actor=org.actor,
        now=MAY,
    )


def offer(
    published: exchange.Dataset, *, automatic: bool = False, terms: exchange.Policy = TERMS
) -> exchange.Offer:
    """Offer a dataset under terms."""
    return exchange.offer(dataset=published.id, terms=terms, automatic=automatic, actor=NODE, now=MAY)


def request(of: Scene, *, terms: exchange.Policy | None = None) -> exchange.Negotiation:
    """Let the peer ask for the scene's dataset, under the offer's terms unless told otherwise."""
    wanted = of.offer.policy(target=True) | (terms or {})
    return exchange.receive_request(
        org=of.org.id,
        peer=PEER,
        consumer_pid=f"urn:peer:negotiation:{next(_numbers)}",
        provider_pid=None,
        offer=wanted,
        callback=CALLBACK,
        now=MAY,
    )


def agreement(of: Scene) -> exchange.Agreement:
    """Bring an agreement with the peer into force; the scene's offer has to be automatic."""
    asked = request(of)
    assert asked.peer_pid is not None
    exchange.receive_verification(org=of.org.id, peer=PEER, pid=asked.id, peer_pid=asked.peer_pid, now=MAY)
    held = exchange.negotiation(asked.id, org=of.org.id)
    assert held.agreement is not None
    return exchange.agreement(held.agreement, org=of.org.id)


def transfer(of: Scene, signed: exchange.Agreement) -> exchange.Transfer:
    """Let the peer open a transfer under an agreement."""
    return exchange.receive_transfer_request(
        org=of.org.id,
        peer=PEER,
        consumer_pid=f"urn:peer:transfer:{next(_numbers)}",
        agreement=signed.id,
        format=exchange.HTTP_DATA,
        callback=CALLBACK,
        now=MAY,
    )


def signed_in(
    org: parties.Organisation | None, *, scopes: frozenset[parties.Scope] = frozenset(parties.Scope)
) -> Client:
    """Return a browser that a member signed in with, or the operator where `org` is None."""
    issued = (
        members.token(org=org, scopes=scopes)
        if org
        else parties.issue_operator_token(label="operator", actor=NODE, now=MAY)
    )
    browser = Client(headers={"accept-language": "en"})
    assert browser.post("/sign-in", {"token": issued.secret}).status_code == 302
    return browser
