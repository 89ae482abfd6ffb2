"""Receipts for tests: what one says, signed by a provider of the test's own."""

import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from renkei.exchange import types as exchange
from renkei.kernel.ids import ParticipantId
from renkei.kernel.notes import Checkpoint, Verifier, format_checkpoint, format_note
from renkei.parties.rules import keys, statements
from renkei.parties.rules.organisations import write_did_document

PROVIDER = ParticipantId("did:web:provider.example:orgs:field-lab")
RECIPIENT = "did:web:city.example:orgs:planning"
ISSUED = 1_777_626_000
"""2026-05-01, 9:00 UTC."""
KEY, OTHER_KEY = keys.new_key(), keys.new_key()
LOG_KEY = Ed25519PrivateKey.generate()
LOG = Verifier(name="provider.example", public_key=LOG_KEY.public_key().public_bytes_raw())
_HEAD = format_checkpoint(Checkpoint(origin=LOG.name, size=2305, root=bytes(range(32))))
CHECKPOINT = format_note(text=_HEAD, signer=LOG, signature=LOG_KEY.sign(_HEAD.encode()))


def said(**members: Any) -> exchange.Receipt:
    """Return what a receipt says, with these members said otherwise."""
    plain: dict[str, Any] = {
        "id": "urn:uuid:019a0000-0000-7000-8000-000000000001",
        "issued_at": ISSUED,
        "provider": PROVIDER,
        "recipient": RECIPIENT,
        "agreement": "urn:uuid:019a0000-0000-7000-8000-00000000000a",
        "terms": "a" * 64,
        "transfer": "urn:uuid:019a0000-0000-7000-8000-00000000000b",
        "number": 1,
        "previous": None,
        "channel": "http-data",
        "dataset": "urn:uuid:019a0000-0000-7000-8000-00000000000c",
        "purpose": "research",
        "plan": "b" * 64,
        "table": "urn:uuid:019a0000-0000-7000-8000-00000000000d",
        "table_version": 7,
        "rows": 1200,
        "columns": 5,
        "withheld": (
            exchange.WithheldTerm("rk:observedFrom", 30, ()),
            exchange.WithheldTerm("rk:cell", 1200, ("latitude", "longitude")),
        ),
        "smallest_group": 6,
        "loss": 120,
        "files": ("c" * 64,),
        "file_count": 1,
        "checkpoint": CHECKPOINT,
    }
    return exchange.Receipt(**plain | members)


def key_name(key: ec.EllipticCurvePrivateKey = KEY) -> str:
    return keys.thumbprint(keys.public_jwk(key))


def signed(
    receipt: exchange.Receipt | bytes,
    *,
    key: ec.EllipticCurvePrivateKey = KEY,
    type: str = exchange.RECEIPT_TYPE,  # noqa: A002 - the header's word
    key_id: str | None = None,
) -> str:
    """Sign what a receipt says, or bytes in its place."""
    payload = receipt if isinstance(receipt, bytes) else exchange.claims_of(receipt)
    return statements.sign(payload, type=type, key_id=key_id or f"{PROVIDER}#{key_name(key)}", key=key)


def document(*held: ec.EllipticCurvePrivateKey, of: ParticipantId = PROVIDER) -> bytes:
    """Return a DID document with these keys, the provider's own unless told otherwise."""
    public = {key_name(key): keys.public_jwk(key) for key in held or (KEY,)}
    written = write_did_document(
        participant=of,
        keys=public,
        root="https://provider.example/orgs/field-lab",
        log="https://provider.example/audit",
    )  # type: ignore[arg-type]  # names of keys
    return json.dumps(written).encode()


def chain(length: int) -> list[str]:
    """Return receipts of one transfer that follow one another."""
    texts: list[str] = []
    for number in range(1, length + 1):
        previous = exchange.receipt_digest(texts[-1]) if texts else None
        texts.append(signed(said(number=number, previous=previous, id=f"urn:uuid:{number}")))
    return texts
