"""The catalogue over the door: what it tells, how it pages, and that its cost does not grow with its length."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from renkei.exchange import api as exchange
from renkei.exchange.rules.portable import portable
from renkei.kernel.clock import format_utc, utc_now
from renkei.kernel.places import Box, Place
from renkei.kernel.texts import Text
from renkei.parties import api as parties
from renkei.servers.door import Call, Reply
from renkei.servers.dsp.addresses import base_url
from renkei.servers.dsp.catalog import show_catalog
from renkei.wire.dsp import catalog, envelope
from renkei.wire.dsp.coverage import read_period, read_place
from tests.servers.dsp.conftest import Speaker, offered, publish

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_empty_catalogue_leaves_its_datasets_out(
    consumer: Speaker, provider: parties.Organisation
) -> None:
    answered = consumer.say(provider, "/catalog/request", "CatalogRequestMessage")

    body = answered.json()
    revision = body.pop("rk:revision")
    assert re.fullmatch("[0-9a-f]{32}", revision)
    assert (answered.status_code, body) == (
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
            "permission": portable(offer.terms)["permission"],
        }
    ]
    assert [entry.format for entry in told.distribution] == [
        "DeltaSharing-PULL",
        "HttpData-PULL",
        "HttpData-PUSH",
        "SqlQuery-PULL",
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
        found = re.search(r'<([^>]*)>; rel="next"', answered.headers.get("link", ""))
        path = found[1].removeprefix(base_url(provider)) if found else ""

    assert seen == sorted(dataset.id for dataset in published)


def test_the_pages_lead_back_to_the_first(consumer: Speaker, provider: parties.Organisation) -> None:
    for number in range(5):
        offered(provider, publish(provider, name=f"t{number}"))
    links = r'<([^>]*)>; rel="(next|previous)"'

    def turn(path: str) -> tuple[list[str], dict[str, str]]:
        page = consumer.say(provider, path, "CatalogRequestMessage")
        places = {name: where for where, name in re.findall(links, page.headers.get("link", ""))}
        listed = [entry["@id"] for entry in page.json()["dataset"]]
        return listed, {name: where.removeprefix(base_url(provider)) for name, where in places.items()}

    pages, places, path = [], [], "/catalog/request?limit=2"
    while path:
        listed, found = turn(path)
        pages.append(listed)
        places.append(sorted(found))
        path = found.get("next", "")
    back = []
    while "previous" in found:
        listed, found = turn(found["previous"])
        back.append(listed)

    assert [len(listed) for listed in pages] == [2, 2, 1]
    assert places == [["next"], ["next", "previous"], ["previous"]]
    assert back == pages[-2::-1]


def test_a_filter_may_ask_for_a_window_and_the_link_goes_on_behind_it(
    consumer: Speaker, provider: parties.Organisation
) -> None:
    published = [publish(provider, name=f"t{number}") for number in range(5)]
    for dataset in published:
        offered(provider, dataset)
    ids = sorted(dataset.id for dataset in published)
    window = {"@type": "QuerySpec", "offset": 1, "limit": 2, "sortOrder": "ASC", "filterExpression": []}

    first = consumer.say(provider, "/catalog/request", "CatalogRequestMessage", filter=[window])
    link = re.fullmatch(r'<(.*)>; rel="next"', first.headers["link"])
    assert link is not None
    following = link[1].removeprefix(base_url(provider))
    second = consumer.say(provider, following, "CatalogRequestMessage", filter=[window])
    behind = consumer.say(
        provider, "/catalog/request", "CatalogRequestMessage", filter=[window | {"offset": 5}]
    )

    assert [entry["@id"] for entry in first.json()["dataset"]] == ids[1:3]
    assert [entry["@id"] for entry in second.json()["dataset"]] == ids[3:]
    assert "dataset" not in behind.json()


def _show(consumer: Speaker, provider: parties.Organisation, *, etag: str = "") -> tuple[Reply, int]:
    """Ask by GET and count the queries of the answer itself, without those that tell who is calling."""
    signed = parties.sign_token(org=consumer.org.id, audience=provider.participant, now=utc_now())
    headers = {"authorization": f"Bearer {signed}"} | ({"if-none-match": etag} if etag else {})
    with CaptureQueriesContext(connection) as captured:
        reply = show_catalog(Call("GET", {"slug": "provider"}, {}, headers))
    return reply, len([query for query in captured if "exchange_" in query["sql"]])


def test_a_page_costs_three_queries_however_long_it_is_and_a_304_one(
    consumer: Speaker, provider: parties.Organisation
) -> None:
    costs = []
    for name in ("first", "second", "third"):
        offered(provider, publish(provider, name=name))
        page, queries = _show(consumer, provider)
        again, fewer = _show(consumer, provider, etag=page.headers["ETag"])
        costs.append((page.status, queries, again.status, again.body, fewer))

    assert costs == [(200, 3, 304, b"", 1)] * 3


def test_the_etag_is_another_after_each_change_of_the_catalogue(
    consumer: Speaker, provider: parties.Organisation
) -> None:
    def tag() -> str:
        return _show(consumer, provider)[0].headers["ETag"]

    tags = [tag()]
    dataset = publish(provider, name="first")
    tags.append(tag())
    offer = offered(provider, dataset)
    tags.append(tag())
    exchange.revise_dataset(
        owner=provider.id,
        dataset=dataset.id,
        table=dataset.table,
        title=dataset.title,
        description=dataset.description,
        licence="CC0-1.0",
        classes=dataset.classes,
        actor=provider.actor,
        now=utc_now(),
    )
    tags.append(tag())
    exchange.withdraw_offer(offer=offer.id, actor=provider.actor, now=utc_now())
    tags.append(tag())

    assert len(set(tags)) == len(tags)
    assert tag() == tags[-1]


def test_the_etag_and_the_revision_are_another_for_another_viewer(
    consumer: Speaker, stranger: Speaker, provider: parties.Organisation
) -> None:
    answers = [each.get(provider, "/catalog/request") for each in (consumer, stranger)]

    assert answers[0].headers["etag"] != answers[1].headers["etag"]
    assert answers[0].json()["rk:revision"] != answers[1].json()["rk:revision"]
    assert {each.headers["vary"] for each in answers} == {"Authorization"}


def test_the_etag_is_of_one_page_but_the_revision_of_the_whole(
    consumer: Speaker, provider: parties.Organisation
) -> None:
    for name in ("first", "second"):
        offered(provider, publish(provider, name=name))

    small, usual = (consumer.get(provider, f"/catalog/request{query}") for query in ("?limit=1", ""))

    assert small.headers["etag"] != usual.headers["etag"]
    assert small.json()["rk:revision"] == usual.json()["rk:revision"]


@pytest.mark.parametrize("form", ["{}", "W/{}", '"x", {}', "*"])
def test_every_form_of_if_none_match_is_understood(
    consumer: Speaker, provider: parties.Organisation, form: str
) -> None:
    tag = _show(consumer, provider)[0].headers["ETag"]

    assert _show(consumer, provider, etag=form.format(tag))[0].status == 304
    assert _show(consumer, provider, etag='"another"')[0].status == 200


def test_a_post_is_answered_whole_whatever_it_names(
    consumer: Speaker, provider: parties.Organisation
) -> None:
    answered = consumer.say(provider, "/catalog/request", "CatalogRequestMessage")

    assert (answered.status_code, "etag" in answered.headers) == (200, False)


def test_a_dataset_tells_its_span_of_time_and_the_place_that_its_owner_names(
    consumer: Speaker, provider: parties.Organisation
) -> None:
    from tests.factories import exchange as deals

    place = Place(name=Text(ja="名古屋", en="Nagoya"), box=Box(136.7, 35.0, 137.1, 35.3))
    published = deals.dataset(owner=provider, place=place)
    deals.offer(of=published)

    told = consumer.get(provider, f"/catalog/datasets/{published.id}").json()

    assert read_place(told["dct:spatial"]) == place
    assert read_period(told["dct:temporal"]) == (published.quality.first, published.quality.last)
    assert published.quality.first is not None
