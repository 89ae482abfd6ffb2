"""Two members on two nodes bring a negotiation about by hand, from their pages: counter-offers both ways, each step, and
a peer that is down and comes back."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.journeys.stage import Member, Node, running
from tests.journeys.test_portal import CHROMIUM, QUIET

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(
        CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)"
    ),
]
LANGS = ("ja", "en")
SAID = {
    "decide": {"ja": "決める", "en": "Decide"},
    "try-now": {"ja": "いますぐ送る", "en": "Try now"},
    "changed": {"ja": "変更", "en": "changed"},
    "counter": {"ja": "対案を出す", "en": "Make a counter-offer"},
    "send-counter": {"ja": "対案を送る", "en": "Send the counter-offer"},
    "accept": {"ja": "受諾する", "en": "Accept"},
    "send-agreement": {"ja": "契約を送る", "en": "Send the agreement"},
    "verify": {"ja": "契約を確認する", "en": "Verify the agreement"},
    "finalize": {"ja": "契約を成立させる", "en": "Finalize"},
    "start": {"ja": "転送を始める", "en": "Start the transfer"},
    "suspend": {"ja": "一時停止する", "en": "Suspend"},
    "open-suspend": {"ja": "転送を一時停止する…", "en": "Suspend the transfer …"},
}


@dataclass
class Desk:
    """A member at a browser of its own, on its own node, in one language."""

    page: Page
    member: Member
    lang: str

    def sign_in(self) -> None:
        """Sign in with the member's token."""
        self.page.goto(f"{self.member.node.url}/sign-in?lang={self.lang}")
        self.page.locator("#token, input[name=token]").first.fill(self.member.token)
        self.page.locator("main form button").click()
        self.page.wait_for_url(f"{self.member.node.url}/")

    def look(self, path: str) -> None:
        """Open a page; it fits the window, wide or as narrow as a phone's."""
        self.page.goto(f"{self.member.node.url}{path}")
        assert self.page.locator("html").get_attribute("lang") == self.lang
        for width in (390, 1280):
            self.page.set_viewport_size({"width": width, "height": 900})
            assert self.page.evaluate("document.documentElement.scrollWidth") <= width, path

    def press(self, what: str) -> None:
        """Press the button that says this."""
        self.page.get_by_role("button", name=SAID[what][self.lang], exact=True).click()

    def counter(self, *purposes: str) -> None:
        """Answer with the same terms for other purposes."""
        self.page.locator("#counter summary").click()
        terms = json.loads(self.page.locator("#counter-terms").input_value())
        kept = [c for c in terms["permission"][0]["constraint"] if c["leftOperand"] != "purpose"]
        asked = {"leftOperand": "purpose", "operator": "isAnyOf", "rightOperand": list(purposes)}
        terms["permission"][0]["constraint"] = [asked, *kept]
        self.page.locator("#counter-terms").fill(json.dumps(terms, indent=2))
        self.press("send-counter")

    def changes(self) -> list[str]:
        """Return what is written beside the points of the terms that differ."""
        return self.page.locator("tr.changed .change, tr.added .change, tr.removed .change").all_inner_texts()


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Node]]:
    with running("provider", "consumer", home=tmp_path_factory.mktemp("operation")) as nodes:
        yield nodes


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(params=LANGS)
def desks(
    request: pytest.FixtureRequest, nodes: list[Node], browser: Browser
) -> Iterator[tuple[Desk, Desk, dict[str, str]]]:
    offered = nodes[0].say("provider", f"owner-{request.param}", "by-hand")
    tokens = (offered["token"], nodes[1].say("consumer", f"reader-{request.param}")["token"])
    desks = []
    for node, token in zip(nodes, tokens, strict=True):
        desk = Desk(browser.new_context(locale="en-GB").new_page(), Member(node, token), request.param)
        desk.sign_in()
        desks.append(desk)
    yield desks[0], desks[1], offered
    for desk in desks:
        desk.page.context.close()


