"""A consumer's SELECT made into the queries that run: only from what is allowed, and only what a plan lets be told.

In place each group needs `minimum_group` entities among the rows that went into it, and each figure among those that
have a value. Beside the answer's query stand two that say which rows its figures were made of (`differencing`).
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp
from sqlglot.dialects import DuckDB

from renkei.lake.types import Column, ColumnType
from renkei.privacy.errors import (
    QueryArgumentRefused,
    QueryFailed,
    QueryNotGrouped,
    QueryPartRefused,
    QueryTypesDiffer,
)
from renkei.privacy.queries.differencing import ANY_ROWS
from renkei.privacy.queries.expressions import (
    FUNCTIONS,
    Kind,
    Scope,
    Value,
    call,
    column_named,
    condition,
    double,
    function_refused,
    quoted,
    value,
    whole,
    written,
)
from renkei.privacy.queries.reading import TABLE, check_only, read
from renkei.privacy.statement import ENTITY, ROW

MOST_ROWS = 10_000
MOST_COLUMNS = 100

_FIGURES: dict[type[exp.Expr], str] = {
    exp.Sum: "SUM",
    exp.Avg: "AVG",
    exp.Stddev: "STDDEV_SAMP",
    exp.StddevSamp: "STDDEV_SAMP",
    exp.StddevPop: "STDDEV_POP",
    exp.Variance: "VARIANCE",
    exp.VariancePop: "VAR_POP",
}
_SINGLE: dict[type[exp.Expr], str] = {exp.Min: "MIN", exp.Max: "MAX", exp.Median: "MEDIAN"}
"""Those that tell one row's value: only where the rows may leave anyway."""
GUARDED_FUNCTIONS = (
    f"count, sum, avg, stddev, stddev_pop, variance, var_pop; inside WHERE and GROUP BY {FUNCTIONS}"
)
OPEN_FUNCTIONS = f"count, sum, avg, stddev, stddev_pop, variance, var_pop, min, max, median, {FUNCTIONS}"


