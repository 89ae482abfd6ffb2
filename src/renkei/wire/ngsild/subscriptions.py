"""Subscriptions as JSON (ETSI GS CIM 009 v1.9.1, clauses 5.2.12 to 5.2.15, 5.2.33).

What is read here is only taken apart: the room puts IRIs in place of names, and judges what a subscription may say. What
only a broker says, such as `status`, is passed over where a client sends it back.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from renkei.context.types import DEFAULT_TRIGGERS, MEMBERS, RequestInvalid, Subscribed
from renkei.kernel.clock import format_utc
from renkei.wire.ngsild.reading.broken import BrokenRuleError
from renkei.wire.ngsild.reading.values import check_uri
from renkei.wire.ngsild.terms import Terms

TYPE: Final = "Subscription"
_SAID_BY_US = frozenset({"status", "createdAt", "modifiedAt"})
_TOLD_BY_US = frozenset(
    {"status", "timesSent", "timesFailed", "lastNotification", "lastFailure", "lastSuccess"}
)


def read_subscription(payload: Any) -> tuple[str | None, dict[str, Any]]:
    """Return the id of a new subscription, where it has one, and its members. Raises context.request-invalid."""
    members = _object(payload)
    _check_type(members, required=True)
    name = members.pop("id", None)
    if name is not None:
        _check_id(name)
    return name, {key: value for key, value in members.items() if value is not None}


def read_fragment(payload: Any) -> dict[str, Any]:
    """Return the members that a fragment changes; null takes one away. Raises context.request-invalid."""
    members = _object(payload)
    _check_type(members, required=False)
    members.pop("id", None)
    return members


def write_subscription(known: Subscribed, terms: Terms, *, sys_attrs: bool = False) -> dict[str, Any]:
    """Return a subscription as JSON, with how it fares (clause 5.2.14.2)."""
    subscription = known.subscription
    written: dict[str, Any] = {"id": subscription.id, "type": TYPE}
    for name, value in subscription.members.items():
        if name != "@context":
            compact = _COMPACT.get(name)
            written[name] = value if compact is None else compact(value, terms)
    written.setdefault("notificationTrigger", [str(each) for each in DEFAULT_TRIGGERS])
    written["status"] = known.status.value
    written["notification"] |= _fare(known)
    if sys_attrs:
        written["createdAt"] = format_utc(known.created_at)
        written["modifiedAt"] = format_utc(known.modified_at)
    return written


def _fare(known: Subscribed) -> dict[str, Any]:
    if known.last_notification is None:
        return {}
    times = {
        "lastNotification": known.last_notification,
        "lastSuccess": known.last_success,
        "lastFailure": known.last_failure,
    }
    return {
        "status": "failed" if known.failing else "ok",
        "timesSent": known.times_sent,
        "timesFailed": known.times_failed,
        **{name: format_utc(at) for name, at in times.items() if at is not None},
    }


def _check_id(name: Any) -> None:
    try:
        check_uri(name)
    except BrokenRuleError as broken:
        raise broken.under("id").as_refusal() from None


def _object(payload: Any) -> dict[str, Any]:
    if not isinstance(payload, dict) or not payload:
        raise RequestInvalid(why="a subscription is a JSON object that is not empty")
    members = {name: value for name, value in payload.items() if name not in {*_SAID_BY_US, "@context"}}
    told = members.get("notification")
    if isinstance(told, dict):
        members["notification"] = {name: value for name, value in told.items() if name not in _TOLD_BY_US}
    return members


def _check_type(members: dict[str, Any], *, required: bool) -> None:
    stated = members.pop("type", None)
    if stated is None and not required:
        return
    if stated not in (TYPE, f"https://uri.etsi.org/ngsi-ld/{TYPE}"):
        raise RequestInvalid(why=f"the type of a subscription is {TYPE}")


def _compact_entities(value: Any, terms: Terms) -> Any:
    return [_compact_selector(each, terms) for each in value]


def _compact_selector(stored: dict[str, Any], terms: Terms) -> dict[str, Any]:
    groups = [[terms.compact(iri) for iri in group] for group in stored.get("type", [])]
    many = len(groups) > 1
    texts = [f"({';'.join(group)})" if many and len(group) > 1 else ";".join(group) for group in groups]
    return stored | {"type": "|".join(texts) if groups else "*"}


def _compact_names(value: Any, terms: Terms) -> Any:
    return [each if each in MEMBERS else terms.compact(each) for each in value]


def _compact_geo(value: Any, terms: Terms) -> Any:
    if "geoproperty" not in value:
        return value
    return value | {"geoproperty": terms.compact(value["geoproperty"])}


def _compact_notification(value: Any, terms: Terms) -> Any:
    return {
        name: _compact_names(given, terms) if name in {"attributes", "pick", "omit"} else given
        for name, given in value.items()
    }


_Turn = Callable[[Any, Terms], Any]
_COMPACT: Final[Mapping[str, _Turn]] = {
    "entities": _compact_entities,
    "watchedAttributes": _compact_names,
    "q": lambda value, _terms: value["text"],
    "geoQ": _compact_geo,
    "notification": _compact_notification,
}
