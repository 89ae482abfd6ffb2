"""Where notifications go, and when to try again (clauses 5.2.15, 5.2.22, 7.2)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import unquote, urlsplit

from renkei.context.errors import RequestInvalid
from renkei.context.rules.subscribing.shapes import a_number, a_text, an_object, refuse_unknown
from renkei.context.types import ACCEPTS, SCHEMES, Endpoint

_ENDPOINT = frozenset({"uri", "accept", "cooldown", "timeout", "receiverInfo", "notifierInfo"})
_PAIRS = 100
_NOT_THEIRS = frozenset(
    {
        "host", "content-length", "content-type", "content-encoding", "transfer-encoding", "connection", "keep-alive",
        "upgrade", "te", "trailer", "expect",
    }
)  # fmt: skip
"""Headers by which an HTTP request is framed or routed."""
_LONGEST_URI = 2000
_LONGEST_KEY = 500
VERSIONS = ("mqtt3.1.1", "mqtt5.0")
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
"""Seconds."""


def read_endpoint(told: Mapping[str, Any]) -> Endpoint:
    """Return the endpoint of a subscription's notifications. Raises context.request-invalid."""
    members = an_object(told, "endpoint", required=True)
    refuse_unknown(members, _ENDPOINT, "an endpoint")
    uri = a_text(members, "uri")
    if uri is None:
        raise RequestInvalid(why="the endpoint of a notification has a uri")
    _check_uri(uri)
    accept = a_text(members, "accept") or ACCEPTS[0]
    if accept not in ACCEPTS:
        raise RequestInvalid(why=f"an endpoint accepts one of {', '.join(ACCEPTS)}, not {accept[:80]}")
    notifier = _pairs(members, "notifierInfo")
    _check_notifier(dict(notifier))
    return Endpoint(
        uri=uri,
        accept=accept,
        cooldown=_milliseconds(members, "cooldown"),
        timeout=_milliseconds(members, "timeout"),
        receiver=_pairs(members, "receiverInfo"),
        notifier=notifier,
    )


def queue_of(uri: str) -> str:
    """Return the name of the queue of an address: the address itself, without a password and not too long."""
    parts = urlsplit(uri)
    shown = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
    if shown == uri and len(uri) <= _LONGEST_KEY:
        return uri
    return f"{shown[: _LONGEST_KEY - 17]}#{sha256(uri.encode()).hexdigest()[:16]}"


def pause_after(failures: int, *, chance: float, cooldown: timedelta | None) -> timedelta:
    """Return how long an endpoint is left alone after so many failures in a row.

    It doubles each time up to `LONGEST_PAUSE`; `chance`, from 0 to 1, takes up to a quarter off, so that endpoints that
    failed together are not tried together. What the subscriber asked for is kept in any case.
    """
    pause = min(FIRST_PAUSE * 2 ** min(failures - 1, 30), LONGEST_PAUSE) * (1 - chance / 4)
    return max(timedelta(seconds=pause), cooldown or timedelta())


def next_of(due: datetime, interval: timedelta, *, now: datetime) -> datetime:
    """Return when a subscription with an interval is due again, in its own rhythm; what was missed is not made up for."""
    missed = (now - due) // interval
    return due + (missed + 1) * interval


def _check_uri(uri: str) -> None:
    try:
        parts = urlsplit(uri)
        usable = bool(parts.hostname) and parts.port != 0 and len(uri) <= _LONGEST_URI
    except ValueError:
        usable = False
    if not usable or not uri.isascii() or not uri.isprintable() or " " in uri:
        raise RequestInvalid(why="the uri of an endpoint is no usable address")
    if parts.scheme not in SCHEMES:
        raise RequestInvalid(why=f"the uri of an endpoint begins with one of {', '.join(SCHEMES)}")
    if parts.scheme.startswith("mqtt"):
        topic = unquote(parts.path[1:])
        if not topic or any(sign in topic for sign in "+#\0") or "#" in uri:
            raise RequestInvalid(why="the path of an MQTT endpoint is a topic without wildcards")
    elif parts.username is not None:
        raise RequestInvalid(why="the uri of an HTTP endpoint has no user; send it as receiverInfo")


def _check_notifier(info: Mapping[str, str]) -> None:
    if info.get("MQTT-Version", VERSIONS[1]) not in VERSIONS:
        raise RequestInvalid(why=f"MQTT-Version is one of {', '.join(VERSIONS)}")
    if info.get("MQTT-QoS", "0") not in {"0", "1", "2"}:
        raise RequestInvalid(why="MQTT-QoS is 0, 1 or 2")


def _pairs(members: Mapping[str, Any], name: str) -> tuple[tuple[str, str], ...]:
    listed = members.get(name, [])
    if not isinstance(listed, list) or len(listed) > _PAIRS:
        raise RequestInvalid(why=f"{name} is an array of at most {_PAIRS} pairs of key and value")
    return tuple(_pair(each, name) for each in listed)


def _pair(stored: Any, name: str) -> tuple[str, str]:
    if not isinstance(stored, dict) or set(stored) != {"key", "value"}:
        raise RequestInvalid(why=f"each of {name} has a key and a value")
    key, value = stored["key"], stored["value"]
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(key, str) or not isinstance(value, str):
        raise RequestInvalid(why=f"key and value of {name} are texts")
    if key.lower() in _NOT_THEIRS:
        raise RequestInvalid(why=f"{name} does not set {key}")
    if not _is_token(key) or not value.isprintable() or not value.isascii():
        raise RequestInvalid(why=f"key and value of {name} can stand in a header")
    return key, value


def _is_token(text: str) -> bool:
    return bool(text) and all(
        char.isascii() and (char.isalnum() or char in "!#$%&'*+-.^_`|~") for char in text
    )


def _milliseconds(members: Mapping[str, Any], name: str) -> timedelta | None:
    number = a_number(members, name)
    if number is None:
        return None
    if not 0 < number <= 86_400_000:
        raise RequestInvalid(why=f"{name} is a number of milliseconds above 0, at most a day")
    return timedelta(milliseconds=number)
