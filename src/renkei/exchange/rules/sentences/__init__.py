"""Terms as sentences that a person can sign, one point each, in Japanese and English."""

from renkei.exchange.rules.sentences.parties import (
    alternatives,
    ends,
    membership,
    place,
    purpose,
    rate,
    recipient,
    starts,
    uses,
)
from renkei.exchange.rules.sentences.promises import ban, duty, duty_words, onward, unseen
from renkei.exchange.rules.sentences.shape import (
    budget,
    cell,
    delivery,
    group,
    masked,
    time_step,
    window,
    withheld,
)
from renkei.exchange.rules.sentences.words import PURPOSES, in_words, length
from renkei.exchange.rules.terms import Ban, Terms, parse
from renkei.exchange.types import Policy
from renkei.kernel.texts import Text

__all__ = ["PURPOSES", "describe_terms", "duty_words", "in_words", "length", "points"]


def describe_terms(policy: Policy) -> tuple[Text, ...]:
    """Say what terms allow and forbid, one sentence for each, in Japanese and English.

    The last sentences say what the node cannot enforce. Raises what `parse` raises for terms that cannot be evaluated.
    """
    return tuple(text for text in points(parse(policy)).values() if text is not None)


def points(terms: Terms) -> dict[str, Text | None]:
    """Say each point of terms under its name, in the order of the sentences; None where they do not speak of it."""
    bans = sorted(terms.banned - {Ban("distribute")}, key=str)
    return {
        "purpose": purpose(terms),
        "recipient": recipient(terms),
        "membership": membership(terms),
        "place": place(terms),
        "starts": starts(terms.starts),
        "ends": ends(terms),
        "uses": uses(terms),
        "rate": rate(terms),
        **{f"alternatives {number}": alternatives(each) for number, each in enumerate(terms.when, 1)},
        "delivery": delivery(terms),
        "window": window(terms),
        "cell": cell(terms.cell),
        "time": time_step(terms.time_step),
        "group": group(terms),
        "withheld": withheld(terms),
        **{f"mask {mask.column}": masked(mask) for mask in sorted(terms.masks, key=str)},
        "budget": budget(terms),
        **{f"duty {number}": duty(each) for number, each in enumerate(terms.duties, 1)},
        "use": unseen(terms),
        "onward": onward(terms),
        **{f"ban {number}": ban(each) for number, each in enumerate(bans, 1)},
    }
