import contextlib
import threading
import time
from datetime import timedelta

import pytest
from django.db import connections
from starlette.applications import Starlette
from starlette.testclient import TestClient

from renkei.kernel.clock import utc_now
from renkei.kernel.ids import NODE
from renkei.parties import api as parties
from renkei.parties.errors import (
    OrganisationNeeded,
    PeerTokenMalformed,
    PeerTokenReplayed,
    PeerTokenUntrusted,
    ScopeMissing,
    TokenUnknown,
)
from renkei.parties.rules.rotation import LEAST_LEAD
from renkei.servers import identity
from renkei.servers.did import AT_ONCE, ROUTES, HttpDidDocuments
from renkei.servers.door import Call
from renkei.servers.errors import DidUnresolved, DidUnusable, TokenMissing
from renkei.servers.outgoing import Limits, Outgoing
from tests.factories.far_server import answer, babble, far_server, hang
from tests.factories.parties import Peer, organisation, token

pytestmark = pytest.mark.django_db
EXCHANGE = parties.Scope.EXCHANGE


def call(authorization: str | None = None) -> Call:
    return Call("GET", {}, {}, {} if authorization is None else {"authorization": authorization})


@pytest.fixture
def documents():
    outgoing = Outgoing(inside_peers=True, limits=Limits(connect=1, read=1, whole=2))
    yield HttpDidDocuments(outgoing, inside_peers=True)
    outgoing.close()


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic dTpw", "rk_1_2"])
def test_who_shows_no_token_is_asked_for_one(authorization):
    lab = organisation()

    for ask in (
        lambda: identity.member(call(authorization), EXCHANGE),
        lambda: identity.caller(call(authorization), EXCHANGE),
        lambda: identity.peer(call(authorization), lab.participant),
    ):
        with pytest.raises(TokenMissing):
            ask()


def test_a_member_is_known_by_its_token():
    lab = organisation()
    issued = token(org=lab, scopes=frozenset({EXCHANGE}))

    found = identity.member(call(f"bearer {issued.secret}"), EXCHANGE)

    assert found == parties.Member(org=lab, token_id=issued.token.id, scopes=frozenset({EXCHANGE}))
    with pytest.raises(ScopeMissing):
        identity.member(call(f"Bearer {issued.secret}"), parties.Scope.PUBLISH)


def test_the_operator_passes_where_no_organisation_is_needed():
    issued = parties.issue_operator_token(label="ops", actor=NODE, now=utc_now())

    assert identity.caller(call(f"Bearer {issued.secret}"), EXCHANGE).org is None
    with pytest.raises(OrganisationNeeded):
        identity.member(call(f"Bearer {issued.secret}"), EXCHANGE)


def test_a_members_token_is_no_peers_and_a_peers_no_members():
    lab = organisation()
    secret = token(org=lab).secret
    signed = parties.sign_token(org=lab.id, audience=lab.participant, now=utc_now())

    with pytest.raises(PeerTokenMalformed):
        identity.peer(call(f"Bearer {secret}"), lab.participant)
    with pytest.raises(TokenUnknown):
        identity.member(call(f"Bearer {signed}"), EXCHANGE)


def test_two_organisations_of_one_node_know_each_other_without_a_call():
    east, west = organisation(slug="east"), organisation(slug="west")
    signed = parties.sign_token(org=east.id, audience=west.participant, now=utc_now())

    assert identity.peer(call(f"Bearer {signed}"), west.participant) == east.participant
    with pytest.raises(PeerTokenReplayed):
        identity.peer(call(f"Bearer {signed}"), west.participant)


def test_a_token_for_one_organisation_does_not_serve_at_its_neighbour():
    east, west = organisation(slug="east"), organisation(slug="west")
    signed = parties.sign_token(org=east.id, audience=east.participant, now=utc_now())

    with pytest.raises(PeerTokenMalformed):
        identity.peer(call(f"Bearer {signed}"), west.participant)


