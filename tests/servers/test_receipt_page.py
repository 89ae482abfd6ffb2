"""The page that verifies receipts, in a real browser, offline: from a file, with everything that connects forbidden."""

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import ConsoleMessage, Page, sync_playwright
from starlette.applications import Starlette
from starlette.testclient import TestClient

from renkei.exchange import types as exchange
from renkei.kernel.clock import utc_now
from renkei.parties.rules import keys
from renkei.servers import receipt_page
from renkei.wire import receipt as wire
from tests.factories import receipts as make
from tests.servers.running import running
from tests.wire.test_receipt import BROKEN, PEM

CHROMIUM = shutil.which("chromium")
browsing = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)"
)
QUIET = [
    "--no-sandbox",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
GOOD = make.signed(make.said())
HOSTILE = "<img src=x onerror=document.title='hit'><script>document.title='hit'</script>"


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "verify.html"
    path.write_bytes(receipt_page.receipt_page().body)
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_playwright() as player:
        opened = player.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any, saved: Path) -> Iterator[Page]:
    """The saved page without a network; anything the browser complains about, or asks for, fails the test."""
    complaints: list[str] = []
    context = browser.new_context(locale="en-GB", offline=True)
    page = context.new_page()
    page.on("console", lambda said: _complains(said) and complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: asked.url == saved.as_uri() or complaints.append(asked.url))
    page.goto(saved.as_uri())
    yield page
    context.close()
    assert complaints == []


def _complains(said: ConsoleMessage) -> bool:
    return said.type in {"error", "warning"}


def verify(page: Page, receipt: str, key: bytes | None = None, data: Path | None = None) -> str:
    """Verify on the page and return its verdict."""
    page.locator("#receipt").fill(receipt)
    page.locator("#key").fill((make.document() if key is None else key).decode())
    if data is not None:
        page.locator("#data").set_input_files(data)
    page.evaluate("document.getElementById('result').hidden = true")
    page.locator("#form button").click()
    page.locator("#verdict").wait_for()
    return page.locator("#verdict").inner_text()


def code(verdict: str) -> str:
    found = re.search(r"\[([a-z.-]+)\]$", verdict)
    assert found, verdict
    return found[1]


@browsing
def test_a_good_receipt_verifies_and_is_told_as_the_command_tells_it(page: Page) -> None:
    told = wire.sentences(wire.read_receipt(GOOD))

    assert verify(page, f"\n{GOOD}\n") == "The signature is good: the receipt says what the provider signed."
    assert page.locator("#sentences li").all_inner_texts() == [text.en for text in told]
    page.locator("#language").click()
    assert page.locator("#sentences li").all_inner_texts() == [text.ja for text in told]
    assert page.locator("html").get_attribute("lang") == "ja"
    assert page.locator("#verdict").inner_text() == "署名は正しく、内容は提供者が署名したとおりです。"
    members = page.locator("#members tr th").all_inner_texts()
    assert set(members) == set(json.loads(exchange.claims_of(make.said()))) | {"kid"}


@browsing
def test_every_kind_of_account_is_told_as_the_command_tells_it(page: Page) -> None:
    for said in (
        make.said(withheld=(), smallest_group=None, purpose=None, files=(), file_count=0),
        make.said(query="d" * 64, answer="e" * 64, files=(), file_count=0),
        make.said(query="d" * 64, withheld=(), smallest_group=None, files=(), file_count=0),
        make.said(
            withheld=(exchange.WithheldTerm("rk:withholdColumn", 3, ()),),
            withheld_in_full=exchange.InFull(2, 300, "f" * 64),
            files=("c" * 64,) * 4,
            file_count=9,
            files_sha256="d" * 64,
        ),
    ):
        text = make.signed(said)
        assert verify(page, text).startswith("The signature is good")
        told = [each.en for each in wire.sentences(wire.read_receipt(text))]
        assert page.locator("#sentences li").all_inner_texts() == told


@browsing
def test_one_character_flipped_is_refused_wherever_it_is(page: Page) -> None:
    for place in range(3, len(GOOD), 97):
        other = "A" if GOOD[place] != "A" else "B"
        verdict = verify(page, GOOD[:place] + other + GOOD[place + 1 :])

        assert code(verdict) in {
            "receipt.altered",
            "receipt.malformed",
            "receipt.wrong-type",
            "receipt.unknown-key",
        }
        assert page.locator("#said").is_hidden()


