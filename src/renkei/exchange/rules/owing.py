"""What an agreement asks and allows over time: due times of duties, windows of a rate."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta

from renkei.exchange.errors import DutyStatementInvalid
from renkei.exchange.rules.sentences import duty_words
from renkei.exchange.rules.terms import Duty, DutyAction, Rate, evaluable
from renkei.exchange.types import Policy
from renkei.kernel.clock import format_utc
from renkei.kernel.texts import Text

LONGEST_STATEMENT = 2000
TOLERANCE = timedelta(seconds=60)
"""By which two nodes' clocks may differ."""
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


def moves(action: str) -> bool:
    """Tell whether each delivery opens such a duty anew: what comes has to be deleted as well."""
    return action == DutyAction.DELETE


def written(statement: str) -> str:
    """Return a statement with its lines ended as they are signed, however a form or a file ends them."""
    return statement.strip().replace("\r\n", "\n").replace("\r", "\n")


def check_covers(stated_at: datetime, *, counts_from: datetime | None) -> None:
    """Check that a statement is not from before what it has to cover; clocks may differ by a minute.

    `counts_from` is the last delivery, None where the duty does not follow deliveries. Raises
    exchange.duty-statement-invalid.
    """
    if counts_from is not None and stated_at < counts_from - TOLERANCE:
        raise DutyStatementInvalid(
            ja=f"{format_utc(stated_at)} の記録は、その後 {format_utc(counts_from)} に引き渡されたデータを対象にしていません。改めて記録してください。",
            en=f"it was made at {format_utc(stated_at)}, before the delivery of {format_utc(counts_from)}, which it does not cover; state it anew.",
        )


def words_of(terms: Policy, number: int, *, otherwise: str) -> Text:
    """Return what the duty of this number says has to be done, or the bare word of its action."""
    duties = evaluable(terms).duties
    if 0 < number <= len(duties):
        return duty_words(duties[number - 1])
    return Text(ja=otherwise, en=otherwise)


def check_statement(statement: str, evidence: str | None) -> None:
    """Check what is stated of a duty. Raises exchange.duty-statement-invalid."""
    if not statement.strip() or len(statement) > LONGEST_STATEMENT:
        raise DutyStatementInvalid(
            ja=f"何をしたかを {LONGEST_STATEMENT} 字以内で書いてください。",
            en=f"say what was done, in at most {LONGEST_STATEMENT} characters.",
        )
    if not all(_shows(character) for character in statement):
        raise DutyStatementInvalid(
            ja="使えるのは、表示できる文字と改行だけです。",
            en="it may hold printable characters and line breaks only.",
        )
    if evidence and not _SHA256.fullmatch(evidence):
        raise DutyStatementInvalid(
            ja="証跡は SHA-256(16 進小文字 64 字)で示してください。",
            en="evidence is named by its SHA-256, 64 lower-case hexadecimal digits.",
        )


def _shows(character: str) -> bool:
    """Tell whether a character is a line break or can be printed; spaces of every script can."""
    return character == "\n" or character.isprintable() or unicodedata.category(character) == "Zs"
