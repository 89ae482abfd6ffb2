"""Answers with noise: ε-differential privacy for each entity, by the discrete Laplace mechanism of OpenDP.

Neighbouring tables differ in all rows of one entity. An entity is counted in at most C of the groups that the question
lists, chosen by a keyed hash, and adds to a figure of each no more than its bounds. Every figure is a sum of whole
numbers of a grid, so that its noise is drawn from whole numbers, too, and no digit of a floating-point number tells
anything (Mironov, CCS 2012). Groups come from the question, never from the data; a group is told when its number of
entities, with noise, reaches the plan's minimum group.
"""

import hashlib
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlglot import exp

from renkei.kernel.canonical import digest
from renkei.lake.types import Column
from renkei.privacy.errors import BudgetNotAgreed, NoiseMissing, NoiseRequestMalformed
from renkei.privacy.queries.differencing import ANY_ROWS, spelt
from renkei.privacy.queries.expressions import double, quoted
from renkei.privacy.queries.rewriting import (
    MOST_ROWS,
    Asked,
    Figure,
    ask,
    checked,
    columns_read,
    source,
)
from renkei.privacy.queries.running import opened, told
from renkei.privacy.statement import ENTITY
from renkei.privacy.types import Answer, Plan, Question, Release

MICRO = 1_000_000
"""ε is counted in millionths."""
SHARES = 10
"""A question that names no ε takes this part of the whole budget."""
MOST_GROUPS, MOST_EACH = 1_000, 100
GRID = 1 << 20
"""Steps between nothing and the greatest value that an entity may add."""
_BOUND, _LEAST_BOUND = 1e12, 1e-12
_EPSILON = re.compile(r"[0-9]{1,4}(\.[0-9]{1,6})?")


@dataclass(frozen=True, slots=True)
class Part:
    """One noisy sum: what each entity adds to it."""

    kind: str
    """`rows`, `entities`, `sum`, `mean` or `with-value`."""
    place: int
    """Of its figure among the query's."""
    bounds: tuple[float, float]

    @property
    def step(self) -> float:
        """The grid's step: numbers of entities and of rows are whole already."""
        return 1.0 if self.kind in {"rows", "entities", "with-value"} else max(map(abs, self.bounds)) / GRID

    @property
    def sensitivity(self) -> int:
        """How much one entity adds to a group at most, in steps."""
        return math.ceil(max(map(abs, self.bounds)) / self.step)

    def steps(self, rows: int, total: float | None, values: int) -> int:
        """Return what an entity with so many rows, values and such a total of them adds."""
        if self.kind == "entities":
            return 1
        if self.kind == "rows":
            return min(rows, int(self.bounds[1]))
        if not values or total is None or math.isnan(total):
            return 0
        if self.kind == "with-value":
            return 1
        low, high = self.bounds
        return round(min(max(total / values if self.kind == "mean" else total, low), high) / self.step)


@dataclass(frozen=True, slots=True)
class NoisyQuery:
    """A question whose answer gets noise."""

    names: tuple[str, ...]
    shown: tuple[tuple[str, int], ...]
    """For each column of the answer: `group` or `figure`, and the place among them."""
    parts: tuple[Part, ...]
    groups: tuple[tuple[object, ...], ...]
    groups_each: int
    epsilon: int
    """In millionths."""
    least: int
    query: str
    columns: tuple[str, ...]
    """Those whose values are summed, in the query's order."""
    figure_columns: tuple[str, ...]
    """Of which column each figure is made."""
    reads: tuple[str, ...]

    def digest(self) -> str:
        """Return by what the same question is known."""
        bounds = [[part.kind, part.place, *map(repr, part.bounds)] for part in self.parts]
        groups = [list(map(repr, group)) for group in self.groups]
        return digest(
            [
                self.query,
                [*self.names],
                [[*map(str, each)] for each in self.shown],
                bounds,
                groups,
                self.groups_each,
                self.epsilon,
            ]
        )


@dataclass(frozen=True, slots=True)
class Totals:
    """What the noise is added to, in steps: for each group of the question its entities, then each part."""

    rows: tuple[tuple[int, ...], ...]


