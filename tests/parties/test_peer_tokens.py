import base64
import json
from datetime import timedelta
from threading import Barrier, Thread

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from renkei.kernel.ids import OrgId, ParticipantId
from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text
from renkei.parties import api as parties
from renkei.parties.errors import (
    OrganisationMissing,
    PeerTokenExpired,
    PeerTokenMalformed,
    PeerTokenReplayed,
    PeerTokenUntrusted,
)
from renkei.parties.models import SeenPeerTokenRow
from renkei.parties.rules.keys import new_key, public_jwk
from renkei.parties.rules.peer_tokens import read_token
from tests.factories.parties import MAY, Documents, Peer, organisation

pytestmark = pytest.mark.django_db
HERE = ParticipantId("did:web:here.example:orgs:lab")
PEER = Peer()
SECOND = timedelta(seconds=1)


def verify(token, *, documents=None, audience=HERE, now=MAY):
    return parties.verify_peer(
        token, audience=audience, documents=documents or Documents(PEER.document()), now=now
    )


def test_a_peers_token_tells_who_calls():
    assert verify(PEER.token(audience=HERE)) == PEER.did


def test_what_this_node_signs_another_accepts():
    lab = organisation(slug="lab")
    token = parties.sign_token(org=lab.id, audience=HERE, now=MAY)

    assert verify(token, documents=Documents(parties.did_document("lab", now=MAY))) == lab.participant
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims == {
        "iss": lab.participant,
        "sub": lab.participant,
        "aud": HERE,
        "jti": claims["jti"],
        "iat": int(MAY.timestamp()),
        "exp": int(MAY.timestamp()) + 60,
    }


def test_each_signed_token_is_another():
    lab = organisation()
    tokens = {parties.sign_token(org=lab.id, audience=HERE, now=MAY) for _ in range(3)}

    assert [
        verify(token, documents=Documents(parties.did_document(lab.slug, now=MAY))) for token in tokens
    ] == [lab.participant] * 3


def test_nobody_signs_for_an_organisation_that_is_not_here():
    with pytest.raises(OrganisationMissing):
        parties.sign_token(org=OrgId("none"), audience=HERE, now=MAY)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": None},
        {"sub": None},
        {"aud": None},
        {"jti": None},
        {"iat": None},
        {"exp": None},
        {"sub": "did:web:other.example"},
        {"iss": "https://peer.example", "sub": "https://peer.example"},
        {"iss": "did:key:zabc", "sub": "did:key:zabc"},
        {"jti": ""},
        {"jti": "x" * 256},
        {"aud": "did:web:other.example"},
        {"aud": f"{HERE}/"},
        {"aud": [HERE, "did:web:other.example"]},
        {"aud": []},
    ],
)
def test_a_token_that_says_too_little_or_is_for_somebody_else_is_refused_before_anything_is_fetched(changes):
    documents = Documents(PEER.document())

    with pytest.raises(PeerTokenMalformed):
        verify(PEER.token(audience=HERE, **changes), documents=documents)

    assert documents.asked == []


@pytest.mark.parametrize(
    "changes",
    [{"token": ["a"]}, {"nbf": "soon"}, {"exp": "soon"}, {"iat": [1]}, {"jti": 7}, {"aud": {"a": 1}}],
)
def test_claims_of_another_type_are_refused(changes):
    claims = PEER.claims(audience=HERE) | changes
    token = jwt.PyJWS().encode(json.dumps(claims).encode(), PEER.key, "ES256", headers={"kid": PEER.kid})

    with pytest.raises(PeerTokenMalformed):
        verify(token)


def test_an_audience_may_be_a_list_of_one():
    assert verify(PEER.token(audience=HERE, aud=[HERE])) == PEER.did


@given(st.text(max_size=300))
def test_no_text_breaks_the_reading(text):
    with pytest.raises(PeerTokenMalformed):
        read_token(text)


@given(header=st.binary(max_size=80), payload=st.binary(max_size=80), signature=st.binary(max_size=70))
def test_no_three_parts_break_the_reading(header, payload, signature):
    parts = [base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (header, payload, signature)]

    with pytest.raises(PeerTokenMalformed):
        read_token(".".join(parts))


def test_a_huge_token_is_refused():
    with pytest.raises(PeerTokenMalformed):
        verify(PEER.token(audience=HERE, extra="x" * 9000))


def unsigned(header):
    encoded = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in (header, PEER.claims(audience=HERE))
    ]
    return ".".join([*encoded, ""])


