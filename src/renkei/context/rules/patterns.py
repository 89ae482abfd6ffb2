"""Regular expressions of strangers: RE2, in time linear to the text."""

from functools import lru_cache
from typing import Any


def is_pattern(text: str) -> bool:
    """Say whether a text is a regular expression that RE2 reads."""
    import re2

    try:
        _compiled(text)
    except re2.error:
        return False
    return True


def found_in(pattern: str, text: str) -> bool:
    """Say whether a pattern matches anywhere in a text."""
    return _compiled(pattern).search(text) is not None


@lru_cache(maxsize=512)
def _compiled(text: str) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    return re2.compile(text, options)
