"""How an owner offers its data on the pages: choose a template, change it, try it on the table, offer it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.journeys.stage import Node, running
from tests.journeys.test_portal import page, pytestmark, sign_in

__all__ = ["page", "pytestmark"]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with running("offering", home=tmp_path_factory.mktemp("offering")) as (node,):
        yield node


@pytest.fixture(scope="module")
def owned(node: Node) -> dict[str, str]:
    return node.say("provider", "owner", "no")


def test_an_owner_offers_from_a_template_after_trying_it(
    page: Page, node: Node, owned: dict[str, str]
) -> None:
    sign_in(page, node, owned["token"])
    page.goto(f"{node.url}/datasets/{owned['dataset']}")
    page.get_by_role("link", name="Offer it under terms").click()

    page.get_by_label("Template").select_option(label="Coarse positions of people")
    page.get_by_role("button", name="Begin from it").click()
    assert page.get_by_label("Least size of a group").input_value() == "5"
    page.get_by_role("button", name="Simulate on the table").click()
    assert "Rows that leave\n12" in page.locator("#said").inner_text()
    assert (
        page.get_by_role("row", name="Groups that are too small").get_by_role("cell").first.inner_text()
        == "12"
    )

    page.get_by_label("Least size of a group").fill("3")
    page.get_by_role("button", name="Simulate on the table").click()
    assert (
        page.get_by_role("row", name="Groups that are too small").get_by_role("cell").first.inner_text()
        == "0"
    )
    assert page.get_by_role("region", name="The first 12 rows").get_by_role("row").count() == 13
    page.locator("#said").get_by_text("Terms as machines read them (ODRL)").click()
    assert '"rk:minimumGroup"' in page.locator("#said pre").inner_text()

    page.get_by_role("button", name="Offer under these terms").click()
    page.wait_for_url(f"{node.url}/datasets/{owned['dataset']}")
    assert page.get_by_text("fewer than 3 different values of “device”").count() == 1

    page.get_by_role("link", name="Compare offers").click()
    page.get_by_role("button", name="Lay side by side").click()
    page.get_by_role("button", name="Compare what leaves, too").click()
    assert page.locator("#released").count() == 1


def test_the_form_is_filled_in_and_offered_by_the_keyboard_alone(
    page: Page, node: Node, owned: dict[str, str]
) -> None:
    sign_in(page, node, owned["token"])
    page.goto(f"{node.url}/datasets/{owned['dataset']}/offers/new?template=coarse-positions")

    page.get_by_label("Least size of a group").focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("2")
    page.keyboard.press("Enter")  # the first button says the terms and offers nothing
    page.wait_for_selector("#said")
    assert "fewer than 2 different values" in page.locator("#said").inner_text()

    page.get_by_role("button", name="Offer under these terms").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{node.url}/datasets/{owned['dataset']}")


def test_the_pages_fit_a_phone_in_both_languages(page: Page, node: Node, owned: dict[str, str]) -> None:
    sign_in(page, node, owned["token"])
    page.set_viewport_size({"width": 390, "height": 844})
    base = f"{node.url}/datasets/{owned['dataset']}"

    for lang in ("ja", "en"):
        for path in ("", "/offers/new", "/offers/new?template=statistics", "/compare", "/audience"):
            page.goto(f"{base}{path}{'&' if '?' in path else '?'}lang={lang}")
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        page.goto(f"{base}/offers/new?template=coarse-positions&lang={lang}")
        page.locator("button[value=simulate]").click()
        page.wait_for_selector("#simulation")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
