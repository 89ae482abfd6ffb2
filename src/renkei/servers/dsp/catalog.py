"""The catalogue of an organisation, for any participant that shows who it is."""

from urllib.parse import urlencode

from renkei.exchange import api as exchange
from renkei.kernel.ids import DatasetId
from renkei.lake import api as lake
from renkei.servers.door import Call, Reply, route
from renkei.servers.dsp.addresses import BASE, base_url, data_service
from renkei.servers.dsp.answers import LARGEST, message_reply, refuse_catalog, visit
from renkei.servers.dsp.descriptions import describe_dataset
from renkei.servers.dsp.errors import FilterUnsupported, PageInvalid
from renkei.wire.dsp import envelope
from renkei.wire.dsp.catalog import Catalog, CatalogRequestMessage, labels
from renkei.wire.dsp.filters import Window, window

USUAL_PAGE = 100
LARGEST_PAGE = 500


def show_catalog(call: Call) -> Reply:
    """Answer a CatalogRequestMessage with one page of the catalogue; `Link: rel="next"` leads to the next.

    The address of the next page takes the same message, or GET. A filter may ask for a part of the list by `offset`
    and `limit`. Raises servers.dsp-filter-unsupported, servers.dsp-page-invalid, and what reading a message raises.
    """
    here = visit(call)
    org = here.org
    asked = _window(call)
    after = call.query.get("after")
    limit = (
        _limit(call.query["limit"]) if "limit" in call.query else min(asked.limit or USUAL_PAGE, LARGEST_PAGE)
    )
    # An address of ours already says where the page begins.
    offset = 0 if after else asked.offset
    page = exchange.catalogue(org.id, after=after, offset=offset, limit=limit, viewer=here.peer)
    service = data_service(org)
    catalog = Catalog(
        context=envelope.dspace_context(),
        id=f"{org.participant}#catalog",
        participant=org.participant,
        title=labels(org.name),
        service=[service],
        dataset=[describe_dataset(listing, service=service) for listing in page.listings] or None,
    )
    headers: dict[str, str] = {}
    if page.next is not None:
        query = urlencode({"after": page.next, "limit": limit})
        headers["Link"] = f'<{base_url(org)}/catalog/request?{query}>; rel="next"'
    return message_reply(catalog, headers=headers)


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
