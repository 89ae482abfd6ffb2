"""The query language (ETSI GS CIM 009 v1.9.1, clause 4.9): text to a term, nothing looked up.

Where the standard's grammar leaves room this reads as follows. `;` binds more closely than `|`. Parentheses may be
nested. White space between the parts of an expression is skipped. A pattern may stand in quotes; without them it goes on
to the next `;` or `|` or closing parenthesis that is not its own. A time of day is compared as the text it is.
"""

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from renkei.context.errors import QueryMalformed
from renkei.context.rules.moments import moment_of
from renkei.context.rules.patterns import is_pattern
from renkei.context.types import (
    MEMBERS,
    All,
    AnyOf,
    Compare,
    Comparison,
    Exists,
    Literal,
    Path,
    Range,
    Scalar,
    Term,
)

LONGEST: Final = 8192
"""Characters of a query."""
MOST_TERMS: Final = 100
MOST_VALUES: Final = 500
"""Values that terms of one query are compared with, in all."""
DEEPEST: Final = 20
"""Parentheses within one another."""
ENTITY_MEMBERS: Final = MEMBERS
"""What a path may begin with that is no attribute."""
INSTANCE_MEMBERS: Final = frozenset(
    {"observedAt", "unitCode", "datasetId", "createdAt", "modifiedAt", "deletedAt"}
)
"""What a path may end with that is no attribute of the attribute."""

_NAME: Final = re.compile(r"[\w:/#.\-%&+@?$]+")
_OPERATOR: Final = re.compile(r"!~=|==|!=|>=|<=|~=|>|<")
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BARE: Final = re.compile(r"(?:(?!\.\.)[^\s;|,()\"])+")
_NUMBER: Final = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_TIME: Final = re.compile(r"[0-2]\d:[0-5]\d:[0-5]\d(?:[.,]\d{1,9})?(?:Z|[+-]\d{2}:\d{2})?", re.ASCII)
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_SPACE: Final = re.compile(r"\s*")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EQUALITY: Final = frozenset({Comparison.EQUAL, Comparison.UNEQUAL})
_PATTERN: Final = frozenset({Comparison.MATCH, Comparison.NO_MATCH})


def parse_q(
    text: str, *, expand: Callable[[str], str], vocabulary: frozenset[str] = frozenset(), parameter: str = "q"
) -> Term:
    """Read a query. `expand` turns a name into its IRI; `vocabulary` names the attributes of `expandValues`, as IRIs.

    A quoted word is kept beside what it expands to, so that it can be compared with the values of a VocabProperty.
    Raises context.query-malformed.
    """
    if len(text) > LONGEST:
        raise QueryMalformed(
            parameter=parameter, place=LONGEST, why=f"it is longer than {LONGEST} characters"
        )
    if "\0" in text:
        raise QueryMalformed(
            parameter=parameter, place=text.index("\0") + 1, why="it holds the character NUL"
        )
    reader = _Reader(text, expand, vocabulary, parameter)
    term = reader.any_of(0)
    if reader.at < len(text):
        raise reader.wrong("there is something after the end of the expression")
    return term


def parse_path(text: str, *, expand: Callable[[str], str], parameter: str) -> Path:
    """Read a path to an attribute, a member, or what is within a value. Raises context.query-malformed."""
    reader = _Reader(text, expand, frozenset(), parameter)
    path = reader.path()
    if reader.at < len(text):
        raise reader.wrong("there is something after the end of the path")
    return path


