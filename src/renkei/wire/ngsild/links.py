"""The header `Link` that names the context of a JSON body (RFC 8288; ETSI GS CIM 009 v1.9.1, clause 6.3.5)."""

from typing import Final
from urllib.parse import quote

from renkei.context.types import LdContextInvalid

RELATION: Final = "http://www.w3.org/ns/json-ld#context"
_LONGEST_HEADER: Final = 8192
_URI: Final = ":/?#[]@!$&'()*+,;=%"
"""What stands in a URI as it is, beside letters, digits and `-._~`; a header takes nothing else of an IRI."""


def linked_context(header: str | None) -> str | None:
    """Return the address of the context that a `Link` header names, or None. Raises `context.ld-context-invalid`.

    A context that is named twice is one; links of other relations are passed over.
    """
    if not header:
        return None
    if len(header) > _LONGEST_HEADER:
        raise LdContextInvalid(why=f"the Link header is longer than {_LONGEST_HEADER} characters")
    named = {target for target, relations in _links(header) if RELATION in relations}
    if len(named) > 1:
        raise LdContextInvalid(why="the Link header names more than one context")
    return next(iter(named), None)


def context_link(url: str) -> str:
    """Write the `Link` header for the context at an address, in the characters of a URI (RFC 3986, 2)."""
    return f'<{quote(url, safe=_URI)}>; rel="{RELATION}"; type="application/ld+json"'


def _links(header: str) -> list[tuple[str, list[str]]]:
    """Return each link's target and relations. Raises `context.ld-context-invalid` where the header is no list of links."""
    found, rest = [], header.strip()
    while rest:
        target, closed, after = rest.removeprefix("<").partition(">")
        if not rest.startswith("<") or not closed:
            raise LdContextInvalid(why='the Link header is not of the form <address>; rel="…"')
        parameters, rest = _parameters(after)
        found.append((target.strip(), parameters.get("rel", "").split()))
    return found


def _parameters(text: str) -> tuple[dict[str, str], str]:
    """Return the parameters of a link, and the links after it."""
    found: dict[str, str] = {}
    rest = text.lstrip()
    while rest.startswith(";"):
        piece, rest = _piece(rest[1:])
        name, _, value = piece.partition("=")
        found.setdefault(name.strip().lower(), value.strip().strip('"'))
    if rest and not rest.startswith(","):
        raise LdContextInvalid(why='the Link header is not of the form <address>; rel="…"')
    return found, rest[1:].lstrip(" ,")


def _piece(text: str) -> tuple[str, str]:
    """Return the text before the next `;` or `,` that stands outside of quotation marks, and what follows from there."""
    quoted = False
    for place, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif character in ";," and not quoted:
            return text[:place], text[place:]
    return text, ""
