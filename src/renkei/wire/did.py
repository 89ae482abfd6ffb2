"""DID documents of the method `web`: where they lie, and what of them a dataspace node reads."""

from collections.abc import Mapping
from typing import Any, Literal

from renkei.kernel.did import Scheme, did_of, url_of

ServiceType = Literal["CatalogService", "DataService", "TransparencyLog"]

__all__ = ["ServiceType", "did_of", "document_url", "service_endpoint", "url_of"]


def document_url(did: str, *, scheme: Scheme = "https") -> str:
    """Return the address of a participant's DID document (did:web, section 3.2).

    Raises ValueError when the id is no well-formed did:web.
    """
    url = url_of(did, scheme=scheme)
    return f"{url}/did.json" if url.count("/") > 2 else f"{url}/.well-known/did.json"


def service_endpoint(document: Mapping[str, Any], service: ServiceType) -> str | None:
    """Return the address of the document's first service of this type, or None where it names none.

    A `CatalogService` ends in `/catalog`, below the protocol's base; a `DataService` in
    `/.well-known/dspace-version` (Dataspace Protocol 2025-1, section 4.4). A `TransparencyLog`, this project's own,
    ends in `/audit`.
    """
    listed = document.get("service")
    for entry in listed if isinstance(listed, list) else []:
        if isinstance(entry, Mapping) and service in _types(entry):
            endpoint = entry.get("serviceEndpoint")
            if isinstance(endpoint, str):
                return endpoint
    return None


def _types(entry: Mapping[str, Any]) -> list[object]:
    named = entry.get("type")
    return named if isinstance(named, list) else [named]
