"""What this node asks of peers as a consumer: who they are, what they offer."""

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar
from urllib.parse import quote, urljoin

from renkei.kernel.did import did_of
from renkei.kernel.ids import OrgId, ParticipantId
from renkei.kernel.refusals import Refusal
from renkei.servers import identity
from renkei.servers.did import FRESH, KEPT, HttpDidDocuments, shared_documents
from renkei.servers.errors import (
    AddressMalformed,
    DidUnusable,
    PeerAnswerMalformed,
    PeerIdentityUnproven,
    PeerVersionUnspoken,
)
from renkei.servers.outgoing import Answer, Outgoing, shared_outgoing
from renkei.wire.did import service_endpoint
from renkei.wire.dsp import envelope
from renkei.wire.dsp.catalog import Catalog, CatalogRequestMessage, Dataset, read_catalog
from renkei.wire.dsp.version import VersionResponse

M = TypeVar("M")

_VERSIONS: Final = "/.well-known/dspace-version"
_ETAG: Final = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{1,500}"')
_NEXT: Final = re.compile(r'<([^<>]*)>\s*;[^,]*?\brel="?next"?(?=[\s;,]|$)')


@dataclass(frozen=True, slots=True)
class Peer:
    """A participant, and the base address at which it speaks the protocol."""

    participant: ParticipantId
    base: str


@dataclass(frozen=True, slots=True)
class PeerPage:
    """One page of a peer's catalogue."""

    catalog: Catalog
    next: str | None
    """What to pass as `after` for the next page; None on the last."""
    unreadable: tuple[str, ...] = ()
    """Why datasets were left out of the page: those that the peer describes wrongly."""
    etag: str = ""
    """The page's entity tag, where the peer gives one."""
    octets: int = 0
    """The size of the answer."""


