"""A member finds data of another node without knowing whom to ask, follows what becomes of them, and asks for them."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, sync_playwright
from rdflib import RDF, Graph, URIRef

from tests.journeys.stage import Member, Node, running
from tests.journeys.test_portal import CHROMIUM, QUIET, sign_in

pytestmark = pytest.mark.journey
DATASET = URIRef("http://www.w3.org/ns/dcat#Dataset")


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Node]]:
    """A provider's node and a consumer's that looks again every second, and doubts what it has not seen for five."""
    quick = {"RENKEI_CRAWL_SECONDS": "1", "RENKEI_CRAWL_STALE_SECONDS": "5"}
    with running("provider", "consumer", home=tmp_path_factory.mktemp("federation"), **quick) as pair:
        yield pair


@pytest.fixture(scope="module")
def offered(nodes: list[Node]) -> dict[str, str]:
    return nodes[0].say("provider", "far", "yes")


@pytest.fixture(scope="module")
def member(nodes: list[Node], offered: dict[str, str]) -> Member:
    """A member of the consumer's node, whose operator has added the provider."""
    member = Member(nodes[1], nodes[1].say("consumer", "near")["token"])
    nodes[1].command("node", "add", f"{nodes[0].url}/orgs/far", "--org", "near")
    return member


@pytest.fixture
def page() -> Iterator[Page]:
    """A browser of its own; whatever it complains about fails the test."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    complaints: list[str] = []
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        page = browser.new_page(locale="en-GB")
        page.on("console", lambda said: said.type in {"error", "warning"} and complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        browser.close()
    assert complaints == []


def entry(found: Any) -> dict[str, Any]:
    (only,) = found["items"]
    return dict(only)


def standing(wanted: str, **facts: str) -> Any:
    """Return the wish that one entry was found, with this standing and these facts."""

    def fits(found: Any) -> bool:
        items = found["items"]
        return (
            len(items) == 1
            and items[0]["standing"] == wanted
            and all(items[0]["title"]["en"] == value for value in facts.values())
        )

    return fits


def test_a_member_finds_another_nodes_data_and_asks_for_them_in_a_browser(
    page: Page, nodes: list[Node], offered: dict[str, str], member: Member
) -> None:
    member.until("/catalog/search?text=屋外", standing("current"))
    sign_in(page, nodes[1], member.token)

    page.get_by_role("link", name="Find data").click()
    page.get_by_label("Words to look for").fill("lorawan outdoor")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Outdoor readings").click()
    assert "The data may be used only" in page.inner_text("main")
    page.get_by_label("Purpose").fill("research")
    page.get_by_role("button", name="Request this offer").click()
    page.wait_for_url(f"{nodes[1].url}/negotiations/*")

    begun = page.url.rsplit("/", 1)[-1].replace("%3A", ":")
    agreed = member.settled(f"/negotiations/{begun}", "FINALIZED", "TERMINATED")
    assert (agreed["state"], agreed["dataset"], agreed["peer"]) == (
        "FINALIZED",
        offered["dataset"],
        offered["did"],
    )


def test_an_update_a_silence_and_a_withdrawal_are_followed(
    page: Page, nodes: list[Node], offered: dict[str, str], member: Member
) -> None:
    provider, consumer = nodes
    search = "/catalog/search"
    first = entry(member.until(search, standing("current")))
    provider.say("revise", offered["dataset"], "Revised readings")
    revised = entry(member.until(search, standing("current", title="Revised readings")))

    provider.kill()
    stale = entry(member.until(search, standing("stale")))
    sign_in(page, consumer, member.token)
    looks = {lang: _look(page, f"{consumer.url}/find/{stale['id']}?lang={lang}") for lang in ("en", "ja")}
    down = entry(member.ask("GET", "/nodes"))
    provider.start()
    member.until(search, standing("current"))

    provider.command("offer", "withdraw", offered["offer"])
    withdrawn = entry(member.until(search, standing("withdrawn")))

    assert revised["id"] == stale["id"] == withdrawn["id"] == first["id"]
    assert "could not be reached" in stale["whyStale"]["en"]
    assert (down["failures"] > 0, down["entries"], down["stale"]) == (True, 1, True)
    assert "may not stand any more" in looks["en"]
    assert "いまも提供されているとは限りません" in looks["ja"]
    assert "に届きません" in looks["ja"]
    assert (withdrawn["goneAt"] is not None, member.ask("GET", f"{search}?current=yes")["items"]) == (
        True,
        [],
    )
    trail = consumer.say("trail", offered["did"])
    assert trail[0] == "federation.node-added"
    assert set(trail) == {"federation.node-added", "federation.catalogue-crawled", "federation.crawl-failed"}


def test_the_search_speaks_both_languages_and_fits_a_phone(
    page: Page, nodes: list[Node], member: Member
) -> None:
    sign_in(page, nodes[1], member.token)
    page.set_viewport_size({"width": 390, "height": 844})

    for lang, title in (("ja", "データを探す"), ("en", "Find data")):
        for path in ("/find?theme=environment", "/nodes"):
            page.goto(
                f"{nodes[1].url}{path}&lang={lang}" if "?" in path else f"{nodes[1].url}{path}?lang={lang}"
            )
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        page.goto(f"{nodes[1].url}/find?lang={lang}")
        assert page.get_by_role("heading", level=1).inner_text() == title


def test_the_form_is_used_with_the_keyboard_alone(page: Page, nodes: list[Node], member: Member) -> None:
    sign_in(page, nodes[1], member.token)
    page.goto(f"{nodes[1].url}/find?lang=en")

    page.locator("#text").focus()
    page.keyboard.type("readings")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("[name=theme]").wait_for(state="visible")
    page.keyboard.press("Tab")
    page.keyboard.type("environment")
    page.keyboard.press("Enter")
    page.wait_for_url("**/find?text=readings&theme=environment**")

    assert page.get_by_role("link", name="Revised readings").count() == 1


def test_a_portal_harvests_what_is_offered_to_everybody_without_a_token(tmp_path: Path) -> None:
    with running("lone", home=tmp_path) as (node,):
        offered = node.say("provider", "far", "yes")
        address = f"{node.url}/orgs/far/dcat/catalog.rdf"
        for _ in range(600):
            if offered["dataset"] in httpx.get(address, trust_env=False).text:
                break
            threading.Event().wait(0.1)

        head = httpx.head(address, trust_env=False)
        graph = Graph().parse(data=httpx.get(address, trust_env=False).content, format="xml")
        (iri,) = graph.subjects(RDF.type, DATASET)
        alone = httpx.get(str(iri), headers={"Accept": "text/turtle"}, trust_env=False)

    assert (head.status_code, head.content, head.headers["content-type"]) == (200, b"", "application/rdf+xml")
    assert str(iri) == f"{node.url}/orgs/far/dcat/datasets/{offered['dataset']}"
    assert (alone.status_code, "dcat:Dataset" in alone.text) == (200, True)


def _look(page: Page, url: str) -> str:
    page.goto(url)
    return page.inner_text("main")
