"""What is written as DCAT-AP, and in which forms."""

from dataclasses import dataclass
from enum import Enum

from renkei.federation.types import Described
from renkei.kernel.texts import Text


class Form(Enum):
    """How a catalogue is written: the ending of its address, its media type, rdflib's name of it."""

    TURTLE = ("ttl", "text/turtle", "turtle")
    RDF_XML = ("rdf", "application/rdf+xml", "xml")
    JSON_LD = ("jsonld", "application/ld+json", "json-ld")

    @property
    def ending(self) -> str:
        """What an address in this form ends with, after the dot."""
        return self.value[0]

    @property
    def media_type(self) -> str:
        """What an answer in this form is called."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who publishes: an organisation, under its DID, or a node, under its address."""

    iri: str
    name: Text


@dataclass(frozen=True, slots=True)
class Item:
    """A dataset, who publishes it, and where that participant speaks the Dataspace Protocol."""

    iri: str
    publisher: Publisher
    base: str
    described: Described


@dataclass(frozen=True, slots=True)
class CatalogPage:
    """One page of a catalogue."""

    iri: str
    title: Text
    description: Text
    publisher: Publisher
    items: tuple[Item, ...]
    here: str
    """The address of this page."""
    first: str
    next: str | None
