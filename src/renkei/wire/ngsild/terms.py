"""What reading and writing need of a JSON-LD context: short names to IRIs and back."""

from typing import Protocol


class Terms(Protocol):
    """A compiled context; `jsonld.Context` is one."""

    def expand(self, term: str) -> str:
        """Return the IRI that a short name, or a compact or full IRI, stands for."""

    def compact(self, iri: str) -> str:
        """Return the shortest name that `expand` turns back into the IRI."""
