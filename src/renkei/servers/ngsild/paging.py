"""Parts of long lists: which one is asked for, and where the others are (clauses 5.5.9 and 6.3.10 to 6.3.13)."""

from typing import Final
from urllib.parse import urlencode

from renkei.context import api as context
from renkei.servers.ngsild.door import BASE, Asked
from renkei.wire.ngsild.asked.words import Words, flag, number

USUAL: Final = 20
MOST: Final = 1000
"""Things on a page where nothing is said, and at most."""


def read_page(words: Words) -> context.Page:
    """Return which part is asked for; nothing at all only where it is to be counted. Raises context.request-invalid."""
    counted = flag(words, "count")
    limit = number(words, "limit", USUAL, least=0 if counted else 1, most=MOST)
    return context.Page(limit=limit, offset=number(words, "offset", 0), counted=counted)


def page_headers(
    asked: Asked, page: context.Page, *, more: bool, total: int | None, base: str = BASE
) -> dict[str, str]:
    """Return how many there are in all, if that is known, and the pages before and after this one."""
    headers = {} if total is None else {"NGSILD-Results-Count": str(total)}
    if asked.call.method not in {"GET", "HEAD"} or not page.limit:
        return headers
    links = []
    if page.offset:
        links.append(_link(asked, page, "prev", max(0, page.offset - page.limit), base))
    if more:
        links.append(_link(asked, page, "next", page.offset + page.limit, base))
    return {**headers, "Link": ", ".join(links)} if links else headers


def _link(asked: Asked, page: context.Page, relation: str, offset: int, base: str) -> str:
    others = [(n, v) for n, v in asked.query.multi_items() if n not in {"limit", "offset"}]
    query = urlencode([*others, ("limit", page.limit), ("offset", offset)])
    return f'<{base}/{asked.where}?{query}>;rel="{relation}";type="application/ld+json"'
