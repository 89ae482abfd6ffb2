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


class Vault(Protocol):
    """Where the private halves of keys lie. A name is 1 to 100 of `A-Z a-z 0-9 _ -`.

    Contract (`tests/parties/test_vaults.py`, which every adapter runs): what was put is got, also by another process,
    from the moment `put` returns (for a vault in the database: from the commit on) until it is forgotten.
    """

    def put(self, name: str, secret: bytes) -> None:
        """Keep a secret; what lay under the name before is gone. Raises VaultUnusable."""
        ...

    def get(self, name: str) -> bytes:
        """Return a secret. Raises SecretMissing, VaultUnusable; audit's SecretChanged where it cannot be decrypted."""
        ...

    def forget(self, name: str) -> None:
        """Wipe a secret; one that is not there changes nothing. Raises VaultUnusable."""
        ...
