"""Datasets that come from a type of entity: their history is a table, their present is read entity by entity."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from renkei.context.types import Document
from renkei.exchange.types.receipts import IssuedReceipt

VOCABULARY = "https://uri.etsi.org/ngsi-ld/default-context/"
CELL = VOCABULARY + "cell"
"""The attribute that takes the place of a position under a cell."""
PSEUDONYM = "urn:ngsi-ld:Pseudonym:"
"""What the keyed hash of an entity's id follows, so that it is a URI."""


@dataclass(frozen=True, slots=True)
class EntitySource:
    """Which entities of the owner's context a dataset's table is the history of, and which attribute each column is."""

    type: str
    """IRI of the type."""
    attributes: tuple[tuple[str, str], ...]
    """Column and IRI of the attribute."""
    position: str | None = None
    """IRI of the GeoProperty that latitude and longitude come from."""
    subject: str = "entity"
    """The column with the entity's id."""
    time: str = "observed_at"
    latitude: str = "latitude"
    longitude: str = "longitude"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it speaks of."""
        place = (self.latitude, self.longitude) if self.position else ()
        return (self.subject, self.time, *place, *(column for column, _ in self.attributes))

    def as_dict(self) -> dict[str, object]:
        """Return it as it is stored."""
        return {
            "type": self.type,
            "attributes": [list(pair) for pair in self.attributes],
            "position": self.position,
            "subject": self.subject,
            "time": self.time,
            "latitude": self.latitude,
            "longitude": self.longitude,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, object]) -> "EntitySource":
        """Read what `as_dict` wrote."""
        pairs = tuple((str(column), str(iri)) for column, iri in stored["attributes"])  # type: ignore[attr-defined]
        return cls(**{**stored, "attributes": pairs})  # type: ignore[arg-type]  # as_dict names every member


@dataclass(frozen=True, slots=True)
class Presented:
    """Entities as they are shown under an agreement, in expanded form, and the receipt of that."""

    entities: tuple[Document, ...]
    more: bool
    total: int | None
    """How many fit in all, where it was asked for."""
    body: bytes
    """The answer as it goes out: the bytes whose hash stands in the receipt."""
    receipt: IssuedReceipt
    at: datetime
