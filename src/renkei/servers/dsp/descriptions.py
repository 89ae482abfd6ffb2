"""A dataset of the exchange, described in the catalogue's form."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from renkei.exchange import api as exchange
from renkei.kernel.clock import format_utc
from renkei.lake.api import Column
from renkei.privacy.api import ColumnClass
from renkei.wire.dsp.catalog import (
    ColumnDescription,
    Completeness,
    DataService,
    Dataset,
    Distribution,
    QualityDescription,
    labels,
)
from renkei.wire.dsp.coverage import write_period, write_place


def describe_dataset(
    listing: exchange.Listing,
    *,
    service: DataService,
    columns: Sequence[Column] = (),
    context: tuple[str, ...] | None = None,
) -> Dataset:
    """Return the dataset as a catalogue lists it.

    `columns` adds each column's type, unit and description; `context` is for a dataset that is an answer by itself.
    """
    dataset = listing.dataset
    return Dataset(
        context=context,
        id=dataset.id,
        has_policy=[_policy(offer) for offer in listing.offers],
        distribution=_distributions(service, exchange.formats_under(listing.offers, dataset=dataset)),
        title=labels(dataset.title),
        description=labels(dataset.description),
        licence=dataset.licence,
        issued=format_utc(dataset.published_at),
        modified=format_utc(dataset.revised_at) if dataset.revised_at else None,
        themes=list(dataset.themes) or None,
        temporal=write_period(dataset.quality.first, dataset.quality.last),
        spatial=write_place(dataset.place),
        columns=_columns(dataset, columns) or None,
        quality=_quality(dataset.quality),
    )


@lru_cache(maxsize=64)
def _distributions(service: DataService, formats: tuple[str, ...]) -> list[Distribution]:
    return [Distribution(format=form, access_service=service) for form in formats]


def _policy(offer: exchange.Offer) -> exchange.Policy:
    return replace(offer, terms=exchange.spelled(offer.terms)).policy()


def _columns(dataset: exchange.Dataset, columns: Sequence[Column]) -> list[ColumnDescription]:
    # A page has thousands of columns, and an enum's `value` costs ten times what its member does: that is text itself.
    if not columns:
        return [
            ColumnDescription(name=known.name, category=known.category, role=known.role)
            for known in dataset.classes
        ]
    classes = {known.name: known for known in dataset.classes}
    return [_column(column, classes.get(column.name)) for column in columns]


def _column(column: Column, known: ColumnClass | None) -> ColumnDescription:
    return ColumnDescription(
        name=column.name,
        type=column.type,
        unit=column.unit,
        description=labels(column.text),
        category=known.category if known else None,
        role=known.role if known else None,
    )


def _quality(quality: exchange.Quality) -> QualityDescription:
    return QualityDescription(
        rows=quality.rows,
        version=quality.version,
        first=format_utc(quality.first) if quality.first else None,
        last=format_utc(quality.last) if quality.last else None,
        completeness=[
            Completeness(name=name, per_mille=share) for name, share in quality.completeness.items()
        ]
        or None,
    )
