"""Statements that a participant of another node signed, checked against its DID document."""

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from renkei.kernel.ids import ParticipantId
from renkei.kernel.refusals import Kind, Refusal
from renkei.parties.errors import StatementUntrusted
from renkei.parties.ports import DidDocuments
from renkei.parties.rules import peer_tokens
from renkei.parties.rules.statements import ALGORITHM

_jws = jwt.PyJWS(algorithms=[ALGORITHM])


def verify_statement(
    text: str,
    *,
    participant: ParticipantId,
    type: str,  # noqa: A002 - the header's word
    longest: int,
    documents: DidDocuments,
) -> bytes:
    """Return the payload of a compact JWS that this participant signed, with ES256, as this type of statement.

    `longest` is how many characters it may have. The key has to stand in the `capabilityInvocation` of the participant's
    DID document now. Raises parties.statement-untrusted; and what `documents` raises when the document cannot be had
    for the moment.
    """
    if len(text) > longest:
        raise StatementUntrusted(issuer=participant, why=f"it is longer than {longest} characters")
    try:
        header = jwt.get_unverified_header(text)
    except jwt.PyJWTError as why:
        raise StatementUntrusted(issuer=participant, why=str(why)) from None
    kid = header.get("kid")
    if header.get("alg") != ALGORITHM or header.get("typ") != type or "crit" in header:
        raise StatementUntrusted(issuer=participant, why=f"it is no {type} signed with {ALGORITHM}")
    if not isinstance(kid, str) or kid.partition("#")[0] not in {"", participant}:
        raise StatementUntrusted(issuer=participant, why="its kid is no key of the participant's")
    key = _key(participant, kid, documents)
    try:
        return bytes(_jws.decode(text, key, algorithms=[ALGORITHM]))
    except jwt.PyJWTError:
        raise StatementUntrusted(issuer=participant, why="the signature does not fit the key") from None


def _key(participant: ParticipantId, kid: str, documents: DidDocuments) -> ec.EllipticCurvePublicKey:
    for fetch in (documents.document, documents.newest_document):
        try:
            key = peer_tokens.key_in(fetch(participant), issuer=participant, kid=kid)
        except Refusal as refusal:
            if refusal.kind is Kind.UNAVAILABLE:
                raise  # the peer may send the same again later
            raise StatementUntrusted(issuer=participant, why=refusal.said("en")) from refusal
        if key is not None:
            return key
    raise StatementUntrusted(issuer=participant, why=f"{kid} is not among the keys that may act for it")
