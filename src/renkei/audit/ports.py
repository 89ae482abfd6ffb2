"""What the log needs from above: somebody who goes and looks at other nodes' logs."""

from collections.abc import Callable, Sequence
from typing import Protocol

from renkei.audit.types import KeptHead, Sighting

KeptUnder = Callable[[str], Sequence[KeptHead]]
"""Tells what a log is held to once it has shown its key, which is given."""


class PeerLogs(Protocol):
    """Looks at the logs of other nodes, over whatever network they are on."""

    def address(self, peer: str) -> str | None:
        """Return the address under which a participant's node shows its log; None where it offers none.

        Raises a refusal of the kind `unavailable` when that cannot be found out now, of another kind when not at all.
        """
        ...

    def look(self, address: str, *, kept: KeptUnder) -> Sighting:
        """Fetch the head that a log shows now, verify its signature, and hold it against the heads that were kept.

        A log that contradicts what was kept is a sighting, too. Raises a refusal when no signed head could be had.
        """
        ...
