"""Registrations of context sources: JSON to expanded form and back (clause 5.2.9)."""

from typing import Any

from renkei.context.types import Registration, RequestInvalid
from renkei.kernel.clock import parse_utc
from renkei.wire.ngsild.jsonld import Context
from renkei.wire.ngsild.reading.broken import BrokenRuleError
from renkei.wire.ngsild.reading.values import check_uri, expand_name

TYPE = "ContextSourceRegistration"
_NAMES = ("propertyNames", "relationshipNames")


def read_registration(payload: Any, used: Context) -> tuple[str | None, dict[str, Any]]:
    """Return the id, where there is one, and the rest of a registration. Raises context.request-invalid."""
    body = {name: value for name, value in _read(payload, used).items() if value is not None}
    for needed in ("information", "endpoint"):
        if needed not in body:
            raise RequestInvalid(why=f"/{needed} is needed in a registration")
    return payload.get("id"), body


def read_registration_patch(payload: Any, used: Context) -> dict[str, Any]:
    """Return the members to replace; None for those that go. Raises context.request-invalid."""
    changes = _read(payload, used)
    for needed in ("information", "endpoint"):
        if needed in changes and changes[needed] is None:
            raise RequestInvalid(why=f"/{needed} cannot be taken from a registration")
    return changes


def write_registration(found: Registration, used: Context, *, sys_attrs: bool = False) -> dict[str, Any]:
    """Return a registration as JSON."""
    body = dict(found.body)
    body["information"] = [_compacted(piece, used) for piece in body["information"]]
    times = {"createdAt": _time(found.created_at), "modifiedAt": _time(found.modified_at)}
    return {"id": found.id, "type": TYPE, **body, **(times if sys_attrs else {})}


def _time(at: Any) -> str:
    return str(at.isoformat()).replace("+00:00", "Z")


def _read(payload: Any, used: Context) -> dict[str, Any]:
    if not isinstance(payload, dict) or not payload:
        raise RequestInvalid(why="a registration is a JSON object with members")
    if payload.get("type", TYPE) != TYPE:
        raise RequestInvalid(why=f"/type of a registration is {TYPE}")
    try:
        if "id" in payload:
            check_uri(payload["id"])
        body = {name: value for name, value in payload.items() if name not in {"id", "type", "@context"}}
        if body.get("endpoint") is not None:
            check_uri(body["endpoint"])
        if body.get("expiresAt") is not None:
            _check_time(body["expiresAt"])
        if body.get("information") is not None:
            body["information"] = _information(body["information"], used)
    except BrokenRuleError as broken:
        raise broken.as_refusal() from None
    return body


def _check_time(given: Any) -> None:
    try:
        parse_utc(given)
    except (TypeError, ValueError):
        raise BrokenRuleError("must be a date and time in UTC", "expiresAt") from None


def _information(given: Any, used: Context) -> list[dict[str, Any]]:
    if not isinstance(given, list) or not given or not all(isinstance(piece, dict) for piece in given):
        raise BrokenRuleError("must be an array of objects with at least one", "information")
    return [_piece(piece, used) for piece in given]


def _piece(piece: dict[str, Any], used: Context) -> dict[str, Any]:
    if not any(piece.get(name) for name in ("entities", *_NAMES)):
        raise BrokenRuleError("must name entities or attributes", "information")
    read = dict(piece)
    if "entities" in piece:
        read["entities"] = [_entity(entity, used) for entity in _list(piece["entities"], "entities")]
    for name in _NAMES:
        if name in piece:
            read[name] = [expand_name(one, used) for one in _texts(piece[name], name)]
    return read


def _entity(entity: Any, used: Context) -> dict[str, Any]:
    if not isinstance(entity, dict) or "type" not in entity:
        raise BrokenRuleError("must be an object with a type", "entities")
    types = entity["type"] if isinstance(entity["type"], list) else [entity["type"]]
    if not types or not all(isinstance(one, str) for one in types):
        raise BrokenRuleError("must be a text, or an array of texts", "entities", "type")
    if not isinstance(entity.get("idPattern", ""), str):
        raise BrokenRuleError("must be a text", "entities", "idPattern")
    read = {**entity, "type": [expand_name(one, used) for one in types]}
    if "id" in entity:
        check_uri(entity["id"])
    return read


def _list(given: Any, name: str) -> list[Any]:
    if not isinstance(given, list) or not given or not all(isinstance(one, str | dict) for one in given):
        raise BrokenRuleError("must be an array with at least one element", name)
    return given


def _texts(given: Any, name: str) -> list[str]:
    listed = _list(given, name)
    if not all(isinstance(one, str) for one in listed):
        raise BrokenRuleError("must be an array of texts", name)
    return listed


def _compacted(piece: dict[str, Any], used: Context) -> dict[str, Any]:
    shown = dict(piece)
    if "entities" in piece:
        shown["entities"] = [
            {**entity, "type": _one_or_many([used.compact(iri) for iri in entity["type"]])}
            for entity in piece["entities"]
        ]
    for name in _NAMES:
        if name in piece:
            shown[name] = [used.compact(iri) for iri in piece[name]]
    return shown


def _one_or_many(types: list[str]) -> str | list[str]:
    return types[0] if len(types) == 1 else types
