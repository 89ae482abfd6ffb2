"""Subscriptions: what is watched, and whom to tell in which form (clauses 5.2.12, 5.2.14, 5.2.15)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from renkei.context.types.asking import EntityQuery
from renkei.context.types.entities import Document


class Trigger(StrEnum):
    """The kinds of change that a subscription may ask to be told of (clause 5.2.12)."""

    ENTITY_CREATED = "entityCreated"
    ENTITY_UPDATED = "entityUpdated"
    ENTITY_DELETED = "entityDeleted"
    ATTRIBUTE_CREATED = "attributeCreated"
    ATTRIBUTE_UPDATED = "attributeUpdated"
    ATTRIBUTE_DELETED = "attributeDeleted"


DEFAULT_TRIGGERS = (Trigger.ATTRIBUTE_CREATED, Trigger.ATTRIBUTE_UPDATED)
FORMATS = ("normalized", "concise", "simplified", "keyValues")
"""Representations of entities in a notification; the last two are the same."""
ACCEPTS = ("application/json", "application/ld+json", "application/geo+json")
MEMBERS = frozenset({"id", "type", "scope", "createdAt", "modifiedAt", "deletedAt", "expiresAt"})
"""What a notification may pick or omit of an entity that is no attribute."""
LOCATION = "https://uri.etsi.org/ngsi-ld/location"
"""The GeoProperty meant where none is named."""
SCHEMES = ("http", "https", "mqtt", "mqtts")
LONGEST_LANG = 500
"""Characters of a wish for languages."""


class Joining(StrEnum):
    """How the entities that one links to come along (clause 4.5.23)."""

    NONE = "@none"
    FLAT = "flat"
    INLINE = "inline"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where notifications go (clause 5.2.15)."""

    uri: str
    accept: str = ACCEPTS[0]
    cooldown: timedelta | None = None
    """How long to leave it alone after a failure, at least."""
    timeout: timedelta | None = None
    """How long to wait for its answer, at most."""
    receiver: tuple[tuple[str, str], ...] = ()
    """What is said to the receiver along with each notification: HTTP headers, or metadata of an MQTT message."""
    notifier: tuple[tuple[str, str], ...] = ()
    """What is said to the sender: `MQTT-Version`, `MQTT-QoS` (clause 7.2)."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Which part of an entity a notification shows; names are IRIs, or members such as `id`, `type`, `scope`."""

    attributes: tuple[str, ...] = ()
    pick: tuple[str, ...] = ()
    omit: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    """Dataset ids of the instances shown; none shows all."""
    changes: bool = False
    """Whether the values before the change are shown."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """What somebody wants to be told of, and how."""

    id: str
    members: Mapping[str, Any]
    """All of it, by the standard's names and in expanded form, as `rules.subscribing.reading` describes it."""
    query: EntityQuery
    """Which entities."""
    endpoint: Endpoint
    watched: frozenset[str] = frozenset()
    """IRIs of the attributes whose changes count; none means any."""
    triggers: frozenset[Trigger] = frozenset(DEFAULT_TRIGGERS)
    shown: Shown = field(default_factory=Shown)
    format: str = FORMATS[0]
    sys_attrs: bool = False
    join: Joining = Joining.NONE
    join_level: int = 1
    lang: str | None = None
    is_active: bool = True
    expires_at: datetime | None = None
    throttling: timedelta | None = None
    interval: timedelta | None = None
    context: Any = None
    """Source of the JSON-LD context that notifications are written with."""


class Status(StrEnum):
    """How a subscription stands (clause 5.2.12)."""

    ACTIVE = "active"
    PAUSED = "paused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A subscription as it is kept, and how its notifications fare (clause 5.2.14.2)."""

    subscription: Subscription
    status: Status
    created_at: datetime
    modified_at: datetime
    times_sent: int = 0
    """How often a notification was sent, with or without success."""
    times_failed: int = 0
    last_notification: datetime | None = None
    last_success: datetime | None = None
    last_failure: datetime | None = None
    last_error: str = ""
    """Why the last one failed, in words of this node."""
    waiting: int | None = None
    """Notifications on their way, where it was asked for."""
    given_up: int | None = None
    """Notifications that wait for a redelivery, where it was asked for."""

    @property
    def failing(self) -> bool | None:
        """Tell whether the last notification failed; None where none was sent."""
        if self.last_notification is None:
            return None
        return self.last_failure is not None and self.last_failure >= (self.last_success or self.last_failure)


@dataclass(frozen=True, slots=True)
class Notice:
    """A notification as it is handed to whoever carries it (clause 5.3.1)."""

    id: str
    tenant: str
    subscription: Subscription
    notified_at: datetime
    entities: Sequence[Document]
    """In expanded form; what was taken away has the value `NULL`."""
    linked: Mapping[str, Document] = field(default_factory=dict)
    """Entities that these link to, by id, where the subscription joins them."""


class Circuit(StrEnum):
    """Whether an endpoint is called."""

    CLOSED = "closed"
    """It takes what is sent."""
    OPEN = "open"
    """It failed, and is left alone for a while."""
    TRYING = "trying"
    """It failed, and is tried with one notification next."""


@dataclass(frozen=True, slots=True)
class Fares:
    """A subscription with its backlog, and the state of its endpoint."""

    subscribed: Subscribed
    circuit: Circuit
    failures: int = 0
    """Of the endpoint, in a row."""
    retry_at: datetime | None = None
    """Until when the endpoint is left alone."""


@dataclass(frozen=True, slots=True)
class Health:
    """A part of a tenant's subscriptions, oldest first."""

    subscriptions: Sequence[Fares]
    more: bool
    """Whether there are more after these."""
    total: int | None = None
    """How many there are in all, where it was asked for."""
