"""A catalogue and its datasets with the classes and properties of DCAT-AP 3.0."""

import re
from datetime import datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from renkei.kernel.places import Place
from renkei.kernel.texts import Text
from renkei.wire.dcat.graph import Sheet, is_iri
from renkei.wire.dcat.pages import CatalogPage, Form, Item, Publisher
from renkei.wire.dcat.policies import write_policy

if TYPE_CHECKING:
    from rdflib.term import Node

AUTHORITY: Final = "http://publications.europa.eu/resource/authority/"
"""Where the vocabularies of the EU's Publications Office are."""
FORMATS: Final = "https://w3id.org/renkei/formats/"
PROTOCOL: Final = "https://w3id.org/dspace/2025/1"
_WKT: Final = "http://www.opengis.net/ont/geosparql#wktLiteral"
_CREATIVE_COMMONS: Final = re.compile(r"CC-(BY(?:-NC)?(?:-ND|-SA)?)-(\d\.\d)")
_SPDX: Final = re.compile(r"[A-Za-z0-9.+-]+")


def write_catalog(page: CatalogPage, *, form: Form) -> bytes:
    """Write one page of a catalogue; the same page always gives the same bytes."""
    sheet = Sheet()
    _catalog(sheet, page)
    return sheet.written(form)


def write_dataset(item: Item, *, form: Form) -> bytes:
    """Write one dataset by itself."""
    sheet = Sheet()
    _dataset(sheet, item)
    _agent(sheet, item.publisher)
    _service(sheet, item)
    return sheet.written(form)


def _catalog(sheet: Sheet, page: CatalogPage) -> None:
    node = sheet.typed(page.iri, "dcat:Catalog")
    sheet.texts(node, "dct:title", page.title)
    sheet.texts(node, "dct:description", page.description)
    sheet.add(node, "dct:publisher", _agent(sheet, page.publisher))
    sheet.add(node, "dcat:themeTaxonomy", sheet.iri(AUTHORITY + "data-theme"))
    for code in ("JPN", "ENG"):
        sheet.add(node, "dct:language", sheet.iri(f"{AUTHORITY}language/{code}"))
    for item in page.items:
        sheet.add(node, "dcat:dataset", _dataset(sheet, item))
        sheet.add(node, "dcat:service", _service(sheet, item))
        _agent(sheet, item.publisher)
    here = sheet.typed(page.here, "hydra:PagedCollection")
    sheet.add(here, "hydra:first", sheet.iri(page.first))
    if page.next is not None:
        sheet.add(here, "hydra:next", sheet.iri(page.next))


def _agent(sheet: Sheet, publisher: Publisher) -> "Node":
    node = sheet.typed(publisher.iri, "foaf:Agent")
    sheet.texts(node, "foaf:name", publisher.name)
    sheet.add(node, "dct:identifier", sheet.text(publisher.iri))
    return node


def _service(sheet: Sheet, item: Item) -> "Node":
    node = sheet.typed(f"{item.publisher.iri}#dataspace", "dcat:DataService")
    title = Text(
        ja=f"{item.publisher.name.ja}のデータスペース窓口", en=f"Dataspace of {item.publisher.name.en}"
    )
    sheet.texts(node, "dct:title", title)
    sheet.add(node, "dcat:endpointURL", sheet.iri(item.base))
    sheet.add(node, "dct:conformsTo", sheet.iri(PROTOCOL))
    sheet.add(node, "dct:publisher", sheet.iri(item.publisher.iri))
    sheet.add(node, "dcat:servesDataset", sheet.iri(item.iri))
    return node


def _dataset(sheet: Sheet, item: Item) -> "Node":
    said = item.described
    node = sheet.typed(item.iri, "dcat:Dataset")
    sheet.texts(node, "dct:title", said.title)
    sheet.texts(node, "dct:description", said.description if said.description.en else said.title)
    sheet.add(node, "dct:identifier", sheet.text(said.dataset))
    sheet.add(node, "dct:publisher", sheet.iri(item.publisher.iri))
    sheet.add(node, "dct:accessRights", sheet.iri(AUTHORITY + "access-right/RESTRICTED"))
    for name, at in (("dct:issued", said.issued), ("dct:modified", said.modified)):
        sheet.moment(node, name, at)
    for theme in said.themes:
        concept = is_iri(theme)
        sheet.add(node, "dcat:theme" if concept else "dcat:keyword", sheet.named(theme))
    _period(sheet, node, said.first, said.last)
    _place(sheet, node, said.place)
    for number, format_ in enumerate(said.formats, start=1):
        sheet.add(node, "dcat:distribution", _distribution(sheet, item, number, format_))
    for offer in said.offers:
        sheet.add(node, "odrl:hasPolicy", write_policy(sheet, offer.policy))
    return node


def _distribution(sheet: Sheet, item: Item, number: int, format_: str) -> "Node":
    node = sheet.typed(f"{item.iri}#distribution-{number}", "dcat:Distribution")
    sheet.add(node, "dct:title", sheet.text(format_))
    address = f"{item.base}/catalog/datasets/{quote(item.described.dataset, safe=':')}"
    sheet.add(node, "dcat:accessURL", sheet.iri(address))
    sheet.add(node, "dcat:accessService", sheet.iri(f"{item.publisher.iri}#dataspace"))
    form = sheet.typed(
        format_ if is_iri(format_) else FORMATS + quote(format_, safe=""), "dct:MediaTypeOrExtent"
    )
    sheet.add(form, "rdfs:label", sheet.text(format_))
    sheet.add(node, "dct:format", form)
    if item.described.licence:
        sheet.add(node, "dct:license", _licence(sheet, item.described.licence))
    return node


def _licence(sheet: Sheet, licence: str) -> "Node":
    commons = _CREATIVE_COMMONS.fullmatch(licence)
    if commons:
        kind, version = commons.groups()
        return sheet.typed(
            f"https://creativecommons.org/licenses/{kind.lower()}/{version}/", "dct:LicenseDocument"
        )
    if licence == "CC0-1.0":
        return sheet.typed("https://creativecommons.org/publicdomain/zero/1.0/", "dct:LicenseDocument")
    if is_iri(licence):
        return sheet.typed(licence, "dct:LicenseDocument")
    if _SPDX.fullmatch(licence):
        return sheet.typed(f"http://spdx.org/licenses/{licence}", "dct:LicenseDocument")
    node = sheet.blank("dct:LicenseDocument")
    sheet.add(node, "rdfs:label", sheet.text(licence))
    return node


def _period(sheet: Sheet, dataset: "Node", first: datetime | None, last: datetime | None) -> None:
    if first is None and last is None:
        return
    node = sheet.blank("dct:PeriodOfTime")
    sheet.moment(node, "dcat:startDate", first)
    sheet.moment(node, "dcat:endDate", last)
    sheet.add(dataset, "dct:temporal", node)


def _place(sheet: Sheet, dataset: "Node", place: Place | None) -> None:
    from rdflib import Literal, URIRef

    if place is None:
        return
    named = place.name is not None and is_iri(place.name.en)
    node = sheet.typed(place.name.en, "dct:Location") if place.name and named else sheet.blank("dct:Location")
    if place.name is not None and not named:
        sheet.texts(node, "skos:prefLabel", place.name)
    if place.box is not None:
        sheet.add(node, "dcat:bbox", Literal(place.box.as_wkt(), datatype=URIRef(_WKT)))
    sheet.add(dataset, "dct:spatial", node)
