"""Whole bodies: entities, fragments, attributes, batches."""

from collections.abc import Callable, Sequence
from typing import Any

from renkei.context.types import NULL, Document, EntityId, Instance, RequestInvalid
from renkei.kernel.refusals import Refusal
from renkei.wire.ngsild.errors import BodyUnreadable
from renkei.wire.ngsild.reading.broken import BrokenRuleError
from renkei.wire.ngsild.reading.instances import (
    HISTORY,
    MERGE,
    PATCH,
    WHOLE,
    Rules,
    read_attribute_instances,
    read_attributes,
)
from renkei.wire.ngsild.reading.values import brief, check_moment, check_uri, read_scopes, read_types
from renkei.wire.ngsild.terms import Terms

_ENTITY_MEMBERS = dict.fromkeys(
    ("id", "type", "scope", "@context", "createdAt", "modifiedAt", "deletedAt", "expiresAt")
)
Read = Callable[[Any, Terms], Document]


def read_entity(payload: Any, context: Terms) -> Document:
    """Return a whole entity in expanded form (clause 5.2.4); `id` and `type` are needed.

    Refused: what is no object (`ngsild.body-unreadable`), and a broken rule (`context.request-invalid`).
    """
    return _read_document(payload, context, rules=WHOLE, needs=("id", "type"))


def read_temporal_entity(payload: Any, context: Terms) -> Document:
    """Return a temporal entity (clause 5.2.20): each attribute may have many instances of one dataset."""
    return _read_document(payload, context, rules=HISTORY, needs=("id", "type"))


def read_temporal_fragment(payload: Any, context: Terms) -> Document:
    """Return attributes to add to a temporal entity (clause 5.6.12), or one instance to put in place (5.6.14)."""
    return _read_document(payload, context, rules=HISTORY, needs=())


def read_fragment(payload: Any, context: Terms) -> Document:
    """Return attributes to append or put in place (clauses 5.6.2, 5.6.3); a null takes an attribute away."""
    return _read_document(payload, context, rules=PATCH, needs=())


def read_merge(payload: Any, context: Terms) -> Document:
    """Return a merge patch (clause 5.6.17): instances may lack their value, and their type with it."""
    return _read_document(payload, context, rules=MERGE, needs=())


def read_identified(payload: Any, context: Terms) -> Document:
    """Return one entity of a batch that updates or merges (clauses 5.6.9, 5.6.20): a merge patch with an `id`."""
    return _read_document(payload, context, rules=MERGE, needs=("id",))


def read_attribute(payload: Any, context: Terms, *, name: str) -> list[Instance]:
    """Return the instances in a body that changes one attribute in part (clause 5.6.4); `name` is for the message.

    An instance may lack its value where only what is said about it is to change, and its type with the value.
    """
    return _read_attribute(payload, context, name=name, rules=MERGE)


def read_replacement(payload: Any, context: Terms, *, name: str) -> list[Instance]:
    """Return the instances in a body that replaces one attribute (clause 5.6.19): each with its value."""
    return _read_attribute(payload, context, name=name, rules=PATCH)


def _read_attribute(payload: Any, context: Terms, *, name: str, rules: Rules) -> list[Instance]:
    if type(payload) is dict and "@context" in payload:
        payload = {member: given for member, given in payload.items() if member != "@context"}
    try:
        return read_attribute_instances(payload, context, rules=rules)
    except BrokenRuleError as broken:
        raise broken.under(name).as_refusal() from None


def read_entities(
    payloads: Any, contexts: Sequence[Terms | Refusal], *, read: Read = read_entity
) -> list[Document | Refusal]:
    """Return for each entity of a batch its document, or why it cannot be read; the others are not the worse for it.

    `contexts` has the context of each, or why there is none. Refused as a whole: what is no array, or an empty one.
    """
    found: list[Document | Refusal] = []
    for payload, context in zip(check_batch(payloads), contexts, strict=True):
        if isinstance(context, Refusal):
            found.append(context)
            continue
        try:
            found.append(read(payload, context))
        except Refusal as refusal:
            found.append(refusal)
    return found


def read_ids(payloads: Any) -> list[EntityId | Refusal]:
    """Return for each element of a batch of ids the id, or why it is none (clause 5.6.10)."""
    found: list[EntityId | Refusal] = []
    for place, given in enumerate(check_batch(payloads)):
        try:
            found.append(EntityId(check_uri(given)))
        except BrokenRuleError as broken:
            found.append(broken.under(str(place)).as_refusal())
    return found


def check_batch(payloads: Any) -> list[Any]:
    """Return the elements of a batch; refused: what is no array, or an empty one (`context.request-invalid`)."""
    if type(payloads) is not list or not payloads:
        raise RequestInvalid(why=f"/ must be an array with an element, not {brief(payloads)}")
    return payloads


def _read_document(payload: Any, context: Terms, *, rules: Rules, needs: tuple[str, ...]) -> Document:
    if type(payload) is not dict:
        raise BodyUnreadable(why=f"an object is needed, not {brief(payload)}")
    try:
        document = _read_head(payload, context, rules, needs)
        document["attrs"] = read_attributes(payload, context, rules=rules, besides=_ENTITY_MEMBERS)
    except BrokenRuleError as broken:
        raise broken.as_refusal() from None
    return document


def _read_head(payload: dict[str, Any], context: Terms, rules: Rules, needs: tuple[str, ...]) -> Document:
    """Return who the entity is: what is not an attribute."""
    document: Document = {}
    for member, read in _HEAD.items():
        if member not in payload:
            if member in needs:
                raise BrokenRuleError(f"must have the member {member}")
            continue
        given = payload[member]
        if given == NULL and rules.nulls and member in _TAKEN_AWAY:
            document[member] = _TAKEN_AWAY[member]
            continue
        try:
            document[member] = read(given, context)
        except BrokenRuleError as broken:
            raise broken.under(member) from None
    return document


_TAKEN_AWAY: dict[str, Any] = {"scope": [NULL], "expiresAt": NULL}
"""Members that a null may take away, and how the document says so."""
_HEAD: dict[str, Callable[[Any, Terms], Any]] = {
    "id": lambda given, _: check_uri(given),
    "type": read_types,
    "scope": lambda given, _: read_scopes(given),
    "expiresAt": check_moment,
}
