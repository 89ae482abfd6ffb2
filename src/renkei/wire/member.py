"""The member API: what an organisation asks of its own node, as a consumer of others' data. JSON, camel case.

A member of an answer that a reader does not know is ignored, so that nodes and clients of different age understand
each other.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from renkei.exchange import types as exchange
from renkei.kernel.clock import format_utc
from renkei.kernel.texts import Text

ROOT = "/api/v1"
DELTA_SHARING, HTTP_DATA, HTTP_PUSH = exchange.DELTA_SHARING, exchange.HTTP_DATA, exchange.HTTP_PUSH
SQL_QUERY = exchange.SQL_QUERY
NGSI_LD, NGSI_LD_NOTICES = exchange.NGSI_LD, exchange.NGSI_LD_NOTICES
"""The formats in which a renkei node delivers."""
LONGEST_WAIT = 10
"""Seconds that a question with `wait` may be held."""

Identifier = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Address = Annotated[str, msgspec.Meta(min_length=1, max_length=2048)]
Sentence = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


class CatalogRequest(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Ask for a page of a provider's catalogue."""

    provider: Address
    """DID, or the address of the provider's root."""
    after: Address | None = None
    """`next` of the page before."""


class NegotiationRequest(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Ask a provider for a dataset under one of its offers."""

    provider: Address
    dataset: Identifier
    offer: Identifier | dict[str, Any]
    """The offer's id, which the node looks up again, or the whole policy as it stood in the catalogue."""
    purpose: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    """The one purpose that is wanted, where an offer allows several."""
    by_hand: bool = False
    """Whether a person verifies the agreement; else it is verified as it comes, when it says what was requested."""


class Proposal(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Offer one of the organisation's datasets to a participant that has not asked for it."""

    consumer: Address
    """DID, or the address of the consumer's root."""
    dataset: Identifier
    terms: dict[str, Any]
    """ODRL, as an offer says it."""
    by_hand: bool = False


class Counter(msgspec.Struct, frozen=True, rename="camel"):
    """Answer with other terms."""

    terms: dict[str, Any]


Form = Literal["parquet", "csv", "jsonl"]
"""How the files of a push are written, where the provider is a renkei node."""


class TransferRequest(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Ask for the data of an agreement in one format."""

    agreement: Identifier
    format: Identifier
    form: Form | None = None
    """For a push: how the files are to be written; Parquet unless told otherwise."""


class Termination(msgspec.Struct, frozen=True, rename="camel"):
    """End a negotiation or a transfer, or suspend a transfer."""

    reason: Sentence
    """What the other side will read."""


class Offer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Terms under which a dataset can be had."""

    id: str
    policy: dict[str, Any]
    """ODRL, as the provider wrote it."""
    terms: tuple[Text, ...] = ()
    """What the policy says, one sentence for each term."""
    obstacle: Text | None = None
    """Why the policy cannot be put into sentences, when it says what this node cannot evaluate."""


class Column(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One column, as the provider describes it; what it leaves out is None."""

    name: str
    type: str | None = None
    unit: str | None = None
    category: str | None = None
    role: str | None = None
    description: Text | None = None


class Quality(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The provider's figures on its data."""

    rows: int
    version: int | None = None
    first: str | None = None
    last: str | None = None
    completeness: dict[str, int] = {}
    """Rows with a value, per column, in ‰."""


class Listing(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A dataset in a provider's catalogue."""

    id: str
    title: Text
    description: Text
    offers: tuple[Offer, ...]
    formats: tuple[str, ...] = ()
    licence: str | None = None
    issued: str | None = None
    themes: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    quality: Quality | None = None


class Catalog(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One page of a provider's catalogue."""

    provider: str
    """The provider's DID."""
    listings: tuple[Listing, ...]
    next: str | None = None
    """What to send as `after` for the next page; None on the last."""


class Unsent(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A message of ours that the peer has not taken yet."""

    message: str
    attempts: int
    queued_at: datetime
    next_at: datetime
    """When it is tried next."""
    gives_up_at: datetime | None = None
    """When its process is given up; None before the first failure."""
    failure: Text | None = None
    """Why the last attempt failed."""


class Negotiation(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A negotiation as this node's side sees it."""

    id: str
    role: str
    peer: str
    peer_pid: str | None = None
    """The peer's own id of it, under which it stands in the peer's audit log; None until the peer has answered."""
    state: str
    dataset: str
    offer: dict[str, Any]
    waiting_for: Text | None = None
    turn: str | None = None
    """Who has to act: `ours`, `peer`, or `node` for this node by itself."""
    waiting_since: datetime | None = None
    unsent: Unsent | None = None
    decision_due: bool = False
    """Whether it is this organisation that has to decide, or to take a step by hand."""
    by_hand: bool = False
    may: tuple[str, ...] = ()
    """What this organisation may say now."""
    code: str | None = None
    reasons: tuple[str, ...] = ()
    """Why it was terminated, in the words of whoever did."""
    agreement: str | None = None
    created_at: datetime
    updated_at: datetime


class Agreement(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """An agreement that this organisation signed."""

    id: str
    role: str
    peer: str
    dataset: str
    negotiation: str
    policy: dict[str, Any]
    terms: tuple[Text, ...] = ()
    terms_digest: str
    in_force: bool
    signed_at: datetime
    ends_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: str = ""


class Uses(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """How often the data of an agreement may be used, and were; None where that is not limited, or not known here."""

    allowed: int | None = None
    taken: int | None = None
    """Only the provider counts."""
    left: int | None = None
    window_allowed: int | None = None
    window_taken: int | None = None
    window_ends: datetime | None = None


class Duty(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A duty of an agreement in force."""

    number: int
    action: str
    first: bool
    """Whether nothing can be read before it is fulfilled."""
    words: Text
    state: str
    """`open`, `fulfilled` or `overdue`, at the time of the answer."""
    due_at: datetime | None = None
    fulfilled_at: datetime | None = None
    fulfilled_by: str | None = None
    statement: str = ""
    evidence: str = ""
    """SHA-256 of a document that shows it."""
    proof: str = ""
    """The statement as its author signed it (compact JWS)."""
    told_at: datetime | None = None
    """When the other side took what this organisation stated."""
    untold: Text | None = None
    """Why the other side does not take it."""


class Duties(msgspec.Struct, frozen=True):
    """The duties of one agreement, by their numbers, and how often its data were used."""

    items: tuple[Duty, ...]
    uses: Uses = Uses()


class DutyFulfilment(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """State that a duty is fulfilled."""

    duty: int
    statement: Sentence
    evidence: str | None = None


class DataAddress(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Where the data are fetched, with the bearer token that opens them. Keep it as you keep a password."""

    endpoint_type: str
    endpoint: str
    token: str | None = None

    def __repr__(self) -> str:
        return f"DataAddress(endpoint_type={self.endpoint_type!r}, endpoint={self.endpoint!r})"


class Transfer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A transfer as this node's side sees it."""

    id: str
    role: str
    peer: str
    peer_pid: str | None = None
    """The peer's own id of it, as with a negotiation."""
    state: str
    agreement: str
    dataset: str
    format: str
    data_address: DataAddress | None = None
    """Only for one transfer that is asked for by its id, and only on the consumer's side."""
    waiting_for: Text | None = None
    turn: str | None = None
    """As with a negotiation, as are the next five."""
    waiting_since: datetime | None = None
    unsent: Unsent | None = None
    decision_due: bool = False
    by_hand: bool = False
    may: tuple[str, ...] = ()
    code: str | None = None
    reasons: tuple[str, ...] = ()
    created_at: datetime
    updated_at: datetime


class Delivery(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One part of what a provider pushed to this node."""

    id: str
    size: int
    """In bytes."""
    sha256: str
    media_type: str = ""
    received_at: datetime
    receipt: str = ""
    """What came with it as the provider's signed receipt, not yet verified; empty where nothing did."""


class Deliveries(msgspec.Struct, frozen=True):
    """What a provider pushed by one transfer, in the order of arrival."""

    items: tuple[Delivery, ...]


class HeldReceipt(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A signed receipt of one answer, and when it was issued."""

    receipt: str
    """The compact JWS."""
    at: datetime


class HeldReceipts(msgspec.Struct, frozen=True):
    """A part of a list of receipts: of one transfer the oldest first, of an organisation the newest."""

    items: tuple[HeldReceipt, ...]
    next: str | None = None
    """What to ask with as `after` for the part that follows; None on the last."""


class Negotiations(msgspec.Struct, frozen=True):
    """A part of a list of negotiations, the newest first."""

    items: tuple[Negotiation, ...]
    next: str | None = None
    """What to ask with as `after` for the part that follows; None on the last."""


class Agreements(msgspec.Struct, frozen=True):
    """A part of a list of agreements, the newest first."""

    items: tuple[Agreement, ...]
    next: str | None = None
    """What to ask with as `after` for the part that follows; None on the last."""


class Transfers(msgspec.Struct, frozen=True):
    """A part of a list of transfers, the newest first."""

    items: tuple[Transfer, ...]
    next: str | None = None
    """What to ask with as `after` for the part that follows; None on the last."""


def sharing_profile(address: DataAddress, *, expires: datetime | None = None) -> dict[str, Any]:
    """Return the profile file that the standard Delta Sharing client wants (PROTOCOL.md, "Profile File Format")."""
    profile = {"shareCredentialsVersion": 1, "endpoint": address.endpoint, "bearerToken": address.token or ""}
    return profile | ({"expirationTime": format_utc(expires)} if expires else {})
