"""Changing the node's secret: a new one in the file, then everything concealed anew while both are known."""

import os
import secrets
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from renkei.audit.errors import SecretChangeUnderWay, SecretGiven
from renkei.audit.models import KeyRow
from renkei.audit.services import record
from renkei.audit.signing import LOG_KEY_PURPOSE
from renkei.audit.vault import conceal, reveal
from renkei.kernel.ids import NODE


def change_node_secret() -> Path:
    """Write a new secret into `node.secret`, keep the one before beside it, and return where that is.

    Processes that run keep the one they read at their start. Raises SecretGiven where the secret does not come from
    the file, SecretChangeUnderWay where the one before the last change is still kept.
    """
    path: Path | None = settings.RENKEI.secret_file
    if path is None:
        raise SecretGiven
    former = path.with_name("node.secret.former")
    try:
        former.hardlink_to(path)  # from here on both names hold the old one, whatever happens next
    except FileExistsError:
        raise SecretChangeUnderWay(file=former) from None
    fresh = path.with_name(f"node.secret.{os.getpid()}")
    fresh.touch(mode=0o600, exist_ok=False)
    with fresh.open("w") as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    return former


@transaction.atomic
def renew_log_key(*, now: datetime) -> int:
    """Conceal the log's key with the present secret; return how many keys that were. Raises SecretChanged."""
    rows = list(KeyRow.objects.select_for_update())
    for row in rows:
        private = reveal(bytes(row.private_key), purpose=LOG_KEY_PURPOSE)
        row.private_key = conceal(private, purpose=LOG_KEY_PURPOSE)
        row.save(update_fields=["private_key"])
    record("audit.secrets-renewed", actor=NODE, subject="node", at=now, count=len(rows))
    return len(rows)
