"""Statements that participants sign: only theirs, of their kind, by a key that may act for them."""

import json

import jwt
import pytest

from renkei.parties import api as parties
from renkei.parties import errors
from renkei.parties.rules.keys import new_key
from tests.factories.parties import MAY, Documents, Peer, organisation

TYPE = "renkei-duty+jwt"


def said(peer, *, key=None, kid=None, algorithm="ES256", typ=TYPE, payload=b'{"a":1}', **header):
    return jwt.PyJWS().encode(
        payload,
        key or peer.key,
        algorithm=algorithm,
        headers={"kid": kid or peer.kid, "typ": typ, **header},
    )


def read(text, peer, **document):
    return parties.verify_statement(
        text, participant=peer.did, type=TYPE, longest=2000, documents=Documents(peer.document(**document))
    )


def test_what_a_participant_signed_is_read():
    peer = Peer()

    assert json.loads(read(said(peer), peer)) == {"a": 1}


@pytest.mark.django_db
def test_what_an_organisation_of_this_node_signs_its_peers_can_read():
    org = organisation()
    text = parties.sign_statement(org=org.id, type=TYPE, payload=b"words", now=MAY)
    documents = Documents(parties.did_document(org.slug, now=MAY))

    assert (
        parties.verify_statement(
            text, participant=org.participant, type=TYPE, longest=2000, documents=documents
        )
        == b"words"
    )


@pytest.mark.parametrize(
    "forged",
    [
        lambda peer: said(peer, key=new_key()),
        lambda peer: said(peer, kid="did:web:other.example#key"),
        lambda peer: said(peer, kid=f"{peer.did}#unknown"),
        lambda peer: said(peer, typ="renkei-receipt+jwt"),
        lambda peer: said(peer, key="s" * 32, algorithm="HS256"),
        lambda peer: said(peer, payload=b"a" * 3000),
        lambda peer: said(peer, crit=["b64"], b64=True),
        lambda peer: said(peer)[:-3] + "abc",
        lambda _peer: "no statement",
        lambda _peer: "",
    ],
)
def test_what_it_did_not_sign_so_is_not_believed(forged):
    peer = Peer()

    with pytest.raises(errors.StatementUntrusted):
        read(forged(peer), peer)


def test_a_key_that_may_not_act_for_the_participant_signs_nothing():
    peer = Peer()

    with pytest.raises(errors.StatementUntrusted):
        read(said(peer), peer, capabilityInvocation=[])
