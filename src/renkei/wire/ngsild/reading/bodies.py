"""Bytes to JSON, within bounds."""

import re
from typing import Any

import msgspec

from renkei.context.types import RequestInvalid
from renkei.wire.ngsild.errors import BodyTooLarge, BodyUnreadable

MAX_BODY = 32 * 1024 * 1024
"""Bytes; a batch of 1,000 entities with 50 attributes is about 5 MB."""
MAX_DEPTH = 64
"""Objects and arrays within each other; an entity with attributes of attributes needs about ten."""

_LONG_DIGITS = re.compile(rb"[0-9]{300}")
_LARGEST = 10**308
_OPENING = (b"{", b"[")
_CONTAINERS = (dict, list)


def read_body(body: bytes, *, limit: int = MAX_BODY) -> Any:
    """Return what a JSON text holds; of a member given twice the last counts.

    Refused: too many bytes (`ngsild.body-too-large`), no JSON or no UTF-8 (`ngsild.body-unreadable`); nested too
    deeply, a NUL character, or a number beyond a double (`context.request-invalid`).
    """
    if len(body) > limit:
        raise BodyTooLarge(size=len(body), limit=limit)
    try:
        payload = msgspec.json.decode(body)
    except RecursionError:
        raise RequestInvalid(why=f"/ is nested more than {MAX_DEPTH} deep") from None
    except msgspec.ValidationError:
        raise RequestInvalid(why="/ holds a number that a double cannot hold") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BodyUnreadable(why=str(error).rstrip(".")) from None

    if sum(map(body.count, _OPENING)) > MAX_DEPTH or rb"\u0000" in body or _LONG_DIGITS.search(body):
        _check_bounds(payload)
    return payload


def _check_bounds(payload: Any) -> None:
    """Walk level by level: no recursion, so that no depth is too much for the check itself."""
    level, depth = [payload], 0
    while level:
        below: list[Any] = []
        for found in level:
            kind = type(found)
            if kind is str:
                if "\x00" in found:
                    raise RequestInvalid(why="/ holds a NUL character, which no database keeps")
            elif kind is dict:
                below += found
                below += found.values()
            elif kind is list:
                below += found
            elif kind is int and not -_LARGEST <= found <= _LARGEST:
                raise RequestInvalid(why="/ holds a number that a double cannot hold")
        level, depth = below, depth + 1
        if depth >= MAX_DEPTH and any(type(found) in _CONTAINERS for found in below):
            raise RequestInvalid(why=f"/ is nested more than {MAX_DEPTH} deep")
