"""The catalogue of an organisation, for any participant that shows who it is.

A question by GET can carry the ETag of an answer before (RFC 9110, 13.1.2): while nothing has changed the answer is 304,
made by one query, and the catalogue is not looked at. A POST has no such form: there a condition that fails is answered
with 412, which the protocol does not know.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from renkei import __version__
from renkei.exchange import api as exchange
from renkei.kernel.ids import DatasetId
from renkei.lake import api as lake
from renkei.parties.api import Organisation
from renkei.servers.door import Call, Reply, is_known, route
from renkei.servers.dsp.addresses import BASE, base_url, data_service
from renkei.servers.dsp.answers import LARGEST, Visit, message_reply, refuse_catalog, visit
from renkei.servers.dsp.descriptions import describe_dataset
from renkei.servers.dsp.errors import FilterUnsupported, PageInvalid
from renkei.wire.dsp import envelope
from renkei.wire.dsp.catalog import Catalog, CatalogRequestMessage, labels
from renkei.wire.dsp.filters import Window, window

USUAL_PAGE = 100
LARGEST_PAGE = 500


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of the list is answered: so many datasets, `offset` behind the one with the id `after`."""

    after: str | None
    offset: int
    limit: int


def show_catalog(call: Call) -> Reply:
    """Answer a CatalogRequestMessage with one page of the catalogue; `Link` leads to the next page and the previous.

    The address of the next page takes the same message, or GET. A filter may ask for a part of the list by `offset`
    and `limit`. A page costs three queries besides those that tell who is calling, behind the first page four, a 304 one.
    Raises servers.dsp-filter-unsupported, servers.dsp-page-invalid, and what reading a message raises.
    """
    here = visit(call)
    asked, after = _window(call), call.query.get("after")
    limit = min(asked.limit or USUAL_PAGE, LARGEST_PAGE)
    if "limit" in call.query:
        limit = _limit(call.query["limit"])
    # An address of ours already says where the page begins.
    part = Part(after=after, offset=0 if after else asked.offset, limit=limit)
    # Read first: a change in between makes the tag older than the page, never newer.
    revision = exchange.catalogue_revision(here.org.id)
    if call.method == "POST":
        return _page(here, part, revision=revision, headers={})
    tag = _tag(here, revision, after or "", str(limit))
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization"}
    if is_known(tag, given=call.headers.get("if-none-match")):
        return Reply(status=304, headers=headers)
    return _page(here, part, revision=revision, headers=headers)


def show_dataset(call: Call) -> Reply:
    """Answer with one dataset and the offers that stand for the caller. Raises exchange.dataset-missing."""
    here = visit(call)
    listing = exchange.listing(owner=here.org.id, dataset=DatasetId(call.path["dataset"]), viewer=here.peer)
    described = describe_dataset(
        listing,
        service=data_service(here.org),
        columns=lake.table(listing.dataset.table).columns,
        context=envelope.dspace_context(),
    )
    return message_reply(described)


def _page(here: Visit, part: Part, *, revision: str, headers: dict[str, str]) -> Reply:
    org = here.org
    page = exchange.catalogue(
        org.id, after=part.after, offset=part.offset, limit=part.limit, viewer=here.peer
    )
    service = data_service(org)
    catalog = Catalog(
        context=envelope.dspace_context(),
        id=f"{org.participant}#catalog",
        participant=org.participant,
        title=labels(org.name),
        revision=_hash(here, revision),
        service=[service],
        dataset=[describe_dataset(listing, service=service) for listing in page.listings] or None,
    )
    if links := [*_links(org, part, following=page.next)]:
        headers["Link"] = ", ".join(links)
    return message_reply(catalog, headers=headers)


def _links(org: Organisation, part: Part, *, following: str | None) -> Iterator[str]:
    """Write the links to the next and the previous page (DSP 2025-1, catalogue, pagination; RFC 8288)."""
    places = {"next": following}
    if part.after:
        places["previous"] = exchange.catalogue_before(org.id, after=part.after, limit=part.limit)
    for name, place in places.items():
        if place is not None:
            query = urlencode(({"after": place} if place else {}) | {"limit": str(part.limit)})
            yield f'<{base_url(org)}/catalog/request?{query}>; rel="{name}"'


def _tag(here: Visit, revision: str, *page: str) -> str:
    return f'"{_hash(here, revision, *page)}"'


def _hash(here: Visit, *told: str) -> str:
    """Put into one word whatever an answer is made of: who sees it, whose it is, and how this version writes it."""
    parts = (__version__, base_url(here.org), here.org.name.ja, here.org.name.en, here.peer, *told)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _window(call: Call) -> Window:
    if call.method != "POST":
        return Window()
    asked = window(envelope.read(call.body, CatalogRequestMessage).filter)
    if asked is None:
        raise FilterUnsupported
    return asked


def _limit(given: str) -> int:
    if not (given.isascii() and given.isdigit() and len(given) < 5 and 1 <= int(given) <= LARGEST_PAGE):
        raise PageInvalid(most=LARGEST_PAGE)
    return int(given)


ROUTES = [
    route(
        f"{BASE}/catalog/request",
        show_catalog,
        methods=["POST", "GET"],
        refuse=refuse_catalog,
        limit=LARGEST,
        far=True,
    ),
    route(
        f"{BASE}/catalog/datasets/{{dataset}}", show_dataset, methods=["GET"], refuse=refuse_catalog, far=True
    ),
]
