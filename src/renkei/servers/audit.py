"""The log's door: heads, key and consistency proofs are open to all; evidence goes to those whom the entries concern."""

from renkei.audit import api as audit
from renkei.kernel.clock import utc_now
from renkei.kernel.notes import to_base64
from renkei.parties import api as parties
from renkei.servers import proof_page, witnesses
from renkei.servers.door import Call, Reply, json_reply, route
from renkei.servers.errors import OriginMissing, QueryMalformed
from renkei.servers.identity import member, peer
from renkei.wire import tlog

_TEXT = "text/plain; charset=utf-8"
_LARGEST = 1 << 62
_LONGEST_NAME = 255


def head(_call: Call) -> Reply:
    """Answer with the log's head as a signed checkpoint (C2SP tlog-checkpoint)."""
    signed = audit.signed_head(now=utc_now())
    return Reply(body=signed.checkpoint.encode(), media_type=_TEXT, headers={"Cache-Control": "no-store"})


def key(_call: Call) -> Reply:
    """Answer with the key that verifies heads (C2SP signed-note, "vkey")."""
    return Reply(body=f"{audit.log_key().verifier}\n".encode(), media_type=_TEXT)


def consistency(call: Call) -> Reply:
    """Answer with the proof that the tree of `second` entries only adds to that of `first` (RFC 9162, 2.1.4)."""
    first, second = _whole(call, "first"), _whole(call, "second")
    path = audit.consistency(first, second)
    return json_reply(tlog.Growth(first=first, second=second, path=tuple(to_base64(node) for node in path)))


def own_proofs(call: Call) -> Reply:
    """Answer an organisation of this node with the entries that concern it, proven."""
    return _evidence(call, member(call, parties.Scope.AUDIT).org.participant)


def peer_proofs(call: Call) -> Reply:
    """Answer a peer with the entries that concern it, proven; its ID token is for the organisation in the path."""
    asked = parties.organisation_by_slug(call.path["slug"])
    return _evidence(call, peer(call, asked.participant))


def witnessed(call: Call) -> Reply:
    """Answer with the heads that this node has seen of another log, each with its cosignature."""
    origin, key, address = (call.query.get(name, "") for name in ("origin", "key", "address"))
    if not 0 < len(origin) <= _LONGEST_NAME:
        raise OriginMissing
    return json_reply(witnesses.witnessed(origin, key=key or None, address=address or None))


def page(_call: Call) -> Reply:
    """Answer with the page that verifies a proof in the browser; it calls nobody."""
    headers = {
        "Content-Security-Policy": f"{proof_page.policy()}; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return Reply(body=proof_page.page(), media_type="text/html; charset=utf-8", headers=headers)


ROUTES = [
    route("/audit/head", head, methods=["GET"]),
    route("/audit/key", key, methods=["GET"]),
    route("/audit/consistency", consistency, methods=["GET"]),
    route("/audit/page", page, methods=["GET"]),
    route("/audit/witnessed", witnessed, methods=["GET"]),
    route(tlog.OPEN_PROOFS, own_proofs, methods=["GET"]),
    route(tlog.peer_proofs("{slug}"), peer_proofs, methods=["GET"], far=True),
]


def _evidence(call: Call, participant: str) -> Reply:
    found = audit.evidence(
        participant,
        subject=call.query.get("subject"),
        size=_whole(call, "size") if "size" in call.query else None,
        start=_whole(call, "start") if "start" in call.query else 0,
        now=utc_now(),
    )
    return json_reply(
        tlog.Bundle(
            checkpoint=found.head.checkpoint,
            vkey=audit.log_key().verifier,
            entries=tuple(_entry(proven) for proven in found.entries),
            following=found.following,
        )
    )


def _entry(proven: audit.Proven) -> tlog.BundleEntry:
    return tlog.BundleEntry(
        index=proven.entry.index,
        body=proven.entry.body.decode(),
        path=tuple(to_base64(node) for node in proven.proof.path),
    )


def _whole(call: Call, name: str) -> int:
    text = call.query.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) < _LARGEST):
        raise QueryMalformed(name=name, given=text[:40])
    return int(text)
