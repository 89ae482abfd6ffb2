"""A context and names to write examples with."""

from typing import Any

from renkei.wire.ngsild.core import DEFAULT_VOCABULARY
from renkei.wire.ngsild.jsonld import Context, compile_context

EX = "https://example.org/"
CORE = "https://uri.etsi.org/ngsi-ld/"
VOCABULARY = DEFAULT_VOCABULARY


def _never(url: str) -> Any:
    raise AssertionError(f"{url} is not to be fetched")


TERMS = (
    "Vehicle",
    "Building",
    "speed",
    "source",
    "isParked",
    "brandName",
    "street",
    "category",
    "museum",
    "City",
    "name",
)
CONTEXT: Context = compile_context({term: EX + term for term in TERMS}, load=_never)
