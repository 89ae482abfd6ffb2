"""One's own node: catalogue, negotiation, agreements."""

import os
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import parse_qsl, quote

from renkei.client import deliveries
from renkei.client.agreement import Agreement
from renkei.client.audit import Verified, verify
from renkei.client.connection import Connection
from renkei.client.errors import NodeUnnamed, OfferAmbiguous, Refused, refused_by_peer, undecided
from renkei.client.listing import FoundListing, Listing
from renkei.kernel.refusals import Kind
from renkei.kernel.texts import Text
from renkei.wire import finding
from renkei.wire import member as wire

_Parts = TypeVar("_Parts", wire.Negotiations, wire.Agreements, wire.Transfers)


class Node:
    """The node of one's organisation. It speaks to the other nodes; only data are fetched from them directly."""

    def __init__(self, url: str | None = None, token: str | None = None) -> None:
        """Use the node at `url` with the organisation's `token`; RENKEI_NODE and RENKEI_TOKEN where they are left out.

        Raises client.node-unnamed.
        """
        url, token = url or os.environ.get("RENKEI_NODE"), token or os.environ.get("RENKEI_TOKEN")
        if not url or not token:
            raise NodeUnnamed
        self._connection = Connection(url, token)

    def __repr__(self) -> str:
        return f"Node({self._connection.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, why: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the kept connections."""
        self._connection.close()

    def catalog(self, provider: str) -> list[Listing]:
        """Return all datasets that a provider offers; `provider` is its DID or its root's address.

        Raises Refused, among others with the codes servers.peer-… when the provider cannot be spoken to.
        """
        found: list[Listing] = []
        after: str | None = None
        while True:
            page = self.catalog_page(provider, after=after)
            found.extend(Listing(page.provider, each) for each in page.listings)
            after = page.next
            if after is None:
                return found

    def catalog_page(self, provider: str, *, after: str | None = None) -> wire.Catalog:
        """Return one page of a provider's catalogue; `after` is `next` of the page before."""
        request = wire.CatalogRequest(provider=provider, after=after)
        return self._connection.post(f"{wire.ROOT}/catalog", request, wire.Catalog)

    def search(
        self,
        text: str = "",
        *,
        theme: str = "",
        licence: str = "",
        format: str = "",  # noqa: A002 — the field's word
        provider: str = "",
        box: finding.Corners | str = "",
        since: date | str = "",
        until: date | str = "",
        current_only: bool = False,
        most: int = 50,
    ) -> list[FoundListing]:
        """Search the catalogues of this node and of all that it knows; the best `most` that fit, best first.

        Each word of `text`, Japanese or English, has to occur. `box` is west, south, east, north in degrees, and
        `since`, `until` are dates or times: what meets them is found. Raises Refused.
        """
        asked = {
            "text": text,
            "theme": theme,
            "licence": licence,
            "format": format,
            "provider": provider,
            "box": box if isinstance(box, str) else ",".join(map(str, box)),
            "since": since if isinstance(since, str) else since.isoformat(),
            "until": until if isinstance(until, str) else until.isoformat(),
            "current": "yes" if current_only else "",
        }
        params = {name: value for name, value in asked.items() if value}
        found: list[FoundListing] = []
        while True:
            part = self._connection.get(f"{wire.ROOT}/catalog/search", finding.Entries, params=params)
            found.extend(map(FoundListing, part.items))
            if part.next is None or len(found) >= most:
                return found[:most]
            params["after"] = part.next

    def known_nodes(self) -> tuple[finding.KnownNode, ...]:
        """Return the nodes whose catalogues the own node crawls and this member may search."""
        return self._connection.get(f"{wire.ROOT}/nodes", finding.KnownNodes).items

    def negotiate(
        self, listing: Listing, *, offer: str | None = None, purpose: str | None = None
    ) -> wire.Negotiation:
        """Begin to negotiate for a dataset and return at once.

        `offer` is an offer's id, needed where there are several; `purpose` one of its purposes. Raises Refused,
        client.offer-ambiguous.
        """
        chosen = [each for each in listing.offers if offer in {None, each.id}]
        if len(chosen) != 1:
            ids = ", ".join(each.id for each in listing.offers)
            raise OfferAmbiguous(dataset=listing.id, count=len(chosen), offers=ids)
        return self.negotiate_for(
            provider=listing.provider, dataset=listing.id, offer=chosen[0].policy, purpose=purpose
        )

    def negotiate_for(
        self,
        *,
        provider: str,
        dataset: str,
        offer: str | dict[str, Any],
        purpose: str | None = None,
        by_hand: bool = False,
    ) -> wire.Negotiation:
        """Begin to negotiate by names; an offer given by its id is looked up by the node.

        With `by_hand` the agreement that comes waits until it is verified with `verify_agreement`.
        """
        request = wire.NegotiationRequest(
            provider=provider, dataset=dataset, offer=offer, purpose=purpose, by_hand=by_hand
        )
        return self._connection.post(f"{wire.ROOT}/negotiations", request, wire.Negotiation)

    def agree(
        self,
        listing: Listing,
        *,
        offer: str | None = None,
        purpose: str | None = None,
        timeout: float = 60,
    ) -> Agreement:
        """Negotiate and return the agreement when both sides have signed it.

        `timeout` is in seconds. Raises Refused with the provider's code and reasons when it does not agree,
        client.undecided when the time is up, for instance because a person has to decide.
        """
        begun = self.negotiate(listing, offer=offer, purpose=purpose)
        return self.conclude(begun.id, timeout=timeout)

    def conclude(self, negotiation: str, *, timeout: float = 60) -> Agreement:
        """Wait for a negotiation that was begun and return its agreement. Raises what `agree` raises."""
        until = time.monotonic() + timeout
        while True:
            left = until - time.monotonic()
            now = self.negotiation(negotiation, wait=max(0.0, min(left, wire.LONGEST_WAIT)))
            if now.state == "FINALIZED" and now.agreement is not None:
                return Agreement(self._connection, self._agreed(now.agreement), new=True)
            if now.state == "TERMINATED":
                raise refused_by_peer(now.code, now.reasons)
            if left <= 0 or now.decision_due:
                what = Text(ja="交渉", en="negotiation")
                raise undecided(what, negotiation, after=timeout, waiting_for=now.waiting_for)

    def negotiation(self, negotiation: str, *, wait: float = 0) -> wire.Negotiation:
        """Return a negotiation, at once or, up to `wait` seconds (10 at most), when it has come to rest."""
        path = f"{wire.ROOT}/negotiations/{quote(negotiation, safe=':')}"
        return self._connection.get(path, wire.Negotiation, params={"wait": f"{wait:.3f}"})

    def negotiations(self) -> tuple[wire.Negotiation, ...]:
        """Return the organisation's negotiations, as consumer and as provider."""
        return tuple(self._all("negotiations", wire.Negotiations))

    def propose(
        self, *, consumer: str, dataset: str, terms: dict[str, Any], by_hand: bool = False
    ) -> wire.Negotiation:
        """Offer one's own dataset to a participant (DID or root's address) that has not asked for it.

        Raises Refused, among others with what is wrong with the terms.
        """
        request = wire.Proposal(consumer=consumer, dataset=dataset, terms=terms, by_hand=by_hand)
        return self._connection.post(f"{wire.ROOT}/proposals", request, wire.Negotiation)

    def accept(self, negotiation: str) -> wire.Negotiation:
        """As the consumer, accept the provider's offer."""
        return self._act_in(negotiation, "acceptance")

    def agree_to(self, negotiation: str) -> wire.Negotiation:
        """As the provider, agree to what is asked for, or by hand to what was accepted."""
        return self._act_in(negotiation, "agreement")

    def counter(self, negotiation: str, *, terms: dict[str, Any]) -> wire.Negotiation:
        """Answer with other terms."""
        return self._act_in(negotiation, "counter", wire.Counter(terms=terms))

    def verify_agreement(self, negotiation: str) -> wire.Negotiation:
        """As the consumer, confirm by hand the agreement that came."""
        return self._act_in(negotiation, "verification")

    def finalize(self, negotiation: str) -> wire.Negotiation:
        """As the provider, put by hand into force what the consumer verified."""
        return self._act_in(negotiation, "finalization")

    def give_up(self, negotiation: str, *, reason: str) -> wire.Negotiation:
        """End a negotiation; the reason is what the other side will read."""
        return self._act_in(negotiation, "termination", wire.Termination(reason=reason))

    def retry_negotiation(self, negotiation: str) -> wire.Negotiation:
        """Have the negotiation's message that the peer has not taken tried at once."""
        return self._act_in(negotiation, "retry")

    def agreement(self, agreement: str) -> Agreement:
        """Return an agreement by its id."""
        return Agreement(self._connection, self._agreed(agreement))

    def agreements(self) -> list[Agreement]:
        """Return the organisation's agreements, as consumer and as provider."""
        return [Agreement(self._connection, each) for each in self._all("agreements", wire.Agreements)]

    def transfers(self) -> tuple[wire.Transfer, ...]:
        """Return the organisation's transfers, as consumer and as provider, without their data addresses."""
        return tuple(self._all("transfers", wire.Transfers))

    def transfer(self, transfer: str) -> wire.Transfer:
        """Return a transfer; as the consumer with its data address."""
        return self._connection.get(f"{wire.ROOT}/transfers/{quote(transfer, safe=':')}", wire.Transfer)

    def start_transfer(self, transfer: str) -> wire.Transfer:
        """As the provider, start by hand what was requested."""
        return self._act_on(transfer, "start")

    def suspend_transfer(self, transfer: str, *, reason: str) -> wire.Transfer:
        """Stop the reading for a while; the reason is what the other side will read."""
        return self._act_on(transfer, "suspension", wire.Termination(reason=reason))

    def resume_transfer(self, transfer: str) -> wire.Transfer:
        """Let a suspended transfer go on."""
        return self._act_on(transfer, "resumption")

    def complete_transfer(self, transfer: str) -> wire.Transfer:
        """Say that everything was read; the secret is void from then on."""
        return self._act_on(transfer, "completion")

    def deliveries(self, transfer: str) -> tuple[wire.Delivery, ...]:
        """Return what a provider has pushed to this node by a transfer, in the order of arrival."""
        return deliveries.listed(self._connection, transfer)

    def save_deliveries(self, transfer: str, folder: Path | str) -> list[Path]:
        """Write what a provider has pushed by a transfer into a folder, a file for each part.

        Raises Refused, client.delivery-damaged.
        """
        return deliveries.save_all(self._connection, transfer, Path(folder))

    def end_transfer(self, transfer: str, *, reason: str) -> wire.Transfer:
        """End a transfer; the reason is what the other side will read."""
        return self._act_on(transfer, "termination", wire.Termination(reason=reason))

    def retry_transfer(self, transfer: str) -> wire.Transfer:
        """Have the transfer's message that the peer has not taken tried at once."""
        return self._act_on(transfer, "retry")

    def verify_audit(self, provider: str, *subjects: str, keep: Path | str) -> Verified:
        """Verify the audit log of the node that hosts `provider` (a DID), and that it holds entries on the subjects.

        Subjects are ids of agreements, which are the same on both sides, or of negotiations or transfers, as this
        node names them or as the provider does.
        `keep` is the file in which the log's key and last head are kept between visits: a log that was shortened or
        rewritten since is caught. The token needs the scope `audit`. Raises Refused, and the tlog.… refusals of what
        does not hold.
        """

        def fetch(path: str) -> bytes:
            part, _, asked = path.removeprefix("/audit/").partition("?")
            params = {"provider": provider} | dict(parse_qsl(asked))
            return self._connection.get_bytes(f"{wire.ROOT}/log/{part}", params=params)

        return verify(fetch, things=[self._names(subject) for subject in subjects], keep=Path(keep))

    def _act_in(
        self, negotiation: str, act: str, said: wire.Counter | wire.Termination | None = None
    ) -> wire.Negotiation:
        path = f"{wire.ROOT}/negotiations/{quote(negotiation, safe=':')}/{act}"
        return self._connection.post(path, said, wire.Negotiation)

    def _act_on(self, transfer: str, act: str, said: wire.Termination | None = None) -> wire.Transfer:
        path = f"{wire.ROOT}/transfers/{quote(transfer, safe=':')}/{act}"
        return self._connection.post(path, said, wire.Transfer)

    def _agreed(self, agreement: str) -> wire.Agreement:
        path = f"{wire.ROOT}/agreements/{quote(agreement, safe=':')}"
        return self._connection.get(path, wire.Agreement)

    def _all(self, name: str, answer: type[_Parts]) -> Iterator[Any]:
        """Yield a list's items, newest first, asking for one part after the other."""
        params: dict[str, str] = {}
        while True:
            part = self._connection.get(f"{wire.ROOT}/{name}", answer, params=params)
            yield from part.items
            if part.next is None:
                return
            params = {"after": part.next}

    def _names(self, subject: str) -> tuple[str, ...]:
        """Return the names under which the provider's log may know what this node calls `subject`."""
        if "/" not in subject:
            for theirs in (self._negotiated_as, self._transferred_as):
                try:
                    return tuple(dict.fromkeys((subject, theirs(subject) or subject)))
                except Refused as refused:
                    if refused.kind not in {Kind.MISSING, Kind.DENIED}:
                        raise
        return (subject,)

    def _negotiated_as(self, negotiation: str) -> str | None:
        return self.negotiation(negotiation).peer_pid

    def _transferred_as(self, transfer: str) -> str | None:
        return self.transfer(transfer).peer_pid
