"""What an agreement asks and allows over time: due times of duties, windows of a rate."""

import re
from datetime import UTC, datetime

from renkei.exchange.errors import DutyStatementInvalid
from renkei.exchange.rules.sentences import duty_words
from renkei.exchange.rules.terms import Duty, DutyAction, Rate, evaluable
from renkei.exchange.types import Policy
from renkei.kernel.texts import Text

LONGEST_STATEMENT = 2000
_SHA256 = re.compile(r"[0-9a-f]{64}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def window_of(rate: Rate, *, now: datetime) -> int:
    """Return the number of the rate's window that this moment lies in: they follow each other from the epoch on."""
    return (now - _EPOCH) // rate.window


def window_end(rate: Rate, *, now: datetime) -> datetime:
    """Return when the present window ends."""
    return _EPOCH + (window_of(rate, now=now) + 1) * rate.window


def due_at(duty: Duty, *, in_force_at: datetime, delivered_at: datetime | None = None) -> datetime | None:
    """Return until when a duty has to be fulfilled; None where that is not said, or not begun.

    `within` runs from coming into force, to delete from the last delivery. With a date besides, the earlier counts.
    """
    begins = delivered_at if duty.action is DutyAction.DELETE else in_force_at
    ends = begins + duty.within if duty.within is not None and begins is not None else None
    return min((each for each in (ends, duty.by) if each is not None), default=None)


def moves(duty: Duty) -> bool:
    """Tell whether each delivery opens the duty anew: what comes has to be deleted as well."""
    return duty.action is DutyAction.DELETE


def words_of(terms: Policy, number: int, *, otherwise: str) -> Text:
    """Return what the duty of this number says has to be done, or the bare word of its action."""
    duties = evaluable(terms).duties
    if 0 < number <= len(duties):
        return duty_words(duties[number - 1])
    return Text(ja=otherwise, en=otherwise)


def check_statement(statement: str, evidence: str | None) -> None:
    """Check what is stated of a duty. Raises exchange.duty-statement-invalid."""
    if not statement.strip() or len(statement) > LONGEST_STATEMENT or "\x00" in statement:
        raise DutyStatementInvalid(
            ja=f"何をしたかを {LONGEST_STATEMENT} 字以内で書いてください。",
            en=f"say what was done, in at most {LONGEST_STATEMENT} characters.",
        )
    if evidence and not _SHA256.fullmatch(evidence):
        raise DutyStatementInvalid(
            ja="証跡は SHA-256(16 進小文字 64 字)で示してください。",
            en="evidence is named by its SHA-256, 64 lower-case hexadecimal digits.",
        )
