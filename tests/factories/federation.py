"""Catalogues that stand on a shelf, for whoever crawls, and what stands in them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from renkei.federation import api as federation
from renkei.kernel.ids import NODE, OrgId, ParticipantId
from renkei.kernel.refusals import Refusal
from renkei.kernel.texts import Text
from renkei.parties import api as parties

MAY = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
EVERY = timedelta(minutes=15)
FAR = ParticipantId("did:web:far.example:orgs:far")
POLICY: dict[str, Any] = {"@id": "urn:o", "@type": "Offer", "permission": [{"action": "use"}]}


def described(
    dataset: str,
    *,
    title: str = "Readings",
    title_ja: str | None = None,
    to: frozenset[str] | None = None,
    **more: Any,
) -> federation.Described:
    """Describe a dataset that is offered to everybody, or to some by name."""
    return federation.Described(
        dataset=dataset,
        title=Text(ja=title_ja or title, en=title),
        description=more.pop("description", Text(ja="", en="")),
        offers=(federation.Offer(policy=POLICY, recipients=to),),
        **more,
    )


@dataclass
class Shelf:
    """One peer's catalogue, in pages; `before` is called with each page that is asked for, and may raise."""

    pages: list[list[federation.Described]] = field(default_factory=list)
    etag: str = ""
    whole: bool = True
    trouble: Refusal | None = None
    before: Callable[[str | None], object] = lambda _after: None
    asked: list[tuple[str | None, str]] = field(default_factory=list)
    octets: int = 1000

    def find(self, address: str) -> federation.Found:
        if self.trouble is not None:
            raise self.trouble
        return federation.Found(ParticipantId(address), "https://far.example/dsp")

    def page(
        self,
        peer: federation.Found,  # noqa: ARG002 - the port's argument
        *,
        org: OrgId,  # noqa: ARG002 - as above
        after: str | None,
        etag: str,
        by_get: bool | None,  # noqa: ARG002 - as above
    ) -> federation.CataloguePage | None:
        self.asked.append((after, etag))
        self.before(after)
        if etag and etag == self.etag:
            return None
        place = int(after or 0)
        return federation.CataloguePage(
            described=tuple(self.pages[place]) if self.pages else (),
            next=str(place + 1) if place + 1 < len(self.pages) else None,
            name=Text(ja="遠くの研究所", en="Far laboratory"),
            etag=self.etag,
            whole=self.whole,
            by_get=True,
            octets=self.octets,
        )


@dataclass
class Watch:
    """A clock that is set by hand."""

    now: datetime = MAY

    def __call__(self) -> datetime:
        return self.now


def crawler(shelf: federation.Catalogues, *, watch: Watch | None = None, **bounds: int) -> federation.Crawler:
    """Return a crawler of a shelf."""
    limits = federation.Bounds(**{"datasets": 1000, **bounds})
    return federation.Crawler(catalogues=shelf, bounds=limits, every=EVERY, clock=watch or Watch())


def known(
    org: parties.Organisation, *, participant: str = FAR, shared: bool = True, now: datetime = MAY
) -> federation.KnownNode:
    """Add a node that an organisation asks."""
    found = federation.Found(ParticipantId(participant), "https://far.example/dsp")
    return federation.add_node(found=found, org=org.id, shared=shared, actor=NODE, now=now)


def viewer(org: parties.Organisation) -> federation.Viewer:
    """Return a member as the one who searches."""
    return federation.Viewer(org=org.id, participant=org.participant)


def titles(found: Any) -> list[str]:
    """Return the titles of entries."""
    return [each.described.title.en for each in found]