@dataclass
class _Reader:
    """A place within a query."""

    text: str
    expand: Callable[[str], str]
    vocabulary: frozenset[str]
    parameter: str
    at: int = 0
    terms: int = 0
    values: int = 0

    def wrong(self, why: str) -> QueryMalformed:
        return QueryMalformed(parameter=self.parameter, place=self.at + 1, why=why)

    def space(self) -> None:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def take(self, pattern: re.Pattern[str]) -> str | None:
        self.space()
        found = pattern.match(self.text, self.at)
        if found is None:
            return None
        self.at = found.end()
        return found.group()

    def mark(self, sign: str) -> bool:
        self.space()
        if not self.text.startswith(sign, self.at):
            return False
        self.at += len(sign)
        return True

    def any_of(self, depth: int) -> Term:
        terms = [self.all_of(depth)]
        while self.mark("|"):
            terms.append(self.all_of(depth))
        self.space()
        return terms[0] if len(terms) == 1 else AnyOf(tuple(terms))

    def all_of(self, depth: int) -> Term:
        terms = [self.one(depth)]
        while self.mark(";"):
            terms.append(self.one(depth))
        return terms[0] if len(terms) == 1 else All(tuple(terms))

    def one(self, depth: int) -> Term:
        if not self.mark("("):
            return self.term()
        if depth >= DEEPEST:
            raise self.wrong(f"parentheses are nested more than {DEEPEST} deep")
        term = self.any_of(depth + 1)
        if not self.mark(")"):
            raise self.wrong("a parenthesis is not closed")
        return term

    def term(self) -> Term:
        self.terms += 1
        if self.terms > MOST_TERMS:
            raise self.wrong(f"there are more than {MOST_TERMS} terms")
        path = self.path()
        sign = self.take(_OPERATOR)
        if sign is None:
            return Exists(path)
        operator = Comparison(sign)
        if operator in _PATTERN:
            return Compare(path, operator, (self.pattern(),))
        return Compare(path, operator, self.compared(path, operator))

    def path(self) -> Path:
        name = self.take(_NAME)
        if name is None:
            raise self.wrong("the name of an attribute is missing")
        first, *rest = split_name(name)
        if not first or not all(rest):
            raise self.wrong("a name within the path is empty")
        attribute = first if first in ENTITY_MEMBERS else self.expand(first)
        subs = tuple(sub if sub in INSTANCE_MEMBERS else self.expand(sub) for sub in rest)
        members: list[str] = []
        while self.mark("["):
            end = self.text.find("]", self.at)
            inside = self.text[self.at : end].strip().split(".") if end >= 0 else []
            if not inside or not all(inside):
                raise self.wrong("the brackets of a path are empty or not closed")
            members += inside
            self.at = end + 1
        if len(subs) + len(members) > DEEPEST:
            raise self.wrong(f"the path has more than {DEEPEST} steps")
        return Path(attribute, subs, tuple(members))

    def pattern(self) -> Literal:
        quoted = self.take(_QUOTED)
        text = self.unquoted(quoted) if quoted is not None else self.bare_pattern()
        if not is_pattern(text):
            raise self.wrong("the pattern is no regular expression (RE2)")
        return Literal(text)

    def bare_pattern(self) -> str:
        start, open_ones = self.at, 0
        while self.at < len(self.text):
            sign = self.text[self.at]
            if sign == ";" or (open_ones == 0 and sign in "|)"):
                break
            open_ones += (sign == "(") - (sign == ")")
            self.at += 1
        if start == self.at:
            raise self.wrong("the pattern is missing")
        return self.text[start : self.at].strip()

    def compared(self, path: Path, operator: Comparison) -> tuple[Literal | Range, ...]:
        if operator not in _EQUALITY:
            found = self.value(path, operator)
            if found.is_uri or isinstance(found.value, bool):
                raise self.wrong(f"{operator} takes a number, a text in quotes, a date or a time")
            return (found,)
        values = [self.value_or_range(path, operator)]
        while self.mark(","):
            values.append(self.value_or_range(path, operator))
        return tuple(values)

    def value_or_range(self, path: Path, operator: Comparison) -> Literal | Range:
        low = self.value(path, operator)
        return self.range(low, self.value(path, operator)) if self.mark("..") else low

    def range(self, low: Literal, high: Literal) -> Range:
        comparable = not (low.is_uri or high.is_uri)
        if not comparable or sort_of(low.value) != sort_of(high.value) or isinstance(low.value, bool):
            raise self.wrong("a range goes from one number, text, date or time to another of its sort")
        return Range(low.value, high.value)

    def value(self, path: Path, operator: Comparison) -> Literal:
        self.values += 1
        if self.values > MOST_VALUES:
            raise self.wrong(f"there are more than {MOST_VALUES} values")
        quoted = self.take(_QUOTED)
        if quoted is not None:
            word = self.unquoted(quoted)
            return Literal(word, term=self.vocab(word) if operator in _EQUALITY else None)
        bare = self.take(_BARE)
        if bare is None:
            raise self.wrong("a value is missing")
        if path.attribute in self.vocabulary:
            return Literal(self.expand(bare), is_uri=True)
        return self.scalar(bare)

    def vocab(self, word: str) -> str | None:
        """Return the IRI that a quoted word stands for as a value of a vocabulary, where it can be a name."""
        return self.expand(word) if _NAME.fullmatch(word) else None

    def unquoted(self, quoted: str) -> str:
        try:
            word = json.loads(quoted, strict=False)
        except ValueError:
            raise self.wrong("a text in quotes holds an escape that JSON does not know") from None
        if not isinstance(word, str) or "\0" in word or any("\ud800" <= sign <= "\udfff" for sign in word):
            raise self.wrong("a text in quotes holds what is no character")
        return word

    def moment(self, microseconds: float) -> datetime:
        try:
            return _EPOCH + timedelta(microseconds=microseconds)
        except OverflowError:  # 9999-12-31 west of Greenwich is in no year that there is in UTC
            raise self.wrong("the time lies outside the calendar") from None

    def number(self, bare: str) -> float | int:
        if len(bare) <= 15 and not any(sign in bare for sign in ".eE"):
            return int(bare)
        number = float(bare)
        if math.isinf(number):
            raise self.wrong("the number is larger than a double holds")
        return number

    def scalar(self, bare: str) -> Literal:
        if bare in {"true", "false"}:
            return Literal(bare == "true")
        if _NUMBER.fullmatch(bare):
            return Literal(self.number(bare))
        moment = moment_of(bare)
        if moment is not None:
            return Literal(self.moment(moment))
        if _TIME.fullmatch(bare):
            return Literal(bare)
        if _URI.fullmatch(bare):
            return Literal(bare, is_uri=True)
        raise self.wrong(f"{bare[:60]!r} is no number, truth, date, time or URI, and a text stands in quotes")


def split_name(name: str) -> list[str]:
    """Return the names of a dotted path; the dots before the last `/` or `#` of a full IRI part nothing."""
    if "://" not in name:
        return name.split(".")
    start = max(name.rfind("/"), name.rfind("#"))
    first, *rest = name[start:].split(".")
    return [name[:start] + first, *rest]


def sort_of(value: Scalar) -> str:
    """Return what a literal is compared with: `b` truths, `n` numbers, `t` moments, `s` texts."""
    if isinstance(value, bool):
        return "b"
    if isinstance(value, int | float):
        return "n"
    return "t" if isinstance(value, datetime) else "s"
