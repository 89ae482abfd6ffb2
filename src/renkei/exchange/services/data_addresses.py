"""Where a consumer fetches the data of its transfer, and the secret that opens it."""

from django.conf import settings

from renkei.exchange.models import TransferRow
from renkei.exchange.services.secrets import give_secret
from renkei.exchange.types import DELTA_SHARING, ENTITY_FORMATS, HTTP_PUSH, SQL_QUERY, DataAddress

SHARING_ENDPOINT = "https://delta.io/sharing"
HTTP_ENDPOINT = "https://w3id.org/idsa/v4.1/HTTP"
NGSI_LD_ENDPOINT = "https://uri.etsi.org/ngsi-ld/"


def open_address(row: TransferRow) -> DataAddress | None:
    """Give a transfer a new secret, of which the row keeps the hash, and return the data address that holds it.

    None for a push: there the data go to an address of the consumer's.
    """
    if row.format == HTTP_PUSH:
        return None
    secret = give_secret(row)
    public = settings.RENKEI.public_url
    kind, endpoint = HTTP_ENDPOINT, f"{public}/data/{row.pk}"
    if row.format == DELTA_SHARING:
        kind, endpoint = SHARING_ENDPOINT, f"{public}/sharing"
    elif row.format == SQL_QUERY:
        endpoint = f"{public}/query/{row.pk}"
    elif row.format in ENTITY_FORMATS:
        kind, endpoint = NGSI_LD_ENDPOINT, f"{public}/shared/{row.pk}/ngsi-ld/v1"
    return DataAddress(
        endpoint_type=kind,
        endpoint=endpoint,
        # The protocol lets the address stand by itself or among the properties; some peers look only there.
        properties=(("endpoint", endpoint), ("authorization", secret), ("authType", "bearer")),
    )
