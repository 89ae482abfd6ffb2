"""The open document `/.well-known/dspace-version` (Dataspace Protocol 2025-1, "Exposure of Versions")."""

from typing import Literal

import msgspec


class Auth(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How callers show who they are."""

    protocol: str
    version: str
    profile: list[str] | None = None


class Version(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One version that is spoken, and where, relative to the root of the document's address."""

    version: str
    path: str
    binding: Literal["HTTPS"]
    identifier_type: str | None = msgspec.field(name="identifierType", default=None)
    service_id: str | None = msgspec.field(name="serviceId", default=None)
    auth: Auth | None = None


class VersionResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The versions that a participant speaks."""

    versions: list[Version] = msgspec.field(name="protocolVersions")

    def __post_init__(self) -> None:
        if not self.versions:
            raise ValueError("protocolVersions: empty")

    def speaking(self, version: str) -> Version | None:
        """Return the first entry of a version, or None where it is not spoken."""
        return next((entry for entry in self.versions if entry.version == version), None)
