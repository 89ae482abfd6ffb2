"""The objects of a context, read by the rules of JSON-LD 1.1 (PyLD), and what is left of them for NGSI-LD."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from renkei.context.types import LdContextInvalid
from renkei.wire.ngsild.gathering import Part

LONGEST_IRI: Final = 2000
"""Characters of what a term means; terms that build on terms could grow without end."""


class Meaning(NamedTuple):
    """What a context says, reduced to what names mean."""

    terms: Mapping[str, str]
    """Each term and its IRI."""
    prefixes: Mapping[str, str]
    """Terms that a compact IRI may begin with."""
    coercions: Mapping[str, str]
    """What a term says of the type of its values."""


def process(parts: Sequence[Part]) -> Meaning:
    """Read the objects of a context one after the other. Raises `context.ld-context-invalid`."""
    from cachetools import LRUCache
    from pyld.context_resolver import ContextResolver
    from pyld.jsonld import JsonLdError

    options = {
        "base": "",
        "processingMode": "json-ld-1.1",
        "contextResolver": ContextResolver(LRUCache(maxsize=1), _load_nothing),
    }
    processor = _processor()
    try:
        active = processor.process_context(
            processor.process_context(None, None, options), list(parts), options
        )
    except JsonLdError as why:
        raise LdContextInvalid(why=_said(why)) from None
    except (RecursionError, TypeError, ValueError, AttributeError, KeyError) as why:
        # PyLD trips over some values of the wrong kind instead of refusing them
        raise LdContextInvalid(why=f"{type(why).__name__} where a term is defined") from None
    return _reduced(active["mappings"])


def _reduced(mappings: Mapping[str, Any]) -> Meaning:
    kept = {
        term: mapping
        for term, mapping in mappings.items()
        if mapping is not None and not mapping["reverse"] and mapping["@id"] and mapping["@id"][0] != "@"
    }
    return Meaning(
        terms={term: mapping["@id"] for term, mapping in kept.items()},
        prefixes={term: mapping["@id"] for term, mapping in kept.items() if mapping["_prefix"]},
        coercions={term: mapping["@type"] for term, mapping in kept.items() if "@type" in mapping},
    )


@cache
def _processor() -> Any:
    """Return PyLD's processor, made to stop where an IRI grows too long."""
    from pyld.jsonld import JsonLdProcessor

    class Bounded(JsonLdProcessor):  # type: ignore[misc,unused-ignore]
        def _create_term_definition(
            self, active_ctx: Any, local_ctx: Any, term: str, *more: Any, **named: Any
        ) -> None:
            super()._create_term_definition(active_ctx, local_ctx, term, *more, **named)
            mapping = active_ctx["mappings"].get(term)
            if mapping is not None and len(mapping["@id"] or "") > LONGEST_IRI:
                raise LdContextInvalid(
                    why=f"what {term[:100]!r} means is longer than {LONGEST_IRI} characters"
                )

    return Bounded()


def _load_nothing(url: str, _options: Any) -> Any:
    raise LdContextInvalid(why=f"{url[:200]} is named where no context belongs")


def _said(why: Any) -> str:
    """Return what PyLD says is wrong, with the term where it names one."""
    message = str(why.args[0] if why.args else why).removeprefix("Invalid JSON-LD syntax; ").rstrip(".")
    term = (why.details or {}).get("term")
    return f"{message} ({term[:100]!r})" if isinstance(term, str) else message
