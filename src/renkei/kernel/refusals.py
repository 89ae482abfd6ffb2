"""The only kind of error that a caller is told about. Anything else is a bug and is logged as one."""

from enum import StrEnum
from typing import Any, ClassVar

from renkei.kernel.texts import Lang, Text


class Kind(StrEnum):
    """What sort of refusal it is; each edge maps it to its own status or exit code."""

    INVALID = "invalid"
    """The request cannot be understood or breaks a rule: change it."""
    TOO_LARGE = "too-large"
    """The request is larger than the node takes: make it smaller."""
    UNKNOWN_CALLER = "unknown-caller"
    """Nobody showed who they are: bring a token."""
    DENIED = "denied"
    """The caller is known and may not do this."""
    MISSING = "missing"
    """What was named does not exist, or not for this caller."""
    CONFLICT = "conflict"
    """The thing is in a state that does not allow this."""
    UNAVAILABLE = "unavailable"
    """It would be allowed but cannot be done now: try again later."""


class Refusal(Exception):
    """A refusal names what was refused, why, and what to do next.

    A subclass sets `kind`, `code` (stable, `room.what-happened`), `text` (what and why) and `remedy` (what to do
    next). The facts given to the constructor fill the placeholders of both and travel along.
    """

    kind: ClassVar[Kind]
    code: ClassVar[str]
    text: ClassVar[Text]
    remedy: ClassVar[Text]

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(f"{self.code}: {self.said('en')}")

    def said(self, lang: Lang) -> str:
        """Return what was refused and why, then what to do next, in one language."""
        what = self.text.fill(**self.facts).in_(lang)
        then = self.remedy.fill(**self.facts).in_(lang)
        return f"{what} {then}" if lang == "en" else f"{what}{then}"

    def as_dict(self) -> dict[str, Any]:
        """Return the refusal for a machine: kind, code, both texts and the facts as strings."""
        return {
            "kind": self.kind.value,
            "code": self.code,
            "ja": self.said("ja"),
            "en": self.said("en"),
            "facts": {name: str(value) for name, value in self.facts.items()},
        }


def every_refusal() -> list[type[Refusal]]:
    """Return each concrete refusal that has been imported, sorted by code."""
    found: dict[str, type[Refusal]] = {}
    waiting = list(Refusal.__subclasses__())
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        if "code" in vars(kind):
            found[kind.code] = kind
    return [found[code] for code in sorted(found)]
