"""Signed notes and checkpoints as text (C2SP signed-note and tlog-checkpoint); who verifies brings the cryptography."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

_ED25519 = b"\x01"
_COSIGNATURE = b"\x04"
_NAME = re.compile(r"[^\s+]+")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_LONGEST = 65_536


@dataclass(frozen=True, slots=True)
class Verifier:
    """A log's name and Ed25519 public key (32 bytes)."""

    name: str
    public_key: bytes

    def key_id(self) -> bytes:
        """Return the four bytes that stand before this key's signatures (C2SP signed-note, "Signatures")."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public_key).digest()[:4]

    def text(self) -> str:
        """Return the key as one line: `name+hex(key id)+base64(type and key)`."""
        return f"{self.name}+{self.key_id().hex()}+{to_base64(_ED25519 + self.public_key)}"


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness's name and Ed25519 public key (32 bytes); C2SP tlog-cosignature, "Ed25519 cosignatures"."""

    name: str
    public_key: bytes

    def key_id(self) -> bytes:
        """Return the four bytes that stand before this key's cosignatures."""
        return hashlib.sha256(self.name.encode() + b"\n" + _COSIGNATURE + self.public_key).digest()[:4]

    def text(self) -> str:
        """Return the key as one line: `name+hex(key id)+base64(type and key)`."""
        return f"{self.name}+{self.key_id().hex()}+{to_base64(_COSIGNATURE + self.public_key)}"


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line of a note."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A text and its signature lines, not yet verified."""

    text: str
    """Ends with a newline; exactly what is signed."""
    signatures: tuple[NoteSignature, ...]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself: its origin, its size and its root."""

    origin: str
    size: int
    root: bytes


def parse_verifier(text: str) -> Verifier:
    """Read a log's key from one line of text. Raises ValueError saying what is wrong."""
    name, public_key, stated = _key_line(text, _ED25519)
    verifier = Verifier(name=name, public_key=public_key)
    if stated != verifier.key_id().hex():
        raise ValueError("the key's hash does not match its name and bytes")
    return verifier


def parse_cosigner(text: str) -> Cosigner:
    """Read a witness's key from one line of text. Raises ValueError saying what is wrong."""
    name, public_key, stated = _key_line(text, _COSIGNATURE)
    cosigner = Cosigner(name=name, public_key=public_key)
    if stated != cosigner.key_id().hex():
        raise ValueError("the key's hash does not match its name and bytes")
    return cosigner


def cosigned_text(text: str, *, at: int) -> bytes:
    """Return what a witness signs over a checkpoint's text, at a time in seconds since 1970 (C2SP tlog-cosignature)."""
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def add_cosignature(note: str, *, cosigner: Cosigner, at: int, signature: bytes) -> str:
    """Return a signed note with a witness's line at its end: key id, time as 8 bytes, signature."""
    return f"{note}— {cosigner.name} {to_base64(cosigner.key_id() + at.to_bytes(8) + signature)}\n"


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """Write the text of a checkpoint that is to be signed."""
    return f"{checkpoint.origin}\n{checkpoint.size}\n{to_base64(checkpoint.root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a note as a checkpoint; extension lines are passed over. Raises ValueError."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
        raise ValueError("a checkpoint has three lines or more: origin, size and root")
    origin, size, root = lines[0], lines[1], from_base64(lines[2])
    if not _SIZE.fullmatch(size):
        raise ValueError("the second line is no size")
    if len(root) != 32:
        raise ValueError("the third line is no SHA-256 root")
    return Checkpoint(origin=origin, size=int(size), root=root)


def format_note(*, text: str, signer: Verifier, signature: bytes) -> str:
    """Write a signed note: the text, a blank line, one signature line."""
    return f"{text}\n— {signer.name} {to_base64(signer.key_id() + signature)}\n"


def parse_note(note: str) -> Note:
    """Take a signed note apart. Raises ValueError saying what is wrong; nothing is verified yet."""
    if len(note) > _LONGEST:
        raise ValueError(f"the note is longer than {_LONGEST} characters")
    if _CONTROL.search(note):
        raise ValueError("the note has control characters")
    text, blank, lines = note.rpartition("\n\n")
    if not blank or not text or not lines.endswith("\n"):
        raise ValueError("the note has no signature lines after a blank line")
    return Note(text=text + "\n", signatures=tuple(_signature(line) for line in lines[:-1].split("\n")))


def to_base64(raw: bytes) -> str:
    """Write bytes in standard base 64 with padding (RFC 4648, section 4)."""
    return base64.b64encode(raw).decode()


def from_base64(text: str) -> bytes:
    """Read standard base 64; one spelling only. Raises ValueError."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"{text[:60]!r} is not base 64") from None
    if to_base64(raw) != text:
        raise ValueError(f"{text[:60]!r} is not the one spelling of its bytes in base 64")
    return raw


def _key_line(text: str, kind: bytes) -> tuple[str, bytes, str]:
    """The name, the 32 bytes of the key, and the key id as it is stated."""
    name, _, rest = text.strip().partition("+")
    stated, _, encoded = rest.partition("+")
    if not _NAME.fullmatch(name):
        raise ValueError("the key has no name")
    raw = from_base64(encoded)
    if raw[:1] != kind or len(raw) != 33:
        raise ValueError("the key is not an Ed25519 key of 32 bytes")
    return name, raw[1:], stated


def _signature(line: str) -> NoteSignature:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    if dash != "—" or not _NAME.fullmatch(name):
        raise ValueError("a signature line is an em dash, a key name and a signature")
    raw = from_base64(encoded)
    if len(raw) < 5:
        raise ValueError("a signature is too short")
    return NoteSignature(name=name, key_id=raw[:4], signature=raw[4:])
