"""Notifications as bytes (ETSI GS CIM 009 v1.9.1, clauses 5.3.1, 5.8.6, 6.3.7 to 6.3.9 and 7.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from renkei.context.types import LOCATION, NULL, Document, Instance, Joining, Notice, Subscription
from renkei.kernel.clock import format_utc
from renkei.wire.ngsild.terms import Terms
from renkei.wire.ngsild.writing import Form, Join, Members, View, write_entity, write_features
from renkei.wire.ngsild.writing.entities import NO_JOIN

JSON_LD, GEO_JSON = "application/ld+json", "application/geo+json"
_encode = msgspec.json.Encoder().encode
_FORMS: Final = {
    "normalized": Form.NORMALIZED,
    "concise": Form.CONCISE,
    "simplified": Form.SIMPLIFIED,
    "keyValues": Form.SIMPLIFIED,
}


@dataclass(frozen=True, slots=True)
class Written:
    """A notification, ready to be sent."""

    body: dict[str, Any]
    headers: tuple[tuple[str, str], ...]
    """`Content-Type`, `Link` where the context does not stand in the body, the tenant, then what the subscriber gave."""

    def as_http(self) -> bytes:
        """Return the body of an HTTP request."""
        return _encode(self.body)

    def as_mqtt(self) -> bytes:
        """Return an MQTT message: it has no headers of its own, so they stand beside the body (clause 7.2)."""
        return _encode({"metadata": dict(self.headers), "body": self.body})


def write_notification(notice: Notice, terms: Terms, *, link: str, tenant: str) -> Written:
    """Return a notification in the form that its subscriber asked for.

    `link` is the value of the header `Link` that names the context; `tenant` the name that subscribers know it by.
    """
    endpoint = notice.subscription.endpoint
    body = {
        "id": notice.id,
        "type": "Notification",
        "subscriptionId": notice.subscription.id,
        "notifiedAt": format_utc(notice.notified_at),
        "data": _data(notice, terms),
    }
    given = {name.lower() for name, _ in endpoint.receiver}
    ours = [("Content-Type", endpoint.accept), ("NGSILD-Tenant", tenant)]
    if endpoint.accept != JSON_LD:
        ours.append(("Link", link))
    headers = [pair for pair in ours if pair[0] == "Content-Type" or pair[0].lower() not in given]
    return Written(body, (*headers, *endpoint.receiver))


def _data(notice: Notice, terms: Terms) -> Any:
    subscription = notice.subscription
    view = _view(subscription)
    inline = subscription.join is Joining.INLINE
    join = Join(notice.linked, subscription.join_level) if inline else NO_JOIN
    if subscription.endpoint.accept == GEO_JSON:
        return write_features(
            [_readable(each, terms) for each in notice.entities],
            terms,
            view,
            geometry_property=_place(subscription),
            join=join,
        )
    written = [_entity(each, terms, view, join) for each in notice.entities]
    if subscription.join is Joining.FLAT:
        plain = View(form=view.form, sys_attrs=view.sys_attrs, lang=view.lang)
        shown = {each["id"] for each in notice.entities}
        others = [each for name, each in notice.linked.items() if name not in shown]
        written += [write_entity(each, terms, plain) for each in others]
    if subscription.endpoint.accept == JSON_LD:
        return [{**each, "@context": subscription.context} for each in written]
    return written


def _entity(document: Document, terms: Terms, view: View, join: Join) -> dict[str, Any]:
    written = write_entity(_readable(document, terms), terms, view, join=join)
    if "deletedAt" not in document:
        return written
    if view.shows("deletedAt") or view.pick is None:
        written["deletedAt"] = document["deletedAt"]
    for name, value in written.items():
        if isinstance(value, dict) and value.get("languageMap") == {"@none": NULL}:
            written[name] = {**value, "languageMap": NULL}
    return written


def _readable(document: Document, terms: Terms) -> Document:
    """Return a document whose vocabulary values before a change can be read with its context, like those after it."""
    attributes = document["attrs"]
    worded = {
        name: [_with_words(each, terms) for each in instances]
        for name, instances in attributes.items()
        if any("previousVocab" in each for each in instances)
    }
    return {**document, "attrs": {**attributes, **worded}} if worded else document


def _with_words(instance: Instance, terms: Terms) -> Instance:
    before = instance.get("previousVocab")
    if isinstance(before, list):
        return {**instance, "previousVocab": [terms.compact(word) for word in before]}
    return {**instance, "previousVocab": terms.compact(before)} if isinstance(before, str) else instance


def _view(subscription: Subscription) -> View:
    look = subscription.shown
    return View(
        form=_FORMS[subscription.format],
        sys_attrs=subscription.sys_attrs,
        attrs=frozenset(look.attributes) if look.attributes else None,
        pick=_members(look.pick),
        omit=_members(look.omit),
        lang=subscription.lang,
    )


def _members(names: Sequence[str]) -> Members | None:
    return {name: {} for name in names} if names else None


def _place(subscription: Subscription) -> str:
    return subscription.query.geo.property if subscription.query.geo is not None else LOCATION
