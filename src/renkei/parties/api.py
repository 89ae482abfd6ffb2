"""The only door of the room; `kernel.late` says why part of it opens late."""

from typing import TYPE_CHECKING

from renkei.kernel.late import late
from renkei.parties.queries import (
    caller,
    caller_of_token,
    check_scope,
    did_document,
    member,
    organisation,
    organisation_by_participant,
    organisation_by_slug,
    organisations,
    tokens,
)
from renkei.parties.types import Caller, IssuedToken, Member, Organisation, PeerToken, Scope, Token, TokenId

if TYPE_CHECKING:
    from renkei.parties.services import (
        create_organisation,
        forget_old_tokens,
        issue_operator_token,
        issue_token,
        read_peer_token,
        revoke_token,
        sign_token,
        use_peer_token,
        verify_peer,
    )
else:
    __getattr__ = late(__name__, "renkei.parties.services")

__all__ = [
    "Caller",
    "IssuedToken",
    "Member",
    "Organisation",
    "PeerToken",
    "Scope",
    "Token",
    "TokenId",
    "caller",
    "caller_of_token",
    "check_scope",
    "create_organisation",
    "did_document",
    "forget_old_tokens",
    "issue_operator_token",
    "issue_token",
    "member",
    "organisation",
    "organisation_by_participant",
    "organisation_by_slug",
    "organisations",
    "read_peer_token",
    "revoke_token",
    "sign_token",
    "tokens",
    "use_peer_token",
    "verify_peer",
]
