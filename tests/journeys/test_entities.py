"""A member looks at what is known of its things: list and map, one thing and its history, a question, in a real browser."""

import math
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, sync_playwright

from renkei.kernel.clock import format_utc
from tests.journeys.stage import Node, running
from tests.journeys.test_portal import QUIET, sign_in

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(
        CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)"
    ),
]
PLACES = {
    "札幌駅前": (141.351, 43.068),
    "仙台港": (141.01, 38.27),
    "東京湾岸": (139.79, 35.63),
    "名古屋市栄": (136.908, 35.169),
    "大阪城公園": (135.526, 34.687),
    "博多駅": (130.42, 33.59),
    "那覇新港": (127.68, 26.23),
}
STATION = "urn:ngsi-ld:WeatherStation:3"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with running("entities", home=tmp_path_factory.mktemp("entities")) as (node,):
        yield node


@pytest.fixture(scope="module")
def token(node: Node) -> str:
    """Return the token of a member whose stations stand in the node with a day of readings."""
    held = str(node.say("consumer", "town")["token"])
    stations = [_station(at, name, *place) for at, (name, place) in enumerate(PLACES.items(), 1)]
    stations.append(
        {
            "id": "urn:ngsi-ld:Zone:1",
            "type": "FloodZone",
            "risk": {"type": "VocabProperty", "vocab": "high"},
            "location": {
                "type": "GeoProperty",
                "value": {
                    "type": "Polygon",
                    "coordinates": [
                        [[136.5, 34.9], [137.4, 34.9], [137.4, 35.4], [136.5, 35.4], [136.5, 34.9]]
                    ],
                },
            },
        }
    )
    _say(node, held, "POST", "/entityOperations/create", stations)
    now = datetime.now(UTC).replace(microsecond=0)
    for step in range(72, -1, -1):
        at = now - timedelta(minutes=20 * step)
        degrees = round(14 + 6 * math.sin((at.hour + at.minute / 60 - 9) / 24 * 2 * math.pi), 1)
        read = {
            "temperature": {
                "type": "Property",
                "value": degrees,
                "unitCode": "CEL",
                "observedAt": format_utc(at),
            }
        }
        _say(node, held, "PATCH", f"/entities/{STATION}/attrs", read)
    return held


def _station(number: int, name: str, lon: float, lat: float) -> dict[str, Any]:
    return {
        "id": f"urn:ngsi-ld:WeatherStation:{number}",
        "type": "WeatherStation",
        "scope": f"/japan/area{number}",
        "name": {"type": "Property", "value": name},
        "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [lon, lat]}},
        "temperature": {
            "type": "Property",
            "value": 10 + number,
            "unitCode": "CEL",
            "accuracy": {"type": "Property", "value": 0.5},
        },
        "refPlace": {"type": "Relationship", "object": "urn:ngsi-ld:Zone:1"},
        "title": {
            "type": "LanguageProperty",
            "languageMap": {"ja": f"{name}の観測点", "en": f"Station {number}"},
        },
    }


def _say(node: Node, token: str, method: str, path: str, body: Any) -> None:
    answered = httpx.request(
        method,
        f"{node.url}/ngsi-ld/v1{path}",
        json=body,
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
        trust_env=False,
    )
    assert answered.status_code in {201, 204}, answered.text


@pytest.fixture
def page() -> Iterator[Page]:
    """A browser of its own; anything it complains about (a script, a style, a missing file) fails the test."""
    complaints: list[str] = []
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page(locale="en-GB")
        page.on("console", lambda said: said.type in {"error", "warning"} and complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        browser.close()
    assert complaints == []


def test_a_member_finds_a_thing_on_the_map_and_reads_its_history(page: Page, node: Node, token: str) -> None:
    sign_in(page, node, token)
    page.get_by_role("link", name="Entities").click()
    assert page.locator("svg.map .mark").count() == 8

    page.get_by_label("Type").select_option("WeatherStation")
    page.get_by_label("Condition").fill('name=="東京湾岸"')
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("link", name="東京湾岸").click()
    page.get_by_label("Span of time").select_option("day")
    page.get_by_role("button", name="Show").click()

    assert page.locator("svg.chart desc").text_content() in page.locator("figcaption").first.inner_text()
    assert page.locator(".values tbody tr").count() in range(70, 75)
    address = page.get_by_role("link", name="See it as NGSI-LD JSON").get_attribute("href")
    assert page.request.get(f"{node.url}/entity/{STATION}{address}").json()["id"] == STATION


def test_a_question_is_built_with_the_keyboard_alone_and_sent_as_it_is_shown(
    page: Page, node: Node, token: str
) -> None:
    sign_in(page, node, token)
    page.goto(f"{node.url}/entities/question")

    page.locator("#type").focus()
    page.keyboard.type("WeatherStation")
    page.locator("#attribute-0").focus()
    page.keyboard.type("temperature")
    page.keyboard.press("Tab")
    page.keyboard.type(">=")
    page.keyboard.press("Tab")
    page.keyboard.type("16")
    page.keyboard.press("Enter")
    page.wait_for_selector("#answer")

    target = page.locator("pre").first.inner_text().splitlines()[0].removeprefix("GET ")
    answered = httpx.get(
        f"{node.url}{target}", headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False
    )
    assert target == "/ngsi-ld/v1/entities?type=WeatherStation&q=temperature%3E%3D16"
    assert [each["id"] for each in answered.json()] == [f"urn:ngsi-ld:WeatherStation:{at}" for at in (6, 7)]
    assert page.locator("pre.tall").inner_text().count('"type": "WeatherStation"') == 2


def test_the_pages_speak_both_languages_and_fit_a_phone(page: Page, node: Node, token: str) -> None:
    sign_in(page, node, token)
    page.set_viewport_size({"width": 390, "height": 844})

    for lang in ("ja", "en"):
        for path in (
            "/entities",
            f"/entity/{STATION}",
            "/entities/question?ask=yes&type=WeatherStation",
            "/entities/subscriptions",
        ):
            page.goto(f"{node.url}{path}{'&' if '?' in path else '?'}lang={lang}")
            assert page.locator("html").get_attribute("lang") == lang
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
