"""JSON-LD contexts, compiled: what a name means and what a meaning is called (ETSI GS CIM 009 v1.9.1, clause 5.5.7).

PyLD reads a context once, by the rules of JSON-LD 1.1; what is left of it are plain tables, so that a request looks names
up and processes nothing. The core context comes last and is protected, and so is its default vocabulary: what a name means
here is what any JSON-LD processor makes of `[<the user's context>, <the core context>]`. Contexts within terms are passed
over: NGSI-LD has one context for a whole document.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from renkei.wire.ngsild.core import CORE_URL, DEFAULT_VOCABULARY, PREFIXES, TERMS
from renkei.wire.ngsild.gathering import Load, gather, without_core
from renkei.wire.ngsild.processing import Meaning, process

_ABSOLUTE: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.\-]*|_):[^\s]*")
_REMEMBERED: Final = 4096
"""Names, and as many IRIs, that a context remembers beyond those it defines."""
_LONGEST_REMEMBERED: Final = 2000

Source = str | list[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """A context, compiled; one is shared by all requests that use it."""

    source: Source
    """What stands under `@context` in an answer: the user's context, then the core's, or that alone."""
    link: str | None
    """What the header `Link` of an answer names; none where the context has no address of its own and has to be hosted."""
    terms: Mapping[str, str]
    """Each term and the IRI that it means."""
    coercions: Mapping[str, str]
    """`@id`, `@vocab`, `@json` or the IRI of a data type, for each term of the user's that states one."""
    _expanded: "_Remembering" = field(repr=False)
    _compacted: "_Remembering" = field(repr=False)

    def expand(self, term: str) -> str:
        """Return the IRI that a term, a compact IRI or an IRI means; what nobody explains is in the default vocabulary."""
        return self._expanded[term]

    def compact(self, iri: str) -> str:
        """Return the shortest name that means this IRI: a term, a name of the default vocabulary, a compact IRI, itself."""
        return self._compacted[iri]


class _Remembering(dict[str, str]):
    """A table that works out what it does not hold, and remembers some of that."""

    def __init__(self, known: Mapping[str, str], work_out: Callable[[str], str]) -> None:
        super().__init__(known)
        self._work_out = work_out
        self._most = len(known) + _REMEMBERED

    def __missing__(self, key: str) -> str:
        found = self._work_out(key)
        if len(self) < self._most and len(key) <= _LONGEST_REMEMBERED:
            self[key] = found
        return found


def compile_context(source: Any, *, load: Load) -> Context:
    """Read the value of an `@context`: an address, an object, or an array of either.

    `load` returns the JSON document at an address, and is never asked for the core context. Raises
    `context.ld-context-invalid`; what `load` raises is handed on.
    """
    own = without_core(source)
    if not own:
        return CORE
    meaning = process(gather(own, load=load))
    return _context(
        meaning,
        source=[*own, CORE_URL],
        link=own[0] if len(own) == 1 and isinstance(own[0], str) else None,
    )


def _context(meaning: Meaning, *, source: Source, link: str | None) -> Context:
    users = {term: iri for term, iri in meaning.terms.items() if term not in TERMS}
    terms = {**users, **{term: meant.iri for term, meant in TERMS.items()}}
    prefixes = {**{term: iri for term, iri in meaning.prefixes.items() if term in users}, **PREFIXES}
    expanded = _Remembering(terms, _expander(prefixes))
    return Context(
        source=source,
        link=link,
        terms=terms,
        coercions={term: said for term, said in meaning.coercions.items() if term in users},
        _expanded=expanded,
        _compacted=_Remembering(_inverse(terms), _compacter(terms, prefixes, _expander(prefixes))),
    )


def _inverse(terms: Mapping[str, str]) -> dict[str, str]:
    """Return the shortest term for each IRI; of several, the first in the order of code points."""
    ordered = sorted(terms.items(), key=lambda item: (len(item[0]), item[0]), reverse=True)
    return {iri: term for term, iri in ordered if not iri.startswith("@")}


def _expander(prefixes: Mapping[str, str]) -> Callable[[str], str]:
    def expand(name: str) -> str:
        if name.startswith("@"):
            return name
        prefix, colon, suffix = name.partition(":")
        if colon and prefix:
            if prefix == "_" or suffix.startswith("//"):
                return name
            if prefix in prefixes:
                return prefixes[prefix] + suffix
            if _ABSOLUTE.fullmatch(name):
                return name
        return DEFAULT_VOCABULARY + name

    return expand


def _compacter(
    terms: Mapping[str, str], prefixes: Mapping[str, str], expand: Callable[[str], str]
) -> Callable[[str], str]:
    by_start: dict[str, list[str]] = {}
    for prefix in sorted(prefixes, key=lambda prefix: (len(prefix), prefix)):
        by_start.setdefault(prefixes[prefix], []).append(prefix)
    longest_first = sorted({len(start) for start in by_start}, reverse=True)

    def means(name: str, iri: str) -> bool:
        return (terms[name] if name in terms else expand(name)) == iri

    def compact(iri: str) -> str:
        name = iri.removeprefix(DEFAULT_VOCABULARY)
        if name != iri and name and means(name, iri):
            return name
        for length in longest_first:
            suffix = iri[length:]
            if not suffix or suffix.startswith("//"):  # what `//` follows is no prefix
                continue
            for prefix in by_start.get(iri[:length], ()):
                short = f"{prefix}:{suffix}"
                if means(short, iri):
                    return short
        return iri

    return compact


CORE: Final = _context(Meaning({}, {}, {}), source=CORE_URL, link=CORE_URL)
"""What applies where nobody names a context."""
