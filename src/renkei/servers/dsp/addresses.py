"""Where each organisation of this node speaks the protocol."""

from typing import Final

from django.conf import settings

from renkei.parties.api import Organisation
from renkei.wire.dsp.catalog import DataService

PATH: Final = "/dsp/2025-1"
"""From an organisation's root to the base of the protocol, as its version document says."""
ROOT: Final = "/orgs/{slug}"
BASE: Final = ROOT + PATH


def root_url(org: Organisation) -> str:
    """Return the organisation's root, as peers see it: its `did:web` stands for the same address."""
    return f"{settings.RENKEI.public_url}/orgs/{org.slug}"


def base_url(org: Organisation) -> str:
    """Return the base of the protocol, for the organisation as a provider and as a consumer."""
    return root_url(org) + PATH


def data_service(org: Organisation) -> DataService:
    """Return the service that stands in the organisation's catalogue."""
    return DataService(id=f"{org.participant}#dataspace", type="DataService", endpoint_url=base_url(org))