class Published:
    """A document that its owner may change."""

    def __init__(self):
        self.document = {}

    def __call__(self, request, server):
        answer(self.document)(request, server)


class Clock:
    """Seconds that pass when the test says so."""

    seconds = 1000.0

    def __call__(self):
        return self.seconds


def far(server) -> Peer:
    return Peer(f"did:web:127.0.0.1%3A{server.port}:orgs:far")


def test_a_peer_of_another_node_is_known_by_its_published_document(documents):
    lab, now = organisation(), utc_now()
    published = Published()
    with far_server(published) as server:
        peer = far(server)
        published.document = peer.document()
        for jti in ("1", "2"):
            shown = peer.token(audience=lab.participant, now=now, jti=jti)
            found = parties.verify_peer(shown, audience=lab.participant, documents=documents, now=now)
            assert found == peer.did

    assert server.asked == ["GET /orgs/far/did.json"]


def test_a_key_that_the_document_does_not_name_makes_the_node_look_again_but_not_ceaselessly(documents):
    lab, now = organisation(), utc_now()
    published = Published()
    with far_server(published) as server:
        peer = far(server)
        published.document = peer.document()
        for jti in ("1", "2", "3"):
            shown = peer.token(audience=lab.participant, now=now, jti=jti, kid=f"{peer.did}#other")
            with pytest.raises(PeerTokenUntrusted):
                parties.verify_peer(shown, audience=lab.participant, documents=documents, now=now)

    assert server.asked == ["GET /orgs/far/did.json"]


def test_a_document_is_kept_for_five_minutes_and_a_second_look_for_ten_seconds():
    clock, published = Clock(), Published()
    outgoing = Outgoing(inside_peers=True)
    documents = HttpDidDocuments(outgoing, inside_peers=True, clock=clock)

    with far_server(published) as server:
        did = far(server).did
        seen = []
        for passed, look in [
            (0, documents.document),
            (300, documents.document),
            (1, documents.document),
            (10, documents.newest_document),
            (1, documents.newest_document),
            (290, documents.document),
        ]:
            clock.seconds += passed
            published.document = {"fetched": clock.seconds}
            seen.append(look(did)["fetched"])
    outgoing.close()

    assert seen == [1000, 1000, 1301, 1301, 1312, 1312]


@pytest.mark.parametrize("behaviour", [answer({}, status=503), babble, answer([1]), answer(b"x" * 70_000)])
def test_a_document_that_cannot_be_had_now_is_asked_for_again(documents, behaviour):
    with far_server(behaviour) as server:
        for _ in range(2):
            with pytest.raises(DidUnresolved):
                documents.document(far(server).did)

    assert len(server.asked) == 2


def test_a_document_that_is_not_there_is_said_to_be_so(documents):
    with far_server(answer({}, status=404)) as server, pytest.raises(DidUnusable):
        documents.document(far(server).did)


@pytest.mark.parametrize("did", ["", "did:key:x", "did:web:[::1]", "did:web:a/b"])
def test_what_is_no_did_is_refused(documents, did):
    with pytest.raises(DidUnusable):
        documents.document(did)


def test_peers_outside_are_only_asked_over_https():
    outgoing = Outgoing(inside_peers=False, limits=Limits(connect=1))
    strict = HttpDidDocuments(outgoing, inside_peers=False)

    with far_server(answer({})) as server, pytest.raises(DidUnusable) as refused:
        strict.document(far(server).did)

    assert (server.connections, "inside a private network" in refused.value.said("en")) == (0, True)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "192.168.1.1", "100.64.0.1", "localhost"]
)
def test_a_peer_whose_document_lies_inside_the_network_is_not_trusted(host):
    outgoing = Outgoing(inside_peers=False, limits=Limits(connect=1))
    strict = HttpDidDocuments(outgoing, inside_peers=False)
    lab, now = organisation(), utc_now()
    stranger = Peer(f"did:web:{host}")

    with pytest.raises(PeerTokenUntrusted) as refused:
        parties.verify_peer(
            stranger.token(audience=lab.participant, now=now),
            audience=lab.participant,
            documents=strict,
            now=now,
        )
    outgoing.close()

    assert "inside a private network" in refused.value.facts["why"]


