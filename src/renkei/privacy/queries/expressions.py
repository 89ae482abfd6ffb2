"""Scalar expressions: what is allowed of them, with which types, and how each is written so that no row can make it fail.

There is one function for each kind of node that is allowed. It builds the node that runs; a node without one is refused,
so that the list of what is allowed and the list of what can be written are the same. Numbers are computed as DOUBLE,
whose sums and quotients never raise; whatever else could raise for some row's value is TRY_CAST or TRY.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlglot import exp

from renkei.kernel.clock import parse_moment
from renkei.lake.types import ColumnType
from renkei.privacy.errors import (
    QueryColumnUnknown,
    QueryFunctionRefused,
    QueryPartRefused,
    QueryTypesDiffer,
)
from renkei.privacy.queries.reading import TABLE, check_only


class Kind(StrEnum):
    """What a value is, as far as it matters to what may be done with it."""

    NUMBER = "a number"
    TEXT = "text"
    FLAG = "true or false"
    TIME = "a time"
    BYTES = "bytes"
    NOTHING = "NULL"


@dataclass(frozen=True, slots=True)
class Value:
    """An expression that may run."""

    tree: exp.Expr
    kind: Kind

    def sql(self) -> str:
        """Return how it is written."""
        return written(self.tree)


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands: what names mean there, and what becomes of aggregates."""

    columns: Mapping[str, ColumnType]
    tables: frozenset[str] = frozenset({TABLE})
    aggregate: Callable[[exp.Expr, "Scope"], Value | None] | None = None
    """Takes nodes first; None for those that it leaves."""


KINDS: dict[ColumnType, Kind] = {
    ColumnType.TEXT: Kind.TEXT,
    ColumnType.INTEGER: Kind.NUMBER,
    ColumnType.REAL: Kind.NUMBER,
    ColumnType.FLAG: Kind.FLAG,
    ColumnType.INSTANT: Kind.TIME,
    ColumnType.BYTES: Kind.BYTES,
}
TIME_PARTS = ("year", "quarter", "month", "week", "day", "dow", "isodow", "doy", "hour", "minute")
_SPELT = {"dow": "dayofweek", "doy": "dayofyear"}
"""As the parser writes them."""
TIME_STEPS = ("year", "quarter", "month", "week", "day", "hour", "minute")
FUNCTIONS = (
    "abs, ceil, coalesce, date_trunc, extract, floor, ilike, left, length, like, lower, nullif, right, round, "
    "substring, trim, upper, cast"
)
"""Those that any query may use, for people."""
LONGEST_PATTERN, MOST_WILDCARDS = 100, 4
"""Matching a long text against many wildcards takes long enough to tell of it."""
_NUMBER = re.compile(r"[0-9]{1,18}(\.[0-9]{0,18})?([eE][+-]?[0-9]{1,2})?|\.[0-9]{1,18}")
_FURTHEST = 1_000
"""Characters of a text that positions can name."""


def written(tree: exp.Expr) -> str:
    """Return a tree as DuckDB reads it: names quoted, comments left out."""
    text: str = tree.sql(dialect="duckdb", identify=True, comments=False)
    return text


def value(node: exp.Expr, scope: Scope) -> Value:
    """Return an expression as it may run.

    Raises privacy.query-part-refused, query-function-refused, query-column-unknown, query-types-differ.
    """
    if scope.aggregate is not None:
        found = scope.aggregate(node, scope)
        if found is not None:
            return found
    build = _BUILDERS.get(type(node))
    if build is not None:
        return build(node, scope)
    if isinstance(node, exp.Func):
        raise function_refused(node)
    raise QueryPartRefused(part=f"“{node.key.upper()}”")


def condition(node: exp.Expr, scope: Scope) -> Value:
    """Return an expression that is true or false. Raises what `value` raises."""
    return _as(node, scope, Kind.FLAG, place="a condition")