@dataclass(frozen=True, slots=True)
class Figure:
    """An aggregate that a query asks for."""

    name: str
    argument: Value | None
    """None for COUNT(*)."""
    column: str
    """Of which values it is made; `*`: of whole rows."""
    distinct: bool = False
    sql: str = ""
    """How it is written where it is told."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A query that may run, and those that watch over it."""

    names: tuple[str, ...]
    """The answer's columns."""
    answer: str
    """A query of them, and in place of each group's entities after them."""
    reads: tuple[str, ...]
    """The columns of the plan that it reads."""
    least: int | None = None
    """Entities that each group needs; None where the rows may leave anyway."""
    marks: str = ""
    """In place: of each group its number, how many entities it has, each entity, and the sum of its rows' keys for each
    of `made_of`. The database numbers the groups: what is equal to it need not be so elsewhere (0.0 and -0.0)."""
    everything: str = ""
    """The same of all rows, as one group, whether they have values or not: that is theirs who are not told."""
    made_of: tuple[str, ...] = ()
    """`*` for whole rows, else the column whose values the figures are made of."""

    def digest(self) -> str:
        """Return the SHA-256 of the tree that runs, in lower-case hexadecimal."""
        return hashlib.sha256(self.answer.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Asked:
    """The parts of a SELECT, each as it may run."""

    names: tuple[str, ...]
    shown: tuple[Value, ...]
    where: Value | None
    groups: tuple[Value, ...]
    having: Value | None
    order: tuple[exp.Expr, ...]
    limit: int
    """MOST_ROWS + 1 where none is set."""
    offset: int
    distinct: bool
    figures: tuple[Figure, ...]


def prepare(sql: str, columns: Sequence[Column], *, least: int | None) -> Prepared:
    """Return what runs for a query over these columns, guarded by groups of `least` entities where that is a number.

    Raises what `reading.read` and `expressions.value` raise, and privacy.query-not-grouped, query-argument-refused.
    """
    asked = ask(sql, columns, least=least)
    reads = columns_read(asked, columns)
    if least is None:
        return Prepared(asked.names, checked(_open(asked)), reads)
    made_of = tuple(dict.fromkeys([ANY_ROWS, *(figure.column for figure in asked.figures)]))
    return Prepared(
        names=asked.names,
        answer=checked(_guarded(asked, least)),
        reads=reads,
        least=least,
        marks=checked(_marks(made_of, asked.where, asked.groups)),
        everything=checked(_marks(made_of[:1], None, ())),
        made_of=made_of,
    )


def ask(sql: str, columns: Sequence[Column], *, least: int | None) -> Asked:
    """Return a query's parts as they may run. Raises what `prepare` raises."""
    select = read(sql)
    source = select.args["from_"].this
    tables = frozenset({TABLE, source.alias.lower()} if source.alias else {TABLE})
    rows = Scope({column.name: column.type for column in columns}, tables)
    items = _items(select, rows, grouped=least is not None)
    aliases = {name.lower(): node for name, node in items}
    groups = tuple(_groups(select, rows, items, aliases))
    figures: list[Figure] = []
    aggregating = bool(groups or select.args.get("having")) or any(
        node.find(exp.AggFunc) for _, node in items
    )
    outer = rows
    if least is not None or aggregating:
        outer = replace(rows, aggregate=_aggregator(rows, groups, figures, least))
    shown = tuple(value(node, outer) for _, node in items)
    having = select.args.get("having")
    had = condition(having.this, outer) if having else None
    order = tuple(_order(select, outer, items, aliases))
    where = select.args.get("where")
    _check_shape(select, shown, least=least)
    return Asked(
        names=tuple(name for name, _ in items),
        shown=shown,
        where=condition(where.this, rows) if where else None,
        groups=groups,
        having=had,
        order=order,
        limit=_limit(select),
        offset=_whole_of(select, "offset"),
        distinct=bool(select.args.get("distinct")),
        figures=tuple(figures),
    )


def checked(tree: exp.Expr) -> str:
    """Return a tree as text, after making sure that the text means one statement and is read back as it was written."""
    text = written(tree)
    back = DuckDB().parse(text)
    if len(back) != 1 or back[0] is None or written(back[0]).lower() != text.lower():
        raise QueryFailed
    return text


def enough(least: int, has: Value | None = None) -> exp.Expr:
    """Return the condition that a group has enough entities, those with a value alone where `has` is one."""
    counted: exp.Expr = exp.Count(this=exp.Distinct(expressions=[quoted(ENTITY)]))
    if has is not None:
        counted = exp.Filter(this=counted, expression=exp.Where(this=_present(has)))
    return exp.GTE(this=counted, expression=exp.Literal.number(least))


def columns_read(asked: Asked, columns: Sequence[Column]) -> tuple[str, ...]:
    """Return which of the columns a query names anywhere."""
    trees = [
        *(each.tree for each in (*asked.shown, *asked.groups)),
        *(each.tree for each in (asked.where, asked.having) if each is not None),
        *asked.order,
    ]
    named = {column.name for tree in trees for column in tree.find_all(exp.Column)}
    return tuple(column.name for column in columns if column.name in named)


def source() -> exp.From:
    """Return where every query reads from."""
    return exp.From(this=exp.Table(this=exp.Identifier(this=TABLE, quoted=True)))


# ---- the parts of a query


def _items(select: exp.Select, rows: Scope, *, grouped: bool) -> list[tuple[str, exp.Expr]]:
    found: list[tuple[str, exp.Expr]] = []
    for item in select.expressions:
        if type(item) is exp.Star:
            check_only(item, set())
            if grouped:
                raise QueryPartRefused(part="SELECT *")
            found += [(name, exp.column(name, quoted=True)) for name in rows.columns]
        elif type(item) is exp.Alias:
            found.append((item.alias, item.this))
        else:
            found.append((item.name if type(item) is exp.Column else written(item), item))
    if not 0 < len(found) <= MOST_COLUMNS:
        raise QueryPartRefused(part=f"a SELECT list of more than {MOST_COLUMNS} or no columns")
    return [(name[:200], node) for name, node in found]


def _groups(
    select: exp.Select, rows: Scope, items: list[tuple[str, exp.Expr]], aliases: dict[str, exp.Expr]
) -> list[Value]:
    group = select.args.get("group")
    if group is None:
        return []
    check_only(group, {"expressions"})
    nodes = [_meant(node, rows, items, aliases) for node in group.expressions]
    if any(node.find(exp.AggFunc) for node in nodes):
        raise QueryPartRefused(part="an aggregate in GROUP BY")
    found = [value(node, rows) for node in nodes]
    return list({each.sql(): each for each in found}.values())


def _order(
    select: exp.Select, outer: Scope, items: list[tuple[str, exp.Expr]], aliases: dict[str, exp.Expr]
) -> list[exp.Expr]:
    order = select.args.get("order")
    if order is None:
        return []
    check_only(order, {"expressions"})
    found: list[exp.Expr] = []
    for each in order.expressions:
        check_only(each, {"this", "desc", "nulls_first"})
        told = value(_meant(each.this, outer, items, aliases), outer)
        found.append(
            _ordered(told.tree, desc=bool(each.args.get("desc")), first=bool(each.args.get("nulls_first")))
        )
    return found


def _meant(
    node: exp.Expr, scope: Scope, items: list[tuple[str, exp.Expr]], aliases: dict[str, exp.Expr]
) -> exp.Expr:
    """Return what an item of GROUP BY or ORDER BY stands for: a place in the SELECT list, a name in it, or itself."""
    if type(node) is exp.Literal and not node.is_string:
        return items[whole(node, least=1, most=len(items), place="GROUP BY, ORDER BY") - 1][1]
    if type(node) is exp.Column and not node.table and node.name.lower() in aliases:
        known = {name.lower() for name in scope.columns}
        return node if node.name.lower() in known else aliases[node.name.lower()]
    return node


def _ordered(tree: exp.Expr, *, desc: bool = False, first: bool = False) -> exp.Expr:
    return exp.Ordered(this=tree, desc=desc, nulls_first=first)


def _limit(select: exp.Select) -> int:
    limit = select.args.get("limit")
    if limit is None:
        return MOST_ROWS + 1
    return _whole_of(select, "limit")


def _whole_of(select: exp.Select, clause: str) -> int:
    node = select.args.get(clause)
    if node is None:
        return 0
    if type(node) not in {exp.Limit, exp.Offset}:
        raise QueryPartRefused(part="FETCH")
    check_only(node, {"expression"})
    return whole(node.expression, least=0, most=MOST_ROWS * 100, place=clause.upper())


def _check_shape(select: exp.Select, shown: Sequence[Value], *, least: int | None) -> None:
    distinct = select.args.get("distinct")
    if distinct is not None:
        check_only(distinct, set())
        if least is not None:
            raise QueryPartRefused(part="SELECT DISTINCT (use GROUP BY)")
    for each in shown:
        if each.kind is Kind.NOTHING and least is not None:
            raise QueryTypesDiffer(place="SELECT", wanted="a value", found="NULL")


# ---- aggregates


def _aggregator(
    rows: Scope, groups: Sequence[Value], figures: list[Figure], least: int | None
) -> Callable[[exp.Expr, Scope], Value | None]:
    by_text = {each.sql(): each for each in groups}

    def aggregate(node: exp.Expr, _scope: Scope) -> Value | None:
        if isinstance(node, exp.AggFunc):
            return _figure(node, rows, figures, least)
        if node.find(exp.AggFunc) is None and not isinstance(node, exp.Literal | exp.Boolean | exp.Null):
            found = by_text.get(value(node, rows).sql())
            if found is not None:
                return Value(found.tree.copy(), found.kind)
            if type(node) is exp.Column:
                raise QueryNotGrouped(column=column_named(node, rows))
        return None

    return aggregate


def _figure(node: exp.Expr, rows: Scope, figures: list[Figure], least: int | None) -> Value:
    figure = _read_figure(node, rows, least)
    told = _told_figure(figure, least)
    figures.append(replace(figure, sql=told.sql()))
    return told


def _told_figure(figure: Figure, least: int | None) -> Value:
    argument = figure.argument.tree if figure.argument is not None else exp.Star()
    if figure.name == "COUNT":
        counted = exp.Distinct(expressions=[argument]) if figure.distinct else argument
        made: exp.Expr = exp.Count(this=counted)
    else:
        made = call(figure.name, argument)
    kind = figure.argument.kind if figure.name in _SINGLE.values() and figure.argument else Kind.NUMBER
    if least is None or figure.argument is None:
        return Value(made, kind)
    return Value(exp.Case(ifs=[exp.If(this=enough(least, figure.argument), true=made)]), kind)


def _read_figure(node: exp.Expr, rows: Scope, least: int | None) -> Figure:
    if type(node) is exp.Count:
        return _read_count(node, rows)
    name = _FIGURES.get(type(node)) or (_SINGLE.get(type(node)) if least is None else None)
    if name is None:
        raise function_refused(node, OPEN_FUNCTIONS if least is None else GUARDED_FUNCTIONS)
    check_only(node, {"this"})
    if type(node.this) is exp.Distinct:
        raise QueryPartRefused(part=f"{name}(DISTINCT …)")
    column = "" if least is None else _one_column(node.this, rows, name)
    argument = value(node.this, rows)
    if name in _SINGLE.values() and name != "MEDIAN":
        return Figure(name, argument, column)
    if argument.kind is not Kind.NUMBER:
        raise QueryTypesDiffer(place=name, wanted=Kind.NUMBER.value, found=argument.kind.value)
    return Figure(name, Value(double(argument), Kind.NUMBER), column)


def _read_count(node: exp.Expr, rows: Scope) -> Figure:
    check_only(node, {"this", "big_int"})
    inner = node.this
    if inner is None or type(inner) is exp.Star:
        if inner is not None:
            check_only(inner, set())
        return Figure("COUNT", None, ANY_ROWS)
    distinct = type(inner) is exp.Distinct
    if distinct:
        check_only(inner, {"expressions"})
        if len(inner.expressions) != 1:
            raise QueryPartRefused(part="COUNT(DISTINCT …) of several columns")
        (inner,) = inner.expressions
    if type(inner) is not exp.Column:
        raise QueryArgumentRefused(function="COUNT")
    return Figure("COUNT", value(inner, rows), column_named(inner, rows), distinct)


def _one_column(node: exp.Expr, rows: Scope, name: str) -> str:
    """Return the one column that an argument is: a number as it stands, or a truth value cast to one.

    Whatever else computes with each row's value before it is summed could pick single rows out: a CASE, but a large
    constant too, which makes a sum overflow or absorb what is small. Raises privacy.query-argument-refused.
    """
    inner = node
    while type(inner) in {exp.Paren, exp.Cast, exp.TryCast}:
        inner = inner.this
    if type(inner) is exp.Column:
        column = column_named(inner, rows)
        if inner is node or rows.columns[column] is ColumnType.FLAG:
            return column
    raise QueryArgumentRefused(function=name)


# ---- the queries that run


def _open(asked: Asked) -> exp.Expr:
    return _select(
        [_named(each.tree, place) for place, each in enumerate(asked.shown)],
        where=asked.where,
        groups=asked.groups,
        having=asked.having.tree if asked.having else None,
        order=asked.order,
        limit=asked.limit,
        offset=asked.offset,
        distinct=asked.distinct,
    )


def _guarded(asked: Asked, least: int) -> exp.Expr:
    having = enough(least)
    if asked.having is not None:
        having = exp.And(this=having, expression=exp.Paren(this=asked.having.tree))
    counted = exp.Count(this=exp.Distinct(expressions=[quoted(ENTITY)]))
    return _select(
        [
            *(_named(each.tree, place) for place, each in enumerate(asked.shown)),
            _named(counted, len(asked.shown)),
        ],
        where=asked.where,
        groups=asked.groups,
        having=having,
        # the groups' own order comes last, so that the order tells nothing of what was left out
        order=(*asked.order, *(_ordered(each.tree.copy()) for each in asked.groups)),
        limit=asked.limit,
        offset=asked.offset,
    )


def _marks(made_of: Sequence[str], where: Value | None, groups: Sequence[Value]) -> exp.Expr:
    """Return the query of which rows the figures of each group are made of, whether the group may be told or not."""
    keys = [each.tree for each in groups]
    entities = _over(exp.Count(this=quoted(ENTITY)), partition=keys)
    shown = [_group_number(keys), entities, quoted(ENTITY), *map(_sum_of_rows, made_of)]
    return _select(
        [_named(tree, place) for place, tree in enumerate(shown)],
        where=where,
        groups=[*groups, Value(quoted(ENTITY), Kind.TEXT)],
    )


def _group_number(keys: Sequence[exp.Expr]) -> exp.Expr:
    return _over(call("DENSE_RANK"), order=[_ordered(key.copy()) for key in keys])


def _over(
    function: exp.Expr, *, partition: Sequence[exp.Expr] = (), order: Sequence[exp.Expr] = ()
) -> exp.Expr:
    return exp.Window(
        this=function,
        partition_by=[key.copy() for key in partition] or None,
        order=exp.Order(expressions=list(order)) if order else None,
    )


def _sum_of_rows(column: str) -> exp.Expr:
    summed: exp.Expr = exp.Sum(this=quoted(ROW))
    if column == ANY_ROWS:
        return summed
    return exp.Filter(this=summed, expression=exp.Where(this=_present(Value(quoted(column), Kind.NOTHING))))


def _select(
    shown: Sequence[exp.Expr],
    *,
    where: Value | None = None,
    groups: Sequence[Value] = (),
    having: exp.Expr | None = None,
    order: Sequence[exp.Expr] = (),
    limit: int | None = None,
    offset: int = 0,
    distinct: bool = False,
) -> exp.Expr:
    select = exp.Select(expressions=list(shown), from_=source())
    select.set("where", exp.Where(this=where.tree.copy()) if where else None)
    select.set("group", exp.Group(expressions=[each.tree.copy() for each in groups]) if groups else None)
    select.set("having", exp.Having(this=having) if having is not None else None)
    select.set("order", exp.Order(expressions=list(order)) if order else None)
    select.set("distinct", exp.Distinct() if distinct else None)
    if limit is not None:
        select.set("limit", exp.Limit(expression=exp.Literal.number(min(limit, MOST_ROWS + 1))))
    if offset:
        select.set("offset", exp.Offset(expression=exp.Literal.number(offset)))
    return select


def _named(tree: exp.Expr, place: int) -> exp.Expr:
    return exp.Alias(this=tree, alias=exp.Identifier(this=f"c{place}", quoted=True))


def _present(found: Value) -> exp.Expr:
    return exp.Not(this=exp.Is(this=found.tree.copy(), expression=exp.Null()))
