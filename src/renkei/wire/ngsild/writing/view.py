"""How a client wants to see entities."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from renkei.context.types import DEFAULT, Instance


class Form(StrEnum):
    """The representations (clauses 4.5.1, 4.5.3, 4.5.4); the values are those of `options` and `format`."""

    NORMALIZED = "normalized"
    CONCISE = "concise"
    SIMPLIFIED = "simplified"


Members = Mapping[str, "Members"]
"""Members of an entity: IRIs of attributes, or `id`, `type`, `scope`, `createdAt`…, each with those of the linked
entity that it points to, `locatedAt{id,name}`; an empty mapping says nothing of the linked one (clause 4.21)."""


@dataclass(frozen=True, slots=True)
class View:
    """What of an entity is shown, and how; parts left out hide nothing."""

    form: Form = Form.NORMALIZED
    sys_attrs: bool = False
    """Whether `createdAt`, `modifiedAt` and `deletedAt` are shown."""
    attrs: frozenset[str] | None = None
    """IRIs of the only attributes shown."""
    pick: Members | None = None
    omit: Members | None = None
    lang: str | None = None
    """Languages wanted as in `Accept-Language` (RFC 9110, 12.5.4); a LanguageProperty becomes a Property."""
    datasets: frozenset[str] | None = None
    """The only datasets shown; `DEFAULT` stands for the default instance."""

    def shows(self, member: str) -> bool:
        """Return whether a member other than an attribute is shown."""
        if self.pick is not None and member not in self.pick:
            return False
        return not self.omit or self.omit.get(member, _KEPT) is _KEPT

    def shows_attribute(self, iri: str) -> bool:
        """Return whether an attribute is shown; one omitted only in part of the linked entity is."""
        if self.attrs is not None and iri not in self.attrs:
            return False
        if self.pick is not None and iri not in self.pick:
            return False
        return not self.omit or iri not in self.omit or bool(self.omit[iri])

    def within(self, iri: str) -> "View":
        """Return the view of an entity that is linked by this attribute (clause 4.5.23)."""
        if self.pick is None and self.omit is None and self.attrs is None:
            return self
        pick = (self.pick or {}).get(iri) or None
        omit = (self.omit or {}).get(iri) or None
        return replace(self, attrs=None, pick=pick, omit=omit)

    def keep(self, instances: list[Instance]) -> list[Instance]:
        """Return the instances of the datasets that are shown."""
        if self.datasets is None:
            return instances
        return [one for one in instances if one.get("datasetId", DEFAULT) in self.datasets]


_KEPT: Members = {}
PLAIN = View()
"""Everything a client sees who asks for nothing."""
DATASET_BY_DEFAULT = "@none"
"""What the standard calls the default instance in a list of datasets (clause 4.5.5)."""


def read_datasets(given: str) -> frozenset[str]:
    """Return the datasets of a `datasetId` parameter, commas between."""
    return frozenset(DEFAULT if part == DATASET_BY_DEFAULT else part for part in given.split(","))


@lru_cache(maxsize=256)
def languages(wanted: str) -> tuple[str, ...]:
    """Return the language ranges of a `lang` parameter, best first; one of weight 0 is left out."""
    ranked = []
    for place, part in enumerate(wanted.split(",")):
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.partition("=")[2]) if weight else 1.0
        except ValueError:
            quality = 0.0
        if quality > 0:
            ranked.append((-quality, place, tag.strip().lower()))
    return tuple(tag for _, _, tag in sorted(ranked))


def best_language(by_tag: Mapping[str, object], wanted: str) -> str:
    """Return the tag of a language map that fits best: a range asked for, else `@none`, else the first there is."""
    tags = {tag.lower(): tag for tag in by_tag}
    for language in languages(wanted):
        if language == "*":
            break
        primary = language.partition("-")[0]
        near = (tag for tag in tags if tag.startswith(f"{language}-"))
        found = language if language in tags else next(near, primary if primary in tags else None)
        if found is not None:
            return tags[found]
    return DATASET_BY_DEFAULT if DATASET_BY_DEFAULT in by_tag else next(iter(by_tag))
