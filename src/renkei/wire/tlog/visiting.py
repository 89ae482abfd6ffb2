"""A visit to a log by somebody outside: what to fetch, in which order, and what must hold. Fetching is the caller's."""

from collections.abc import Callable
from urllib.parse import urlencode

from renkei.wire.tlog.errors import (
    CheckpointUnreadable,
    LogRewritten,
    LogShrunk,
    NothingProven,
    VerifierMalformed,
)
from renkei.wire.tlog.evidence import ProvenEntry, read_bundle, read_growth, verify_bundle
from renkei.wire.tlog.keeping import Kept, keep
from renkei.wire.tlog.signed import open_checkpoint

Fetch = Callable[[str], bytes]
"""Gets a path with its query from the node's root and returns the body, whole."""

OPEN_PROOFS = "/audit/proofs"
"""Where an organisation of the node asks, with its API token."""


def peer_proofs(slug: str) -> str:
    """Return the path where a peer asks, with an ID token for the organisation of this slug."""
    return f"/orgs/{slug}/audit/proofs"


def growth_path(first: int, second: int) -> str:
    """Return the path of the proof that the tree of `second` entries only adds to that of `first`."""
    return f"/audit/consistency?{urlencode({'first': first, 'second': second})}"


def visit(fetch: Fetch, *, kept: Kept | None) -> Kept:
    """Fetch the log's head, verify that it continues what was kept, and return what to keep from now on.

    Raises what `keep` raises.
    """
    vkey = as_text(fetch("/audit/key"), VerifierMalformed)
    checkpoint = as_text(fetch("/audit/head"), CheckpointUnreadable)
    if kept is None or kept.vkey != vkey.strip():
        return keep(kept=kept, vkey=vkey, checkpoint=checkpoint, path=())
    shown, before = open_checkpoint(checkpoint, vkey=kept.vkey), kept.head()
    if shown.size < before.size:
        raise LogShrunk(kept=before.size, shown=shown.size)
    growth = read_growth(fetch(growth_path(before.size, shown.size)))
    return keep(kept=kept, vkey=vkey, checkpoint=checkpoint, path=growth.hashes())


def prove(fetch: Fetch, *, kept: Kept, subject: str, path: str = OPEN_PROOFS) -> tuple[ProvenEntry, ...]:
    """Fetch the entries on a subject that concern the caller, and verify each against the kept head.

    Raises tlog.nothing-proven when there are none, tlog.entry-not-in-log, tlog.log-rewritten when the proofs are
    against another head of the same size, and tlog.*-malformed.
    """
    head = kept.head()
    proven: list[ProvenEntry] = []
    start: int | None = 0
    while start is not None:
        asked = urlencode({"subject": subject, "size": head.size, "start": start})
        bundle = read_bundle(fetch(f"{path}?{asked}"))
        if open_checkpoint(bundle.checkpoint, vkey=kept.vkey) != head:
            raise LogRewritten(kept=head.size, shown=head.size)
        proven += [entry for entry in verify_bundle(bundle, vkey=kept.vkey) if entry.subject == subject]
        start = bundle.following if bundle.following is None or bundle.following > start else None
    if not proven:
        raise NothingProven(subject=subject, size=head.size)
    return tuple(proven)


def as_text(body: bytes, malformed: type[CheckpointUnreadable | VerifierMalformed]) -> str:
    """Read a body as text. Raises the refusal that is given."""
    try:
        return body.decode()
    except UnicodeDecodeError as why:
        raise malformed(why=why) from None