def test_a_document_that_is_said_to_lie_elsewhere_is_not_followed(documents):
    with far_server(answer({})) as inside:
        elsewhere = answer(b"", status=302, headers={"Location": inside.url("/secret")})
        with far_server(elsewhere) as server, pytest.raises(DidUnusable):
            documents.document(far(server).did)

    assert inside.asked == []


def test_a_document_that_does_not_come_is_given_up_for_now():
    outgoing = Outgoing(inside_peers=True, limits=Limits(connect=1, read=0.1, whole=0.2))
    documents = HttpDidDocuments(outgoing, inside_peers=True)

    with far_server(hang) as server, pytest.raises(DidUnresolved):
        documents.document(far(server).did)
    outgoing.close()


@pytest.mark.django_db(transaction=True)
def test_each_organisations_document_is_published_to_everyone():
    lab = organisation(slug="lab")

    with TestClient(Starlette(routes=ROUTES)) as door:
        found, missing = door.get("/orgs/lab/did.json"), door.get("/orgs/none/did.json")

    assert (found.status_code, found.json()) == (200, parties.did_document("lab", now=utc_now()))
    assert found.json()["id"] == lab.participant
    assert (missing.status_code, missing.json()["code"]) == (404, "parties.organisation-missing")


@pytest.mark.django_db(transaction=True)
def test_a_document_may_be_kept_for_as_long_as_a_rotation_waits_and_is_told_apart_by_its_tag():
    lab = organisation(slug="lab")
    address = "/orgs/lab/did.json"

    with TestClient(Starlette(routes=ROUTES)) as door:
        first = door.get(address)
        tag = first.headers["etag"]
        same = [
            door.get(address, headers={"If-None-Match": known})
            for known in (tag, f'"other", {tag}', f"W/{tag}", "*")
        ]
        parties.replace_key(org=lab.id, actor=NODE, now=utc_now())
        changed = door.get(address, headers={"If-None-Match": tag})

    kept = timedelta(seconds=int(first.headers["cache-control"].partition(",")[0].removeprefix("max-age=")))
    assert 2 * kept <= LEAST_LEAD
    assert [(answer.status_code, answer.content, answer.headers["etag"]) for answer in same] == [
        (304, b"", tag)
    ] * 4
    assert {answer.headers["cache-control"] for answer in same} == {first.headers["cache-control"]}
    assert (changed.status_code, changed.json()) == (200, parties.did_document("lab", now=utc_now()))
    assert changed.headers["etag"] != tag


@pytest.mark.django_db(transaction=True)
def test_strangers_whose_documents_never_come_take_only_some_of_the_threads():
    outgoing = Outgoing(inside_peers=True, limits=Limits(connect=5, read=60, whole=60))
    documents = HttpDidDocuments(outgoing, inside_peers=True)

    def fetch(number: int) -> None:
        with contextlib.suppress(DidUnresolved):
            documents.document(f"did:web:127.0.0.1%3A{peer.port}:orgs:stranger-{number}")
        connections.close_all()

    with far_server(hang) as peer:
        strangers = [threading.Thread(target=fetch, args=(number,)) for number in range(AT_ONCE)]
        for stranger in strangers:
            stranger.start()
        until = time.monotonic() + 30
        while len(peer.asked) < AT_ONCE and time.monotonic() < until:
            threading.Event().wait(0.01)
        with pytest.raises(DidUnresolved) as refused:
            documents.document(f"did:web:127.0.0.1%3A{peer.port}:orgs:one-more")
        asked = len(peer.asked)
    for stranger in strangers:
        stranger.join(30)
    outgoing.close()

    assert (asked, "too many others" in refused.value.said("en")) == (AT_ONCE, True)
