"""What an organisation may be called, and the document that tells peers about it."""

import re
from collections.abc import Mapping
from typing import Any

from renkei.kernel.did import did_of
from renkei.kernel.ids import ParticipantId
from renkei.kernel.texts import Text
from renkei.parties.errors import NameInvalid, SlugInvalid
from renkei.parties.types import KeyName

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,40}")


def check_slug(slug: str) -> None:
    """Raise SlugInvalid unless the slug is 2 to 41 lower-case letters, digits and hyphens."""
    if not _SLUG.fullmatch(slug):
        raise SlugInvalid(slug=slug[:80])


def check_name(name: Text) -> None:
    """Raise NameInvalid unless both languages have 1 to 200 characters."""
    if not all(said.strip() and len(said) <= 200 for said in (name.ja, name.en)):
        raise NameInvalid


def participant_of(*, public_url: str, slug: str) -> ParticipantId:
    """Return the `did:web` of an organisation of the node at this address."""
    return did_of(root_of(public_url=public_url, slug=slug))


def root_of(*, public_url: str, slug: str) -> str:
    """Return the address below which an organisation's DID document and dataspace endpoints lie."""
    return f"{public_url}/orgs/{slug}"


def write_did_document(
    *, participant: ParticipantId, keys: Mapping[KeyName, Mapping[str, str]], root: str, log: str
) -> dict[str, Any]:
    """Write an organisation's DID document (DID Core 1.0; services of Dataspace Protocol 2025-1, section 4.4).

    `keys` are the public keys as JWKs by name, the one that signs now first: some peers look no further.
    `log` is the address of the node's audit log, so that peers can witness it.
    """
    key_ids = [f"{participant}#{name}" for name in keys]
    return {
        "@context": [
            "https://www.w3.org/ns/did/v1",
            "https://w3id.org/security/suites/jws-2020/v1",
            "https://w3id.org/dspace/2025/1/context.jsonld",
        ],
        "id": participant,
        "verificationMethod": [
            {"id": key_id, "type": "JsonWebKey2020", "controller": participant, "publicKeyJwk": dict(jwk)}
            for key_id, jwk in zip(key_ids, keys.values(), strict=True)
        ],
        "authentication": key_ids,
        "assertionMethod": key_ids,
        "capabilityInvocation": key_ids,
        "service": [
            {
                "id": f"{participant}#catalog",
                "type": "CatalogService",
                "serviceEndpoint": f"{root}/dsp/2025-1/catalog",
            },
            {
                "id": f"{participant}#dataspace",
                "type": "DataService",
                "serviceEndpoint": f"{root}/.well-known/dspace-version",
            },
            {"id": f"{participant}#log", "type": "TransparencyLog", "serviceEndpoint": log},
        ],
    }
