"""What a write makes of an entity: documents in, a new document out, and nothing else."""

from renkei.context.rules.changing.differences import difference
from renkei.context.rules.changing.documents import (
    appended,
    created,
    merged,
    newer_and_older,
    patched,
    put,
    replaced,
    stripped,
    updated,
    without,
)
from renkei.context.rules.changing.instances import instant, is_null

__all__ = [
    "appended",
    "created",
    "difference",
    "instant",
    "is_null",
    "merged",
    "newer_and_older",
    "patched",
    "put",
    "replaced",
    "stripped",
    "updated",
    "without",
]
