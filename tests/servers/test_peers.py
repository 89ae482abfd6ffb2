"""Asking peers, against a real server: who they are is proven by their DID document, never by what they claim."""

import json
from collections.abc import Iterator
from typing import Any

import jwt
import pytest

from renkei.kernel.ids import ParticipantId
from renkei.kernel.texts import Text
from renkei.parties import api as parties
from renkei.servers.did import HttpDidDocuments
from renkei.servers.errors import (
    AddressMalformed,
    DidUnusable,
    PeerAnswered,
    PeerAnswerMalformed,
    PeerIdentityUnproven,
    PeerVersionUnspoken,
)
from renkei.servers.outgoing import Outgoing
from renkei.servers.peers import Peer, Peers
from renkei.wire.dsp import catalog, envelope
from tests.factories import parties as make
from tests.servers.loopback import Loopback, loopback

pytestmark = pytest.mark.django_db


@pytest.fixture
def far() -> Iterator[Loopback]:
    """A peer `far` that speaks the protocol below /orgs/far/dsp/2025-1."""
    with loopback() as running:
        publish(running, "/orgs/far/did.json", document(running))
        publish(running, "/orgs/far/.well-known/dspace-version", versions(serviceId=did(running)))
        yield running


@pytest.fixture
def peers() -> Iterator[Peers]:
    calls = Outgoing(inside_peers=True)
    yield Peers(outgoing=calls, documents=HttpDidDocuments(calls, inside_peers=True))
    calls.close()


@pytest.fixture
def own() -> parties.Organisation:
    return make.organisation(slug="own")


def did(far: Loopback) -> ParticipantId:
    return ParticipantId("did:web:" + far.url.removeprefix("http://").replace(":", "%3A") + ":orgs:far")


def base(far: Loopback) -> str:
    return f"{far.url}/orgs/far/dsp/2025-1"


def document(far: Loopback, **changed: Any) -> dict[str, Any]:
    services = [
        {"id": "#c", "type": "CatalogService", "serviceEndpoint": base(far) + "/catalog"},
        {
            "id": "#d",
            "type": "DataService",
            "serviceEndpoint": f"{far.url}/orgs/far/.well-known/dspace-version",
        },
    ]
    return {"id": did(far), "service": services} | changed


def versions(**changed: Any) -> dict[str, Any]:
    entry = {"version": "2025-1", "path": "/dsp/2025-1", "binding": "HTTPS", "identifierType": "did:web"}
    return {"protocolVersions": [{**entry, "version": "2024-1", "path": "/old"}, entry | changed]}


def publish(far: Loopback, path: str, value: Any, **headers: str) -> None:
    far.says(path, body=json.dumps(value).encode(), headers=headers)


def page(far: Loopback, **changed: Any) -> dict[str, Any]:
    whole = {
        "@context": [envelope.CONTEXT],
        "@type": "Catalog",
        "@id": "urn:catalog",
        "participantId": did(far),
        "dataset": [
            {
                "@id": "urn:d",
                "@type": "Dataset",
                "dct:title": [{"@value": "通信", "@language": "ja"}],
                "hasPolicy": [{"@id": "urn:o", "@type": "Offer", "permission": [{"action": "use"}]}],
                "distribution": [{"format": "HttpData-PULL", "accessService": "urn:s"}],
            }
        ],
    }
    return whole | changed


@pytest.mark.parametrize("ending", ["", "/", "/.well-known/dspace-version"])
def test_a_peer_is_found_by_its_did_and_by_its_address(peers: Peers, far: Loopback, ending: str) -> None:
    expected = Peer(did(far), base(far))

    assert peers.find(did(far)) == expected
    assert peers.find(f"{far.url}/orgs/far{ending}") == expected


def test_a_peer_that_was_found_is_asked_again_after_five_minutes(far: Loopback) -> None:
    now = [0.0]
    calls = Outgoing(inside_peers=True)
    documents = HttpDidDocuments(calls, inside_peers=True)
    peers = Peers(outgoing=calls, documents=documents, clock=lambda: now[0])
    fetched = []
    for at in (0.0, 300.0, 301.0):
        now[0] = at
        assert peers.find(did(far)) == Peer(did(far), base(far))
        fetched.append(len([asked for asked in far.asked if asked.path.endswith("/dspace-version")]))
    calls.close()

    assert fetched == [1, 1, 2]


def test_an_address_that_names_no_did_is_proven_by_the_document_beside_it(
    peers: Peers, far: Loopback
) -> None:
    publish(far, "/orgs/far/.well-known/dspace-version", versions())

    assert peers.find(f"{far.url}/orgs/far") == Peer(did(far), base(far))


def test_a_document_with_only_a_catalogue_leads_to_the_peer(peers: Peers, far: Loopback) -> None:
    only = [{"id": "#c", "type": "CatalogService", "serviceEndpoint": base(far) + "/catalog"}]
    publish(far, "/orgs/far/did.json", document(far, service=only))

    assert peers.find(did(far)) == Peer(did(far), base(far))


