"""A question as a condition on the row `e` of an entity."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from renkei.context.queries import paths
from renkei.context.queries.comparing import Value, holds
from renkei.context.queries.dialects import Dialect
from renkei.context.queries.parts import ALWAYS, NEVER, Part, both, either, marks, put
from renkei.context.rules.asking import ENTITY_MEMBERS
from renkei.context.rules.indexing import LONGEST_TEXT
from renkei.context.types import (
    All,
    AnyOf,
    Compare,
    Comparison,
    EntityQuery,
    Exists,
    Literal,
    Path,
    Range,
    ScopeQuery,
    Selector,
    Term,
    TypeSelection,
)
from renkei.kernel.ids import OrgId

ROW: Final = "v"
"""A row of the index beside an entity."""
_NEGATIVE: Final = frozenset({Comparison.UNEQUAL, Comparison.NO_MATCH})
_SPECIAL: Final = re.compile(r"[\\.^$*+?()\[\]{}|]")


@dataclass(frozen=True, slots=True)
class Asked:
    """What conditions are made with: the tenant, the numbers of its names, the words of the database."""

    tenant: OrgId
    numbers: Mapping[str, int]
    words: Dialect
    entity: str = "e.id"
    """The column that says whose rows beside it are looked at."""

    def number(self, iri: str) -> int | None:
        """Return the number of a name, None where nobody has used it."""
        return self.numbers.get(iri)


def names_in(query: EntityQuery) -> Iterator[str]:
    """Yield the names whose numbers a question needs."""
    yield from query.attributes
    for selector in query.selectors:
        for group in selector.types.groups if selector.types else ():
            yield from group
    if query.geo is not None:
        yield query.geo.property
    for order in query.order:
        yield order.path.attribute
    if query.q is not None:
        yield from _names_in_term(query.q)


def _names_in_term(term: Term) -> Iterator[str]:
    match term:
        case All() | AnyOf():
            for part in term.terms:
                yield from _names_in_term(part)
        case Compare() | Exists():
            yield term.path.attribute


def is_asked(query: EntityQuery, asked: Asked) -> Part:
    """Return whether an entity is one of those asked for, its place aside."""
    parts: list[Part] = []
    if query.selectors:
        parts.append(either(is_selected(selector, asked) for selector in query.selectors))
    if query.attributes:
        parts.append(_has_attribute(query.attributes, asked))
    if query.datasets:
        parts.append(_has_dataset(query.datasets, asked))
    if query.scopes is not None:
        parts.append(_has_scopes(query.scopes, asked))
    if query.q is not None:
        parts.append(matches(query.q, asked))
    return both(parts)


def is_selected(selector: Selector, asked: Asked) -> Part:
    """Return whether an entity is one of those selected."""
    parts = []
    if selector.ids:
        parts.append(put("e.uri IN (§)", marks(selector.ids)))
    if selector.types is not None:
        parts.append(_has_types(selector.types, asked))
    if selector.pattern is not None:
        parts.append(Part(asked.words.like("e.uri"), (selector.pattern,)))
    return both(parts)


def _has_types(selection: TypeSelection, asked: Asked) -> Part:
    single = [asked.number(group[0]) for group in selection.groups if len(group) == 1]
    known = [number for number in single if number is not None]
    parts = [
        both([_has_type([asked.number(iri)], asked) for iri in group])
        for group in selection.groups
        if len(group) > 1
    ]
    return either([*parts, _has_type(known, asked) if known else NEVER])


def _has_type(numbers: list[int | None] | list[int], asked: Asked) -> Part:
    if None in numbers:
        return NEVER
    rows = f"FROM context_type t WHERE t.entity_id = {asked.entity} AND t.name_id IN (§){asked.words.alone()}"
    return put(f"EXISTS (SELECT 1 {rows})", marks(numbers))


def _has_attribute(attributes: tuple[str, ...], asked: Asked) -> Part:
    known = [number for iri in attributes if (number := asked.number(iri)) is not None]
    if not known:
        return NEVER
    rows = (
        f"FROM context_value v WHERE v.entity_id = {asked.entity} AND v.name_id IN (§){asked.words.alone()}"
    )
    return put(f"EXISTS (SELECT 1 {rows})", marks(known))


def _has_dataset(datasets: tuple[str, ...], asked: Asked) -> Part:
    words = asked.words
    attributes, instances = words.members("e.present", "a", within="attrs"), words.elements("a", "i")
    has = f"EXISTS (SELECT 1 FROM {words.members('i', 'm')} WHERE m.key = 'datasetId'"  # noqa: S608
    wanted = [dataset for dataset in datasets if dataset]
    some = put(f"{has} AND {words.text('m')} IN (§))", marks(wanted)) if wanted else NEVER
    default = Part(f"NOT {has})") if len(wanted) < len(datasets) else NEVER
    return put(f"EXISTS (SELECT 1 FROM {attributes}, {instances} WHERE §)", either([some, default]))  # noqa: S608


def _has_scopes(query: ScopeQuery, asked: Asked) -> Part:
    return either(both(_has_scope(scope, asked) for scope in group) for group in query.groups)


def _has_scope(scope: str, asked: Asked) -> Part:
    condition = Part(asked.words.like("s.scope"), (scope_pattern(scope),))
    if "+" not in scope and not scope.endswith("#"):
        condition = Part("s.scope IN (%s, %s)", (scope, scope.removeprefix("/")))
    rows = f"FROM context_scope s WHERE s.entity_id = {asked.entity} AND §{asked.words.alone()}"
    return put(f"EXISTS (SELECT 1 {rows})", condition)


def scope_pattern(scope: str) -> str:
    """Return the regular expression that a scope fits where it lies in the one asked about."""
    levels = scope.strip("/").split("/")
    below = levels[-1] == "#"
    steps = "/".join(
        "[^/]+" if level == "+" else _SPECIAL.sub(r"\\\g<0>", level) for level in levels if level != "#"
    )
    if below and not steps:
        return "."
    return f"^/?{steps}(/.*)?$" if below else f"^/?{steps}/?$"


def matches(term: Term, asked: Asked) -> Part:
    """Return whether an entity matches a term of the query language."""
    match term:
        case All():
            return both(matches(part, asked) for part in term.terms)
        case AnyOf():
            return either(matches(part, asked) for part in term.terms)
        case Exists() | Compare():
            if term.path.attribute not in ENTITY_MEMBERS and asked.number(term.path.attribute) is None:
                return NEVER
            if isinstance(term, Exists):
                return _exists(term.path, asked)
            return _indexed(term, asked) if is_indexed(term) else _in_document(term, asked)


def is_plain(path: Path) -> bool:
    """Say whether a path leads to an attribute of the entity and no further."""
    return path.attribute not in ENTITY_MEMBERS and not path.subs and not path.members


def is_indexed(term: Compare) -> bool:
    """Say whether the index beside entities holds all that a comparison needs."""
    return is_plain(term.path) and all(_is_short(literal) for literal in term.values)


def _is_short(literal: Literal | Range) -> bool:
    texts = (literal.low, literal.high) if isinstance(literal, Range) else (literal.value, literal.term)
    return all(not isinstance(text, str) or len(text) < LONGEST_TEXT for text in texts)


def _exists(path: Path, asked: Asked) -> Part:
    if is_plain(path):
        return of_index(path, ALWAYS, asked)
    return both([_has(path, asked), paths.some_element(path, asked.words, lambda _: ALWAYS)])


def _has(path: Path, asked: Asked) -> Part:
    """Return whether an entity has the attribute at all: the index says so before a document is opened."""
    if path.attribute in ENTITY_MEMBERS:
        return ALWAYS
    return of_index(Path(path.attribute), ALWAYS, asked)


def of_index(path: Path, condition: Part, asked: Asked) -> Part:
    """Return whether there is a row of the index for which a condition holds."""
    more = "" if condition == ALWAYS else f" AND {condition.sql}"
    rows = f"FROM context_value v WHERE v.name_id = %s AND v.entity_id = {asked.entity}{more}{asked.words.alone()}"
    return Part(f"EXISTS (SELECT 1 {rows})", (asked.number(path.attribute), *condition.parameters))


def _indexed(term: Compare, asked: Asked) -> Part:
    condition = of_row(term, asked)
    found = of_index(term.path, condition, asked)
    if term.operator not in _NEGATIVE:
        return found
    having = ALWAYS if term.operator is Comparison.UNEQUAL else Part("v.sort = 's'")
    several = both([of_index(term.path, Part("v.several"), asked), _in_document(term, asked)])
    none = put("NOT §", Part(found.sql, found.parameters))
    return both([of_index(term.path, having, asked), either([none, several])])


def of_row(term: Compare, asked: Asked, *, row: str = ROW, walks: bool = False) -> Part:
    """Return whether a row of the index meets a comparison; of `!=` and `!~=`, whether it is what they exclude.

    With `walks`, so that the database does not look the row up by its value.
    """
    condition = holds(term, _value(row, walks=walks), asked.words)
    if term.operator not in {Comparison.MATCH, Comparison.NO_MATCH}:
        return condition
    whole = paths.some_element(
        term.path, asked.words, lambda element: element.some(lambda value: holds(term, value, asked.words))
    )
    sql = f"CASE WHEN length({row}.text) < {LONGEST_TEXT} THEN {condition.sql} ELSE {whole.sql} END"
    return Part(f"({row}.sort = 's' AND {sql})", (*condition.parameters, *whole.parameters))


def _value(row: str, *, walks: bool) -> Value:
    """Return a row of the index as a value; where it is walked to, the sum and the joint text are in no index."""
    number, text = (f"+{row}.number", f"({row}.text || '')") if walks else (f"{row}.number", f"{row}.text")
    sorts = {"number": "n", "truth": "b", "moment": "s"}
    return Value(
        number=number,
        truth=number,
        moment=number,
        text=text,
        is_uri=f"{row}.sort = 'u'",
        guards={what: f"{row}.sort = '{sort}'" for what, sort in sorts.items()},
    )


def _in_document(term: Compare, asked: Asked) -> Part:
    words = asked.words

    def condition(element: paths.Element) -> Part:
        found = element.some(lambda value: holds(term, value, words))
        if term.operator not in _NEGATIVE:
            return found
        none = put("NOT §", Part(found.sql, found.parameters))
        if term.operator is Comparison.UNEQUAL:
            return none
        text = element.some(lambda value: Part(f"({value.text} IS NOT NULL AND NOT {value.is_uri})"))
        return both([none, text])

    return both([_has(term.path, asked), paths.some_element(term.path, words, condition)])