class Peers:
    """Asks peers in the name of one organisation of this node, with a self-issued token for each call."""

    def __init__(
        self,
        *,
        outgoing: Outgoing | None = None,
        documents: HttpDidDocuments | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Use the process's shared connections and documents unless told otherwise; `clock` in seconds."""
        self._outgoing = outgoing
        self._documents = documents
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, _Spoken]] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, provider: str) -> Peer:
        """Return the participant behind a DID, or behind the address of its root.

        The identity always comes from a DID document that names the address: a node cannot pass for another by
        claiming its DID. Raises servers.address-malformed, servers.did-…, servers.peer-…,
        servers.peer-version-unspoken, servers.peer-identity-unproven.
        """
        if provider.startswith("did:"):
            return self._by_did(provider)
        root = provider.rstrip("/").removesuffix(_VERSIONS)
        spoken = self._versions(root + _VERSIONS)
        if spoken.participant is None:
            try:
                claimed = did_of(root)
            except ValueError:
                raise AddressMalformed(url=provider[:200]) from None
        else:
            claimed = spoken.participant
        proven = self._by_did(claimed)
        if proven.base != spoken.base:
            raise PeerIdentityUnproven(url=provider[:200], did=claimed, base=proven.base)
        return proven

    def catalog(self, peer: Peer, *, org: OrgId, after: str | None = None) -> PeerPage:
        """Return a page of the peer's catalogue, the first unless `after` says otherwise.

        Raises servers.address-malformed when `after` is not of this peer, servers.peer-….
        """
        url = _page_address(peer, after)
        body = envelope.write(CatalogRequestMessage())
        return self._page(peer, self._calls.post_json(url, body, authorization=self._shown(peer, org)))

    def changed_catalog(
        self, peer: Peer, *, org: OrgId, after: str | None = None, etag: str = ""
    ) -> PeerPage | None:
        """Return a page of the peer's catalogue asked for by GET, None where it is as `etag` says.

        The protocol knows only POST, so a peer may answer with a servers.peer-answered. Raises what `catalog` raises.
        """
        url = _page_address(peer, after)
        answer = self._calls.get_json(url, authorization=self._shown(peer, org), etag=etag)
        return None if answer.status == 304 else self._page(peer, answer)

    def _page(self, peer: Peer, answer: Answer) -> PeerPage:
        url = answer.url
        catalog, unreadable = _read(answer, read_catalog)
        if catalog.participant not in {None, peer.participant}:
            raise PeerIdentityUnproven(url=url, did=str(catalog.participant), base=peer.base)
        found = _NEXT.search(answer.headers.get("link", "")[:8192])
        following = urljoin(url, found[1]) if found else None
        # A page elsewhere would be sent a token that is meant for this peer.
        ours = following is not None and following.startswith(peer.base + "/")
        etag = answer.headers.get("etag", "")
        return PeerPage(
            catalog,
            following if ours else None,
            unreadable,
            etag if _ETAG.fullmatch(etag) else "",
            len(answer.body),
        )

    def dataset(self, peer: Peer, *, org: OrgId, dataset: str) -> Dataset:
        """Return one dataset of the peer with its offers. Raises servers.peer-answered when the peer has none."""
        url = f"{peer.base}/catalog/datasets/{quote(dataset, safe=':')}"
        answer = self._calls.get_json(url, authorization=self._shown(peer, org))
        return _read(answer, lambda body: envelope.read(body, Dataset))

    @property
    def _calls(self) -> Outgoing:
        return self._outgoing or shared_outgoing()

    def _shown(self, peer: Peer, org: OrgId) -> str:
        return identity.authorize(org=org, audience=peer.participant)

    def _by_did(self, did: str) -> Peer:
        document = (self._documents or shared_documents()).document(did)
        if document.get("id") != did:
            raise DidUnusable(did=did[:255], why="the document is another one's")
        endpoint = service_endpoint(document, "DataService")
        if endpoint is not None and endpoint.endswith(_VERSIONS):
            return Peer(ParticipantId(did), self._kept_versions(endpoint).base)
        endpoint = service_endpoint(document, "CatalogService")
        if endpoint is None:
            raise DidUnusable(did=did[:255], why="the document names no DataService or CatalogService")
        return Peer(ParticipantId(did), endpoint.removesuffix("/catalog").rstrip("/"))

    def _kept_versions(self, url: str) -> "_Spoken":
        """A peer's address is as good as the document that names it, which is kept for as long."""
        with self._lock:
            read_at, spoken = self._known.get(url, (0.0, None))
        if spoken is not None and self._clock() - read_at <= FRESH:
            return spoken
        spoken = self._versions(url)
        with self._lock:
            self._known[url] = (self._clock(), spoken)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        return spoken

    def _versions(self, url: str) -> "_Spoken":
        answer = self._calls.get_json(url)
        try:
            document = envelope.read_plain(answer.body, VersionResponse)
        except Refusal as refusal:
            raise PeerAnswerMalformed(url=url, why=refusal.said("en")) from refusal
        version = document.speaking(envelope.VERSION)
        if version is None:
            spoken = ", ".join(entry.version for entry in document.versions)
            raise PeerVersionUnspoken(url=url, spoken=spoken, version=envelope.VERSION)
        base = url.removesuffix(_VERSIONS) + "/" + version.path.strip("/")
        named = version.service_id if (version.service_id or "").startswith("did:") else None
        return _Spoken(base.rstrip("/"), ParticipantId(named) if named else None)


@dataclass(frozen=True, slots=True)
class _Spoken:
    base: str
    participant: ParticipantId | None
    """As the document claims, unproven."""


def _page_address(peer: Peer, after: str | None) -> str:
    url = after or f"{peer.base}/catalog/request"
    if not url.startswith(peer.base + "/"):
        raise AddressMalformed(url=url[:200])
    return url


def _read(answer: Answer, reader: Callable[[bytes], M]) -> M:
    try:
        return reader(answer.body)
    except Refusal as refusal:
        raise PeerAnswerMalformed(url=answer.url, why=refusal.said("en")) from refusal
