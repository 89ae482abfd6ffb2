"""Where a consumer fetches the data of its transfer, and the secret that opens it."""

import hashlib
import secrets

from django.conf import settings

from renkei.exchange.models import TransferRow
from renkei.exchange.types import DELTA_SHARING, DataAddress

SHARING_ENDPOINT = "https://delta.io/sharing"
HTTP_ENDPOINT = "https://w3id.org/idsa/v4.1/HTTP"


def open_address(row: TransferRow) -> DataAddress:
    """Give a transfer a new secret, of which the row keeps the hash, and return the data address that holds it."""
    secret = f"rt_{secrets.token_urlsafe(32)}"
    row.secret_hash = hash_secret(secret)
    public = settings.RENKEI.public_url
    sharing = row.format == DELTA_SHARING
    endpoint = f"{public}/sharing" if sharing else f"{public}/data/{row.pk}"
    return DataAddress(
        endpoint_type=SHARING_ENDPOINT if sharing else HTTP_ENDPOINT,
        endpoint=endpoint,
        # The protocol lets the address stand by itself or among the properties; some peers look only there.
        properties=(("endpoint", endpoint), ("authorization", secret), ("authType", "bearer")),
    )


def hash_secret(secret: str) -> str:
    """Return what is stored of a bearer secret: its SHA-256. It has 256 random bits, so that no salt is needed."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
