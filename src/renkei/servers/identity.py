"""Who is calling: a member with the node's own token, or a peer with a token that its own key signed."""

from renkei.kernel.clock import utc_now
from renkei.kernel.ids import ParticipantId
from renkei.parties import api as parties
from renkei.servers.did import shared_documents
from renkei.servers.door import Call


def peer(call: Call, audience: ParticipantId) -> ParticipantId:
    """Return the participant that calls, from its self-issued ID token for this audience.

    Raises TokenMissing, the `parties.peer-token-…` refusals, and `servers.did-unresolved` where the caller's DID
    document cannot be had for the moment.
    """
    return parties.verify_peer(call.bearer(), audience=audience, documents=shared_documents(), now=utc_now())


def peer_token(call: Call, audience: ParticipantId) -> parties.PeerToken:
    """Return the caller's token, verified as `peer` does, for who uses it up with `parties.use_peer_token`."""
    return parties.read_peer_token(
        call.bearer(), audience=audience, documents=shared_documents(), now=utc_now()
    )


def member(call: Call, scope: parties.Scope) -> parties.Member:
    """Return the organisation that calls, from its API token with this scope.

    Raises TokenMissing, the `parties.token-…` refusals, `parties.scope-missing`, `parties.organisation-needed`.
    """
    return parties.member(call.bearer(), scope=scope, now=utc_now())


def caller(call: Call, scope: parties.Scope) -> parties.Caller:
    """Return the organisation or the operator that calls, from its API token with this scope.

    Raises what `member` raises, but lets the operator pass.
    """
    return parties.caller(call.bearer(), scope=scope, now=utc_now())