@pytest.mark.parametrize(
    "token",
    [
        unsigned({"alg": "none", "kid": PEER.kid}),
        unsigned({"alg": "ES256"}),
        unsigned({"alg": "ES256", "kid": 7}),
        unsigned({"kid": PEER.kid}),
        unsigned({"alg": "ES256", "kid": PEER.kid, "crit": ["b64"], "b64": False}),
        jwt.encode(
            PEER.claims(audience=HERE),
            json.dumps(public_jwk(PEER.key)) + "x" * 40,
            algorithm="HS256",
            headers={"kid": PEER.kid},
        ),
        jwt.encode(
            PEER.claims(audience=HERE),
            ed25519.Ed25519PrivateKey.generate(),
            algorithm="EdDSA",
            headers={"kid": PEER.kid},
        ),
        jwt.encode(
            PEER.claims(audience=HERE),
            ec.generate_private_key(ec.SECP384R1()),
            algorithm="ES384",
            headers={"kid": PEER.kid},
        ),
    ],
)
def test_no_algorithm_but_es256_and_no_token_without_a_kid_is_taken(token):
    with pytest.raises(PeerTokenMalformed):
        verify(token)


@pytest.mark.parametrize(
    ("later", "changes"),
    [
        (0, {}),
        (119, {}),
        (-60, {}),
        (0, {"exp": int(MAY.timestamp()) + 300}),
        (0, {"nbf": int(MAY.timestamp()) + 60}),
    ],
)
def test_clocks_may_differ_by_a_minute(later, changes):
    assert verify(PEER.token(audience=HERE, **changes), now=MAY + later * SECOND) == PEER.did


@pytest.mark.parametrize(
    ("later", "changes"),
    [
        (120, {}),
        (-61, {}),
        (0, {"exp": int(MAY.timestamp()) + 301}),
        (0, {"exp": int(MAY.timestamp())}),
        (0, {"iat": int(MAY.timestamp()) + 60}),
        (0, {"iat": -1, "exp": 10}),
        (0, {"nbf": int(MAY.timestamp()) + 61}),
        (0, {"iat": 1e300, "exp": 1e301}),
        (0, {"iat": 253_402_300_000, "exp": 253_402_300_060}),
    ],
)
def test_a_token_outside_its_time_or_of_a_long_life_is_refused_before_anything_is_fetched(later, changes):
    documents = Documents(PEER.document())

    with pytest.raises(PeerTokenExpired):
        verify(PEER.token(audience=HERE, **changes), documents=documents, now=MAY + later * SECOND)

    assert documents.asked == []


def test_a_token_serves_once():
    token = PEER.token(audience=HERE)
    verify(token)

    with pytest.raises(PeerTokenReplayed):
        verify(token, now=MAY + 119 * SECOND)
    with pytest.raises(PeerTokenReplayed):
        verify(PEER.token(audience=HERE, exp=int(MAY.timestamp()) + 30))


def test_two_issuers_may_use_the_same_jti():
    other = Peer("did:web:other.example")

    verify(PEER.token(audience=HERE))

    assert verify(other.token(audience=HERE), documents=Documents(other.document())) == other.did


def test_a_forged_token_does_not_use_up_the_jti_of_a_true_one():
    with pytest.raises(PeerTokenUntrusted):
        verify(PEER.token(audience=HERE, signed_by=new_key()))

    assert verify(PEER.token(audience=HERE)) == PEER.did


@pytest.mark.django_db(transaction=True)
def test_of_two_who_show_the_same_token_at_once_one_is_let_in():
    outcomes, together, token = [], Barrier(2), PEER.token(audience=HERE)

    def show() -> None:
        together.wait()
        try:
            outcomes.append(verify(token))
        except PeerTokenReplayed as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=show) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == [PEER.did, "parties.peer-token-replayed"]


def test_used_tokens_are_forgotten_only_when_their_age_alone_would_refuse_them():
    verify(PEER.token(audience=HERE))

    assert parties.forget_old_tokens(MAY + 120 * SECOND) == 0
    assert parties.forget_old_tokens(MAY + 121 * SECOND) == 1
    assert SeenPeerTokenRow.objects.count() == 0


