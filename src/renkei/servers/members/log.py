"""Another node's audit log, fetched for a member of this one: heads as anyone gets them, evidence in the member's name."""

from typing import Final
from urllib.parse import urlencode

from renkei.parties import api as parties
from renkei.servers import identity
from renkei.servers.door import Call, Reply
from renkei.servers.errors import AddressMalformed, LogPartUnknown
from renkei.servers.outgoing import shared_outgoing
from renkei.servers.peers import Peers

PARTS: Final = {
    "key": (),
    "head": (),
    "consistency": ("first", "second"),
    "proofs": ("subject", "size", "start"),
}
"""What can be fetched, and the parameters that are handed on."""
TEXT: Final = "text/plain; charset=utf-8"
JSON: Final = "application/json"
MEDIA_TYPES: Final = {"key": TEXT, "head": TEXT, "consistency": JSON, "proofs": JSON}
"""Said by us, not by the peer: what it sends is not to be taken for a page of ours."""
LARGEST = 8 * 1024 * 1024


def fetch_log(call: Call) -> Reply:
    """Fetch one part of the log of the node that hosts `provider`, unchanged, so that the caller verifies it.

    Raises servers.log-part-unknown, servers.address-malformed, and the servers.peer-… refusals.
    """
    caller = identity.member(call, parties.Scope.AUDIT)
    part = call.path["part"]
    if part not in PARTS:
        raise LogPartUnknown(asked=part[:40], known=", ".join(PARTS))
    provider = call.query.get("provider", "")
    if not provider or len(provider) > 2048:
        raise AddressMalformed(url=provider[:200] or "“”")
    peer = Peers().find(provider)
    organisation = peer.base.partition("/dsp/")[0]
    proofs = part == "proofs"
    root = organisation if proofs else organisation.partition("/orgs/")[0]
    asked = urlencode({name: call.query[name] for name in PARTS[part] if name in call.query})
    shown = identity.authorize(org=caller.org.id, audience=peer.participant) if proofs else None
    answer = shared_outgoing().get_json(f"{root}/audit/{part}?{asked}", authorization=shown, limit=LARGEST)
    return Reply(body=answer.body, media_type=MEDIA_TYPES[part])
