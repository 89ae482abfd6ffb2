"""Bearer secrets of transfers: made here, handed out once, kept as hashes."""

import hashlib
import hmac
import secrets

from renkei.exchange.models import TransferRow


def give_secret(row: TransferRow) -> str:
    """Make a secret for a transfer and return it; the row keeps its hash, and is stored by the caller."""
    secret = f"rt_{secrets.token_urlsafe(32)}"
    row.secret_hash = hash_secret(secret)
    return secret


def hash_secret(secret: str) -> str:
    """Return what is stored of a bearer secret: its SHA-256. It has 256 random bits, so that no salt is needed."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def opens(row: TransferRow, secret: str) -> bool:
    """Tell whether this is the transfer's secret, in the same time whatever the secret is."""
    return hmac.compare_digest(hash_secret(secret), row.secret_hash or "")
