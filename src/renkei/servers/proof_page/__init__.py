"""The page that verifies a proof in the browser: one file without any network, put together from its three parts.

The page's own policy lets exactly its one script and one style run, by their hashes, and nothing be fetched at all: what
is in an export can neither run nor call anybody. All that it shows is put in as text.
"""

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Final

_PLACES: Final = ("{{policy}}", "{{style}}", "{{script}}", "{{export}}")


def page(export: bytes | None = None) -> bytes:
    """Return the page, with an export in it where one is given (JSON, as `renkei audit export` writes it)."""
    # "<" stands in JSON only within strings, where it may be written so: nothing in an export can end its element.
    shown = b"" if export is None else export.replace(b"<", b"\\u003c")
    head, tail = _frame()
    return head + shown + tail


def policy() -> str:
    """Return the page's Content-Security-Policy."""
    hashes = {name: _hash(_part(name)) for name in ("page.js", "page.css")}
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src '{hashes['page.js']}'",
            f"style-src '{hashes['page.css']}'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


@cache
def _frame() -> tuple[bytes, bytes]:
    parts = dict(zip(_PLACES, (policy(), _part("page.css"), _part("page.js")), strict=False))
    html = _part("page.html")
    for place, part in parts.items():
        html = html.replace(place, part)
    head, _, tail = html.partition(_PLACES[-1])
    return head.encode(), tail.encode()


@cache
def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
