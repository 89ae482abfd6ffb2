"""Members of a JSON object, each of its kind or refused."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from renkei.context.errors import RequestInvalid
from renkei.kernel.clock import parse_utc


def refuse_unknown(members: Mapping[str, Any], known: frozenset[str], what: str) -> None:
    """Raise context.request-invalid for a member that there is not."""
    unknown = sorted(set(members) - known)
    if unknown:
        raise RequestInvalid(why=f"{what} has no member {unknown[0][:80]}")


def an_object(members: Mapping[str, Any], name: str, *, required: bool = False) -> dict[str, Any]:
    """Return a member that is an object. Raises context.request-invalid."""
    value = members.get(name)
    if value is None and not required:
        return {}
    if not isinstance(value, dict):
        raise RequestInvalid(why=f"{name} is an object" if value is not None else f"{name} is missing")
    return value


def a_text(members: Mapping[str, Any], name: str) -> str | None:
    """Return a member that is a text, not empty. Raises context.request-invalid."""
    value = members.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not value:
        raise RequestInvalid(why=f"{name} is a text that is not empty")
    return value


def texts(members: Mapping[str, Any], name: str, *, most: int) -> tuple[str, ...]:
    """Return a member that is a text or a list of texts, not empty where it is there. Raises context.request-invalid."""
    if name not in members:
        return ()
    value = members[name]
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not listed or len(listed) > most:
        raise RequestInvalid(why=f"{name} is an array of 1 to {most} texts")
    if not all(isinstance(each, str) and each for each in listed):
        raise RequestInvalid(why=f"{name} is an array of texts that are not empty")
    return tuple(dict.fromkeys(listed))


def a_number(members: Mapping[str, Any], name: str) -> float | None:
    """Return a member that is a number. Raises context.request-invalid."""
    value = members.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RequestInvalid(why=f"{name} is a number")
    return value


def truth(members: Mapping[str, Any], name: str, *, otherwise: bool = False) -> bool:
    """Return a member that is true or false. Raises context.request-invalid."""
    value = members.get(name)
    if value is None:
        return otherwise
    if not isinstance(value, bool):
        raise RequestInvalid(why=f"{name} is true or false")
    return value


def a_time(members: Mapping[str, Any], name: str) -> datetime | None:
    """Return a member that is a date and time in UTC (clause 4.6.3). Raises context.request-invalid."""
    text = a_text(members, name)
    if text is None:
        return None
    try:
        return parse_utc(text)
    except ValueError:
        raise RequestInvalid(
            why=f"{name} is a date and time with a zone, such as 2026-05-01T09:00:00Z"
        ) from None
