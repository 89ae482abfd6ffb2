"""Datasets and the terms under which they are offered."""

from collections import Counter
from dataclasses import dataclass

from django.http import HttpResponse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from renkei.exchange import api as exchange
from renkei.kernel.ids import DatasetId
from renkei.kernel.texts import Text
from renkei.lake import api as lake
from renkei.parties import api as parties
from renkei.privacy import api as privacy
from renkei.web.request import PortalRequest
from renkei.web.session import check_own, signed_in
from renkei.web.views import listing

TONES = {
    privacy.Category.NONE: "",
    privacy.Category.RELATED: "notice",
    privacy.Category.PERSONAL: "bad",
    privacy.Category.SENSITIVE: "bad",
}


@dataclass(frozen=True, slots=True)
class DatasetLine:
    """One line of the list of datasets."""

    dataset: exchange.Dataset
    offers: int
    """That stand."""


@dataclass(frozen=True, slots=True)
class ColumnLine:
    """One line of a dataset's table of columns."""

    name: str
    text: Text
    type: lake.ColumnType
    unit: str | None
    category: privacy.Category
    role: privacy.Role
    complete: int | None
    """In ‰."""

    @property
    def tone(self) -> str:
        """Return the colour in which the category is shown."""
        return TONES[self.category]


@dataclass(frozen=True, slots=True)
class OfferLine:
    """One offer with its terms as sentences."""

    id: str
    automatic: bool
    terms: exchange.Policy
    sentences: tuple[Text, ...]

    @property
    def query(self) -> str:
        """Return the query by which the form begins from this offer."""
        return urlencode({"from": self.id})


@require_safe
@signed_in
def datasets(request: PortalRequest) -> HttpResponse:
    """List the datasets that the caller may see."""
    org = listing.own(request)
    standing = Counter(each.dataset for each in exchange.all_offers(org) if each.withdrawn_at is None)
    shown = [DatasetLine(each, standing[each.id]) for each in exchange.datasets(org)]
    return listing.show(
        request,
        "datasets",
        section="datasets",
        page=listing.page(request, shown),
        owners=listing.owners(request),
    )


@require_safe
@signed_in
def dataset(request: PortalRequest, *, dataset_id: str) -> HttpResponse:
    """Show one dataset: what it is, its offers, its quality, and each column with its category."""
    found = exchange.dataset(DatasetId(dataset_id))
    check_own(request.caller, found.owner)
    return listing.show(
        request,
        "dataset",
        section="datasets",
        dataset=found,
        owner=parties.organisation(found.owner),
        offers=[_offer(each) for each in exchange.offers(dataset=found.id) if each.withdrawn_at is None],
        columns=_columns(found),
        may_offer=request.caller.org is not None and parties.Scope.PUBLISH in request.caller.scopes,
    )


def _offer(offer: exchange.Offer) -> OfferLine:
    sentences = listing.sentences(offer.terms)
    return OfferLine(id=offer.id, automatic=offer.automatic, terms=offer.terms, sentences=sentences)


def _columns(dataset: exchange.Dataset) -> list[ColumnLine]:
    classes = {each.name: each for each in dataset.classes}
    return [
        ColumnLine(
            name=column.name,
            text=column.text,
            type=column.type,
            unit=column.unit,
            category=classes[column.name].category,
            role=classes[column.name].role,
            complete=dataset.quality.completeness.get(column.name),
        )
        for column in lake.table(dataset.table).columns
        if column.name in classes
    ]
