"""The key that heads are signed with."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from renkei.audit.models import KeyRow
from renkei.audit.types import LogKey
from renkei.audit.vault import conceal, reveal
from renkei.kernel.notes import Checkpoint, Verifier, format_checkpoint, format_note

LOG_KEY_PURPOSE = "audit.log-key"


def log_key() -> LogKey:
    """Return the public key that heads are signed with; it is made when it is first asked for.

    Its name is the host (and port) of the node's public address at that time.
    """
    return _row().as_fact()


@dataclass(frozen=True, slots=True)
class Signer:
    """The log's key, ready to sign."""

    key: LogKey
    _private: Ed25519PrivateKey

    @classmethod
    def load(cls) -> "Signer":
        """Decrypt the log's key. Raises audit.secret-changed."""
        row = _row()
        private = reveal(bytes(row.private_key), purpose=LOG_KEY_PURPOSE)
        return cls(row.as_fact(), Ed25519PrivateKey.from_private_bytes(private))

    def sign(self, checkpoint: Checkpoint) -> str:
        """Return a checkpoint as a signed note (C2SP tlog-checkpoint; Ed25519, RFC 8032)."""
        text = format_checkpoint(checkpoint)
        signer = Verifier(name=self.key.name, public_key=self.key.public_key)
        return format_note(text=text, signer=signer, signature=self._private.sign(text.encode()))


def _row() -> KeyRow:
    row = KeyRow.objects.filter(pk=1).first()
    if row is not None:
        return row
    key = Ed25519PrivateKey.generate()
    fresh = KeyRow(
        id=1,
        name=urlsplit(settings.RENKEI.public_url).netloc,
        public_key=key.public_key().public_bytes_raw(),
        private_key=conceal(key.private_bytes_raw(), purpose=LOG_KEY_PURPOSE),
    )
    KeyRow.objects.bulk_create([fresh], ignore_conflicts=True)
    return KeyRow.objects.get(pk=1)