def test_an_address_that_claims_anothers_did_gets_no_token(peers: Peers, far: Loopback) -> None:
    publish(far, "/trap/.well-known/dspace-version", versions(serviceId=did(far)))

    with pytest.raises(PeerIdentityUnproven) as refused:
        peers.find(f"{far.url}/trap")

    assert refused.value.facts == {"url": f"{far.url}/trap", "did": did(far), "base": base(far)}
    assert not [asked for asked in far.asked if "authorization" in asked.headers]


@pytest.mark.parametrize("changed", [{"id": "did:web:else.example"}, {"service": []}, {"service": "no"}])
def test_a_document_of_another_or_without_services_is_refused(
    peers: Peers, far: Loopback, changed: dict[str, Any]
) -> None:
    publish(far, "/orgs/far/did.json", document(far, **changed))

    with pytest.raises(DidUnusable):
        peers.find(did(far))


def test_a_peer_of_another_version_is_refused_by_name(peers: Peers, far: Loopback) -> None:
    publish(far, "/orgs/far/.well-known/dspace-version", versions(version="2030-1"))

    with pytest.raises(PeerVersionUnspoken) as refused:
        peers.find(did(far))

    assert refused.value.facts["spoken"] == "2024-1, 2030-1"


def test_a_version_document_that_cannot_be_read_is_refused(peers: Peers, far: Loopback) -> None:
    publish(far, "/orgs/far/.well-known/dspace-version", {"protocolVersions": "all"})

    with pytest.raises(PeerAnswerMalformed):
        peers.find(f"{far.url}/orgs/far")


def test_a_catalogue_is_read_page_by_page_with_a_token_for_the_peer(
    peers: Peers, far: Loopback, own: parties.Organisation
) -> None:
    path = "/orgs/far/dsp/2025-1/catalog/request"
    publish(far, path, page(far), Link=f'<{far.url}/first>; rel="previous", <{path}?after=2>; rel="next"')
    publish(far, f"{path}?after=2", page(far, dataset=None))
    known = Peer(did(far), base(far))

    first = peers.catalog(known, org=own.id)
    second = peers.catalog(known, org=own.id, after=first.next)

    assert first.next == f"{far.url}{path}?after=2"
    assert [catalog.text_of(entry.title) for entry in first.catalog.dataset or ()] == [
        Text(ja="通信", en="通信")
    ]
    assert (second.next, second.catalog.dataset) == (None, None)
    token = far.asked[0].headers["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, options={"verify_signature": False, "verify_aud": False, "verify_exp": False})
    assert (claims["iss"], claims["aud"]) == (own.participant, did(far))


def test_one_dataset_that_is_described_wrongly_does_not_hide_the_others(
    peers: Peers, far: Loopback, own: parties.Organisation
) -> None:
    (good,) = page(far)["dataset"]
    publish(
        far,
        "/orgs/far/dsp/2025-1/catalog/request",
        page(far, dataset=[good | {"hasPolicy": "all"}, good, good | {"@id": 5}]),
    )

    found = peers.catalog(Peer(did(far), base(far)), org=own.id)

    assert [entry.id for entry in found.catalog.dataset or ()] == ["urn:d"]
    assert [why.split(":")[0] for why in found.unreadable] == ["dataset[0]", "dataset[2]"]


@pytest.mark.parametrize("changed", [{"@type": "Dataset"}, {"@id": 5}, {"dataset": {}}, {"@context": []}])
def test_a_catalogue_that_is_none_is_refused(
    peers: Peers, far: Loopback, own: parties.Organisation, changed: dict[str, Any]
) -> None:
    publish(far, "/orgs/far/dsp/2025-1/catalog/request", page(far, **changed))

    with pytest.raises(PeerAnswerMalformed):
        peers.catalog(Peer(did(far), base(far)), org=own.id)


def test_no_page_is_fetched_elsewhere(peers: Peers, far: Loopback, own: parties.Organisation) -> None:
    path = "/orgs/far/dsp/2025-1/catalog/request"
    publish(far, path, page(far), Link='<https://else.example/catalog>; rel="next"')
    known = Peer(did(far), base(far))

    assert peers.catalog(known, org=own.id).next is None
    with pytest.raises(AddressMalformed):
        peers.catalog(known, org=own.id, after="https://else.example/catalog")


def test_a_catalogue_of_another_participant_is_refused(
    peers: Peers, far: Loopback, own: parties.Organisation
) -> None:
    publish(far, "/orgs/far/dsp/2025-1/catalog/request", page(far, participantId="did:web:else.example"))

    with pytest.raises(PeerIdentityUnproven):
        peers.catalog(Peer(did(far), base(far)), org=own.id)


def test_one_dataset_is_read_by_its_id(peers: Peers, far: Loopback, own: parties.Organisation) -> None:
    known = Peer(did(far), base(far))
    publish(
        far,
        "/orgs/far/dsp/2025-1/catalog/datasets/urn:d",
        page(far)["dataset"][0] | {"@context": [envelope.CONTEXT]},
    )

    assert peers.dataset(known, org=own.id, dataset="urn:d").has_policy[0]["@id"] == "urn:o"
    with pytest.raises(PeerAnswered) as refused:
        peers.dataset(known, org=own.id, dataset="urn:else/../d")
    assert refused.value.status == 404
    assert far.asked[-1].path == "/orgs/far/dsp/2025-1/catalog/datasets/urn:else%2F..%2Fd"
