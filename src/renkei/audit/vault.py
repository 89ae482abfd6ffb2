"""Encryption of what the node stores but must not show: keys, and secrets that peers gave it."""

import os
from contextlib import suppress
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from renkei.audit.errors import SecretChanged

_FORMAT = b"\x01"
_NONCE = 12


def conceal(plain: bytes, *, purpose: str = "") -> bytes:
    """Encrypt bytes with a key derived from the node's secret.

    AES-256-GCM (NIST SP 800-38D) under HKDF-SHA256 (RFC 5869): one format byte, a random nonce of 12 bytes, the
    ciphertext with its tag. `purpose` is bound to the result: only who names the same purpose can reveal it.
    """
    nonce = os.urandom(_NONCE)
    return _FORMAT + nonce + _cipher(settings.RENKEI.node_secret).encrypt(nonce, plain, purpose.encode())


def reveal(concealed: bytes, *, purpose: str = "") -> bytes:
    """Decrypt what `conceal` returned, with the node's secret or, while it is being changed, the one before.

    Raises audit.secret-changed when the node's secret or the purpose is another, or a single bit was altered.
    """
    head, nonce, sealed = concealed[:1], concealed[1 : 1 + _NONCE], concealed[1 + _NONCE :]
    if head != _FORMAT or len(nonce) != _NONCE:
        raise SecretChanged
    for secret in (settings.RENKEI.node_secret, settings.RENKEI.former_node_secret):
        if secret:
            with suppress(InvalidTag):
                return _cipher(secret).decrypt(nonce, sealed, purpose.encode())
    raise SecretChanged


@lru_cache(maxsize=4)
def _cipher(secret: str) -> AESGCM:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"renkei vault 1").derive(secret.encode())
    return AESGCM(derived)