@browsing
def test_the_wrong_key_is_refused_and_the_right_one_taken_in_every_form(page: Page) -> None:
    right, wrong = (json.dumps(keys.public_jwk(key)).encode() for key in (make.KEY, make.OTHER_KEY))

    for key in (make.document(make.OTHER_KEY, make.KEY), right, PEM):
        assert verify(page, GOOD, key).startswith("The signature is good")
    for key in (wrong, make.document(make.OTHER_KEY), make.document(of="did:web:evil.example")):  # type: ignore[arg-type]
        assert code(verify(page, GOOD, key)) == "receipt.unknown-key"
    posing = make.signed(make.said(), key=make.OTHER_KEY, key_id=f"{make.PROVIDER}#{make.key_name()}")
    assert code(verify(page, posing)) == "receipt.altered"
    assert code(verify(page, GOOD, b"{}")) == "receipt.unknown-key"
    assert code(verify(page, GOOD, b"nothing")) == "receipt.key-malformed"
    assert code(verify(page, GOOD, b" ")) == "page.no-key"


@browsing
def test_what_the_command_cannot_read_the_page_cannot_either(page: Page) -> None:
    found = {name: code(verify(page, text)) for name, text in BROKEN.items()}

    assert {
        name: said for name, said in found.items() if said not in {"receipt.malformed", "receipt.wrong-type"}
    } == {}


@browsing
def test_a_receipt_from_the_future_is_refused(page: Page) -> None:
    soon = int(utc_now().timestamp()) + 3600

    assert code(verify(page, make.signed(make.said(issued_at=soon)))) == "receipt.from-the-future"


@browsing
def test_data_are_compared_with_the_receipt(page: Page, tmp_path: Path) -> None:
    data, other, text = (tmp_path / name for name in ("a.parquet", "b.parquet", "c.csv"))
    data.write_bytes(b"PAR1 what came")
    other.write_bytes(b"PAR1 something else")
    text.write_bytes(b"a,b\n")
    receipt = make.signed(make.said(files=(hashlib.sha256(data.read_bytes()).hexdigest(),)))

    assert verify(page, receipt, data=data).endswith("the data are those that the receipt is of.")
    assert code(verify(page, receipt, data=other)) == "receipt.another-answer"
    assert code(verify(page, receipt, data=text)) == "receipt.answer-unstated"


@browsing
def test_no_good_verdict_stands_when_the_next_attempt_fails(page: Page, tmp_path: Path) -> None:
    data = tmp_path / "a.parquet"
    data.write_bytes(b"PAR1 what came")
    receipt = make.signed(make.said(files=(hashlib.sha256(data.read_bytes()).hexdigest(),)))
    assert verify(page, receipt, data=data).endswith("the data are those that the receipt is of.")
    data.unlink()  # the browser cannot read it any more

    page.locator("#form button").click()
    page.wait_for_function("document.getElementById('verdict').textContent.endsWith(']')")

    assert code(page.locator("#verdict").inner_text()) == "page.failed"
    assert "good" not in (page.locator("#verdict").get_attribute("class") or "")
    assert page.locator("#said").is_hidden()


@browsing
def test_a_verdict_is_gone_while_the_next_is_not_there_yet(page: Page) -> None:
    assert verify(page, GOOD).startswith("The signature is good")
    page.evaluate("() => { crypto.subtle.verify = () => new Promise(() => {}); }")

    page.locator("#form button").click()

    assert page.locator("#result").is_hidden()


@browsing
def test_html_inside_does_no_harm(page: Page) -> None:
    hostile = make.said(
        dataset=HOSTILE, purpose=HOSTILE[:100], withheld=(exchange.WithheldTerm(HOSTILE, 1, (HOSTILE,)),)
    )
    document = json.loads(make.document()) | {"id": HOSTILE}

    assert verify(page, make.signed(hostile)).startswith("The signature is good")
    assert HOSTILE in page.locator("#sentences").inner_text()
    assert HOSTILE in verify(page, GOOD, json.dumps(document).encode())
    assert page.locator("main img, main script").count() == 0
    assert page.title() == "Verify a receipt – renkei"


@browsing
def test_it_fits_a_phone_in_both_languages(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    verify(page, GOOD)

    for _ in ("en", "ja"):
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.locator("#language").click()


@browsing
def test_a_node_serves_it_to_everybody_and_it_works_under_the_policy_of_its_answer(
    settings: Any, browser: Any
) -> None:
    with running(settings) as url:
        page = browser.new_context(locale="ja-JP").new_page()
        page.goto(f"{url}{receipt_page.PATH}")
        assert verify(page, GOOD) == "署名は正しく、内容は提供者が署名したとおりです。"
        answer = httpx.get(f"{url}{receipt_page.PATH}", trust_env=False)
        page.context.close()
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert policy.endswith("frame-ancestors 'none'")
    assert "unsafe" not in policy


def test_the_page_asks_for_nothing_and_is_not_sent_twice() -> None:
    door = TestClient(Starlette(routes=receipt_page.ROUTES))
    answer = door.get(receipt_page.PATH)

    text = answer.text
    assert not re.search(r"""(?:src|href|action)\s*=|fetch\(|XMLHttp|import\(|innerHTML|eval\(""", text)
    assert door.get(receipt_page.PATH, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
