"""The key that verifies a receipt: from the provider's DID document, or given by itself as JWK or PEM."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from renkei.kernel.canonical import canonical_json
from renkei.wire.receipt.errors import KeyMalformed, UnknownKey
from renkei.wire.receipt.reading import SignedReceipt

LARGEST = 64 * 1024


def key_in_document(body: bytes, receipt: SignedReceipt) -> ec.EllipticCurvePublicKey:
    """Return the key that a receipt names, out of its provider's DID document (DID Core 1.0, section 5.3.2).

    The document must be the provider's and the key one that it asserts with. Raises receipt.key-malformed,
    receipt.unknown-key.
    """
    document, provider = _object(body), receipt.said.provider
    if document.get("id") != provider:
        raise UnknownKey(key=receipt.key_id, where=f"the DID document of {str(document.get('id'))[:255]}")
    asserting = _list(document.get("assertionMethod"))
    if receipt.key_id in {_id_of(method, provider) for method in asserting}:
        for method in [*_list(document.get("verificationMethod")), *asserting]:
            if isinstance(method, Mapping) and _id_of(method, provider) == receipt.key_id:
                if method.get("controller", provider) != provider:
                    raise UnknownKey(
                        key=receipt.key_id, where="the DID document (as a key of the provider's own)"
                    )
                return _public_key(method.get("publicKeyJwk"))
    raise UnknownKey(key=receipt.key_id, where="the DID document")


def read_key(body: bytes, receipt: SignedReceipt) -> ec.EllipticCurvePublicKey:
    """Return a key that was given by itself, as JWK (RFC 7517) or PEM, where it is the one that the receipt names.

    A renkei node names its keys by their thumbprints (RFC 7638). Raises receipt.key-malformed, receipt.unknown-key.
    """
    key = _pem(body) if body.lstrip().startswith(b"-----") else _public_key(_object(body))
    name = receipt.key_id.partition("#")[2]
    found = thumbprint(key)
    if name != found:
        raise UnknownKey(key=receipt.key_id, where=f"the file with the key {found}")
    return key


def thumbprint(key: ec.EllipticCurvePublicKey) -> str:
    """Return a key's SHA-256 thumbprint in base64url (RFC 7638)."""
    numbers = key.public_numbers()
    jwk = {"crv": "P-256", "kty": "EC", "x": _base64url(numbers.x), "y": _base64url(numbers.y)}
    return base64.urlsafe_b64encode(hashlib.sha256(canonical_json(jwk)).digest()).rstrip(b"=").decode()


def _object(body: bytes) -> dict[str, Any]:
    if len(body) > LARGEST:
        raise KeyMalformed(why=f"it is larger than {LARGEST} bytes")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise KeyMalformed(why="it is no JSON") from None
    if not isinstance(value, dict):
        raise KeyMalformed(why="it is no JSON object")
    return value


def _pem(body: bytes) -> ec.EllipticCurvePublicKey:
    try:
        key = load_pem_public_key(body)
    except (ValueError, UnsupportedAlgorithm):
        raise KeyMalformed(why="it is no public key in PEM that is known here") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeyMalformed(why="it is no P-256 key")
    return key


def _public_key(jwk: object) -> ec.EllipticCurvePublicKey:
    if not isinstance(jwk, Mapping) or jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
        raise KeyMalformed(why="it is no P-256 key as JWK")
    try:
        x, y = (_number(jwk.get(name)) for name in ("x", "y"))
        return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except ValueError:
        raise KeyMalformed(why="its point is not on the curve P-256") from None


def _number(coordinate: object) -> int:
    if not isinstance(coordinate, str) or len(coordinate) != 43 or not coordinate.isascii():
        raise ValueError("a coordinate is not 43 characters of base64url")
    return int.from_bytes(base64.b64decode(coordinate + "=", altchars=b"-_", validate=True), "big")


def _base64url(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _id_of(method: object, provider: str) -> str:
    named = method.get("id") if isinstance(method, Mapping) else method
    if not isinstance(named, str):
        return ""
    return f"{provider}{named}" if named.startswith("#") else named
