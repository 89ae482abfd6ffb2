"""DID documents: this node's own for everyone, and peers' for this node."""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import msgspec
from django.conf import settings
from starlette.routing import BaseRoute

from renkei.kernel.clock import utc_now
from renkei.kernel.refusals import Kind, Refusal
from renkei.parties import api as parties
from renkei.servers.addresses import names_inside
from renkei.servers.door import Call, Reply, is_known, route
from renkei.servers.errors import DidUnresolved, DidUnusable
from renkei.servers.outgoing import Outgoing, shared_outgoing
from renkei.wire.did import document_url

KEPT_BY_OTHERS = int(parties.DOCUMENT_KEPT.total_seconds())
FRESH = KEPT_BY_OTHERS
"""Seconds for which a fetched document is used."""
PATIENCE = 10
"""Seconds between two fetches of the same document for keys that it does not name."""
KEPT = 1000
"""How many documents are kept, the longest unused dropped first."""
LARGEST = 64 * 1024
SECONDS = 10
"""For a document as a whole."""
AT_ONCE = 8
"""Documents fetched at the same time: half of the threads that wait for other nodes, since strangers cause them."""


class HttpDidDocuments:
    """Fetches peers' documents over HTTP and keeps them for five minutes; its own organisations' it knows."""

    def __init__(
        self, outgoing: Outgoing, *, inside_peers: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`inside_peers` lets documents of hosts inside the network be fetched over plain http; `clock` in seconds."""
        self._clock = clock
        self._outgoing = outgoing
        self._inside_peers = inside_peers
        self._kept: OrderedDict[str, tuple[float, dict[str, Any]]] = OrderedDict()
        self._lock = threading.Lock()
        self._fetching = threading.Semaphore(AT_ONCE)

    def document(self, did: str) -> dict[str, Any]:
        """Return the document, up to five minutes old.

        Raises DidUnusable when there is none, DidUnresolved when it cannot be had now.
        """
        return self._document(did, oldest=FRESH)

    def newest_document(self, did: str) -> dict[str, Any]:
        """Return the document, up to ten seconds old, so that a stranger cannot make the node fetch it ceaselessly.

        Raises DidUnusable, DidUnresolved.
        """
        return self._document(did, oldest=PATIENCE)

    def _document(self, did: str, *, oldest: float) -> dict[str, Any]:
        with self._lock:
            fetched_at, document = self._kept.get(did, (-FRESH - 1.0, {}))
            if document:
                self._kept.move_to_end(did)
        if document and self._clock() - fetched_at <= oldest:
            return document
        own = parties.organisation_by_participant(did)
        if own is not None:
            return parties.did_document(own.slug, now=utc_now())
        if not self._fetching.acquire(blocking=False):
            raise DidUnresolved(did=did[:255], why="too many others are being fetched at this moment")
        try:
            document = self._fetch(did)
        finally:
            self._fetching.release()
        with self._lock:
            self._kept[did] = (self._clock(), document)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return document

    def _fetch(self, did: str) -> dict[str, Any]:
        try:
            url = document_url(did)
            if self._inside_peers and names_inside(urlsplit(url).hostname or ""):
                url = document_url(did, scheme="http")
            return self._outgoing.get_json(url, limit=LARGEST, seconds=SECONDS).read(dict[str, Any])
        except ValueError as why:
            raise DidUnusable(did=did[:255], why=str(why)) from None
        except Refusal as refusal:
            kind = DidUnresolved if refusal.kind is Kind.UNAVAILABLE else DidUnusable
            raise kind(did=did[:255], why=refusal.said("en")) from refusal


@cache
def shared_documents() -> HttpDidDocuments:
    """Return the one instance of this process, made from the node's settings."""
    return HttpDidDocuments(shared_outgoing(), inside_peers=settings.RENKEI.inside_peers)


def _own_document(call: Call) -> Reply:
    body = msgspec.json.encode(parties.did_document(call.path["slug"], now=utc_now()))
    tag = f'"{hashlib.sha256(body).hexdigest()}"'
    # Nobody may use a copy for longer than a rotation waits before the new key signs.
    headers = {"Cache-Control": f"max-age={KEPT_BY_OTHERS}, must-revalidate", "ETag": tag}
    if is_known(tag, given=call.headers.get("if-none-match")):
        return Reply(status=304, headers=headers)
    return Reply(body=body, headers=headers)


ROUTES: list[BaseRoute] = [route("/orgs/{slug}/did.json", _own_document, methods=["GET"])]
