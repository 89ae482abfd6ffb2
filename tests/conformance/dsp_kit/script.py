"""What the connector under test does, by the dataset or agreement that a test of the kit names.

A step is taken once the process is in its state, everything said before has been taken, and the kit has had time to
look: the kit polls, and refuses what comes before it has understood the last answer.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.kernel.refusals import Refusal
from renkei.parties import api as parties

log = logging.getLogger(__name__)

PAUSE = 0.5
"""Seconds that the kit has to look at a state before the next message comes."""
TERMS: exchange.Policy = {"permission": [{"action": "use"}]}
REASON = "the script of the conformance test"

N, T = exchange.NegotiationState, exchange.TransferState
Process = exchange.Negotiation | exchange.Transfer
Act = Callable[..., object]
Step = tuple[str, Act]


def _negotiate(act: Act, process: Process, *, org: parties.Organisation, **said: Any) -> None:
    act(org=org.id, negotiation=process.id, actor=org.actor, now=utc_now(), **said)


def _transfer(act: Act, process: Process, *, org: parties.Organisation, **said: Any) -> None:
    act(org=org.id, transfer=process.id, actor=org.actor, now=utc_now(), **said)


OFFER = partial(_negotiate, exchange.counter, terms=TERMS)
COUNTER = partial(_negotiate, exchange.counter_offer, offer=TERMS)
AGREE = partial(_negotiate, exchange.agree)
FINALIZE = partial(_negotiate, exchange.finalize)
ACCEPT = partial(_negotiate, exchange.accept_offer)
VERIFY = partial(_negotiate, exchange.verify_agreement)
BREAK_OFF = partial(_negotiate, exchange.terminate_negotiation, reason=REASON)
START = partial(_transfer, exchange.start_transfer)
RESUME = partial(_transfer, exchange.resume_transfer)
SUSPEND = partial(_transfer, exchange.suspend_transfer, reason=REASON)
COMPLETE = partial(_transfer, exchange.complete_transfer)
TERMINATE = partial(_transfer, exchange.terminate_transfer, reason=REASON)

PROVIDER: Mapping[str, tuple[Step, ...]] = {
    "ACN0101": ((N.REQUESTED, OFFER),),
    "ACN0102": ((N.REQUESTED, OFFER), (N.REQUESTED, BREAK_OFF)),
    "ACN0103": ((N.REQUESTED, OFFER), (N.ACCEPTED, AGREE), (N.VERIFIED, FINALIZE)),
    "ACN0104": ((N.REQUESTED, AGREE), (N.VERIFIED, FINALIZE)),
    "ACN0201": ((N.REQUESTED, BREAK_OFF),),
    "ACN0202": (),
    "ACN0203": ((N.REQUESTED, AGREE),),
    "ACN0204": ((N.REQUESTED, OFFER),),
    "ACN0205": ((N.REQUESTED, OFFER), (N.OFFERED, BREAK_OFF)),
    "ACN0206": ((N.REQUESTED, OFFER), (N.ACCEPTED, BREAK_OFF)),
    "ACN0207": ((N.REQUESTED, AGREE), (N.VERIFIED, BREAK_OFF)),
    "ACN0301": ((N.REQUESTED, AGREE), (N.VERIFIED, FINALIZE)),
    "ACN0302": ((N.REQUESTED, OFFER),),
    "ACN0303": ((N.REQUESTED, OFFER),),
    "ACN0304": ((N.REQUESTED, OFFER),),
}
CONSUMER: Mapping[str, tuple[Step, ...]] = {
    "ACNC0101": ((N.OFFERED, ACCEPT), (N.AGREED, VERIFY)),
    "ACNC0102": ((N.OFFERED, COUNTER),),
    "ACNC0103": ((N.OFFERED, BREAK_OFF),),
    "ACNC0104": ((N.AGREED, VERIFY),),
    "ACNC0201": (),
    "ACNC0202": ((N.REQUESTED, BREAK_OFF),),
    "ACNC0203": ((N.AGREED, BREAK_OFF),),
    "ACNC0204": (),
    "ACNC0205": ((N.OFFERED, ACCEPT),),
    "ACNC0206": ((N.AGREED, VERIFY),),
    "ACNC0301": (),
    "ACNC0302": (),
    "ACNC0303": (),
    "ACNC0304": ((N.OFFERED, ACCEPT),),
    "ACNC0305": ((N.OFFERED, ACCEPT),),
    "ACNC0306": ((N.OFFERED, ACCEPT),),
}
TRANSFERS: Mapping[str, tuple[Step, ...]] = {
    "ATP0101": ((T.REQUESTED, START), (T.STARTED, TERMINATE)),
    "ATP0102": ((T.REQUESTED, START), (T.STARTED, COMPLETE)),
    "ATP0103": ((T.REQUESTED, START), (T.STARTED, SUSPEND), (T.SUSPENDED, TERMINATE)),
    "ATP0104": ((T.REQUESTED, START), (T.STARTED, SUSPEND), (T.SUSPENDED, RESUME), (T.STARTED, COMPLETE)),
    "ATP0105": ((T.REQUESTED, TERMINATE),),
    **{f"ATP02{n:02}": ((T.REQUESTED, START),) for n in range(1, 5)},
    "ATP0205": (),
    "ATP0301": (),
    "ATP0302": (),
    **{f"ATP03{n:02}": ((T.REQUESTED, START),) for n in range(3, 7)},
    **{f"ATPC01{n:02}": () for n in range(1, 6)},
    "ATPC0201": ((T.STARTED, TERMINATE),),
    "ATPC0202": ((T.STARTED, COMPLETE),),
    "ATPC0203": ((T.STARTED, SUSPEND), (T.SUSPENDED, TERMINATE)),
    "ATPC0204": ((T.STARTED, SUSPEND), (T.SUSPENDED, RESUME), (T.STARTED, COMPLETE)),
    "ATPC0205": ((T.REQUESTED, TERMINATE),),
    **{f"ATPC03{n:02}": () for n in range(1, 7)},
}


@dataclass
class Player:
    """Plays the script on everything that the organisation has under way."""

    org: parties.Organisation
    clock: Callable[[], float] = time.monotonic
    _taken: dict[str, int] = field(default_factory=dict)
    """How many steps of each process are behind it."""
    _seen: dict[str, tuple[str, float]] = field(default_factory=dict)
    """The state in which each process rests, and since when."""

    def play(self) -> None:
        """Take every step that is due."""
        waiting = {message.own_pid for message in exchange.outbox(org=self.org.id)}
        for process, steps in self._under_way():
            taken = self._taken.get(process.id, 0)
            if process.id in waiting:
                self._seen.pop(process.id, None)
            elif taken < len(steps) and self._rests(process, steps[taken][0]):
                self._taken[process.id] = taken + 1
                self._take(process, steps[taken][1])

    def _under_way(self) -> Iterator[tuple[Process, tuple[Step, ...]]]:
        for negotiation in exchange.negotiations(org=self.org.id, open_only=True):
            played = PROVIDER if negotiation.role is exchange.Role.PROVIDER else CONSUMER
            yield negotiation, played.get(negotiation.dataset, ())
        for transfer in exchange.transfers(org=self.org.id):
            yield transfer, TRANSFERS.get(transfer.agreement, ())

    def _rests(self, process: Process, wanted: str) -> bool:
        """Tell whether a process has been in the wanted state for long enough."""
        state, now = process.state.value, self.clock()
        seen, since = self._seen.get(process.id, ("", now))
        if seen != state:
            self._seen[process.id] = (state, now)
            return False
        return state == wanted and now - since >= PAUSE

    def _take(self, process: Process, act: Act) -> None:
        try:
            act(process, org=self.org)
        except Refusal as refusal:
            log.warning("the step of %s was refused: %s", process.id, refusal.said("en"))
