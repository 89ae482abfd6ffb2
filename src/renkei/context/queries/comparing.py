"""A comparison of the query language as a condition on a value: number, text and truth, wherever they come from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from renkei.context.queries.dialects import Dialect
from renkei.context.queries.parts import NEVER, Part, both, either
from renkei.context.rules.moments import microseconds
from renkei.context.types import Compare, Comparison, Literal, Range, Scalar

_SIGN: Final = {
    Comparison.GREATER: ">",
    Comparison.LESS: "<",
    Comparison.GREATER_EQUAL: ">=",
    Comparison.LESS_EQUAL: "<=",
}


@dataclass(frozen=True, slots=True)
class Value:
    """Expressions of what a value is, each NULL where it is not that."""

    number: str
    truth: str
    moment: str
    text: str
    """A text, or a URI."""
    is_uri: str
    """Whether it is one."""
    guards: Mapping[str, str] = field(default_factory=dict)
    """What has to hold beside for `number`, `truth` and `moment` to be one."""

    def compared(self, what: str, sign: str, number: float) -> Part:
        """Return whether a number, truth or moment lies so to another."""
        guard = self.guards.get(what)
        comparison = f"{getattr(self, what)} {sign} %s"
        return Part(f"{guard} AND {comparison}" if guard else comparison, (number,))


def holds(term: Compare, value: Value, words: Dialect) -> Part:
    """Return whether a value meets a comparison; of `!=` and `!~=`, whether it is what they exclude."""
    if term.operator in {Comparison.MATCH, Comparison.NO_MATCH}:
        pattern = term.values[0]
        assert isinstance(pattern, Literal)  # noqa: S101 - the reader gives a pattern no range
        return both([Part(f"NOT {value.is_uri}"), Part(words.like(value.text), (str(pattern.value),))])
    return either(_one(term.operator, literal, value, words) for literal in term.values)


def _one(operator: Comparison, literal: Literal | Range, value: Value, words: Dialect) -> Part:
    if isinstance(literal, Range):
        limits = (_scalar(">=", literal.low, value, words), _scalar("<=", literal.high, value, words))
        return both([*_no_uri(literal.low, value), *limits])
    if operator in _SIGN:
        compared = _scalar(_SIGN[operator], literal.value, value, words)
        return both([*_no_uri(literal.value, value), compared])
    named = NEVER
    if literal.term is not None:
        named = both([Part(value.is_uri), Part(f"{value.text} = %s", (literal.term,))])
    return either([_scalar("=", literal.value, value, words), named])


def _no_uri(literal: Scalar, value: Value) -> list[Part]:
    """Return that a value is no URI, where being comparable with the literal does not say so already."""
    return [] if value.guards and not isinstance(literal, str) else [Part(f"NOT {value.is_uri}")]


def _scalar(sign: str, literal: Scalar, value: Value, words: Dialect) -> Part:
    if isinstance(literal, datetime):
        return value.compared("moment", sign, microseconds(literal))
    if isinstance(literal, bool):
        return value.compared("truth", sign, float(literal))
    if isinstance(literal, int | float):
        return value.compared("number", sign, float(literal))
    text = value.text if sign == "=" else words.bytewise(value.text)
    return Part(f"{text} {sign} %s", (literal,))
