"""A context and all those that it names, gathered into a flat list of objects, within limits.

Strangers write contexts, and a small one can ask for much: others without end, itself, a tree of itself, names that grow
with each that builds on the last. So much is read and no more.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import msgspec

from renkei.context.types import LdContextInvalid
from renkei.wire.ngsild.core import DEFAULT_VOCABULARY, PREFIXES, definitions, is_core

Load = Callable[[str], Any]
"""Returns the JSON document at an address."""
Part = Mapping[str, Any] | None
"""An object of terms; None forgets all before it."""

LARGEST_DOCUMENT: Final = 4 * 1024 * 1024
"""Bytes."""
MOST_DOCUMENTS: Final = 16
"""Contexts that are fetched for one."""
DEEPEST: Final = 8
"""Contexts that name contexts, and arrays within arrays."""
MOST_PARTS: Final = 64
"""Objects in all."""
MOST_TERMS: Final = 20_000
"""Terms in all."""
LONGEST_URL: Final = 2000

_BEGINNING: Final[Part] = {"@vocab": DEFAULT_VOCABULARY, **PREFIXES}
"""What holds before a user's context: names without an IRI of their own are in the default vocabulary."""
_WORDS = """
base container context direction graph id import included index json language list nest none propagate protected
reverse set type value version vocab
"""
_KEYWORDS: Final = frozenset(f"@{word}" for word in _WORDS.split())


def read_document(body: bytes) -> Any:
    """Decode a context as it was received. Raises `context.ld-context-invalid`."""
    if len(body) > LARGEST_DOCUMENT:
        raise LdContextInvalid(why=f"it is larger than {LARGEST_DOCUMENT} bytes")
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as why:
        raise LdContextInvalid(why=f"it is no JSON document ({why})") from None


def without_core(source: Any) -> list[Any]:
    """Return the contexts that an `@context` lists, in order, less the core context."""
    listed = source if isinstance(source, list) else [source]
    return [context for context in listed if not is_core(context)]


def gather(source: Any, *, load: Load) -> list[Part]:
    """Return the objects of a context and of those it names, in the order in which they apply.

    Raises `context.ld-context-invalid`; what `load` raises is handed on.
    """
    gathering = _Gathering(load)
    gathering.take(source, base="", depth=0)
    return [_BEGINNING, *gathering.parts]


@dataclass(slots=True)
class _Gathering:
    load: Load
    parts: list[Part] = field(default_factory=list)
    documents: dict[str, Any] = field(default_factory=dict)
    terms: int = 0

    def take(self, context: Any, *, base: str, depth: int) -> None:
        if depth > DEEPEST:
            raise LdContextInvalid(why=f"contexts name each other more than {DEEPEST} deep, or without end")
        if isinstance(context, list):
            for each in context:
                self.take(each, base=base, depth=depth + 1)
        elif isinstance(context, str):
            self._take_remote(context, base=base, depth=depth)
        elif context is None:
            self._add(None)
            self._add(_BEGINNING)
        elif isinstance(context, Mapping):
            if "@context" in context:
                self.take(context["@context"], base=base, depth=depth + 1)
            else:
                self._add(self._imported(context, base=base))
        else:
            raise LdContextInvalid(why="a context is an address, an object, or an array of either")

    def _take_remote(self, named: str, *, base: str, depth: int) -> None:
        url = _address(named, base=base)
        if is_core(url):
            self._add(definitions())
        else:
            self.take(self._loaded(url), base=url, depth=depth + 1)

    def _loaded(self, url: str) -> Any:
        if url not in self.documents:
            if len(self.documents) >= MOST_DOCUMENTS:
                raise LdContextInvalid(why=f"it names more than {MOST_DOCUMENTS} others")
            self.documents[url] = self.load(url)
        document = self.documents[url]
        if not isinstance(document, Mapping) or "@context" not in document:
            raise LdContextInvalid(why=f"the document at {url} holds no @context")
        return document["@context"]

    def _imported(self, context: Mapping[str, Any], *, base: str) -> Mapping[str, Any]:
        """Return a context with the one that it imports beneath it (JSON-LD 1.1, section 4.1.8)."""
        if "@import" not in context:
            return context
        named = context["@import"]
        if not isinstance(named, str):
            raise LdContextInvalid(why="@import is not an address")
        imported = self._loaded(_address(named, base=base))
        if not isinstance(imported, Mapping) or "@import" in imported:
            raise LdContextInvalid(why=f"{named} cannot be imported: it is no object, or imports another")
        return {**imported, **{term: said for term, said in context.items() if term != "@import"}}

    def _add(self, part: Part) -> None:
        self.terms += len(part or ())
        if len(self.parts) >= MOST_PARTS or self.terms > MOST_TERMS:
            raise LdContextInvalid(
                why=f"it has more than {MOST_TERMS} terms, or more than {MOST_PARTS} parts"
            )
        self.parts.append(None if part is None else _flat(part))


def _address(named: str, *, base: str) -> str:
    """Return the address of a context, which another may name by a part of it. Raises `context.ld-context-invalid`."""
    try:
        url = urljoin(base, named)
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname
    except ValueError:
        usable = None
    else:
        if (
            "@" in parts.netloc
        ):  # a password would be kept with the context, and told to whoever may list contexts
            raise LdContextInvalid(
                why=f"the address of a context at {parts.hostname} carries a name or a password"
            )
    if not usable or len(url) > LONGEST_URL or not url.isprintable() or " " in url:
        raise LdContextInvalid(why=f"{named[:200]!r} is no address of a context")
    return url


def _flat(part: Mapping[str, Any]) -> dict[str, Any]:
    """Return a context without what is passed over: contexts within terms, and words that JSON-LD reserves."""
    return {
        term: _defined(said)
        for term, said in part.items()
        if term != "@propagate" and not _is_reserved(term) and not _is_reserved(_meant(said))
    }


def _defined(said: Any) -> Any:
    if isinstance(said, Mapping) and "@context" in said:
        return {keyword: value for keyword, value in said.items() if keyword != "@context"}
    return said


def _meant(said: Any) -> Any:
    return said.get("@id", said.get("@reverse")) if isinstance(said, Mapping) else said


def _is_reserved(word: Any) -> bool:
    """Tell whether a word looks like a keyword and is none: JSON-LD 1.1 has it ignored (section 4.2.2)."""
    return isinstance(word, str) and word[:1] == "@" and word[1:].isalpha() and word not in _KEYWORDS
