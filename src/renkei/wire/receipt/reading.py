"""Reading a receipt without trusting it: one spelling only, so that what one reader sees every reader sees."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from renkei.exchange.types import LONGEST_RECEIPT, RECEIPT_TYPE, Receipt, claims_of, receipt_digest
from renkei.kernel.canonical import canonical_json
from renkei.kernel.notes import parse_checkpoint, parse_note
from renkei.wire.receipt.errors import ReceiptMalformed, WrongType

ALGORITHM: Final = "ES256"
_SIGNATURE: Final = 64
MOST_AT_ONCE: Final = 10_000


@dataclass(frozen=True, slots=True)
class SignedReceipt:
    """A receipt as it was read; nothing of it is verified yet."""

    text: str
    said: Receipt
    key_id: str
    """Absolute: the provider's DID, `#`, the key's name."""
    signed: bytes
    """What the signature is over."""
    signature: bytes
    """r and s, 32 bytes each (RFC 7518, section 3.4)."""

    @property
    def sha256(self) -> str:
        """The text's SHA-256, by which the next receipt and the provider's log name it."""
        return receipt_digest(self.text)

    @property
    def issued_at(self) -> datetime:
        """When it was issued, by the provider's clock."""
        return datetime.fromtimestamp(self.said.issued_at, UTC)


def read_receipt(text: str) -> SignedReceipt:
    """Read a receipt; white space around it is let pass.

    Raises receipt.malformed for whatever is not the one spelling of a receipt, receipt.wrong-type for another `typ` or
    `alg`.
    """
    bare = text.strip()
    if len(bare) > LONGEST_RECEIPT:
        raise ReceiptMalformed(why=f"it is longer than {LONGEST_RECEIPT} characters")
    parts = bare.split(".")
    if len(parts) != 3 or not bare.isascii():
        raise ReceiptMalformed(why="it is no compact JWS of three parts")
    header, payload, signature = (_decoded(part) for part in parts)
    key_id = _key_id(_object(header, "header"))
    said = _said(_object(payload, "payload"))
    if key_id.partition("#")[0] != said.provider:
        raise ReceiptMalformed(why="the key that it names is not its issuer's")
    if len(signature) != _SIGNATURE:
        raise ReceiptMalformed(why=f"its signature is not {_SIGNATURE} bytes long")
    return SignedReceipt(bare, said, key_id, bare.rpartition(".")[0].encode(), signature)


def read_receipts(text: str) -> tuple[SignedReceipt, ...]:
    """Read receipts that stand on lines of their own. Raises what `read_receipt` raises, and where there is none."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not 0 < len(lines) <= MOST_AT_ONCE:
        raise ReceiptMalformed(why=f"it holds {len(lines)} lines")
    return tuple(read_receipt(line) for line in lines)


def _key_id(header: dict[str, Any]) -> str:
    if header.get("typ") != RECEIPT_TYPE or header.get("alg") != ALGORITHM:
        raise WrongType(type=str(header.get("typ"))[:60], algorithm=str(header.get("alg"))[:60])
    if set(header) != {"alg", "kid", "typ"}:
        raise ReceiptMalformed(why="its header has other members than alg, kid and typ")
    key_id = header["kid"]
    if not isinstance(key_id, str) or not key_id.partition("#")[2]:
        raise ReceiptMalformed(why="its header names no key")
    return key_id


def _said(payload: dict[str, Any]) -> Receipt:
    if payload.get("v") != 1:
        raise ReceiptMalformed(why=f"its version is {str(payload.get('v'))[:20]}, and only 1 is known here")
    try:
        said = msgspec.convert(payload, Receipt)
        parse_checkpoint(parse_note(said.checkpoint).text)
    except (msgspec.ValidationError, ValueError) as why:
        raise ReceiptMalformed(why=why) from None
    texts = [
        each for each in msgspec.structs.astuple(said) if isinstance(each, str) and each != said.checkpoint
    ]
    texts += [word for term in said.withheld for word in (term.term, *term.columns)]
    if claims_of(said) != canonical_json(payload):
        raise ReceiptMalformed(why="it lacks a member")
    if not all(text.isprintable() for text in texts):  # nothing that a terminal or a page would obey
        raise ReceiptMalformed(why="a text in it has characters that cannot be shown")
    return said


def _object(raw: bytes, part: str) -> dict[str, Any]:
    try:
        value = json.loads(raw, parse_float=_no_number, parse_constant=_no_number)
        same = isinstance(value, dict) and canonical_json(value) == raw
    except (ValueError, RecursionError):
        raise ReceiptMalformed(why=f"its {part} is no JSON object") from None
    if not same:
        raise ReceiptMalformed(why=f"its {part} is not spelled as canonical JSON")
    return dict(value)


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no whole number")


def _decoded(part: str) -> bytes:
    try:
        raw = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ReceiptMalformed(why="a part of it is not base64url") from None
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != part:
        raise ReceiptMalformed(why="a part of it is not the one spelling of its bytes in base64url")
    return raw
