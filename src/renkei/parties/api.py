"""The only door of the room; `kernel.late` says why part of it opens late."""

from typing import TYPE_CHECKING

from renkei.kernel.late import late
from renkei.parties.queries import (
    caller,
    caller_of_token,
    check_scope,
    keys,
    member,
    member_of_late,
    organisation,
    organisation_by_participant,
    organisation_by_slug,
    organisations,
    standing,
    standings,
    tokens,
    vouched,
)
from renkei.parties.rules.rotation import DOCUMENT_KEPT
from renkei.parties.types import (
    Caller,
    IssuedToken,
    Key,
    KeyName,
    Member,
    Organisation,
    PeerToken,
    Scope,
    Standing,
    Token,
    TokenId,
    Vouch,
    VouchId,
    VouchKind,
)

if TYPE_CHECKING:
    from renkei.parties.ports import Vault
    from renkei.parties.services.keys import (
        did_document,
        renew_secrets,
        replace_key,
        rotate_key,
        wipe_old_keys,
    )
    from renkei.parties.services.organisations import create_organisation
    from renkei.parties.services.peers import (
        forget_old_tokens,
        read_peer_token,
        sign_statement,
        sign_token,
        use_peer_token,
        verify_peer,
    )
    from renkei.parties.services.standing import revoke_vouch, vouch
    from renkei.parties.services.statements import verify_statement
    from renkei.parties.services.tokens import issue_operator_token, issue_token, revoke_token
    from renkei.parties.vaults import DatabaseVault, DirectoryVault
else:
    _ROOM = (
        "services.peers",
        "services.keys",
        "services.organisations",
        "services.tokens",
        "services.standing",
        "services.statements",
        "vaults",
        "ports",
    )
    __getattr__ = late(__name__, *(f"renkei.parties.{module}" for module in _ROOM))

__all__ = [
    "DOCUMENT_KEPT",
    "Caller",
    "DatabaseVault",
    "DirectoryVault",
    "IssuedToken",
    "Key",
    "KeyName",
    "Member",
    "Organisation",
    "PeerToken",
    "Scope",
    "Standing",
    "Token",
    "TokenId",
    "Vault",
    "Vouch",
    "VouchId",
    "VouchKind",
    "caller",
    "caller_of_token",
    "check_scope",
    "create_organisation",
    "did_document",
    "forget_old_tokens",
    "issue_operator_token",
    "issue_token",
    "keys",
    "member",
    "member_of_late",
    "organisation",
    "organisation_by_participant",
    "organisation_by_slug",
    "organisations",
    "read_peer_token",
    "renew_secrets",
    "replace_key",
    "revoke_token",
    "revoke_vouch",
    "rotate_key",
    "sign_statement",
    "sign_token",
    "standing",
    "standings",
    "tokens",
    "use_peer_token",
    "verify_peer",
    "verify_statement",
    "vouch",
    "vouched",
    "wipe_old_keys",
]
