"""What a provider signs beside every answer: what was asked for under which terms, what left, what was kept back.

A receipt names organisations, ids, hashes, counts and names of columns; nothing that a row says stands in it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from renkei.kernel.canonical import canonical_json, digest
from renkei.kernel.ids import TableId
from renkei.privacy.types import Withheld

RECEIPT_TYPE = "renkei-receipt+jwt"
"""The `typ` in a receipt's header, so that it is taken for nothing else that the same key signs (RFC 8725, 3.11)."""
LONGEST_RECEIPT = 8192
"""Characters; those that a node issues stay near half of it."""
_MOST_FILES = 4
_MOST_TOLD = 1200
"""Bytes of JSON that the account of what was withheld may take: the whole receipt then fits a header."""

Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Count = Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]
"""As large as a number may be that every reader of JSON takes for the same."""


class WithheldTerm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one term kept back: in how many rows, and of which columns (none: whole rows)."""

    term: Name
    rows: Count
    columns: tuple[Name, ...]


class InFull(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A list of which only the beginning fits: how long it is, and what it hashes to."""

    terms: Count
    columns: Count
    sha256: Sha256
    """Of the whole list's canonical JSON (RFC 8785)."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What a receipt says. In JSON `provider`, `recipient`, `issued_at` and `id` are `iss`, `aud`, `iat` and `jti`."""

    v: Literal[1] = 1
    id: Name = msgspec.field(name="jti")
    issued_at: Annotated[int, msgspec.Meta(ge=0, lt=253_402_300_800)] = msgspec.field(name="iat")
    """Seconds since 1970, by the provider's clock; before the year 10000."""
    provider: Name = msgspec.field(name="iss")
    recipient: Name = msgspec.field(name="aud")
    agreement: Name
    terms: Sha256
    """The agreement's terms in their normal form, as both sides hashed them when they signed."""
    transfer: Name
    """The provider's own id of it."""
    number: Annotated[int, msgspec.Meta(ge=1, lt=1 << 53)]
    """Which receipt of the transfer it is, from 1 on without a gap."""
    previous: Sha256 | None
    """The receipt before it; None for the first."""
    channel: Name
    """The door that answered."""
    dataset: Name
    purpose: Annotated[str, msgspec.Meta(max_length=100)] | None
    """What the reader said it reads for; None where it said nothing, a hash where it was no plain word."""
    plan: Sha256
    """What the terms were compiled into: two answers of one plan and one version hold the same."""
    table: Name
    table_version: Count
    rows: Count
    """That were handed over, or lie in the files that were opened."""
    columns: Count
    withheld: tuple[WithheldTerm, ...]
    withheld_in_full: InFull | None = None
    """Where `withheld` is only the beginning."""
    smallest_group: Count | None
    """Entities in the smallest group that is shown; None where the terms ask for no minimum group."""
    loss: Annotated[int, msgspec.Meta(ge=0, le=1000)]
    """Information loss in per mille: 0 where every cell is left as it was, 1000 where nothing is left."""
    query: Sha256 | None = None
    """The query that was computed in place, where there was one."""
    answer: Sha256 | None = None
    """The answer's bytes, where they were known before they were sent."""
    files: Annotated[tuple[Sha256, ...], msgspec.Meta(max_length=_MOST_FILES)] = ()
    """The release's Parquet files, the first ones where there are many."""
    file_count: Count = 0
    files_sha256: Sha256 | None = None
    """Of the canonical JSON of all files' hashes, where `files` is only the beginning."""
    checkpoint: Annotated[str, msgspec.Meta(max_length=2048)]
    """The newest signed head of the provider's audit log when this was issued (C2SP tlog-checkpoint)."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What answered a read, as far as a receipt tells it."""

    plan: str
    table: TableId
    version: int
    rows: int
    columns: tuple[str, ...]
    withheld: tuple[Withheld, ...]
    smallest_group: int | None = None
    loss: int = 0
    files: tuple[str, ...] = ()
    """SHA-256 of each file of the release; empty where it is not known."""
    query: str | None = None
    answer: str | None = None
    reads: tuple[str, ...] | None = None
    """Of which columns it was made, for the record of the provision; None where these are `columns`."""


@dataclass(frozen=True, slots=True)
class IssuedReceipt:
    """A receipt as it was signed."""

    said: Receipt
    text: str
    """The compact JWS (RFC 7515)."""

    @property
    def sha256(self) -> str:
        """The text's SHA-256 in lower-case hexadecimal, by which the next one and the audit log name it."""
        return receipt_digest(self.text)


def receipt_digest(text: str) -> str:
    """Return the SHA-256 of a receipt's text, in lower-case hexadecimal."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def claims_of(receipt: Receipt) -> bytes:
    """Write what a receipt says in its one spelling: canonical JSON, with every member."""
    return canonical_json(msgspec.to_builtins(receipt))


def tell_files(files: Sequence[str]) -> tuple[tuple[str, ...], str | None]:
    """Return the files' hashes as a receipt lists them, and the hash of the whole list where it is longer."""
    if len(files) <= _MOST_FILES:
        return tuple(files), None
    return tuple(files[:_MOST_FILES]), digest(list(files))


def tell_withheld(withheld: Sequence[Withheld]) -> tuple[tuple[WithheldTerm, ...], InFull | None]:
    """Return what was withheld as a receipt lists it; where that is too long for a header, also what is left out."""
    whole = [WithheldTerm(each.term, each.rows, each.columns) for each in withheld]
    told: list[WithheldTerm] = []
    left = _MOST_TOLD
    for each in whole:
        short = _shortened(each, left)
        if short is None:
            break
        told.append(short)
        left -= _size(short)
    if told == whole:
        return tuple(told), None
    columns = sum(len(each.columns) for each in whole)
    return tuple(told), InFull(len(whole), columns, digest(msgspec.to_builtins(whole)))


def _shortened(term: WithheldTerm, left: int) -> WithheldTerm | None:
    """Return a term with as many of its columns as fit into `left` bytes; None where not even its name does."""
    if _size(term) <= left:
        return term
    kept: list[str] = []
    for column in term.columns:
        longer = WithheldTerm(term.term, term.rows, (*kept, column))
        if _size(longer) > left:
            break
        kept.append(column)
    short = WithheldTerm(term.term, term.rows, tuple(kept))
    return short if _size(short) <= left else None


def _size(term: WithheldTerm) -> int:
    return len(canonical_json(msgspec.to_builtins(term))) + 1
