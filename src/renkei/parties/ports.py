"""What the room needs from outside."""

from typing import Any, Protocol


class DidDocuments(Protocol):
    """Where the DID documents of participants come from.

    Both methods raise a Refusal when the document cannot be had. What they return is not yet checked.
    """

    def document(self, did: str) -> dict[str, Any]:
        """Return the participant's document; it may be some minutes old."""
        ...

    def newest_document(self, did: str) -> dict[str, Any]:
        """Return the participant's document as it is now, for a key that the older one does not name."""
        ...