def column_named(node: exp.Expr, scope: Scope) -> str:
    """Return which column a node names. Raises privacy.query-column-unknown, query-part-refused."""
    check_only(node, {"this", "table"})
    if type(node.this) is not exp.Identifier:
        raise QueryPartRefused(part=f"“{node.this.key.upper()}”")
    table, name = node.args.get("table"), node.this.name
    if table is not None and table.name.lower() not in scope.tables:
        raise QueryColumnUnknown(column=f"{table.name}.{name}"[:100], columns=", ".join(scope.columns))
    alike = [known for known in scope.columns if known.lower() == name.lower()]
    if name in scope.columns:
        return name
    if len(alike) == 1:
        return alike[0]
    raise QueryColumnUnknown(column=name[:100], columns=", ".join(scope.columns))


def quoted(name: str) -> exp.Column:
    """Return a column's node."""
    return exp.Column(this=exp.Identifier(this=name, quoted=True))


def call(name: str, *arguments: exp.Expr) -> exp.Expr:
    """Return a call that is written as it stands here."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def function_refused(node: exp.Expr, allowed: str = FUNCTIONS) -> QueryFunctionRefused:
    """Return the refusal of a function."""
    name = node.name if isinstance(node, exp.Anonymous) else node.sql_name()  # type: ignore[attr-defined]
    return QueryFunctionRefused(function=str(name)[:40], allowed=allowed)


def whole(node: exp.Expr | None, *, least: int, most: int, place: str) -> int:
    """Return a whole number that is written out. Raises privacy.query-types-differ."""
    sign, inner = (-1, node.this) if type(node) is exp.Neg else (1, node)
    text = inner.this if type(inner) is exp.Literal and not inner.is_string else ""
    if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= sign * int(text) <= most:
        raise QueryTypesDiffer(
            place=place, wanted=f"a whole number from {least} to {most}", found="another value"
        )
    return sign * int(text)


def literal(number: int) -> exp.Expr:
    """Return a whole number's node."""
    return exp.Neg(this=literal(-number)) if number < 0 else exp.Literal.number(number)


def double(found: Value) -> exp.Expr:
    """Return a number as DOUBLE, in brackets where it is put together."""
    return exp.TryCast(this=found.tree, to=exp.DataType.build("double"))


def _as(node: exp.Expr, scope: Scope, kind: Kind, *, place: str) -> Value:
    found = value(node, scope)
    if kind is Kind.TIME and found.kind is Kind.TEXT and type(node) is exp.Literal:
        return _time(node.this)
    if found.kind not in {kind, Kind.NOTHING}:
        raise QueryTypesDiffer(place=place, wanted=kind.value, found=found.kind.value)
    return found


def _alike(nodes: list[exp.Expr], scope: Scope, *, place: str) -> list[Value]:
    """Return values of one kind; a text that is written out is a time among times."""
    found = [value(node, scope) for node in nodes]
    kinds = {each.kind for each in found if each.kind is not Kind.NOTHING}
    if Kind.TIME in kinds:
        return [_as(node, scope, Kind.TIME, place=place) for node in nodes]
    if len(kinds) > 1:
        wanted, other = sorted(kind.value for kind in kinds)[:2]
        raise QueryTypesDiffer(place=place, wanted=wanted, found=other)
    if kinds == {Kind.NUMBER}:
        return [Value(double(each), each.kind) for each in found]
    return found


def _common(values: list[Value]) -> Kind:
    return next((each.kind for each in values if each.kind is not Kind.NOTHING), Kind.NOTHING)


def _apart(found: Value) -> exp.Expr:
    """Return a tree that keeps its meaning beside any operator."""
    alone = (exp.Column, exp.Literal, exp.Boolean, exp.Null, exp.Paren, exp.TryCast, exp.Anonymous)
    return found.tree if type(found.tree) in alone else exp.Paren(this=found.tree)


def _negated(node: exp.Expr, made: exp.Expr) -> Value:
    return Value(exp.Not(this=exp.Paren(this=made)) if node.args.get("negate") else made, Kind.FLAG)


def _time(text: str) -> Value:
    try:
        at = parse_moment(text)
    except ValueError:
        raise QueryTypesDiffer(place=f"'{text[:40]}'", wanted="a time", found="text") from None
    return Value(
        exp.TryCast(this=exp.Literal.string(at.isoformat()), to=exp.DataType.build("timestamptz")), Kind.TIME
    )


def _column(node: exp.Expr, scope: Scope) -> Value:
    name = column_named(node, scope)
    return Value(quoted(name), KINDS[scope.columns[name]])