def cost(plan: Plan, question: Question) -> int:
    """Return the ε that a question asks for, in millionths. Raises privacy.noise-request-malformed."""
    whole = whole_budget(plan)
    if not question.epsilon:
        return max(1, whole // SHARES)
    if not _EPSILON.fullmatch(question.epsilon) or not Decimal(question.epsilon):
        raise _malformed(
            "epsilon は 0 より大きい小数(6 桁まで)です", "epsilon is a decimal above 0 with 6 places at most"
        )
    return int(Decimal(question.epsilon) * MICRO)


def whole_budget(plan: Plan) -> int:
    """Return the whole ε of a plan, in millionths."""
    return int(Decimal(plan.budget) * MICRO)


def check_no_noise(question: Question) -> None:
    """Check that a question asks for no noise. Raises privacy.budget-not-agreed."""
    if question.epsilon or question.bounds or question.groups:
        raise BudgetNotAgreed


def prepare_noisy(plan: Plan, question: Question, columns: Sequence[Column]) -> NoisyQuery:
    """Return what is computed for a question, before noise.

    Raises what `rewriting.prepare` raises, and privacy.noise-request-malformed, noise-missing.
    """
    least = plan.minimum_group.size if plan.minimum_group else 1
    asked = ask(question.sql, columns, least=least)
    if asked.having is not None or asked.order or asked.limit <= MOST_ROWS or asked.offset:
        raise _malformed("HAVING・ORDER BY・LIMIT は使えません", "HAVING, ORDER BY and LIMIT cannot be used")
    bounds = {name: (low, high) for name, low, high in question.bounds}
    entity = plan.minimum_group.entity if plan.minimum_group else ""
    parts = (Part("entities", -1, (0.0, 1.0)), *_parts(asked, bounds, entity))
    summed = tuple(dict.fromkeys(figure.column for figure in asked.figures if figure.column != ANY_ROWS))
    query = checked(_totals_query(asked, summed))
    prepared = NoisyQuery(
        names=asked.names,
        shown=tuple(_shown(asked)),
        parts=parts,
        groups=_groups(asked, question),
        groups_each=_each(question),
        epsilon=cost(plan, question),
        least=least,
        query=query,
        columns=summed,
        figure_columns=tuple(figure.column for figure in asked.figures),
        reads=columns_read(asked, columns),
    )
    _opendp()
    return prepared


def total(prepared: NoisyQuery, plan: Plan, release: Release, *, key: bytes, seconds: float) -> Totals:
    """Return the exact sums of a question, each entity within its bounds: never to be told as they are.

    Raises privacy.query-failed, queries-busy.
    """
    places = {_known(group): place for place, group in enumerate(prepared.groups)}
    width = len(prepared.groups[0])
    by_entity: dict[str | None, dict[int, tuple[Any, ...]]] = defaultdict(dict)
    with opened(plan, release, seconds=seconds) as db:
        rows = iter(db.execute(prepared.query).fetchone, None)
        for row in rows:
            place = places.get(_known(told(row[:width])))
            if place is not None:
                by_entity[spelt(row[width])][place] = row[width + 1 :]
    sums = [[0] * len(prepared.parts) for _ in prepared.groups]
    for entity, found in by_entity.items():
        for place in _chosen(entity, found, prepared.groups_each, key):
            _count(sums[place], prepared, found[place])
    return Totals(tuple(map(tuple, sums)))


def add_noise(prepared: NoisyQuery, totals: Totals) -> Answer:
    """Return an answer, its noise drawn now: each call spends the question's ε once more."""
    share = prepared.epsilon / MICRO / len(prepared.parts)
    draw = [_mechanism(part.sensitivity * prepared.groups_each, share) for part in prepared.parts]
    rows = []
    for group, sums in zip(prepared.groups, totals.rows, strict=True):
        noisy = [add(value) for add, value in zip(draw, sums, strict=True)]
        if noisy[0] >= prepared.least:
            rows.append(tuple(_cell(each, group, noisy, prepared) for each in prepared.shown))
    epsilon = Decimal(prepared.epsilon) / MICRO
    return Answer(prepared.names, tuple(rows), epsilon=f"{epsilon.normalize():f}")


def _cell(
    shown: tuple[str, int], group: Sequence[object], noisy: Sequence[int], prepared: NoisyQuery
) -> object:
    kind, place = shown
    if kind == "group":
        return group[place]
    of = [(part, value) for part, value in zip(prepared.parts, noisy, strict=True) if part.place == place]
    first, value = of[0]
    if first.kind == "mean":
        low, high = first.bounds
        return float(f"{min(max(value * first.step / max(1, of[1][1]), low), high):.6g}")
    return value if first.step == 1.0 else float(f"{value * first.step:.12g}")


def _parts(asked: Asked, bounds: dict[str, tuple[float, float]], entity: str) -> Iterable[Part]:
    for place, figure in enumerate(asked.figures):
        yield from _parts_of(figure, place, bounds, entity)


def _parts_of(
    figure: Figure, place: int, bounds: dict[str, tuple[float, float]], entity: str
) -> Iterable[Part]:
    if figure.name == "COUNT" and figure.column == ANY_ROWS:
        low, high = bounds.get(ANY_ROWS, (0.0, 1.0))
        if low != 0 or not 1 <= high <= MICRO or high != int(high):
            raise _malformed(
                "bounds の * は [0, 数えてよい行数] です",
                "the bounds of * are [0, the rows that an entity may count for]",
            )
        yield Part("rows", place, (low, high))
    elif figure.name == "COUNT" and figure.distinct and figure.column == entity:
        yield Part("entities", place, (0.0, 1.0))
    elif figure.name in {"SUM", "AVG"}:
        within = _bounds_of(figure.column, bounds)
        yield Part("sum" if figure.name == "SUM" else "mean", place, within)
        if figure.name == "AVG":
            yield Part("with-value", place, (0.0, 1.0))
    else:
        raise _malformed(
            f"使えるのは COUNT(*)、COUNT(DISTINCT {entity})、SUM、AVG です",
            f"only COUNT(*), COUNT(DISTINCT {entity}), SUM and AVG can be asked",
        )


def _bounds_of(column: str, bounds: dict[str, tuple[float, float]]) -> tuple[float, float]:
    low, high = bounds.get(column, (math.nan, math.nan))
    if not (-_BOUND <= low < high <= _BOUND):
        raise _malformed(
            f"列「{column}」の bounds(最小値と最大値)が必要です",
            f"the column “{column}” needs bounds, its least and greatest value",
        )
    if max(abs(low), abs(high)) < _LEAST_BOUND:  # its grid's steps would be no numbers
        raise _malformed(
            f"列「{column}」の bounds のどちらかは、絶対値が {_LEAST_BOUND:g} 以上でなければなりません",
            f"one of the bounds of the column “{column}” has to be {_LEAST_BOUND:g} or more away from 0",
        )
    return low, high


def _shown(asked: Asked) -> Iterable[tuple[str, int]]:
    groups = [each.sql() for each in asked.groups]
    figures = [figure.sql for figure in asked.figures]
    for each in asked.shown:
        text = each.sql()
        if text in groups:
            yield "group", groups.index(text)
        elif text in figures:
            yield "figure", figures.index(text)
        else:
            raise _malformed("集計の外での計算はできません", "nothing can be computed outside the aggregates")


def _groups(asked: Asked, question: Question) -> tuple[tuple[object, ...], ...]:
    if not asked.groups:
        return ((),)
    found = question.groups
    fits = all(len(group) == len(asked.groups) for group in found)
    if not 0 < len(found) <= MOST_GROUPS or not fits or len({_known(group) for group in found}) != len(found):
        raise _malformed(
            f"groups に、GROUP BY の値の組を重複なく 1〜{MOST_GROUPS} 個挙げてください(どのグループがあるかも個人の情報だからです)",
            f"groups must list 1 to {MOST_GROUPS} groups once each, as the values of GROUP BY, since which groups exist "
            "tells of people, too",
        )
    return found


def _each(question: Question) -> int:
    if not 1 <= question.groups_each <= MOST_EACH:
        raise _malformed(f"groups_each は 1〜{MOST_EACH} です", f"groups_each is from 1 to {MOST_EACH}")
    return question.groups_each


def _totals_query(asked: Asked, summed: Sequence[str]) -> exp.Expr:
    """Return the query of each group's and entity's rows, and of the total and number of each column's values."""
    keys = [each.tree.copy() for each in asked.groups]
    arguments = {figure.column: figure.argument for figure in asked.figures if figure.argument is not None}
    shown: list[exp.Expr] = [*keys, quoted(ENTITY), exp.Count(this=exp.Star())]
    for name in summed:
        argument = arguments[name]
        value = double(argument) if argument.kind.name == "NUMBER" else exp.Literal.number(0)
        shown += [exp.Sum(this=value), exp.Count(this=quoted(name))]
    select = exp.Select(expressions=shown, from_=source())
    known: exp.Expr = exp.Not(this=exp.Is(this=quoted(ENTITY), expression=exp.Null()))
    if asked.where is not None:
        known = exp.And(this=known, expression=exp.Paren(this=asked.where.tree.copy()))
    select.set("where", exp.Where(this=known))
    select.set("group", exp.Group(expressions=[*(key.copy() for key in keys), quoted(ENTITY)]))
    return select


def _chosen(entity: str | None, found: Iterable[int], each: int, key: bytes) -> list[int]:
    """Return in which groups an entity is counted: the same at every time, and not for anyone to foresee."""

    def rank(place: int) -> bytes:
        return hashlib.blake2b(
            f"{entity}\x1f{place}".encode(errors="surrogatepass"), key=key, digest_size=16
        ).digest()

    return sorted(found, key=rank)[:each]


def _count(sums: list[int], prepared: NoisyQuery, row: Sequence[Any]) -> None:
    rows, values = row[0], row[1:]
    for place, part in enumerate(prepared.parts):
        total_, number = None, 0
        figure = prepared.figure_columns[part.place] if part.place >= 0 else ANY_ROWS
        if figure != ANY_ROWS:
            at = prepared.columns.index(figure)
            total_, number = values[2 * at], values[2 * at + 1]
        sums[place] += part.steps(rows, total_, number)


def _known(group: Sequence[object]) -> tuple[object, ...]:
    """Return a group by which it is found: true is not 1, and 1.0 is."""
    return tuple((isinstance(value, bool), value) for value in group)


def _mechanism(sensitivity: int, epsilon: float) -> Any:
    dp = _opendp()
    made = dp.m.make_laplace(
        dp.atom_domain(T="i64"), dp.absolute_distance(T="i64"), scale=sensitivity / epsilon
    )
    if made.map(d_in=sensitivity) > epsilon * (1 + 1e-9):
        raise NoiseMissing
    return made


def _opendp() -> Any:
    try:
        import opendp.prelude as dp
    except ImportError:
        raise NoiseMissing from None
    dp.enable_features("contrib")
    return dp


def _malformed(ja: str, en: str) -> NoiseRequestMalformed:
    return NoiseRequestMalformed(ja=ja, en=en)
