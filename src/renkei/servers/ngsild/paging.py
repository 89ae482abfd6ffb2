"""Parts of long lists: which one is asked for, and where the others are (clauses 5.5.9 and 6.3.10 to 6.3.13)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from renkei.context import api as context
from renkei.servers.ngsild.door import BASE, Answer, Asked

DEFAULT: Final = 20
MOST: Final = 1000
COUNT: Final = "NGSILD-Results-Count"


def page_of(asked: Asked) -> context.Page:
    """Return the part that is asked for. Raises context.request-invalid."""
    counted = asked.query.get("count", "false")
    if counted not in {"true", "false"}:
        raise context.RequestInvalid(why="count is true or false")
    limit = _number(asked, "limit", otherwise=DEFAULT)
    if limit > MOST or (limit == 0 and counted != "true"):
        raise context.RequestInvalid(why=f"limit is a whole number from 1 to {MOST}, or 0 beside count=true")
    return context.Page(limit, _number(asked, "offset", otherwise=0), counted == "true")


def with_page(
    answer: Answer, asked: Asked, page: context.Page, *, path: str, more: bool, total: int | None
) -> Answer:
    """Add to an answer where the parts before and after it are, and how many there are in all."""
    links = [*filter(None, [answer.headers.get("Link")])]
    if page.offset and page.limit:
        links.append(_link(asked, page, path, offset=max(0, page.offset - page.limit), relation="prev"))
    if more and page.limit:
        links.append(_link(asked, page, path, offset=page.offset + page.limit, relation="next"))
    headers: Mapping[str, str] = {**answer.headers, **({"Link": ", ".join(links)} if links else {})}
    if total is not None:
        headers = {**headers, COUNT: str(total)}
    return replace(answer, headers=headers)


def _link(asked: Asked, page: context.Page, path: str, *, offset: int, relation: str) -> str:
    kept = [(name, value) for name, value in asked.query.multi_items() if name not in {"limit", "offset"}]
    query = urlencode([*kept, ("limit", page.limit), ("offset", offset)])
    return f'<{BASE}/{path}?{query}>;rel="{relation}";type="application/ld+json"'


def _number(asked: Asked, name: str, *, otherwise: int) -> int:
    given = asked.query.get(name)
    if given is None:
        return otherwise
    if not given.isascii() or not given.isdigit() or len(given) > 9:
        raise context.RequestInvalid(why=f"{name} is a whole number that is not negative")
    return int(given)