def _literal(node: exp.Expr, _scope: Scope) -> Value:
    if node.is_string:
        return Value(exp.Literal.string(node.this), Kind.TEXT)
    if not _NUMBER.fullmatch(node.this):
        raise QueryPartRefused(part=f"the number {node.this[:20]}")
    return Value(exp.Literal.number(node.this), Kind.NUMBER)


def _boolean(node: exp.Expr, _scope: Scope) -> Value:
    return Value(exp.Boolean(this=bool(node.this)), Kind.FLAG)


def _null(_node: exp.Expr, _scope: Scope) -> Value:
    return Value(exp.Null(), Kind.NOTHING)


def _paren(node: exp.Expr, scope: Scope) -> Value:
    check_only(node, {"this"})
    inner = value(node.this, scope)
    return Value(exp.Paren(this=inner.tree), inner.kind)


def _logical(node: exp.Expr, scope: Scope) -> Value:
    check_only(node, {"this", "expression"})
    left, right = condition(node.this, scope), condition(node.expression, scope)
    return Value(type(node)(this=_apart(left), expression=_apart(right)), Kind.FLAG)


def _not(node: exp.Expr, scope: Scope) -> Value:
    return Value(exp.Not(this=exp.Paren(this=condition(node.this, scope).tree)), Kind.FLAG)


def _neg(node: exp.Expr, scope: Scope) -> Value:
    inner = _as(node.this, scope, Kind.NUMBER, place="-")
    return Value(exp.Neg(this=exp.Paren(this=double(inner))), Kind.NUMBER)


def _arithmetic(node: exp.Expr, scope: Scope) -> Value:
    check_only(node, {"this", "expression", "typed", "safe"})
    left = _as(node.this, scope, Kind.NUMBER, place=node.key)
    right = double(_as(node.expression, scope, Kind.NUMBER, place=node.key))
    if isinstance(
        node, exp.Div | exp.Mod
    ):  # DuckDB makes NaN of it, which it holds to be more than any number
        right = exp.Nullif(this=right, expression=exp.Literal.number(0))
    return Value(exp.Paren(this=type(node)(this=double(left), expression=right)), Kind.NUMBER)


def _comparison(node: exp.Expr, scope: Scope) -> Value:
    check_only(node, {"this", "expression"})
    left, right = _alike([node.this, node.expression], scope, place="a comparison")
    return Value(type(node)(this=_apart(left), expression=_apart(right)), Kind.FLAG)


def _between(node: exp.Expr, scope: Scope) -> Value:
    check_only(node, {"this", "low", "high", "negate"})
    it, low, high = _alike([node.this, node.args["low"], node.args["high"]], scope, place="BETWEEN")
    return _negated(node, exp.Between(this=_apart(it), low=_apart(low), high=_apart(high)))


def _in(node: exp.Expr, scope: Scope) -> Value:
    check_only(node, {"this", "expressions", "negate"})
    it, *among = _alike([node.this, *node.expressions], scope, place="IN")
    if not among:
        raise QueryPartRefused(part="an empty IN ()")
    return _negated(node, exp.In(this=_apart(it), expressions=[each.tree for each in among]))


def _is(node: exp.Expr, scope: Scope) -> Value:
    check_only(node, {"this", "expression", "negate"})
    if type(node.expression) not in {exp.Null, exp.Boolean}:
        raise QueryPartRefused(part="IS with anything but NULL, TRUE and FALSE")
    inner = value(node.this, scope)
    if type(node.expression) is exp.Boolean and inner.kind is not Kind.FLAG:
        raise QueryTypesDiffer(place="IS", wanted=Kind.FLAG.value, found=inner.kind.value)
    right = _BUILDERS[type(node.expression)](node.expression, scope)
    return _negated(node, exp.Is(this=_apart(inner), expression=right.tree))


def _like(node: exp.Expr, scope: Scope) -> Value:
    check_only(node, {"this", "expression", "negate"})
    pattern = node.expression
    if type(pattern) is not exp.Literal or not pattern.is_string:
        raise QueryPartRefused(part="LIKE with a pattern that is not written out")
    if (
        len(pattern.this) > LONGEST_PATTERN
        or pattern.this.count("%") > MOST_WILDCARDS
        or "\\" in pattern.this
    ):
        raise QueryPartRefused(part="a LIKE pattern with more than 4 “%”, 100 characters, or “\\”")
    inner = _as(node.this, scope, Kind.TEXT, place="LIKE")
    return _negated(node, type(node)(this=_apart(inner), expression=exp.Literal.string(pattern.this)))


