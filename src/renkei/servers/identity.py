"""Who is calling: a member with the node's own token, or a peer that shows who it is; and how this node shows itself.

How participants of a dataspace know each other is a matter of the dataspace, so it stands behind `PeerIdentity`. This
node speaks self-issued ID tokens; whoever assembles a node for peers that speak otherwise says so with `use`.
"""

from typing import Protocol

from renkei.kernel.clock import utc_now
from renkei.kernel.ids import OrgId, ParticipantId
from renkei.parties import api as parties
from renkei.servers.did import shared_documents
from renkei.servers.door import Call


class PeerIdentity(Protocol):
    """How participants show each other who they are."""

    def check_shown(self, call: Call) -> None:
        """Raise TokenMissing when the caller shows nothing at all: it costs nothing and tells a stranger nothing."""
        ...

    def read(self, call: Call, *, audience: ParticipantId) -> parties.PeerToken:
        """Tell who calls, for this audience, by what stands for one use of it.

        Raises TokenMissing, and a Refusal of the kind UNKNOWN_CALLER for whatever cannot be believed.
        """
        ...

    def authorize(self, *, org: OrgId, audience: ParticipantId) -> str:
        """Return the value of the `Authorization` header by which an organisation shows itself, for one call."""
        ...


class SelfIssued:
    """Self-issued ID tokens, bound to the caller's DID, the audience, a minute and one use (DCP 1.0.1, section 4.3)."""

    def check_shown(self, call: Call) -> None:
        """Raise TokenMissing when there is no bearer token."""
        call.bearer()

    def read(self, call: Call, *, audience: ParticipantId) -> parties.PeerToken:
        """Verify the token with the key in its issuer's DID document.

        Raises TokenMissing, the `parties.peer-token-…` refusals, and `servers.did-unresolved` where the document cannot
        be had for the moment.
        """
        return parties.read_peer_token(
            call.bearer(), audience=audience, documents=shared_documents(), now=utc_now()
        )

    def authorize(self, *, org: OrgId, audience: ParticipantId) -> str:
        """Sign a token with the organisation's key. Raises parties.organisation-missing."""
        return f"Bearer {parties.sign_token(org=org, audience=audience, now=utc_now())}"


_spoken: list[PeerIdentity] = [SelfIssued()]


def use(identity: PeerIdentity) -> None:
    """Let this process know its peers, and show itself to them, in another way."""
    _spoken[0] = identity


def check_shown(call: Call) -> None:
    """Raise TokenMissing when the caller shows nothing about who it is."""
    _spoken[0].check_shown(call)


def peer(call: Call, audience: ParticipantId) -> ParticipantId:
    """Return the participant that calls, and use up what it showed.

    Raises what `peer_token` and `parties.use_peer_token` raise.
    """
    token = peer_token(call, audience)
    parties.use_peer_token(token)
    return token.participant


def peer_token(call: Call, audience: ParticipantId) -> parties.PeerToken:
    """Return what the caller showed, verified, for who uses it up with `parties.use_peer_token`."""
    return _spoken[0].read(call, audience=audience)


def authorize(*, org: OrgId, audience: ParticipantId) -> str:
    """Return the `Authorization` header of one call to a peer in the name of an organisation."""
    return _spoken[0].authorize(org=org, audience=audience)


def member(call: Call, scope: parties.Scope) -> parties.Member:
    """Return the organisation that calls, from its API token with this scope.

    Raises TokenMissing, the `parties.token-…` refusals, `parties.scope-missing`, `parties.organisation-needed`.
    """
    return parties.member(call.bearer(), scope=scope, now=utc_now())


def member_of_late(call: Call, scope: parties.Scope) -> parties.Member:
    """Return the organisation that calls, as `member` does, from what this process remembers for up to a second.

    Raises what `member` raises.
    """
    return parties.member_of_late(call.bearer(), scope=scope, now=utc_now())


def caller(call: Call, scope: parties.Scope) -> parties.Caller:
    """Return the organisation or the operator that calls, from its API token with this scope.

    Raises what `member` raises, but lets the operator pass.
    """
    return parties.caller(call.bearer(), scope=scope, now=utc_now())
