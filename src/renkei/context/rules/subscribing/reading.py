"""A subscription's members, checked and understood (clauses 5.2.12, 5.2.14, 5.2.15, 5.2.33, 5.8.1).

Members are those of the standard, in expanded form: names of attributes are IRIs; the `type` of an entity selector is
the groups of a `TypeSelection`, absent for `*`; `q` is `{"text", "term"}`, as it was written and understood; `@context`
is the source of the context that all of it was written with. Dates are kept as they were sent.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from renkei.context.errors import RequestInvalid
from renkei.context.rules.patterns import is_pattern
from renkei.context.rules.subscribing.delivery import read_endpoint
from renkei.context.rules.subscribing.places import read_place, read_scopes
from renkei.context.rules.subscribing.shapes import (
    a_number,
    a_text,
    a_time,
    an_object,
    refuse_unknown,
    texts,
    truth,
)
from renkei.context.rules.subscribing.terms import read_term, read_types
from renkei.context.types import (
    DEFAULT_TRIGGERS,
    FORMATS,
    LONGEST_LANG,
    EntityId,
    EntityQuery,
    Joining,
    Selector,
    Shown,
    Subscription,
    Trigger,
)

KNOWN = frozenset(
    {
        "subscriptionName", "description", "entities", "watchedAttributes", "notificationTrigger", "timeInterval",
        "q", "geoQ", "scopeQ", "csf", "isActive", "notification", "expiresAt", "throttling", "datasetId", "lang",
        "jsonldContext", "localOnly", "splitEntities", "@context",
    }
)  # fmt: skip
_TOLD = frozenset(
    {
        "attributes", "pick", "omit", "format", "endpoint", "sysAttrs", "showChanges", "join", "joinLevel", "containedBy",
    }
)  # fmt: skip
MOST = 1000
"""Entity selectors, attributes and header pairs of one subscription, each."""
SHORTEST, LONGEST = 0.001, 10 * 365 * 86400
"""Seconds of a throttling or a time interval; less would come to no time at all (`timedelta` counts microseconds)."""


def read_subscription(name: str, members: Mapping[str, Any]) -> Subscription:
    """Return the subscription that these members make. Raises context.request-invalid.

    Whether its end lies in the past is not asked here: that is checked when somebody sets it.
    """
    refuse_unknown(members, KNOWN, "a subscription")
    a_text(members, "csf")
    told = an_object(members, "notification", required=True)
    interval, throttling = _seconds(members, "timeInterval"), _seconds(members, "throttling")
    if interval is not None and throttling is not None:
        raise RequestInvalid(why="timeInterval and throttling exclude one another")
    watched = texts(members, "watchedAttributes", most=MOST)
    if not members.get("entities") and not watched:
        raise RequestInvalid(why="a subscription has entities or watchedAttributes")
    if interval is not None and watched:
        raise RequestInvalid(why="timeInterval and watchedAttributes exclude one another")
    return Subscription(
        id=name,
        members=members,
        query=_query(members),
        endpoint=read_endpoint(told),
        watched=frozenset(watched),
        triggers=_triggers(members),
        shown=_shown(told, datasets=texts(members, "datasetId", most=MOST)),
        format=_format(told),
        sys_attrs=truth(told, "sysAttrs"),
        join=_joining(told),
        join_level=_level(told),
        lang=_lang(members),
        is_active=truth(members, "isActive", otherwise=True),
        expires_at=a_time(members, "expiresAt"),
        throttling=throttling,
        interval=interval,
        context=a_text(members, "jsonldContext") or members.get("@context"),
    )


def check_end(subscription: Subscription, *, now: datetime) -> None:
    """Raise context.request-invalid when a subscription would end in the past."""
    if subscription.expires_at is not None and subscription.expires_at <= now:
        raise RequestInvalid(why="expiresAt lies in the past")


def merged(members: Mapping[str, Any], fragment: Mapping[str, Any]) -> dict[str, Any]:
    """Return members changed by a fragment: each member as a whole, and null takes it away (clause 5.5.8)."""
    kept = {name: value for name, value in members.items() if name not in fragment}
    return kept | {name: value for name, value in fragment.items() if value is not None}


def _query(members: Mapping[str, Any]) -> EntityQuery:
    listed = members.get("entities", [])
    if not isinstance(listed, list) or len(listed) > MOST:
        raise RequestInvalid(why=f"entities is an array of at most {MOST} selectors")
    if "entities" in members and not listed:
        raise RequestInvalid(why="entities is not empty")
    q, scopes = members.get("q"), members.get("scopeQ")
    return EntityQuery(
        selectors=tuple(_selector(each) for each in listed),
        q=read_term(q["term"]) if q is not None else None,
        geo=read_place(an_object(members, "geoQ")) if "geoQ" in members else None,
        scopes=read_scopes(scopes) if scopes is not None else None,
    )


def _selector(stored: Any) -> Selector:
    if not isinstance(stored, dict):
        raise RequestInvalid(why="each of the entities is an object")
    refuse_unknown(stored, frozenset({"id", "idPattern", "type"}), "an entity selector")
    ids = texts(stored, "id", most=MOST)
    for name in ids:
        if not is_uri(name):
            raise RequestInvalid(why=f"the id {name[:80]} of an entity selector is no URI")
    pattern = a_text(stored, "idPattern")
    if pattern is not None and not is_pattern(pattern):
        raise RequestInvalid(why=f"the idPattern {pattern[:80]} is no regular expression (RE2)")
    groups = stored.get("type")
    return Selector(
        ids=tuple(EntityId(name) for name in ids),
        pattern=None if ids else pattern,  # an id takes precedence
        types=read_types(groups) if groups else None,
    )


def is_uri(text: str) -> bool:
    """Tell whether a text is a URI: a scheme and more, in printable characters without blanks."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme and (parts.netloc or parts.path) and text.isprintable() and " " not in text)