def _case(node: exp.Expr, scope: Scope) -> Value:
    check_only(node, {"this", "ifs", "default"})
    ifs, subject, default = node.args["ifs"], node.args.get("this"), node.args.get("default")
    when = [
        each.this if subject is None else exp.EQ(this=subject.copy(), expression=each.this) for each in ifs
    ]
    conditions = [condition(each, scope) for each in when]
    branches = [each.args["true"] for each in ifs] + ([default] if default is not None else [])
    told = _alike(branches, scope, place="CASE")
    made = [exp.If(this=c.tree, true=t.tree) for c, t in zip(conditions, told, strict=False)]
    return Value(exp.Case(ifs=made, default=told[-1].tree if default is not None else None), _common(told))


def _if(node: exp.Expr, scope: Scope) -> Value:
    check_only(node, {"this", "true", "false"})
    return _case(
        exp.Case(ifs=[exp.If(this=node.this, true=node.args["true"])], default=node.args.get("false")), scope
    )


def _coalesce(node: exp.Expr, scope: Scope) -> Value:
    check_only(node, {"this", "expressions", "is_nvl", "is_null"})
    told = _alike([node.this, *node.expressions], scope, place="COALESCE")
    return Value(call("COALESCE", *(each.tree for each in told)), _common(told))


def _nullif(node: exp.Expr, scope: Scope) -> Value:
    check_only(node, {"this", "expression"})
    told = _alike([node.this, node.expression], scope, place="NULLIF")
    return Value(call("NULLIF", *(each.tree for each in told)), told[0].kind)


def _rounding(node: exp.Expr, scope: Scope) -> Value:
    check_only(node, {"this"})
    inner = _as(node.this, scope, Kind.NUMBER, place=node.key)
    return Value(call(node.key.upper(), double(inner)), Kind.NUMBER)


def _round(node: exp.Expr, scope: Scope) -> Value:
    check_only(node, {"this", "decimals"})
    inner = _as(node.this, scope, Kind.NUMBER, place="ROUND")
    places = node.args.get("decimals")
    decimals = whole(places, least=-9, most=9, place="ROUND") if places is not None else 0
    return Value(call("ROUND", double(inner), literal(decimals)), Kind.NUMBER)


def _text(node: exp.Expr, scope: Scope) -> Value:
    check_only(node, {"this"})
    inner = _as(node.this, scope, Kind.TEXT, place=node.key)
    return Value(call(node.key.upper(), inner.tree), Kind.NUMBER if type(node) is exp.Length else Kind.TEXT)


def _substring(node: exp.Expr, scope: Scope) -> Value:
    check_only(node, {"this", "start", "length"})
    inner = _as(node.this, scope, Kind.TEXT, place="SUBSTRING")
    places = [node.args.get("start"), node.args.get("length")]
    numbers = [whole(each, least=0, most=_FURTHEST, place="SUBSTRING") for each in places if each is not None]
    return Value(call("SUBSTRING", inner.tree, *map(literal, numbers)), Kind.TEXT)


def _side(node: exp.Expr, scope: Scope) -> Value:
    check_only(node, {"this", "expression"})
    inner = _as(node.this, scope, Kind.TEXT, place=node.key)
    length = whole(node.expression, least=0, most=_FURTHEST, place=node.key)
    return Value(call(node.key.upper(), inner.tree, literal(length)), Kind.TEXT)


def _extract(node: exp.Expr, scope: Scope) -> Value:
    check_only(node, {"this", "expression"})
    return _part_of(node.this.name, node.expression, scope)


def _named_part(node: exp.Expr, scope: Scope) -> Value:
    check_only(node, {"this"})
    return _part_of(node.key, node.this, scope)


def _part_of(part: str, node: exp.Expr, scope: Scope) -> Value:
    spelt = _SPELT.get(part.lower(), part.lower())
    if spelt not in {*TIME_PARTS, *_SPELT.values()}:
        raise QueryFunctionRefused(function=f"extract({part[:20]})", allowed=", ".join(TIME_PARTS))
    inner = _as(node, scope, Kind.TIME, place="EXTRACT")
    return Value(exp.Extract(this=exp.var(spelt.upper()), expression=inner.tree), Kind.NUMBER)


