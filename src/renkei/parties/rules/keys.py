"""P-256 keys as JSON Web Keys (RFC 7517, RFC 7518 section 6.2)."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from renkei.kernel.canonical import canonical_json


def new_key() -> ec.EllipticCurvePrivateKey:
    """Return a new private key on P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def private_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Write a private key as PKCS #8 DER, unencrypted."""
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def private_key(der: bytes) -> ec.EllipticCurvePrivateKey:
    """Read a private key from PKCS #8 DER. Raises TypeError when it is no elliptic-curve key."""
    key = load_der_private_key(der, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("the key is no elliptic-curve key")
    return key


def public_jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    """Return the public half as a JWK with `kty`, `crv`, `x` and `y`."""
    numbers = key.public_key().public_numbers()
    return {"kty": "EC", "crv": "P-256", "x": _base64url(numbers.x), "y": _base64url(numbers.y)}


def thumbprint(jwk: Mapping[str, str]) -> str:
    """Return the JWK's SHA-256 thumbprint in base64url, 43 characters (RFC 7638, section 3)."""
    required = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    return base64.urlsafe_b64encode(hashlib.sha256(canonical_json(required)).digest()).rstrip(b"=").decode()


def public_key(jwk: object) -> ec.EllipticCurvePublicKey:
    """Read a public P-256 key from a JWK that came from outside.

    Raises ValueError when it is none, or its point is not on the curve.
    """
    if not isinstance(jwk, Mapping) or jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
        raise ValueError("the key is not a P-256 JSON Web Key")
    numbers = ec.EllipticCurvePublicNumbers(_number(jwk.get("x")), _number(jwk.get("y")), ec.SECP256R1())
    return numbers.public_key()


def _base64url(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()


def _number(coordinate: Any) -> int:
    if not isinstance(coordinate, str) or len(coordinate) != 43 or not coordinate.isascii():
        raise ValueError("a coordinate of the key is not 43 characters of base64url")
    return int.from_bytes(base64.b64decode(coordinate + "=", altchars=b"-_", validate=True), "big")