OTHER_KEY = {"id": PEER.kid, "controller": PEER.did, "publicKeyJwk": public_jwk(new_key())}


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "did:web:other.example"},
        {"id": None},
        {"capabilityInvocation": []},
        {"capabilityInvocation": "x"},
        {"capabilityInvocation": [f"{PEER.did}#other", 7, None, {}]},
        {"verificationMethod": []},
        {"verificationMethod": None},
        {"verificationMethod": [7, "x"]},
        {"verificationMethod": [OTHER_KEY]},
        {"verificationMethod": [OTHER_KEY | {"controller": "did:web:other.example"}]},
        {"verificationMethod": [OTHER_KEY | {"publicKeyJwk": None}]},
        {"verificationMethod": [OTHER_KEY | {"publicKeyJwk": {"kty": "RSA"}}]},
        {"verificationMethod": [OTHER_KEY | {"publicKeyJwk": OTHER_KEY["publicKeyJwk"] | {"x": "A" * 43}}]},
        {"verificationMethod": [OTHER_KEY | {"publicKeyJwk": OTHER_KEY["publicKeyJwk"] | {"x": "*" * 43}}]},
        {"verificationMethod": [OTHER_KEY | {"publicKeyJwk": OTHER_KEY["publicKeyJwk"] | {"x": 5}}]},
    ],
)
def test_a_document_that_does_not_bear_the_token_out_is_not_trusted(changes):
    with pytest.raises(PeerTokenUntrusted):
        verify(PEER.token(audience=HERE), documents=Documents(PEER.document(**changes)))


@pytest.mark.parametrize("kid", ["#key", PEER.kid])
def test_a_key_may_be_named_relative_to_the_document(kid):
    method = PEER.document()["verificationMethod"][0] | {"id": "#key"}
    documents = Documents(PEER.document(verificationMethod=[method], capabilityInvocation=["#key"]))

    assert verify(PEER.token(audience=HERE, kid=kid), documents=documents) == PEER.did


def test_a_key_of_another_participants_document_is_refused_before_anything_is_fetched():
    other = Peer("did:web:other.example")
    documents = Documents(other.document())

    with pytest.raises(PeerTokenUntrusted) as refused:
        verify(PEER.token(audience=HERE, kid=other.kid, signed_by=other.key), documents=documents)

    assert (documents.asked, refused.value.facts["issuer"]) == ([], PEER.did)


@pytest.mark.parametrize("kid", ["key", "#", "#other", f"{PEER.did}#other", PEER.did, f"{PEER.did}?x#key"])
def test_a_kid_that_names_no_key_of_the_document_is_not_trusted(kid):
    with pytest.raises(PeerTokenUntrusted):
        verify(PEER.token(audience=HERE, kid=kid))


@pytest.mark.parametrize(
    "right", ["authentication", "assertionMethod", "keyAgreement", "capabilityDelegation"]
)
def test_a_key_that_has_only_another_right_does_not_sign_for_the_participant(right):
    documents = Documents(PEER.document(capabilityInvocation=[], **{right: [PEER.kid]}))

    with pytest.raises(PeerTokenUntrusted):
        verify(PEER.token(audience=HERE), documents=documents)


@pytest.mark.parametrize("access", ["opaque", "", None])
def test_an_access_token_is_handed_on_as_it_came_and_not_shown(access):
    token = PEER.token(audience=HERE, token=access)

    read = parties.read_peer_token(token, audience=HERE, documents=Documents(PEER.document()), now=MAY)

    assert (read.participant, read.access_token) == (PEER.did, access)
    assert "opaque" not in repr(read)


def test_a_key_may_stand_in_the_relationship_itself():
    document = PEER.document()
    documents = Documents(
        PEER.document(verificationMethod=[], capabilityInvocation=document["verificationMethod"])
    )

    assert verify(PEER.token(audience=HERE), documents=documents) == PEER.did


def test_a_new_key_is_found_by_a_second_look_and_only_then():
    known, renewed = (
        Documents(PEER.document()),
        Documents(PEER.document(capabilityInvocation=[]), PEER.document()),
    )

    verify(PEER.token(audience=HERE), documents=known)
    verify(PEER.token(audience=HERE, jti="2"), documents=renewed)

    assert known.asked == [PEER.did]
    assert renewed.asked == [PEER.did, f"{PEER.did} again"]


class NotNow(Refusal):
    kind, code = Kind.UNAVAILABLE, "test.not-now"
    text = Text(ja="今は無理。", en="Not now.")
    remedy = Text(ja="後で。", en="Later.")


class NeverWas(NotNow):
    kind, code = Kind.INVALID, "test.never-was"


class Refusing:
    def __init__(self, refusal):
        self._refusal = refusal

    def document(self, did):
        raise self._refusal(did=did)

    newest_document = document


def test_a_document_that_cannot_be_had_now_asks_the_peer_to_try_again():
    with pytest.raises(NotNow):
        verify(PEER.token(audience=HERE), documents=Refusing(NotNow))


def test_a_peer_without_a_document_is_not_trusted():
    with pytest.raises(PeerTokenUntrusted) as refused:
        verify(PEER.token(audience=HERE), documents=Refusing(NeverWas))

    assert refused.value.facts == {"issuer": PEER.did, "why": "Not now. Later."}