def _triggers(members: Mapping[str, Any]) -> frozenset[Trigger]:
    names = texts(members, "notificationTrigger", most=len(Trigger))
    unknown = [name for name in names if name not in set(Trigger)]
    if unknown:
        raise RequestInvalid(why=f"there is no notificationTrigger {unknown[0][:80]}")
    return frozenset(Trigger(name) for name in names) or frozenset(DEFAULT_TRIGGERS)


def _seconds(members: Mapping[str, Any], name: str) -> timedelta | None:
    seconds = a_number(members, name)
    if seconds is None:
        return None
    if not SHORTEST <= seconds <= LONGEST:
        raise RequestInvalid(why=f"{name} is a number of seconds from {SHORTEST} to {LONGEST}")
    return timedelta(seconds=seconds)


def _shown(told: Mapping[str, Any], *, datasets: tuple[str, ...]) -> Shown:
    refuse_unknown(told, _TOLD, "a notification")
    attributes, pick, omit = (texts(told, name, most=MOST) for name in ("attributes", "pick", "omit"))
    if attributes and (pick or omit):
        raise RequestInvalid(why="attributes excludes pick and omit")
    both = set(pick) & set(omit)
    if both:
        raise RequestInvalid(why=f"pick and omit both name {min(both)[:80]}")
    changes = truth(told, "showChanges")
    if changes and _format(told) in {"simplified", "keyValues"}:
        raise RequestInvalid(why="showChanges needs the format normalized or concise")
    return Shown(attributes, pick, omit, datasets, changes)


def _lang(members: Mapping[str, Any]) -> str | None:
    wanted = a_text(members, "lang")
    if wanted is not None and len(wanted) > LONGEST_LANG:
        raise RequestInvalid(why=f"lang has at most {LONGEST_LANG} characters")
    return wanted


def _format(told: Mapping[str, Any]) -> str:
    given = a_text(told, "format") or FORMATS[0]
    if given not in FORMATS:
        raise RequestInvalid(why=f"there is no format {given[:80]}")
    return given


def _joining(told: Mapping[str, Any]) -> Joining:
    given = a_text(told, "join")
    if given is None:
        return Joining.NONE
    try:
        return Joining(given)
    except ValueError:
        raise RequestInvalid(why=f"there is no join {given[:80]}") from None


def _level(told: Mapping[str, Any]) -> int:
    level = a_number(told, "joinLevel")
    if level is None:
        return 1
    if level != int(level) or not 1 <= level <= 10:
        raise RequestInvalid(why="joinLevel is a whole number from 1 to 10")
    return int(level)
