"""What another node's log is held to: the heads that were kept of it and not given up."""

from django.db.models import QuerySet

from renkei.audit.models import KeyRow, WitnessedRow
from renkei.audit.signing import log_key
from renkei.audit.types import KeptHead


def held() -> QuerySet[WitnessedRow]:
    """Return the heads that logs are held to."""
    return WitnessedRow.objects.filter(dropped_at=None)


def take_turn() -> None:
    """Wait, inside a transaction, until no other visit is being settled: by the key that cosigns, one at a time."""
    log_key()  # made where there is none yet
    KeyRow.objects.select_for_update().get(pk=1)


class Pins:
    """What the log at one address is held to, as it was when the log was looked at."""

    def __init__(self, address: str) -> None:
        """Nothing is read before the log has shown its key."""
        self.address = address
        self._shown: list[int] = []

    def under(self, vkey: str) -> tuple[KeptHead, ...]:
        """Return the last head kept at this address and the last under this key, wherever that was."""
        rows = self._rows(vkey)
        self._shown = [row.pk for row in rows]
        return tuple(KeptHead(row.vkey, row.checkpoint) for row in rows)

    def changed(self, vkey: str) -> bool:
        """Tell whether a head was kept or given up since the log was looked at."""
        return [row.pk for row in self._rows(vkey)] != self._shown

    def _rows(self, vkey: str) -> list[WitnessedRow]:
        found = {
            row.pk: row
            for rows in (held().filter(address=self.address), held().filter(vkey=vkey))
            if (row := rows.order_by("-size", "-pk").first()) is not None
        }
        return list(found.values())
