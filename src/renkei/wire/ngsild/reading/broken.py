"""A broken rule on its way up: each level adds where it was."""

from renkei.context.types import RequestInvalid

_LONGEST_STEP = 200
"""Characters of a name that are repeated to its sender."""


class BrokenRuleError(Exception):
    """What was found to be wrong, and the path to it, innermost last."""

    def __init__(self, why: str, *path: str) -> None:
        super().__init__(why)
        self.why = why
        self.path = list(path)

    def under(self, *names: str) -> "BrokenRuleError":
        """Return the same with names put before the path."""
        self.path[:0] = names
        return self

    def as_refusal(self) -> RequestInvalid:
        """Return the refusal that a client sees: a JSON pointer (RFC 6901) and the rule."""
        steps = (step[:_LONGEST_STEP].replace("~", "~0").replace("/", "~1") for step in self.path)
        place = "".join(f"/{step}" for step in steps)
        return RequestInvalid(why=f"{place or '/'} {self.why}")
