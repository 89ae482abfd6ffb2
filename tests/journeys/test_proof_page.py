"""The page that verifies a proof, in a real browser: the truth passes, whatever was altered does not, markup stays text."""

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.json import encode
from msgspec.structs import replace as with_
from playwright.sync_api import Page, sync_playwright

from renkei.servers import proof_page
from renkei.wire import tlog
from tests.factories import exports as make
from tests.factories.foreign_log import ForeignLog

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
OURS, OTHER = make.logs()
EXPORT = make.export(OURS, OTHER)
TRUE = encode(EXPORT)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page as a file, with nothing in it."""
    file = tmp_path_factory.mktemp("page") / "proof.html"
    file.write_bytes(proof_page.page())
    return file


@pytest.fixture(scope="module")
def browser_page() -> Iterator[tuple[Page, list[str]]]:
    complaints: list[str] = []
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page(locale="en-GB")
        page.on("console", lambda said: said.type in {"error", "warning"} and complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message) or dialog.dismiss())
        page.on("request", lambda asked: asked.url.startswith("file:") or complaints.append(asked.url))
        yield page, complaints
        browser.close()


@pytest.fixture
def page(browser_page: tuple[Page, list[str]], file: Path) -> Iterator[Page]:
    """The page, open; a complaint of the browser, a dialog, or any call to anybody fails the test."""
    page, complaints = browser_page
    complaints.clear()
    page.goto(file.as_uri())
    yield page
    assert complaints == []


def verdict(page: Page, body: bytes, *, key: str = OURS.vkey) -> str:
    """Hand a file in and return what the page says of it."""
    before = page.locator("#result").get_attribute("data-verdict")
    assert before is None, "each file is handed to a fresh page"
    page.fill("#key", key)
    page.set_input_files(
        "#file", files=[{"name": "export.json", "mimeType": "application/json", "buffer": body}]
    )
    page.wait_for_selector("#result[data-verdict]")
    return str(page.locator("#result").get_attribute("data-verdict"))


def marks(page: Page) -> list[str]:
    return page.locator("#result li").evaluate_all("items => items.map(item => item.dataset.status)")


def altered(*way: str | int, put: Any) -> bytes:
    said = json.loads(TRUE)
    *steps, last = way
    place = said
    for step in steps:
        place = place[step]
    place[last] = put(place[last]) if callable(put) else put
    return json.dumps(said).encode()


def flipped(text: str) -> str:
    raw = bytearray(base64.b64decode(text))
    raw[-1] ^= 1
    return base64.b64encode(raw).decode()


def other_root(note: str) -> str:
    lines = note.split("\n")
    lines[2] = flipped(lines[2])
    return "\n".join(lines)


def other_signature(note: str) -> str:
    start, _, last = note.rstrip("\n").rpartition(" ")
    return f"{start} {flipped(last)}\n"


def test_a_true_export_is_proven_entry_by_entry(page: Page) -> None:
    assert verdict(page, TRUE) == "good"
    assert marks(page) == ["good"] * 8  # head, five entries, one confirmation, one other log
    said = page.inner_text("#result")
    assert "exchange.agreement-in-force" in said
    assert "far.example saw 3 entries at 2026-05-01T" in said
    assert "compare" not in said.lower()


def test_under_the_key_that_came_along_the_reader_is_told_to_compare_it(page: Page) -> None:
    assert verdict(page, TRUE, key="") == "good"
    assert OURS.vkey in page.inner_text("#result p.unknown")
    assert "if the key below is the log's" in page.inner_text(".verdict strong")


def test_evidence_of_a_node_is_verified_as_an_export_is(page: Page) -> None:
    evidence = tlog.Bundle(
        checkpoint=EXPORT.checkpoint, vkey=EXPORT.vkey, entries=EXPORT.entries, following=9
    )

    assert verdict(page, encode(evidence)) == "good"
    assert "from 9 on" in page.inner_text("#result")


BREAKS = {
    "a byte of a body": (("entries", 1, "body"), lambda body: body.replace("5f", "5e", 1), 2),
    "a byte of a path": (("entries", 1, "path", 0), flipped, 2),
    "a path cut short": (("entries", 1, "path"), lambda path: path[:-1], 2),
    "another index": (("entries", 1, "index"), 1, 2),
    "an index that is none": (("entries", 1, "index"), "2", 2),
    "an index beyond all numbers": (("entries", 4, "index"), 2**60, 5),
    "the root": (("checkpoint",), other_root, 0),
    "the signature": (("checkpoint",), other_signature, 0),
    "the size": (("checkpoint",), lambda note: note.replace("\n7\n", "\n8\n"), 0),
    "a cosignature": (("cosigned", 0, "checkpoint"), other_signature, 6),
    "a proof of growth": (("cosigned", 0, "path", 0), flipped, 6),
    "a confirmation of a rewritten log": (
        ("cosigned", 0, "checkpoint"),
        OTHER.cosign(OURS.twin("x", "y", "z").checkpoint()),
        6,
    ),
    "a log that confirms itself": (
        ("cosigned", 0),
        lambda told: {
            **told,
            "witness": OURS.cosigner.text(),
            "checkpoint": OURS.cosign(OURS.checkpoint(3)),
        },
        6,
    ),
    "another log's head that stands in no entry": (
        ("witnessed", 0, "checkpoint"),
        OURS.cosign(OTHER.checkpoint(4)),
        7,
    ),
    "another's cosigner": (("cosigner",), OTHER.cosigner.text(), 7),
}


@pytest.mark.parametrize("name", BREAKS)
def test_whatever_is_altered_is_shown_in_its_place(name: str, page: Page) -> None:
    way, put, place = BREAKS[name]

    assert verdict(page, altered(*way, put=put)) == "bad"
    assert marks(page)[place] == "bad"
    assert page.locator("#result li").nth(place).locator("div").first.inner_text() != ""


@pytest.mark.parametrize("size", ['"a lot"', "2.5", "true", "1e400", "[[]]"])
def test_a_size_that_is_none_is_one_wrong_line_and_not_the_end_of_the_page(size: str, page: Page) -> None:
    """A fact may be anything that a log has written, and the log is what is in doubt."""
    root = tlog.open_checkpoint(OTHER.checkpoint(), vkey=OTHER.vkey).root.hex()
    body = make.body("audit.head-witnessed", subject=OTHER.name, size="SIZE", root=root)
    log = ForeignLog(make.NEAR).grow(body.replace('"SIZE"', size))
    entry = tlog.BundleEntry(index=0, body=log.bodies[0].decode(), path=())
    told = with_(
        EXPORT,
        vkey=log.vkey,
        cosigner=log.cosigner.text(),
        checkpoint=log.checkpoint(),
        entries=(entry,),
        cosigned=(),
        witnessed=(with_(EXPORT.witnessed[0], checkpoint=log.cosign(OTHER.checkpoint())),),
    )

    assert verdict(page, encode(told), key=log.vkey) == "bad"
    assert marks(page) == ["good", "good", "bad"]


def test_an_export_without_entries_proves_nothing(page: Page) -> None:
    empty = with_(EXPORT, entries=(), cosigned=(), witnessed=())

    assert verdict(page, encode(empty)) == "unknown"
    assert "There is no entry in this file" in page.inner_text("#result")


def test_under_another_key_nothing_is_proven(page: Page) -> None:
    assert verdict(page, TRUE, key=ForeignLog(make.NEAR).vkey) == "bad"
    assert set(marks(page)[:7]) == {"bad"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"\xff\xfe\x00",
        TRUE[:-30],
        b'{"checkpoint":1,"vkey":2,"entries":3}',
        altered("format", put="something"),
        altered("entries", put=[1]),
        altered("checkpoint", put="x" * 70_000),
        b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=["nothing", "null", "list", "no text", "cut", "numbers", "format", "entries", "long note", "deep"],
)
def test_what_is_no_export_is_never_called_proven(body: bytes, page: Page) -> None:
    assert verdict(page, body) == "bad"


WITHOUT_ED25519 = """() => {
    crypto.subtle.importKey = async () => { throw new DOMException('no', 'NotSupportedError'); };
}"""
EVIL = '<img src=x onerror="alert(1)"></script><script>alert(2)</script><b id=evil>x</b>'


def evil_export() -> bytes:
    """An export that is true, of a log whose every text is markup."""
    log = ForeignLog(make.NEAR).grow(make.body(EVIL, subject=EVIL, fact=EVIL))
    entry = tlog.BundleEntry(index=0, body=log.bodies[0].decode(), path=())
    return encode(
        with_(
            EXPORT,
            subject=EVIL,
            vkey=log.vkey,
            checkpoint=log.checkpoint(),
            entries=(entry,),
            witnessed=(),
            cosigned=(),
        )
    )


def test_markup_in_an_export_is_shown_as_text_and_does_nothing(page: Page) -> None:
    assert verdict(page, evil_export(), key="") == "good"
    assert EVIL in page.inner_text("#result")
    assert page.locator("#evil, #result img, #result script").count() == 0


def test_markup_in_an_export_that_is_put_into_the_page_does_nothing_either(
    page: Page, tmp_path: Path
) -> None:
    within = tmp_path / "proof.html"
    within.write_bytes(proof_page.page(evil_export()))

    page.goto(within.as_uri())

    page.wait_for_selector("#result[data-verdict=good]")
    assert EVIL in page.inner_text("#result")
    assert page.locator("#evil, img").count() == 0


def test_a_script_that_somebody_put_into_the_page_does_not_run(
    browser_page: tuple[Page, list[str]], tmp_path: Path
) -> None:
    page, complaints = browser_page
    complaints.clear()
    changed = tmp_path / "changed.html"
    changed.write_bytes(
        proof_page.page().replace(b"</body>", b"<script>document.title='run'</script></body>")
    )

    page.goto(changed.as_uri())

    assert page.title() != "run"
    assert any("Content Security Policy" in said for said in complaints)


def test_pasting_does_what_a_file_does(page: Page) -> None:
    page.locator("summary").click()
    page.fill("#pasted", TRUE.decode())
    page.locator("#check").click()

    page.wait_for_selector("#result[data-verdict=good]")


def test_a_browser_that_knows_no_such_signatures_does_not_call_anything_proven(page: Page) -> None:
    page.evaluate(WITHOUT_ED25519)

    assert verdict(page, TRUE) == "unknown"
    assert "nothing here is proven" in page.inner_text("#result")
    assert "good" not in marks(page)


def test_a_browser_without_ed25519_still_notices_what_was_altered(page: Page) -> None:
    page.evaluate(WITHOUT_ED25519)

    assert verdict(page, altered("entries", 1, "path", 0, put=flipped)) == "bad"


def test_both_languages_say_the_same_things_and_fit_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    words = page.evaluate(
        "Object.fromEntries(Object.entries(WORDS).map(([lang, all]) => [lang, Object.keys(all)]))"
    )
    assert words["ja"] == words["en"]
    assert verdict(page, TRUE) == "good"

    for lang, said in (("ja", "証明されました"), ("en", "Proven")):
        page.locator(f"[data-lang={lang}]").click()
        assert page.locator(".verdict strong").inner_text() == said
        assert page.locator("html").get_attribute("lang") == lang
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
