"""What a member does on the pages, in a real browser against a real node."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Page, sync_playwright

from tests.journeys.stage import Member, Node, negotiate, running

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(
        CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)"
    ),
]
QUIET = [
    "--no-sandbox",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGES = ("/", "/organisations", "/devices", "/datasets", "/negotiations", "/agreements", "/transfers", "/log")


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with running("portal", home=tmp_path_factory.mktemp("portal")) as (node,):
        yield node


@pytest.fixture(scope="module")
def offered(node: Node) -> dict[str, str]:
    return node.say("provider", "owner", "no")


@pytest.fixture(scope="module")
def consumer(node: Node) -> Member:
    return Member(node, node.say("consumer", "reader")["token"])


@pytest.fixture
def page() -> Iterator[Page]:
    """A browser of its own; anything it complains about (a script, a style, a missing file) fails the test."""
    complaints: list[str] = []
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page(locale="en-GB")
        page.on("console", lambda said: _complains(said) and complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        browser.close()
    assert complaints == []


def _complains(said: ConsoleMessage) -> bool:
    # The browser reports a page that was refused on purpose; what counts is what a page that is shown lacks.
    refused_page = said.location["url"].endswith("/sign-in")
    return said.type in {"error", "warning"} and not refused_page


def sign_in(page: Page, node: Node, token: str) -> None:
    page.goto(f"{node.url}/sign-in")
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{node.url}/")


def test_an_owner_sees_what_waits_decides_and_the_consumer_can_read(
    page: Page, node: Node, offered: dict[str, str], consumer: Member
) -> None:
    waiting = negotiate(consumer, offered)
    consumer.settled(f"/negotiations/{waiting}", "REQUESTED")
    sign_in(page, node, offered["token"])

    page.get_by_role("link", name="Decide").click()
    page.get_by_role("button", name="Agree").click()

    agreed = consumer.settled(f"/negotiations/{waiting}", "FINALIZED")
    page.goto(f"{node.url}/agreements/{agreed['agreement']}")
    assert "in force" in page.inner_text("main")


def test_a_refusal_needs_a_reason_and_the_reason_reaches_the_consumer(
    page: Page, node: Node, offered: dict[str, str], consumer: Member
) -> None:
    waiting = negotiate(consumer, offered)
    consumer.settled(f"/negotiations/{waiting}", "REQUESTED")
    sign_in(page, node, offered["token"])
    page.get_by_role("link", name="Decide").click()

    page.get_by_role("button", name="Refuse").click()
    assert page.locator("#reason:invalid").count() == 1
    page.locator("#reason").fill("Ask again after the summer.")
    page.get_by_role("button", name="Refuse").click()

    ended = consumer.settled(f"/negotiations/{waiting}", "TERMINATED")
    assert "Ask again after the summer." in " ".join(ended["reasons"])


def test_every_page_speaks_both_languages_and_fits_a_phone(
    page: Page, node: Node, offered: dict[str, str]
) -> None:
    sign_in(page, node, offered["token"])
    page.set_viewport_size({"width": 390, "height": 844})

    for lang in ("ja", "en"):
        for path in PAGES:
            page.goto(f"{node.url}{path}?lang={lang}")
            assert page.locator("html").get_attribute("lang") == lang
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, path


def test_a_stranger_is_shown_the_way_in_and_a_wrong_token_is_told_so(page: Page, node: Node) -> None:
    page.goto(f"{node.url}/agreements")
    assert page.url.startswith(f"{node.url}/sign-in")

    page.get_by_label("Token").fill(f"rk_{Path(__file__).stem}")
    page.get_by_role("button", name="Sign in").click()

    assert "not one that this node issued" in page.get_by_role("alert").inner_text()


def test_the_page_that_a_node_serves_verifies_what_its_operator_exports(
    page: Page, node: Node, offered: dict[str, str], consumer: Member, tmp_path: Path
) -> None:
    waiting = negotiate(consumer, offered)
    consumer.settled(f"/negotiations/{waiting}", "REQUESTED")
    node.command("audit", "export", "--subject", waiting, "--out", str(tmp_path / "export.json"))

    page.goto(f"{node.url}/audit/page?lang=ja")
    page.set_input_files("#file", tmp_path / "export.json")

    page.wait_for_selector("#result[data-verdict=good]")
    assert waiting in page.inner_text("#result")