def _truncate(node: exp.Expr, scope: Scope) -> Value:
    check_only(node, {"this", "unit", "input_type_preserved"})
    unit = node.args["unit"].name.lower()
    if unit not in TIME_STEPS:
        raise QueryFunctionRefused(function=f"date_trunc('{unit[:20]}')", allowed=", ".join(TIME_STEPS))
    return _truncated(unit, _as(node.this, scope, Kind.TIME, place="DATE_TRUNC"))


def _truncated(unit: str, inner: Value) -> Value:
    return Value(call("TRY", call("DATE_TRUNC", exp.Literal.string(unit.upper()), inner.tree)), Kind.TIME)


_D = exp.DataType.Type
_TO_NUMBER = {
    _D.INT: "bigint",
    _D.BIGINT: "bigint",
    _D.SMALLINT: "bigint",
    _D.TINYINT: "bigint",
} | dict.fromkeys((_D.DOUBLE, _D.FLOAT, _D.DECIMAL), "double")
_TO_TIME = {_D.TIMESTAMP, _D.TIMESTAMPTZ, _D.TIMESTAMPNTZ, _D.DATE}


def _cast(node: exp.Expr, scope: Scope) -> Value:
    check_only(node, {"this", "to", "safe"})
    target = node.args["to"].this
    if target in _TO_TIME:
        inner = _as(node.this, scope, Kind.TIME, place="CAST")
        return _truncated("day", inner) if target is _D.DATE else inner
    inner = value(node.this, scope)
    if inner.kind in {Kind.BYTES, Kind.NOTHING} or (inner.kind is Kind.TIME and target is not _D.TEXT):
        raise QueryTypesDiffer(place="CAST", wanted="a number, text or true or false", found=inner.kind.value)
    if target in _TO_NUMBER:
        return Value(exp.TryCast(this=inner.tree, to=exp.DataType.build(_TO_NUMBER[target])), Kind.NUMBER)
    if target in {_D.TEXT, _D.VARCHAR}:
        return Value(exp.TryCast(this=inner.tree, to=exp.DataType.build("text")), Kind.TEXT)
    if target is _D.BOOLEAN:
        return Value(exp.TryCast(this=inner.tree, to=exp.DataType.build("boolean")), Kind.FLAG)
    raise QueryPartRefused(part=f"CAST … AS {node.args['to'].sql()[:20]}")


def _anonymous(node: exp.Expr, scope: Scope) -> Value:
    given = node.expressions
    if node.name.lower() == "date_part" and len(given) == 2 and type(given[0]) is exp.Literal:
        return _part_of(given[0].this, given[1], scope)
    raise function_refused(node)


_BUILDERS: dict[type[exp.Expr], Callable[[exp.Expr, Scope], Value]] = {
    exp.Column: _column,
    exp.Literal: _literal,
    exp.Boolean: _boolean,
    exp.Null: _null,
    exp.Paren: _paren,
    exp.And: _logical,
    exp.Or: _logical,
    exp.Not: _not,
    exp.Neg: _neg,
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod), _arithmetic),
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE), _comparison),
    exp.Between: _between,
    exp.In: _in,
    exp.Is: _is,
    exp.Like: _like,
    exp.ILike: _like,
    exp.Case: _case,
    exp.If: _if,
    exp.Coalesce: _coalesce,
    exp.Nullif: _nullif,
    **dict.fromkeys((exp.Abs, exp.Floor, exp.Ceil), _rounding),
    exp.Round: _round,
    **dict.fromkeys((exp.Lower, exp.Upper, exp.Length, exp.Trim), _text),
    exp.Substring: _substring,
    exp.Left: _side,
    exp.Right: _side,
    exp.Extract: _extract,
    **dict.fromkeys((exp.Year, exp.Quarter, exp.Month, exp.Week, exp.Day, exp.Hour, exp.Minute), _named_part),
    exp.TimestampTrunc: _truncate,
    exp.DateTrunc: _truncate,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Anonymous: _anonymous,
}
