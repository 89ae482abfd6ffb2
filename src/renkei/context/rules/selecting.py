"""Which entities, by type (clause 4.17), scope (clause 4.19) and who they are."""

import re
from collections.abc import Callable, Iterable
from typing import Final

from renkei.context.errors import QueryMalformed
from renkei.context.rules.patterns import found_in
from renkei.context.types import Document, ScopeQuery, Selector, TypeSelection

MOST: Final = 100
"""Types, or scopes, of one question, after what stands in parentheses has been multiplied out."""
DEEPEST: Final = 10
_TYPE: Final = re.compile(r"[^\s;|,()&\"<>]+")
_SCOPE: Final = re.compile(r"/?(?:[^\s;|,()&\"<>/+#]+|\+)(?:/(?:[^\s;|,()&\"<>/+#]+|\+))*(?:/#)?|/#")
Groups = tuple[tuple[str, ...], ...]


def parse_types(text: str, *, expand: Callable[[str], str], parameter: str = "type") -> TypeSelection:
    """Read a selection of types: `A`, `A,B` or `A|B` for one of them, `(A;B)` for all of them.

    Raises context.query-malformed.
    """
    groups = _Reader(text, _TYPE, parameter).read()
    return TypeSelection(tuple(tuple(expand(name) for name in group) for group in groups))


def parse_scopes(text: str, *, parameter: str = "scopeQ") -> ScopeQuery:
    """Read a question about scopes: `/a/b`; `+` for any one level, `/#` at the end for any below and itself.

    Raises context.query-malformed.
    """
    groups = _Reader(text, _SCOPE, parameter).read()
    return ScopeQuery(tuple(tuple("/" + scope.removeprefix("/") for scope in group) for group in groups))


def has_types(selection: TypeSelection, types: Iterable[str]) -> bool:
    """Say whether an entity of these types is selected."""
    own = frozenset(types)
    return any(own.issuperset(group) for group in selection.groups)


def has_scopes(query: ScopeQuery, scopes: Iterable[str]) -> bool:
    """Say whether an entity with these scopes is meant."""
    own = list(scopes)
    return any(
        all(any(_lies_in(scope, wanted) for scope in own) for wanted in group) for group in query.groups
    )


def _lies_in(scope: str, wanted: str) -> bool:
    levels, pattern = scope.strip("/").split("/"), wanted.strip("/").split("/")
    if pattern[-1] == "#":
        pattern.pop()
        levels = levels[: len(pattern)]
    return len(levels) == len(pattern) and all(
        step in ("+", level) for level, step in zip(levels, pattern, strict=True)
    )


def is_selected(selector: Selector, doc: Document) -> bool:
    """Say whether an entity is one of those selected."""
    if selector.ids and doc["id"] not in selector.ids:
        return False
    if selector.types is not None and not has_types(selector.types, doc["type"]):
        return False
    return selector.pattern is None or found_in(selector.pattern, doc["id"])


class _Reader:
    """A place within an expression of names, `;` for and, `|` and `,` for or, and parentheses."""

    def __init__(self, text: str, name: re.Pattern[str], parameter: str) -> None:
        self.text, self.name, self.parameter, self.at = text, name, parameter, 0

    def read(self) -> Groups:
        groups = self.any_of(0)
        if self.at < len(self.text):
            raise self.wrong("there is something after the end of the expression")
        return groups

    def wrong(self, why: str) -> QueryMalformed:
        return QueryMalformed(parameter=self.parameter, place=self.at + 1, why=why)

    def mark(self, signs: str) -> bool:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        if self.at < len(self.text) and self.text[self.at] in signs:
            self.at += 1
            return True
        return False

    def any_of(self, depth: int) -> Groups:
        groups = self.all_of(depth)
        while self.mark("|,"):
            groups += self.all_of(depth)
            self.check(groups)
        return tuple(dict.fromkeys(groups))

    def all_of(self, depth: int) -> Groups:
        groups = self.one(depth)
        while self.mark(";"):
            more = self.one(depth)
            if len(groups) * len(more) > MOST:
                raise self.wrong(f"it comes to more than {MOST} alternatives")
            groups = tuple(tuple(dict.fromkeys(left + right)) for left in groups for right in more)
            self.check(groups)
        return groups

    def check(self, groups: Groups) -> None:
        if sum(len(group) for group in groups) > MOST:
            raise self.wrong(f"it comes to more than {MOST} names")

    def one(self, depth: int) -> Groups:
        if self.mark("("):
            if depth >= DEEPEST:
                raise self.wrong(f"parentheses are nested more than {DEEPEST} deep")
            groups = self.any_of(depth + 1)
            if not self.mark(")"):
                raise self.wrong("a parenthesis is not closed")
            return groups
        found = self.name.match(self.text, self.at)
        if found is None:
            raise self.wrong("a name is missing")
        self.at = found.end()
        return ((found.group(),),)
