"""What the room needs from above: somebody who asks peers for their catalogues."""

from typing import Protocol

from renkei.federation.types import CataloguePage, Found
from renkei.kernel.ids import OrgId


class Catalogues(Protocol):
    """Asks peers over the wire."""

    def find(self, address: str) -> Found:
        """Return the participant behind a DID or a root's address, its identity proven. Raises a refusal."""
        ...

    def page(
        self, peer: Found, *, org: OrgId, after: str | None, etag: str, by_get: bool | None
    ) -> CataloguePage | None:
        """Return a page of the peer's catalogue as one organisation may see it; None where it is as `etag` says.

        `by_get` is whether the peer is known to answer by GET; None where that is not known yet. Raises a refusal.
        """
        ...
