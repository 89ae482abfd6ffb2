"""In which formats data may be delivered under their terms."""

from collections.abc import Sequence

from renkei.exchange.rules.plan import compile_terms
from renkei.exchange.rules.presenting import check_presentable
from renkei.exchange.rules.terms import Terms, evaluable
from renkei.exchange.types import ENTITY_FORMATS, FORMATS, SQL_QUERY, TABLE_FORMATS, Dataset, Offer
from renkei.kernel.refusals import Refusal
from renkei.privacy import api as privacy


def check_format(terms: Terms, format: str) -> None:  # noqa: A002 - the field's word
    """Refuse to open a transfer that could never deliver. Raises privacy.rows-stay with what to open instead."""
    if terms.delivery is privacy.Delivery.IN_PLACE and format != SQL_QUERY:
        raise privacy.RowsStay


def check_entities(terms: Terms, format: str, *, dataset: Dataset) -> None:  # noqa: A002 - as above
    """Refuse to open a transfer of entities where none could be shown.

    Raises exchange.not-an-entity-type, entities-kept-back.
    """
    if format in ENTITY_FORMATS:
        plan = compile_terms(terms, table=dataset.table, classes=dataset.classes)
        check_presentable(dataset.entities, plan, dataset=dataset.id)


def formats_under(offers: Sequence[Offer], *, dataset: Dataset | None = None) -> tuple[str, ...]:
    """Return the formats of a dataset's catalogue entry: where every offer keeps the rows here, only queries.

    Those of entities stand there where the dataset comes from a type of entity and some offer lets its entities be seen.
    """
    if offers and all(_stays(offer) for offer in offers):
        return (SQL_QUERY,)
    if dataset is None or dataset.entities is None or not any(_shows(each, dataset) for each in offers):
        return TABLE_FORMATS
    return FORMATS


def _stays(offer: Offer) -> bool:
    # terms that never speak of it are not parsed: a catalogue page has many
    return "rk:delivery" in str(offer.terms) and evaluable(offer.terms).delivery is privacy.Delivery.IN_PLACE


def _shows(offer: Offer, dataset: Dataset) -> bool:
    try:
        check_entities(evaluable(offer.terms), ENTITY_FORMATS[0], dataset=dataset)
    except Refusal:
        return False
    return True
