"""In which formats data may be delivered under their terms."""

from collections.abc import Sequence

from renkei.exchange.rules.terms import Terms, evaluable
from renkei.exchange.types import FORMATS, SQL_QUERY, Offer
from renkei.privacy import api as privacy


def check_format(terms: Terms, format: str) -> None:  # noqa: A002 - the field's word
    """Refuse to open a transfer that could never deliver. Raises privacy.rows-stay with what to open instead."""
    if terms.delivery is privacy.Delivery.IN_PLACE and format != SQL_QUERY:
        raise privacy.RowsStay


def formats_under(offers: Sequence[Offer]) -> tuple[str, ...]:
    """Return the formats of a dataset's catalogue entry: where every offer keeps the rows here, only queries."""
    if offers and all(_stays(offer) for offer in offers):
        return (SQL_QUERY,)
    return FORMATS


def _stays(offer: Offer) -> bool:
    # terms that never speak of it are not parsed: a catalogue page has many
    return "rk:delivery" in str(offer.terms) and evaluable(offer.terms).delivery is privacy.Delivery.IN_PLACE
