"""Catalogues for portals such as CKAN, as DCAT-AP at addresses that need no token.

Only what is offered to everybody is told. Whoever harvests comes again and again: an answer has an ETag made of the
entries' digests, so that 304 costs no writing, and a few written pages are kept. Writing takes turns, since strangers
cause it.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from django.conf import settings
from starlette.routing import BaseRoute

from renkei import __version__
from renkei.federation import api as federation
from renkei.kernel.clock import utc_now
from renkei.kernel.texts import Text
from renkei.parties import api as parties
from renkei.servers.door import Call, Reply, is_known, route
from renkei.servers.dsp.addresses import ROOT, root_url
from renkei.servers.errors import ExportFormUnknown, QueryMalformed
from renkei.wire import dcat

PAGE: Final = 50
KEPT: Final = 8
"""Written pages that are kept, the longest unused dropped first."""
MAX_AGE: Final = 60
"""Seconds for which a cache on the way may answer in our place."""


class _Shelf:
    """The pages that were written last, by their tags."""

    def __init__(self) -> None:
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def body(self, tag: str, write: Callable[[], bytes]) -> bytes:
        with self._lock:
            if tag not in self._bodies:
                self._bodies[tag] = write()
            self._bodies.move_to_end(tag)
            while len(self._bodies) > KEPT:
                self._bodies.popitem(last=False)
            return self._bodies[tag]


_shelf = _Shelf()


def show_node(call: Call) -> Reply:
    """Answer with a page of what all organisations of this node offer to everybody.

    With RENKEI_EXPORT_CRAWLED also what known nodes do. Raises servers.export-form-unknown, servers.query-malformed.
    """
    home = settings.RENKEI.public_url
    publisher = dcat.Publisher(home, Text(ja=f"ノード {home}", en=f"Node {home}"))
    return _page(call, root=home, org=None, publisher=publisher)


def show_organisation(call: Call) -> Reply:
    """Answer with a page of what one organisation offers to everybody.

    Raises parties.organisation-missing, servers.export-form-unknown, servers.query-malformed.
    """
    org = parties.organisation_by_slug(call.path["slug"])
    publisher = dcat.Publisher(org.participant, org.name)
    return _page(call, root=root_url(org), org=org, publisher=publisher)


def show_dataset(call: Call) -> Reply:
    """Answer with one dataset that is offered to everybody; its IRI is the address without an ending.

    Raises parties.organisation-missing, federation.entry-missing.
    """
    org = parties.organisation_by_slug(call.path["slug"])
    entry = federation.open_entry(org=org.id, dataset=call.path["dataset"], now=utc_now())
    form = _negotiated(call)
    tag = _tag(form.ending, _told(entry))
    return _reply(call, form, tag, lambda: dcat.write_dataset(_item(entry), form=form))


def _page(call: Call, *, root: str, org: parties.Organisation | None, publisher: dcat.Publisher) -> Reply:
    form = _form(call)
    ending = f".{call.path['ending']}" if "ending" in call.path else ""
    first = f"{root}/dcat/catalog{ending}"
    after = _after(call)
    entries, following = federation.open_entries(
        org=org.id if org else None,
        crawled=settings.RENKEI.export_crawled and org is None,
        after=after,
        limit=PAGE,
        now=utc_now(),
    )
    page = dcat.CatalogPage(
        iri=f"{root}/dcat/catalog",
        title=Text(ja=f"{publisher.name.ja}のカタログ", en=f"Catalogue of {publisher.name.en}"),
        description=DESCRIPTION,
        publisher=publisher,
        items=tuple(map(_item, entries)),
        here=first if after is None else f"{first}?after={after}",
        first=first,
        next=None if following is None else f"{first}?after={following}",
    )
    told = (page.here, str(page.next), page.title.ja, page.title.en, *map(_told, entries))
    return _reply(call, form, _tag(form.ending, *told), lambda: dcat.write_catalog(page, form=form))


def _item(entry: federation.Entry) -> dcat.Item:
    return dcat.Item(
        iri=_iri(entry),
        publisher=dcat.Publisher(entry.participant, entry.provider),
        base=entry.base,
        described=entry.described,
    )


def _iri(entry: federation.Entry) -> str:
    dataset = entry.described.dataset
    if entry.own:
        return f"{entry.base.partition('/dsp/')[0]}/dcat/datasets/{quote(dataset, safe=':')}"
    return dataset if dcat.is_iri(dataset) else f"{entry.participant}#{quote(dataset, safe='')}"


def _reply(call: Call, form: dcat.Form, tag: str, write: Callable[[], bytes]) -> Reply:
    headers = {
        "ETag": tag,
        "Cache-Control": f"public, max-age={MAX_AGE}",
        "Vary": "Accept",
        "Access-Control-Allow-Origin": "*",
    }
    if is_known(tag, given=call.headers.get("if-none-match")):
        return Reply(status=304, headers=headers)
    return Reply(body=_shelf.body(tag, write), media_type=form.media_type, headers=headers)


def _told(entry: federation.Entry) -> str:
    return "\0".join((_iri(entry), entry.digest, entry.base, entry.provider.ja, entry.provider.en))


def _tag(*told: str) -> str:
    digest = hashlib.sha256("\0\0".join((__version__, *told)).encode()).hexdigest()
    return f'"{digest[:32]}"'


def _form(call: Call) -> dcat.Form:
    ending = call.path.get("ending")
    if ending is None:
        return _negotiated(call)
    found = next((form for form in dcat.Form if form.ending == ending), None)
    if found is None:
        raise ExportFormUnknown(asked=ending[:40], known=", ".join(form.ending for form in dcat.Form))
    return found


def _negotiated(call: Call) -> dcat.Form:
    """Return the form that the caller likes best (RFC 9110, 12.5.1); Turtle where it likes none of ours."""
    best, liked = dcat.Form.TURTLE, 0.0
    for part in call.headers.get("accept", "")[:1000].split(","):
        media_type, *parameters = (each.strip().lower() for each in part.split(";"))
        form = next((form for form in dcat.Form if form.media_type == media_type), None)
        weight = next((_weight(each[2:]) for each in parameters if each.startswith("q=")), 1.0)
        if form is not None and weight > liked:
            best, liked = form, weight
    return best


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _after(call: Call) -> int | None:
    given = call.query.get("after")
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        raise QueryMalformed(name="after", given=given[:40])
    return int(given)


DESCRIPTION: Final = Text(
    ja="条件を付けて誰にでも提供されるデータセットです。Dataspace Protocol で交渉し、契約のもとで受け取ります。",
    en="Datasets that are offered to everybody under terms: negotiated over the Dataspace Protocol, read under an agreement.",
)

ROUTES: list[BaseRoute] = [
    route("/dcat/catalog", show_node, methods=["GET"], far=True),
    route("/dcat/catalog.{ending}", show_node, methods=["GET"], far=True),
    route(f"{ROOT}/dcat/catalog", show_organisation, methods=["GET"], far=True),
    route(f"{ROOT}/dcat/catalog.{{ending}}", show_organisation, methods=["GET"], far=True),
    route(f"{ROOT}/dcat/datasets/{{dataset:path}}", show_dataset, methods=["GET"], far=True),
]
