"""A page speaks the language that its reader asked for."""

import pytest
from django.test import Client, RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from renkei.kernel.texts import LANGS
from renkei.web.language import COOKIE, language_of, preferred


@pytest.mark.parametrize(
    ("header", "lang"),
    [
        ("", "en"),
        ("ja", "ja"),
        ("ja-JP,ja;q=0.9,en;q=0.8", "ja"),
        ("en-GB,en;q=0.9,ja;q=0.8", "en"),
        ("fr, ja;q=0.4", "ja"),
        ("fr", "en"),
        ("ja;q=0, en;q=0.1", "en"),
        ("ja;q=nonsense", "en"),
    ],
)
def test_the_header_is_weighed(header: str, lang: str) -> None:
    assert preferred(header) == lang


@given(st.text(max_size=600))
def test_any_header_gives_a_language(header: str) -> None:
    assert preferred(header) in LANGS


def test_the_address_goes_before_the_cookie_and_the_cookie_before_the_header() -> None:
    factory = RequestFactory(headers={"accept-language": "en"})
    factory.cookies[COOKIE] = "ja"

    assert language_of(factory.get("/")) == "ja"
    assert language_of(factory.get("/?lang=en")) == "en"
    assert language_of(factory.get("/?lang=fr")) == "ja"


@pytest.mark.django_db
def test_a_choice_is_remembered() -> None:
    browser = Client(headers={"accept-language": "en"})

    first = browser.get("/sign-in").content.decode()
    chosen = browser.get("/sign-in?lang=ja")
    later = browser.get("/sign-in").content.decode()

    assert '<html lang="en">' in first
    assert chosen.headers["Content-Language"] == "ja"
    assert '<html lang="ja">' in later
    assert "サインイン" in later
