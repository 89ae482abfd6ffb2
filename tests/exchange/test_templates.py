"""Ready terms: each can be offered as it stands for a dataset that fits it."""

from dataclasses import replace

import pytest

from renkei.exchange import api as exchange
from renkei.exchange.errors import TemplateMissing, TemplateUnfit
from renkei.parties import api as parties
from renkei.privacy import api as privacy
from tests.factories.exchange import CLASSES, dataset

pytestmark = pytest.mark.django_db
NOBODYS = tuple(replace(each, category=privacy.Category.NONE) for each in CLASSES)
FITTING = {
    "open": NOBODYS,
    "research": NOBODYS,
    "coarse-positions": CLASSES,
    "statistics": CLASSES,
    "in-place": CLASSES,
    "trial": NOBODYS,
    "contest": NOBODYS,
}
SAID = {
    "open": [
        "The data may be used for any purpose.",
        "There is no end date: the data can be read until the provider ends the agreement.",
        "The recipient has to name the source as “東海ラボ (Tokai Lab)” when using the data.",
    ],
    "research": [
        "The data may be used only for education or research.",
        "There is no end date: the data can be read until the provider ends the agreement.",
        "The recipient has to inform the provider of what the data was used for within 365 days after the agreement comes into force.",
    ],
    "coarse-positions": [
        "The data may be used only for network planning or research.",
        "There is no end date: the data can be read until the provider ends the agreement.",
        "Positions are provided only as level-2 cells of the JIS X 0410 grid (about 10 km square); latitudes and longitudes are not provided.",
        "A cell in which fewer than 5 different values of “device” were observed is left blank.",
        "The column “device” is provided as pseudonyms made with a key of this agreement's own.",
    ],
    "statistics": [
        "The data may be used only for public services, research or statistics.",
        "There is no end date: the data can be read until the provider ends the agreement.",
        "Only figures for each group by “at” are provided: its number of rows, how many different values of “device” it has, and the mean of each numeric column; single rows are not.",
        "Times of observation are rounded down to the day (UTC).",
        "A group by “at” with fewer than 5 different values of “device” is not provided.",
        "These columns are not provided: “latitude”, “longitude”.",
    ],
    "in-place": [
        "The data may be used only for research or statistics.",
        "There is no end date: the data can be read until the provider ends the agreement.",
        "The data may be read or queried at most 100 times in each day.",
        "No row leaves the provider's node: aggregate queries are answered inside it, and only the answers leave.",
        "Answers leave out groups with fewer than 5 different values of “device”.",
    ],
    "trial": [
        "The data may be used for any purpose.",
        "The data can be read for 30 days after the agreement comes into force; any later read is refused.",
        "The data may be read or queried at most 100 times in all.",
        "The data may be read or queried at most 10 times in each day.",
        "The recipient has to delete the data received within 30 days of the last delivery.",
    ],
    "contest": [
        "The data may be used only for contests.",
        "The data can be read for 180 days after the agreement comes into force; any later read is refused.",
        "The recipient has to delete the data received within 30 days of the last delivery.",
    ],
}  # fmt: skip


def test_every_template_is_tested_here():
    names = [each.name for each in exchange.TEMPLATES]

    assert names == list(FITTING) == list(SAID)
    assert all(
        each.title.ja and each.title.en and each.fits.ja and each.fits.en for each in exchange.TEMPLATES
    )


@pytest.mark.parametrize("name", FITTING)
def test_a_template_is_an_offer_that_its_dataset_keeps(name):
    published = dataset(classes=FITTING[name])

    terms = exchange.write_terms(exchange.template_wishes(name, dataset=published.id))
    sentences = [text.en for text in exchange.describe_terms(terms)]
    seen = exchange.simulate(
        owner=published.owner, dataset=published.id, terms=terms, now=published.published_at
    )

    assert sentences[: len(SAID[name])] == [
        sentence.replace("東海ラボ (Tokai Lab)", _credit(published)) for sentence in SAID[name]
    ]
    assert all("rests on the recipient's promise" in sentence for sentence in sentences[len(SAID[name]) :])
    assert seen.preview.table_rows == 12


@pytest.mark.parametrize("name", FITTING)
def test_the_form_says_the_whole_of_a_template(name):
    wishes = exchange.template_wishes(name, dataset=dataset(classes=FITTING[name]).id)

    read = exchange.read_back(exchange.write_terms(wishes))

    assert read.untold == ()
    assert exchange.terms_digest(exchange.write_terms(read.wishes)) == exchange.terms_digest(
        exchange.write_terms(wishes)
    )


@pytest.mark.parametrize("name", FITTING)
def test_no_template_lets_personal_data_leave(name):
    known_by_name = tuple(
        replace(each, category=privacy.Category.PERSONAL) if each.name in {"device", "counter"} else each
        for each in CLASSES
    )
    published = dataset(classes=known_by_name)

    terms = exchange.write_terms(exchange.template_wishes(name, dataset=published.id))
    seen = exchange.simulate(
        owner=published.owner, dataset=published.id, terms=terms, now=published.published_at
    )

    told = {column.name for column in seen.preview.columns}
    assert name in {"statistics", "in-place"} or not told & {"device", "latitude", "longitude", "counter"}


def test_a_dataset_without_the_columns_is_told_which_are_needed():
    published = dataset(classes=())

    with pytest.raises(TemplateUnfit) as refused:
        exchange.template_wishes("coarse-positions", dataset=published.id)

    assert refused.value.facts == {
        "template": "coarse-positions",
        "roles": "latitude, longitude, subject",
    }


def test_a_template_that_is_none_is_refused_with_those_that_there_are():
    with pytest.raises(TemplateMissing, match="in-place"):
        exchange.template_wishes("free-for-all", dataset=dataset().id)


def _credit(published):
    name = parties.organisation(published.owner).name
    return name.ja if name.ja == name.en else f"{name.ja} ({name.en})"
