"""One spelling of a JSON value, so that two parties who hold the same value compute the same hash."""

import hashlib
import json
from typing import Any


def canonical_json(value: Any) -> bytes:
    """Write a value as JSON with sorted keys, no spaces and UTF-8.

    This is RFC 8785 for values without floating-point numbers and with keys of the Basic Multilingual Plane; a
    float raises TypeError, since its spelling would differ between languages.
    """
    _refuse_floats(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(value: Any) -> str:
    """Return the SHA-256 of a value's canonical JSON, in lower-case hexadecimal."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError("a float has no canonical spelling; write it as a string with its unit")
    if isinstance(value, dict):
        for inner in value.values():
            _refuse_floats(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _refuse_floats(inner)
