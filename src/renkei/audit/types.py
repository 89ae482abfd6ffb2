"""Facts of the log, as other rooms and outsiders see them."""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime
from enum import StrEnum

from renkei.kernel.ids import Actor

Fact = str | int | bool | None
"""What an entry may say about an act: an id, a count, a hash or a word of the field; never personal content."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One act that is to be written into the log; see `audit.record`."""

    action: str
    _: KW_ONLY
    actor: Actor
    subject: str
    at: datetime
    concerns: Sequence[str] = ()
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """One sealed act."""

    index: int
    """Its place in the log, from 0."""
    body: bytes
    """The canonical JSON exactly as it was hashed."""
    leaf: bytes
    """SHA-256 of 0x00 and the body (RFC 9162, 2.1.1)."""
    at: datetime
    action: str
    actor: Actor
    subject: str
    concerns: tuple[str, ...]
    """The participants who may ask for this entry."""
    facts: Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class Act:
    """One act as it was recorded, whether or not it is sealed yet."""

    at: datetime
    action: str
    actor: Actor
    facts: Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class Head:
    """The state of the log: how many entries are sealed, and the root of the tree over them."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A head that the node answers for."""

    size: int
    root: bytes
    checkpoint: str
    """The signed note (C2SP tlog-checkpoint)."""


@dataclass(frozen=True, slots=True)
class LogKey:
    """The public half of the key that signs heads."""

    name: str
    public_key: bytes
    """Ed25519, 32 bytes (RFC 8032)."""
    verifier: str
    """The key as one line of text (C2SP signed-note, "vkey")."""


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """The hashes that lead from one entry to the root of a tree of `size` entries (RFC 9162, 2.1.3)."""

    index: int
    size: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Proven:
    """An entry with its proof."""

    entry: Entry
    proof: InclusionProof


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a participant can take away: a signed head and the entries that concern it, each proven against that head."""

    head: SignedHead
    entries: tuple[Proven, ...]
    following: int | None
    """The index from which to ask for the rest; None when this is all."""


@dataclass(frozen=True, slots=True)
class LogCheck:
    """What a full check went through and found in order."""

    size: int
    root: bytes
    heads: int
    """How many signed heads were recomputed."""
    trusted: int | None
    """The size at which an outsider's checkpoint was confirmed."""


class VisitOutcome(StrEnum):
    """What became of a visit to a peer's log."""

    WAITING = "waiting"
    WITNESSED = "witnessed"
    """The peer's head is kept, and stands in our log."""
    OWN = "own"
    """The peer is an organisation of this node: nobody can witness himself."""
    NO_LOG = "no-log"
    """The peer offers no log."""
    CONTRADICTED = "contradicted"
    """The peer's log is not the one that was seen before."""
    MOVED = "moved"
    """The peer names another log, elsewhere; it is not trusted until the operator gives the former one up."""
    WITHDRAWN = "withdrawn"
    """The peer's log was seen before, and is not offered any more, however often it was asked for."""
    UNREACHED = "unreached"
    """It could not be seen, however often it was tried."""


@dataclass(frozen=True, slots=True)
class KeptHead:
    """A head of another node's log as it was kept: the log's key and the signed note."""

    vkey: str
    checkpoint: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """What another node's log showed: its key and its head, whose signature was verified."""

    vkey: str
    origin: str
    size: int
    root: bytes
    checkpoint: str
    contradicted: KeptHead | None = None
    """The kept head that it does not continue."""
    code: str = ""
    """Why not, as the code of a refusal."""
    unproven: bool = False
    """The log only withheld the proof, or gave something else in its place: that shows nothing by itself."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit to a peer's log that an agreement gave rise to."""

    peer: str
    occasion: str
    """The agreement."""
    planned_at: datetime
    outcome: VisitOutcome
    origin: str
    size: int | None
    """Of the head that was seen."""
    attempts: int
    code: str
    """Why the last attempt failed, as the code of a refusal."""


@dataclass(frozen=True, slots=True)
class WitnessedHead:
    """A head of another node's log that this node keeps and answers for with its cosignature."""

    address: str
    peer: str
    origin: str
    vkey: str
    size: int
    root: bytes
    checkpoint: str
    """The signed note with this node's cosignature (C2SP tlog-cosignature)."""
    seen_at: datetime
    occasion: str


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two heads of one log of which the later does not continue the earlier; both are kept as proof."""

    address: str
    peer: str
    origin: str
    code: str
    kept: KeptHead
    shown: KeptHead
    seen_at: datetime
    occasion: str
