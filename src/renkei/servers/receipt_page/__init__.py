"""The page that verifies a receipt in a browser: one file without anything from elsewhere, for all who hold a receipt.

Its sentences and refusals are those of `renkei.wire.receipt`, so that page and command say the same. Nothing that is
pasted into it leaves the browser: its policy allows no connection at all.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from starlette.routing import BaseRoute

from renkei.exchange.api import LONGEST_RECEIPT
from renkei.kernel.texts import Text
from renkei.servers.door import Call, Reply, is_known, route
from renkei.servers.receipt_page.texts import TEXTS, page_refusals
from renkei.wire.receipt import TOLERANCE
from renkei.wire.receipt.telling import SENTENCES

PATH: Final = "/receipts/page"
_KEPT = 300


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """The page, and the policy that its answer carries."""

    body: bytes
    policy: str
    tag: str


@cache
def receipt_page() -> ReceiptPage:
    """Return the page; it is put together once."""
    style, script = _part("page.css"), _part("page.js")
    policy = f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; base-uri 'none'; form-action 'none'"
    parts = {"policy": policy, "style": style, "script": script, "texts": _texts()}
    page = _part("page.html")
    for name, part in parts.items():
        page = page.replace(f"@{name}@", part)
    body = page.encode()
    return ReceiptPage(body, f"{policy}; frame-ancestors 'none'", f'"{hashlib.sha256(body).hexdigest()}"')


def page(call: Call) -> Reply:
    """Hand the page out to anybody: it holds nothing of this node's."""
    found = receipt_page()
    headers = {
        "Content-Security-Policy": found.policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": f"max-age={_KEPT}",
        "ETag": found.tag,
    }
    if is_known(found.tag, given=call.headers.get("if-none-match")):
        return Reply(status=304, headers=headers)
    return Reply(body=found.body, media_type="text/html; charset=utf-8", headers=headers)


ROUTES: list[BaseRoute] = [route(PATH, page, methods=["GET"])]


def _texts() -> str:
    told = {
        "texts": {name: _pair(text) for name, text in TEXTS.items()},
        "told": {name: _pair(text) for name, text in SENTENCES.items()},
        "refusals": {
            code: {"text": _pair(text), "remedy": _pair(remedy)}
            for code, (text, remedy) in page_refusals().items()
        },
        "longest": LONGEST_RECEIPT,
        "tolerance": int(TOLERANCE.total_seconds()),
    }
    return json.dumps(told, ensure_ascii=False).replace("<", "\\u003c")


def _pair(text: Text) -> dict[str, str]:
    return {"ja": text.ja, "en": text.en}


def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _hash(inline: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()}"
