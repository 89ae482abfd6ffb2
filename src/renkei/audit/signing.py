"""The key that heads are signed with."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from renkei.audit.models import KeyRow
from renkei.audit.types import LogKey
from renkei.audit.vault import conceal, reveal
from renkei.kernel.notes import (
    Checkpoint,
    Cosigner,
    Verifier,
    add_cosignature,
    cosigned_text,
    format_checkpoint,
    format_note,
    parse_note,
)

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

    def cosign(self, note: str, *, at: int) -> str:
        """Return another log's signed note with this node's cosignature (C2SP tlog-cosignature, Ed25519).

        The key is the log's own: a checkpoint begins with the log's name and a cosignature with `cosignature/v1`,
        so that neither can be taken for the other.
        """
        signature = self._private.sign(cosigned_text(parse_note(note).text, at=at))
        return add_cosignature(note, cosigner=_cosigner(self.key), at=at, signature=signature)


def cosigner_key() -> str:
    """Return the key that verifies this node's cosignatures, as one line (C2SP signed-note, "vkey", type 0x04)."""
    return _cosigner(log_key()).text()


def _cosigner(key: LogKey) -> Cosigner:
    return Cosigner(name=key.name, public_key=key.public_key)


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
