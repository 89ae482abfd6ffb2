"""Lines of history, from wherever they lie, and the documents that they make."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from renkei.context.rules.changing import instant
from renkei.context.types import DEFAULT, NULL, SCOPE, VALUE_MEMBER, Document, Instance, Kind

INSTANCE = "urn:ngsi-ld:Instance:"
_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Line:
    """One instance of an attribute in the history of an entity."""

    entity: int
    attribute: str
    dataset: str
    instance: int
    body: str
    observed_at: str
    """As `rules.changing.instant` writes it, so that texts sort; empty for none. So are the other times."""
    created_at: str
    modified_at: str
    deleted_at: str

    def moment(self, member: str) -> str:
        """Return the time that the line is placed by."""
        if member == "createdAt":
            return self.created_at
        if member == "modifiedAt":
            return self.modified_at
        if member == "deletedAt":
            return self.deleted_at
        return self.observed_at or self.created_at


def text_of(moment: Any) -> str:
    """Return a time as `rows.as_told` tells it as a text that sorts; empty for none."""
    if moment is None:
        return ""
    if isinstance(moment, datetime):
        return instant(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    return f"{moment[:10]}T{moment[11:]}{'' if len(moment) > 19 else '.000000'}Z"


def moment_of(text: str) -> datetime:
    """Return the time that `text_of` wrote."""
    return datetime.fromisoformat(text)


def instance_of(line: Line) -> Instance:
    """Return an instance as it is told, with the times of its own and the id that it goes by."""
    body: Instance = _decode(line.body)
    if line.deleted_at:
        body = _taken_away(line, body)
    else:
        body["createdAt"], body["modifiedAt"] = line.created_at, line.modified_at
    body.setdefault("instanceId", f"{INSTANCE}{line.instance}")
    return body


def _taken_away(line: Line, body: Instance) -> Instance:
    kind = body.get("type", Kind.PROPERTY.value)
    nothing: Any = [] if line.attribute == SCOPE else NULL
    told: Instance = {"type": kind, VALUE_MEMBER[kind]: nothing, "deletedAt": line.deleted_at}
    if line.dataset != DEFAULT:
        told["datasetId"] = line.dataset
    if "instanceId" in body:
        told["instanceId"] = body["instanceId"]
    return told


def documents(heads: Mapping[int, Document], lines: Iterable[Line]) -> dict[int, Document]:
    """Return each entity with its instances, in the order of the lines."""
    found: dict[int, Document] = {row: {**head, "attrs": {}} for row, head in heads.items()}
    for line in lines:
        found[line.entity]["attrs"].setdefault(line.attribute, []).append(instance_of(line))
    for document in found.values():
        if SCOPE in document["attrs"]:
            document["scope"] = document["attrs"].pop(SCOPE)
    return found
