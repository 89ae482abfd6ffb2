"""What the exchange needs from above: somebody who carries its messages, and its data, to the peers."""

from collections.abc import Callable, Sequence
from typing import Protocol

from renkei.exchange.types import Outgoing, Push, Pushed, Sent
from renkei.kernel.texts import Text


class PeerUnavailable(Exception):
    """The peer cannot take the message now: no connection, no answer in time, or an answer of the 5xx kind.

    The message stays in the outbox and is tried again.
    """

    def __init__(self, why: str | Text) -> None:
        self.why = why if isinstance(why, Text) else Text(ja=why, en=why)
        super().__init__(self.why.en)


class PeerRefused(Exception):
    """The peer refused the message for good; sending it again would not help.

    `code` and `reasons` are the peer's own words, unshortened.
    """

    def __init__(self, *, status: int, code: str = "", reasons: Sequence[str] = ()) -> None:
        self.status, self.code, self.reasons = status, code, tuple(reasons)
        super().__init__(f"{status} {code}: {'; '.join(self.reasons)}")


class PeerUnready(PeerRefused):
    """The peer refuses the message in the state that it is in at this moment (409).

    It may not be as far as we know it to be: an answer can overtake the peer's own record of what it said. So the message
    is tried again for some seconds before the refusal counts.
    """


class Courier(Protocol):
    """Carries one message to its peer over the wire."""

    def send(self, message: Outgoing) -> Sent:
        """Send it and return when the peer has taken it.

        Raises PeerUnavailable when it may be tried again, PeerUnready when that may help soon, PeerRefused when not. A
        message may be sent again after a crash: receivers answer a repeat as they did the first.
        """
        ...

    def state(self, message: Outgoing) -> str:
        """Ask the peer for the state in which it holds the message's process, and return that state's name.

        It is asked when the peer refuses what it may have taken before. The message names the peer's pid. Raises what
        `send` raises.
        """
        ...


class PushStopped(Exception):
    """The data may not leave any more, or not for now: a push that has begun is broken off."""


class Pusher(Protocol):
    """Hands the data of one transfer over at the consumer's own address."""

    def push(self, push: Push, *, begin: Callable[[], None], look: Callable[[], None]) -> Pushed:
        """Hand the release over and return when the address has taken all of it.

        `begin` is called before the first byte leaves, `look` again and again while they do; a PushStopped that it
        raises breaks the push off and is handed on. Raises PeerUnavailable when it may be tried again, PeerRefused when
        not.
        """
        ...