def test_a_negotiation_is_brought_about_by_hand_and_a_peer_that_was_down_is_tried_at_once(
    desks: tuple[Desk, Desk, dict[str, str]], nodes: list[Node]
) -> None:
    provider, consumer, offered = desks
    agreement = _come_to_terms(provider, consumer, offered)
    theirs, ours = _start(provider, consumer, agreement)

    nodes[1].stop()
    provider.look(theirs)
    provider.page.get_by_text(SAID["open-suspend"][provider.lang]).click()
    provider.page.locator("#suspend-reason").fill("The sensors are being moved. センサーを移設中です。")
    provider.press("suspend")
    _until_it_fails(provider, theirs)
    provider.look(theirs)
    provider.look("/transfers?stuck=1")
    provider.look("/")
    nodes[1].start()
    provider.look(theirs)
    provider.press("try-now")

    held = consumer.member.settled(ours, "SUSPENDED")
    assert held["reasons"] == ["The sensors are being moved. センサーを移設中です。"]
    consumer.look(ours)
    expect(consumer.page.locator("main")).to_contain_text("センサーを移設中です。")


def _come_to_terms(provider: Desk, consumer: Desk, offered: dict[str, str]) -> str:
    """Let both counter, then take every step by hand; returns the agreement."""
    begun = consumer.member.ask(
        "POST", "/negotiations", provider=offered["did"], dataset=offered["dataset"], offer=offered["offer"],
        purpose="research", byHand=True,
    )["id"]  # fmt: skip
    ours, theirs = f"/negotiations/{begun}", f"/negotiations/{_incoming(provider, 'negotiations')}"

    provider.look(theirs)
    assert provider.changes() == [SAID["changed"][provider.lang]]
    provider.counter("education")
    consumer.member.settled(ours, "OFFERED")
    consumer.look(ours)
    assert consumer.changes() == [SAID["changed"][consumer.lang]]
    consumer.counter("research", "statistics")
    provider.member.settled(theirs, "REQUESTED")
    provider.look(theirs)
    provider.counter("research")
    for desk, path, state, act in (
        (consumer, ours, "OFFERED", "accept"),
        (provider, theirs, "ACCEPTED", "send-agreement"),
        (consumer, ours, "AGREED", "verify"),
        (provider, theirs, "VERIFIED", "finalize"),
    ):
        desk.member.settled(path, state)
        desk.look(path)
        desk.press(act)
    final = consumer.member.settled(ours, "FINALIZED")
    consumer.look(ours)
    assert consumer.page.locator("ol.story > li").count() == 8
    return str(final["agreement"])


def _start(provider: Desk, consumer: Desk, agreement: str) -> tuple[str, str]:
    """Let the consumer ask for the data and the provider start by hand; returns both sides' pages."""
    asked = consumer.member.ask("POST", "/transfers", agreement=agreement, format="HttpData-PULL")["id"]
    theirs, ours = f"/transfers/{_incoming(provider, 'transfers')}", f"/transfers/{asked}"
    provider.look("/")
    assert provider.page.locator(f"a[href='{theirs}']").count() == 1
    provider.look(theirs)
    provider.press("start")
    consumer.member.settled(ours, "STARTED")
    consumer.look(ours)
    return theirs, ours


def _incoming(desk: Desk, kind: str) -> str:
    """Return the process that waits for this member, once it has come."""
    for _ in range(100):
        due = [each["id"] for each in desk.member.ask("GET", f"/{kind}")["items"] if each["decisionDue"]]
        if due:
            return str(due[0])
        desk.page.wait_for_timeout(100)
    raise AssertionError(f"nothing waits among the {kind}")


def _until_it_fails(desk: Desk, path: str) -> None:
    """Wait until a message has been tried a few times in vain, so that the next attempt is some way off."""
    for _ in range(300):
        delivery = desk.member.ask("GET", path)["unsent"]
        if delivery and delivery["attempts"] > 1:
            return
        desk.page.wait_for_timeout(100)
    raise AssertionError("the message did not fail")
