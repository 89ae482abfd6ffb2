"""Checks of single values: names, URIs, moments, scopes, languages."""

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any

from renkei.context.types import NULL
from renkei.wire.ngsild.reading.broken import BrokenRuleError
from renkei.wire.ngsild.terms import Terms

_LONGEST = 2000
"""Characters of a URI or name: what the tables and their indexes hold."""
_LONGEST_SCOPE = 500
_LONGEST_MOMENT = len("2026-05-01T09:00:00.123456789Z")
"""What is longer must not be remembered: the memory is bounded in number, not in size."""
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\x00-\x20<>\"{}|\\^`\x7f]+")
_NAME = re.compile(r"[^\x00-\x20<>\"'=;(){}\[\]|\\^`,@\x7f][^\x00-\x20<>\"'=;(){}\[\]|\\^`,\x7f]*")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,9})?Z", re.ASCII)
_SCOPE = re.compile(r"/?[^\W\d_][\w\-]*(?:/[^\W\d_][\w\-]*)*")
_LANGUAGE = re.compile(r"@none|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_KEYWORDS = frozenset({"@type", "@id", "@value", "@context", "@graph", "@list", "@set", "@none"})


def is_uri(given: Any) -> bool:
    """Return whether it is an absolute URI (RFC 3986; letters of any script are let through, RFC 3987)."""
    return type(given) is str and len(given) <= _LONGEST and _URI.fullmatch(given) is not None


def check_uri(given: Any) -> str:
    """Return a URI, or break the rule."""
    if not is_uri(given):
        raise BrokenRuleError(f"must be a URI, not {brief(given)}")
    return str(given)


def check_name(name: str) -> str:
    """Return a name of an attribute or type as it was written, or break the rule (clause 4.6.2)."""
    if len(name) > _LONGEST or not _is_name(name):
        raise BrokenRuleError(f"has a name with characters that are not allowed: {brief(name)}")
    return name


@lru_cache(maxsize=8192)
def _is_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def expand_name(name: str, context: Terms) -> str:
    """Return the IRI of a name of an attribute or type."""
    iri = context.expand(check_name(name))
    if iri is None or iri in _KEYWORDS or ":" not in iri:
        raise BrokenRuleError(f"has a name that the @context turns into no IRI: {brief(name)}")
    return iri


@lru_cache(maxsize=8192)
def _is_moment(given: str) -> bool:
    if not _MOMENT.fullmatch(given):
        return False
    try:
        datetime.fromisoformat(given)
    except ValueError:
        return False
    return True


def check_moment(given: Any, context: Terms | None = None) -> str:  # noqa: ARG001  every member is read alike
    """Return a DateTime as it was sent (clause 4.6.3: ISO 8601, UTC, with `Z`)."""
    if type(given) is not str or len(given) > _LONGEST_MOMENT or not _is_moment(given):
        raise BrokenRuleError(
            f"must be a date and time in UTC such as 2026-05-01T09:00:00Z, not {brief(given)}"
        )
    return given


def check_dataset(given: Any, context: Terms) -> str:  # noqa: ARG001  every member is read alike
    """Return the URI of a dataset; it tells instances apart, so that none can be taken from one."""
    if given == NULL:
        raise BrokenRuleError(f"must be the URI of a dataset, not {NULL}")
    return check_uri(given)


def check_text(given: Any, context: Terms) -> str:  # noqa: ARG001  every member is read alike
    """Return a text that is not empty."""
    if type(given) is not str or not given:
        raise BrokenRuleError(f"must be a text, not {brief(given)}")
    return given


def expand_words(given: Any, context: Terms) -> str | list[str]:
    """Return words of a vocabulary, one or several, as IRIs."""
    if type(given) is str and given:
        return context.expand(given)
    if type(given) is list and given and all(type(word) is str and word for word in given):
        return [context.expand(word) for word in given]
    raise BrokenRuleError(f"must be a word of the @context or several, not {brief(given)}")


def read_types(given: Any, context: Terms) -> list[str]:
    """Return the IRIs of the types of an entity, each once."""
    names = given if type(given) is list else [given]
    if not names:
        raise BrokenRuleError("must name a type")
    found: dict[str, None] = {}
    for name in names:
        if type(name) is not str:
            raise BrokenRuleError(f"must be a name or an array of names, not {brief(name)}")
        found[expand_name(name, context)] = None
    return list(found)


def read_scopes(given: Any) -> list[str]:
    """Return the scopes of an entity, each once, with the leading slash (clause 4.18)."""
    scopes = given if type(given) is list else [given]
    found: dict[str, None] = {}
    for scope in scopes:
        if type(scope) is not str or len(scope) >= _LONGEST_SCOPE or not _SCOPE.fullmatch(scope):
            raise BrokenRuleError(f"must be scopes such as /japan/tokyo, not {brief(scope)}")
        found[scope if scope[0] == "/" else f"/{scope}"] = None
    return list(found)


def check_languages(given: dict[str, Any]) -> dict[str, Any]:
    """Return a language map (clause 4.5.18): texts, or arrays of them, by RFC 5646 tag or `@none`."""
    if not given:
        raise BrokenRuleError("must have a language")
    for tag, text in given.items():
        check_language(tag)
        if type(text) is not str and not _are_texts(text):
            raise BrokenRuleError(f"must be a text or an array of texts, not {brief(text)}", tag)
    return given


def check_language(tag: str) -> str:
    """Return a language tag (RFC 5646) or `@none`, or break the rule."""
    if not _LANGUAGE.fullmatch(tag):
        raise BrokenRuleError(f"has {brief(tag)}, which is no language tag")
    return tag


def _are_texts(given: Any) -> bool:
    return type(given) is list and bool(given) and all(type(text) is str for text in given)


def brief(given: Any) -> str:
    """Return a value short enough for a message."""
    if isinstance(given, str):
        return repr(given) if len(given) <= _LONGEST_SHOWN else f"{given[:_LONGEST_SHOWN]!r}…"
    if isinstance(given, bool):
        return str(given).lower()
    return _JSON_NAMES.get(type(given), str(given))


_LONGEST_SHOWN = 60
_JSON_NAMES: dict[type, str] = {dict: "an object", list: "an array", type(None): "null"}
Check = Callable[[Any, Terms], Any]
