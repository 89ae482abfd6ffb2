"""Another node's log, in memory: honest by itself, and able to lie in every way that a test asks for."""

import json
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from renkei.kernel import notes
from renkei.kernel.merkle import empty_root, leaf_hash, node_hash
from renkei.servers.errors import PeerAnswered


@dataclass
class ForeignLog:
    """A log with a key of its own; its entries are the bodies in `bodies`."""

    name: str = "far.example"
    bodies: list[bytes] = field(default_factory=list)
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def verifier(self) -> notes.Verifier:
        return notes.Verifier(name=self.name, public_key=self.key.public_key().public_bytes_raw())

    @property
    def cosigner(self) -> notes.Cosigner:
        return notes.Cosigner(name=self.name, public_key=self.key.public_key().public_bytes_raw())

    @property
    def vkey(self) -> str:
        return self.verifier.text()

    def grow(self, *words: str) -> "ForeignLog":
        """Append entries, each about nothing but a word."""
        self.bodies += [word.encode() for word in words]
        return self

    def twin(self, *words: str) -> "ForeignLog":
        """Another log under the same key with other entries: what a rewritten log is."""
        return ForeignLog(self.name, [word.encode() for word in words], self.key)

    def checkpoint(self, size: int | None = None) -> str:
        """The signed head, now or when the log had a size."""
        count = len(self.bodies) if size is None else size
        leaves = [leaf_hash(body) for body in self.bodies[:count]]
        return self.sign(size=count, root=root_of(leaves))

    def sign(self, *, size: int, root: bytes) -> str:
        """Sign any head at all."""
        text = notes.format_checkpoint(notes.Checkpoint(origin=self.name, size=size, root=root))
        return notes.format_note(text=text, signer=self.verifier, signature=self.key.sign(text.encode()))

    def cosign(self, note: str, *, at: int = 1_777_626_000) -> str:
        """Sign another log's head as its witness."""
        signature = self.key.sign(notes.cosigned_text(notes.parse_note(note).text, at=at))
        return notes.add_cosignature(note, cosigner=self.cosigner, at=at, signature=signature)

    def inclusion(self, index: int) -> list[bytes]:
        """The path of an entry (RFC 9162, 2.1.3.1, word for word)."""
        return _path(index, [leaf_hash(body) for body in self.bodies])

    def consistency(self, first: int, second: int) -> list[bytes]:
        """The proof between two sizes (RFC 9162, 2.1.4.1, word for word)."""
        leaves = [leaf_hash(body) for body in self.bodies[:second]]
        return [] if first in {0, second} else _subproof(first, leaves, whole=True)

    def fetch(self, path: str) -> bytes:
        """Answer as the node's open doors do."""
        asked = urlsplit(path)
        match asked.path:
            case "/audit/key":
                return f"{self.vkey}\n".encode()
            case "/audit/head":
                return self.checkpoint().encode()
            case "/audit/consistency":
                first, second = (int(parse_qs(asked.query)[name][0]) for name in ("first", "second"))
                if second > len(self.bodies):
                    raise PeerAnswered(
                        url=path, status=400, peer_code="audit.size-unknown", reasons=("no such size",)
                    )
                proof = [notes.to_base64(each) for each in self.consistency(first, second)]
                return json.dumps({"first": first, "second": second, "path": proof}).encode()
        raise AssertionError(path)


def root_of(leaves: list[bytes]) -> bytes:
    """The root over leaf hashes (RFC 9162, 2.1.1, word for word)."""
    if not leaves:
        return empty_root()
    if len(leaves) == 1:
        return leaves[0]
    half = _half(len(leaves))
    return node_hash(root_of(leaves[:half]), root_of(leaves[half:]))


def _path(index: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    half = _half(len(leaves))
    if index < half:
        return [*_path(index, leaves[:half]), root_of(leaves[half:])]
    return [*_path(index - half, leaves[half:]), root_of(leaves[:half])]


def _subproof(first: int, leaves: list[bytes], *, whole: bool) -> list[bytes]:
    if first == len(leaves):
        return [] if whole else [root_of(leaves)]
    half = _half(len(leaves))
    if first <= half:
        return [*_subproof(first, leaves[:half], whole=whole), root_of(leaves[half:])]
    return [*_subproof(first - half, leaves[half:], whole=False), root_of(leaves[:half])]


def _half(count: int) -> int:
    half = 1
    while half * 2 < count:
        half *= 2
    return half
