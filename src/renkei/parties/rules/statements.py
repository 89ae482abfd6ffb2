"""Statements that an organisation signs: compact JWS with ES256 (RFC 7515; RFC 7518, section 3.4)."""

import base64
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from renkei.kernel.canonical import canonical_json

ALGORITHM: Final = "ES256"
_SHA256 = ec.ECDSA(SHA256())


def sign(payload: bytes, *, type: str, key_id: str, key: ec.EllipticCurvePrivateKey) -> str:  # noqa: A002 - as in the header
    """Return the payload signed; the header says `alg`, `kid` and `typ`, in canonical JSON."""
    header = canonical_json({"alg": ALGORITHM, "kid": key_id, "typ": type})
    signed = b".".join((_base64url(header), _base64url(payload)))
    r, s = decode_dss_signature(key.sign(signed, _SHA256))
    return b".".join((signed, _base64url(r.to_bytes(32, "big") + s.to_bytes(32, "big")))).decode()


def _base64url(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")
