"""To whom an offer is made."""

import msgspec

from renkei.exchange.rules.terms import parse
from renkei.exchange.types import Policy


def recipients_of(policy: Policy) -> frozenset[str] | None:
    """Return the participants that an offer names as its recipients, or None where it is made to everybody.

    Raises what `parse` raises for terms that this node cannot evaluate and that speak of recipients.
    """
    # Terms are parsed for those few that can name recipients: a page of a catalogue holds hundreds of offers.
    if b"recipient" not in msgspec.json.encode(policy):
        return None
    return parse(policy).recipients
