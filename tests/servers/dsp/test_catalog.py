"""The catalogue over the door: what it tells, how it pages, and that its cost does not grow with its length."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from renkei.exchange import api as exchange
from renkei.kernel.clock import format_utc, utc_now
from renkei.kernel.texts import Text
from renkei.parties import api as parties
from renkei.servers.door import Call
from renkei.servers.dsp.addresses import base_url
from renkei.servers.dsp.catalog import show_catalog
from renkei.wire.dsp import catalog, envelope
from tests.servers.dsp.conftest import Speaker, offered, publish

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_empty_catalogue_leaves_its_datasets_out(
    consumer: Speaker, provider: parties.Organisation
) -> None:
    answered = consumer.say(provider, "/catalog/request", "CatalogRequestMessage")

    assert (answered.status_code, answered.json()) == (
        200,
        {
            "@context": [envelope.CONTEXT],
            "@type": "Catalog",
            "@id": f"{provider.participant}#catalog",
            "participantId": provider.participant,
            "dct:title": [
                {"@value": "provider 研究所", "@language": "ja"},
                {"@value": "provider laboratory", "@language": "en"},
            ],
            "service": [
                {
                    "@id": f"{provider.participant}#dataspace",
                    "@type": "DataService",
                    "endpointURL": base_url(provider),
                }
            ],
        },
    )


def test_a_dataset_is_told_with_its_offers_forms_and_figures(
    consumer: Speaker, provider: parties.Organisation, dataset: exchange.Dataset, offer: exchange.Offer
) -> None:
    answered = consumer.say(provider, "/catalog/request", "CatalogRequestMessage", filter=[])

    (told,) = envelope.read(answered.content, catalog.Catalog).dataset or ()
    assert told.id == dataset.id
    assert told.has_policy == [
        {
            "@id": offer.id,
            "@type": "Offer",
            "profile": exchange.PROFILE,
            "permission": offer.terms["permission"],
        }
    ]
    assert [entry.format for entry in told.distribution] == [
        "DeltaSharing-PULL",
        "HttpData-PULL",
        "HttpData-PUSH",
    ]
    assert catalog.text_of(told.title) == Text(ja="測定値 readings", en="Readings readings")
    assert (told.licence, told.themes) == ("CC-BY-4.0", ["temperature"])
    assert told.issued == format_utc(dataset.published_at)
    assert told.quality is not None
    assert told.quality.rows == 0


def test_one_dataset_is_told_with_its_columns_types_and_units(
    consumer: Speaker, provider: parties.Organisation, dataset: exchange.Dataset, offer: exchange.Offer
) -> None:
    told = envelope.read(consumer.get(provider, f"/catalog/datasets/{dataset.id}").content, catalog.Dataset)

    columns = {column.name: column for column in told.columns or ()}
    assert (columns["reading"].type, columns["reading"].unit, columns["reading"].category) == (
        "real",
        "Cel",
        "non-personal",
    )


def test_a_dataset_without_a_standing_offer_is_not_there(
    consumer: Speaker, provider: parties.Organisation, dataset: exchange.Dataset, offer: exchange.Offer
) -> None:
    exchange.withdraw_offer(offer=offer.id, actor=provider.actor, now=utc_now())

    page = consumer.say(provider, "/catalog/request", "CatalogRequestMessage")
    answered = consumer.get(provider, f"/catalog/datasets/{dataset.id}")

    assert "dataset" not in page.json()
    assert (answered.status_code, answered.json()["@type"], answered.json()["code"]) == (
        404,
        "CatalogError",
        "exchange.dataset-missing",
    )


def test_another_organisations_dataset_is_not_there(
    consumer: Speaker, stranger: Speaker, dataset: exchange.Dataset, offer: exchange.Offer
) -> None:
    assert consumer.get(stranger.org, f"/catalog/datasets/{dataset.id}").status_code == 404


def test_the_pages_lead_through_every_dataset_once(consumer: Speaker, provider: parties.Organisation) -> None:
    published = [publish(provider, name=f"t{number}") for number in range(5)]
    for dataset in published:
        offered(provider, dataset)

    seen: list[str] = []
    path = "/catalog/request?limit=2"
    while path:
        answered = consumer.get(provider, path)
        seen += [entry["@id"] for entry in answered.json()["dataset"]]
        found = re.fullmatch(r'<(.*)>; rel="next"', answered.headers.get("link", ""))
        path = found[1].removeprefix(base_url(provider)) if found else ""

    assert seen == sorted(dataset.id for dataset in published)


def test_a_page_costs_the_same_queries_however_long_it_is(
    consumer: Speaker, provider: parties.Organisation
) -> None:
    def queries() -> int:
        signed = parties.sign_token(org=consumer.org.id, audience=provider.participant, now=utc_now())
        call = Call("GET", {"slug": "provider"}, {}, {"authorization": f"Bearer {signed}"})
        with CaptureQueriesContext(
            connection,
        ) as captured:
            show_catalog(call)
        return len(captured)

    offered(provider, publish(provider, name="first"))
    one = queries()
    for name in ("second", "third"):
        offered(provider, publish(provider, name=name))

    assert queries() == one
