"""Subscriptions under an agreement: the owner's context watches, and what it tells is shown as the plan allows.

A consumer's subscription stands among the owner's own, under a name that says whose transfer it belongs to. What it
watches and asks is limited to what may be asked. Each notification is looked at when it leaves: the agreement and the
transfer are checked anew, the entities go through the plan, and the notification is a use with a receipt, once, however
often it has to be sent. While the transfer is suspended notifications are set aside; its end ends the subscription.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from django.db import transaction

from renkei.context import api as context
from renkei.exchange.errors import (
    FormatDiffers,
    SubscriptionsTooMany,
    SubscriptionUnwanted,
    TransferNotStarted,
)
from renkei.exchange.models import NoticeRow
from renkei.exchange.rules.presenting import Face, check_condition, paths_of
from renkei.exchange.rules.terms import parsed
from renkei.exchange.services.delivery import access_by_transfer
from renkei.exchange.services.entities import account, check_transfer_format, look_of
from renkei.exchange.services.issuing import issue_receipt, newest_head
from renkei.exchange.services.uses import take_use
from renkei.exchange.types import CELL, NGSI_LD_NOTICES, Access, TransferState
from renkei.kernel.ids import NODE, Actor, OrgId, TransferId, new_id
from renkei.kernel.refusals import Kind, Refusal

CHANNEL: Final = "ngsi-ld-notices"
SHARED: Final = "urn:ngsi-ld:Subscription:shared:"
"""How the name of a consumer's subscription begins; the transfer and its own name follow, `#` between."""
MOST: Final = 100
"""Subscriptions of one transfer."""
_MEMBERS: Final = frozenset(
    {
        "subscriptionName",
        "description",
        "entities",
        "watchedAttributes",
        "notificationTrigger",
        "timeInterval",
    }
    | {
        "q",
        "geoQ",
        "isActive",
        "notification",
        "expiresAt",
        "throttling",
        "lang",
        "jsonldContext",
        "@context",
    }
)
_TOLD: Final = frozenset({"attributes", "format", "endpoint"})
_DELETIONS: Final = frozenset({context.Trigger.ENTITY_DELETED, context.Trigger.ATTRIBUTE_DELETED})


def subscribe(
    granted: Access, name: str | None, members: Mapping[str, Any], *, now: datetime
) -> context.Subscribed:
    """Take a consumer's subscription; members are those of `context.create_subscription`.

    Raises exchange.format-differs, question-hidden, subscription-unwanted, subscriptions-too-many, what `look_of` raises, and what the context
    refuses.
    """
    check_transfer_format(granted, NGSI_LD_NOTICES)
    face = look_of(granted).face
    own = name or f"urn:ngsi-ld:Subscription:{new_id().rpartition(':')[2]}"
    limited = _limited(members, face)
    wanted = context.read_subscription(own, limited)
    _check_unwanted(wanted, members)
    check_condition(wanted.query, face)
    _check_attributes((*wanted.watched, *wanted.shown.attributes), face)
    if _count(granted) >= MOST:
        raise SubscriptionsTooMany(most=MOST)
    made = context.create_subscription(
        granted.dataset.owner,
        _stored(granted.transfer.id, own),
        _told_enough(limited, wanted),
        actor=Actor(granted.transfer.peer),
        now=now,
    )
    return _as_own(made)


def unsubscribe(granted: Access, name: str, *, now: datetime) -> None:
    """End a consumer's subscription. Raises context.subscription-missing."""
    stored = _stored(granted.transfer.id, name)
    actor = Actor(granted.transfer.peer)
    context.delete_subscription(granted.dataset.owner, stored, actor=actor, now=now)
    if not _count(granted):  # nothing can be on its way any more
        NoticeRow.objects.filter(transfer=granted.transfer.id).delete()


def shared_subscription(granted: Access, name: str, *, now: datetime) -> context.Subscribed:
    """Return a consumer's subscription as it knows it. Raises context.subscription-missing."""
    stored = _stored(granted.transfer.id, name)
    return _as_own(context.subscription(granted.dataset.owner, stored, now=now))


def is_shared(notice: context.Notice) -> bool:
    """Tell whether a notification is for a consumer under an agreement."""
    return is_shared_name(notice.subscription.id)


def is_shared_name(name: str) -> bool:
    """Tell whether a subscription's name is kept for consumers: a member's own under it would be told as theirs."""
    return name.startswith(SHARED)


def show_notice(notice: context.Notice, *, now: datetime) -> tuple[context.Notice, str]:
    """Return a notification as the consumer may have it, and the receipt of it.

    Raises context.NothingToTell where nothing of it may be told, and context.ReceiverRefused where the consumer may not
    be told now; a subscription whose transfer or agreement is over is ended with that.
    """
    transfer, own = _parted(notice.subscription.id)
    try:
        return _shown(notice, transfer, own, now=now)
    except Refusal as refusal:
        if _is_over(refusal):
            tenant = OrgId(notice.tenant)
            context.delete_subscription(tenant, notice.subscription.id, actor=NODE, now=now)
            NoticeRow.objects.filter(transfer=transfer).delete()
        raise context.ReceiverRefused(f"{refusal.code}: {refusal.said('en')}") from refusal


