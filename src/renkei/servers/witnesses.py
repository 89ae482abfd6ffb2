"""Looks at other nodes' logs over HTTP, where their participants' DID documents say that they are."""

from collections.abc import Iterator
from typing import Final

import msgspec

from renkei.audit import api as audit
from renkei.kernel.clock import format_utc
from renkei.servers.did import HttpDidDocuments, shared_documents
from renkei.servers.errors import DidUnusable
from renkei.servers.outgoing import Outgoing, shared_outgoing
from renkei.wire import tlog
from renkei.wire.did import service_endpoint

_LOG: Final = "/audit"
LARGEST: Final = 64 * 1024
"""Bytes of one answer: a proof between two heads of a thousand million entries has some 3,000."""
SECONDS: Final = 10
"""For one answer as a whole."""
OTHERS: Final = 3
"""Heads under other keys that are told of an address."""
_FRAME: Final = 2048
"""Bytes of a statement without its heads: a name and a key."""


class HttpPeerLogs:
    """Goes to other nodes' logs; safe in any number of threads."""

    def __init__(
        self, *, outgoing: Outgoing | None = None, documents: HttpDidDocuments | None = None
    ) -> None:
        """Use the process's shared connections and documents unless told otherwise."""
        self._outgoing = outgoing
        self._documents = documents

    def address(self, peer: str) -> str | None:
        """Return the root of the node whose log a participant's DID document names; None where it names none.

        Raises servers.did-unusable, servers.did-unresolved.
        """
        document = (self._documents or shared_documents()).document(peer)
        if document.get("id") != peer:
            raise DidUnusable(did=peer[:255], why="the document is another one's")
        endpoint = service_endpoint(document, "TransparencyLog")
        if endpoint is None or not endpoint.endswith(_LOG):
            return None
        return endpoint.removesuffix(_LOG)

    def look(self, address: str, *, kept: audit.KeptUnder) -> audit.Sighting:
        """Fetch the head that the log at an address shows now. Raises the `servers.…` and `tlog.…` refusals."""
        return tlog.sight(self.fetching(address), kept=kept)

    def fetching(self, address: str) -> tlog.Fetch:
        """Return what gets a path from a node's root, with limits on size and time."""
        calls = self._outgoing or shared_outgoing()

        def fetch(path: str) -> bytes:
            return calls.get_json(f"{address.rstrip('/')}{path}", limit=LARGEST, seconds=SECONDS).body

        return fetch


def witnessed(origin: str, *, key: str | None = None, address: str | None = None) -> tlog.Witnessed:
    """Return what this node has seen of a log, newest first: neither whose it is nor which agreement led there.

    A name belongs to nobody: with a key, only heads under it are told, and the last few under other keys at the address,
    if one is given. As many as go into an answer that whoever asks will take.
    """
    heads = audit.witnessed(origin=origin, vkey=key)
    if key is not None and address is not None:
        there = audit.witnessed(origin=origin, address=address.rstrip("/"), limit=OTHERS)
        heads = (*(head for head in there if head.vkey != key), *heads)
    return tlog.Witnessed(
        origin=origin, witness=audit.cosigner_key(), heads=tuple(_fitting(noted(head) for head in heads))
    )


def _fitting(heads: Iterator[tlog.WitnessedNote]) -> Iterator[tlog.WitnessedNote]:
    room = LARGEST - _FRAME
    for head in heads:
        room -= len(msgspec.json.encode(head)) + 1
        if room < 0:
            return
        yield head


def noted(head: audit.WitnessedHead) -> tlog.WitnessedNote:
    """Return a head that this node has seen as it travels."""
    return tlog.WitnessedNote(
        address=head.address, vkey=head.vkey, checkpoint=head.checkpoint, seen_at=format_utc(head.seen_at)
    )