def taken(notice: context.Notice) -> None:
    """Note that a notification has arrived: it will not be sent again."""
    NoticeRow.objects.filter(notice=notice.id).delete()


def _shown(
    notice: context.Notice, transfer: TransferId, own: str, *, now: datetime
) -> tuple[context.Notice, str]:
    checked = access_by_transfer(transfer, now=now)
    if checked.dataset.owner != notice.tenant:
        raise context.ReceiverRefused("the transfer is another organisation's")
    check_transfer_format(checked, NGSI_LD_NOTICES)
    look, query = look_of(checked), _without_names(notice.subscription.query)
    seen = [look.at(document) for document in notice.entities]
    fitting = [(one, hides) for one, hides in seen if one is not None and context.fits(query, one)]
    entities = [one for one, _ in fitting]
    if not entities:
        raise context.NothingToTell
    answered = replace(
        account(look, [hides for _, hides in fitting]),
        query=sha256(notice.subscription.id.encode()).hexdigest(),
    )
    head = newest_head(now=now)
    with transaction.atomic():
        known = NoticeRow.objects.filter(notice=notice.id).values_list("receipt", flat=True).first()
        if known is None:
            take_use(checked.agreement, terms=parsed(checked.agreement.terms), now=now)
            known = issue_receipt(checked, answered, channel=CHANNEL, checkpoint=head, now=now).text
            NoticeRow.objects.create(notice=notice.id, transfer=transfer, receipt=known, at=now)
    subscription = replace(notice.subscription, id=own)
    return replace(notice, entities=entities, linked={}, subscription=subscription), known


def _without_names(query: context.EntityQuery) -> context.EntityQuery:
    """Return a condition without who is meant: ids may be shown as pseudonyms, and there is one type."""
    return replace(query, selectors=())


def _is_over(refusal: Refusal) -> bool:
    if isinstance(refusal, TransferNotStarted):
        over = {TransferState.COMPLETED.value, TransferState.TERMINATED.value}
        return str(refusal.facts.get("state")) in over
    ended = {"exchange.agreement-ended", "exchange.agreement-expired", "exchange.uses-exhausted"}
    return refusal.code in ended or refusal.kind is Kind.MISSING or isinstance(refusal, FormatDiffers)


def _limited(members: Mapping[str, Any], face: Face) -> dict[str, Any]:
    """Return members that watch only what may be seen: this type, and attributes that are shown."""
    of_type = [
        {**each, "type": [[face.source.type]]} if "type" not in each else each for each in _selectors(members)
    ]
    limited = {**members, "entities": of_type or [{"type": [[face.source.type]]}]}
    if "timeInterval" in members or members.get("watchedAttributes"):
        return limited
    watched = [iri for iri in face.shown_attributes() if iri != CELL]
    if face.plan.cell is not None and face.source.position is not None:
        watched.append(face.source.position)
    return {**limited, "watchedAttributes": watched}


def _selectors(members: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    listed = members.get("entities") or []
    return [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []


def _told_enough(members: dict[str, Any], wanted: context.Subscription) -> dict[str, Any]:
    """Add to the attributes that are told those of the condition, which is put to what is shown once more."""
    told = members["notification"]
    if not wanted.shown.attributes:
        return members
    asked = [path.attribute for path in paths_of(wanted.query) if ":" in path.attribute]
    asked += [wanted.query.geo.property] if wanted.query.geo is not None else []
    named = list(dict.fromkeys((*wanted.shown.attributes, *asked)))
    return {**members, "notification": {**told, "attributes": named}}


def _check_unwanted(wanted: context.Subscription, members: Mapping[str, Any]) -> None:
    for member in members:
        if member not in _MEMBERS:
            raise SubscriptionUnwanted(member=member)
    for member in members["notification"]:
        if member not in _TOLD:
            raise SubscriptionUnwanted(member=f"notification.{member}")
    for trigger in sorted(wanted.triggers & _DELETIONS):
        raise SubscriptionUnwanted(member=f"notificationTrigger: {trigger.value}")


def _check_attributes(names: Sequence[str], face: Face) -> None:
    seen = {*face.shown_attributes(), *([face.source.position] if face.plan.cell is not None else [])}
    for iri in names:
        if iri not in seen:
            raise SubscriptionUnwanted(member=iri)


def _count(granted: Access) -> int:
    return context.subscriptions_named(granted.dataset.owner, _stored(granted.transfer.id, ""))


def _stored(transfer: TransferId, own: str) -> str:
    return f"{SHARED}{transfer}#{own}"


def _parted(stored: str) -> tuple[TransferId, str]:
    transfer, _, own = stored.removeprefix(SHARED).partition("#")
    return TransferId(transfer), own


def _as_own(known: context.Subscribed) -> context.Subscribed:
    return replace(known, subscription=replace(known.subscription, id=_parted(known.subscription.id)[1]))
