"""What SQLite and PostgreSQL say differently.

JSON comes in rows of `key` and `value`: of an object its members, of a list its elements.
"""

import sqlite3
from typing import Any, Final, Protocol

from django.db import connection

from renkei.context.rules.moments import moment_of
from renkei.context.rules.patterns import found_in


class Dialect(Protocol):
    """The words of one database."""

    def document(self) -> str:
        """Return the column of the document as JSON text."""

    def beside(self) -> str:
        """Return an item of FROM: the index `v` of values, looked into for one entity at a time."""

    def members(self, source: str, alias: str, *, within: str | None = None) -> str:
        """Return an item of FROM: the members of an object, of another value none; `within` goes one key deeper first."""

    def elements(self, source: str, alias: str, *, languages: bool = False) -> str:
        """Return an item of FROM: the elements of a list, of another value itself.

        With `languages`, of a member `languageMap` what it says in each.
        """

    def unwrapped(self, source: str, alias: str) -> str:
        """Return an item of FROM: the members of an object, another value as a member `@value`."""

    def is_object(self, alias: str) -> str:
        """Return whether a value is an object."""

    def is_list(self, alias: str) -> str:
        """Return whether a value is a list."""

    def text(self, alias: str) -> str:
        """Return a value where it is a text, else NULL."""

    def number(self, alias: str) -> str:
        """Return a value where it is a number, else NULL."""

    def truth(self, alias: str) -> str:
        """Return 1 or 0 for a truth, else NULL."""

    def moment(self, text: str) -> str:
        """Return the moment that a text names, in microseconds, else NULL."""

    def like(self, text: str) -> str:
        """Return whether a text fits the pattern that is the next parameter."""

    def bytewise(self, text: str) -> str:
        """Return a text such that it is compared by code points."""

    def listed(self, column: str) -> str:
        """Return whether a number is one of those of the next parameter, made by `numbers`."""

    def numbers(self, numbers: list[int]) -> Any:
        """Return numbers as one parameter."""

    def among(self, column: str, rows: str) -> str:
        """Return whether a number is one that a query gives; the column's index is gone through for these alone."""

    def alone(self) -> str:
        """Return what ends a query within EXISTS that is asked of each row by itself, not of all at once."""


class Sqlite:
    """SQLite 3.38 or later."""

    def document(self) -> str:
        return "e.present"

    def beside(self) -> str:
        # Left to itself, SQLite goes through all numbers above a limit anew for each entity.
        return "context_value v INDEXED BY context_value_entity"

    def members(self, source: str, alias: str, *, within: str | None = None) -> str:
        deeper = f", '$.{within}'" if within else ""
        if source == "e.present":
            return f"json_each(e.present{deeper}) {alias}"
        return (
            f"json_each(CASE {source}.type WHEN 'object' THEN {source}.value ELSE '{{}}' END{deeper}) {alias}"
        )

    def elements(self, source: str, alias: str, *, languages: bool = False) -> str:
        whole = f"WHEN {source}.key = 'languageMap' THEN {source}.value " if languages else ""
        return (
            f"json_each(CASE {whole}WHEN {source}.type = 'array' THEN {source}.value "
            f"WHEN {source}.type = 'object' THEN '[' || {source}.value || ']' "
            f"WHEN {source}.type IN ('true', 'false') THEN '[' || {source}.type || ']' "
            f"WHEN {source}.type = 'null' THEN '[]' ELSE json_array({source}.value) END) {alias}"
        )

    def unwrapped(self, source: str, alias: str) -> str:
        return (
            f"json_each(CASE WHEN {source}.type IN ('object', 'array') THEN {source}.value "
            f"WHEN {source}.type IN ('true', 'false', 'null') THEN '{{\"@value\":' || {source}.type || '}}' "
            f"ELSE json_object('@value', {source}.value) END) {alias}"
        )

    def is_object(self, alias: str) -> str:
        return f"{alias}.type = 'object'"

    def is_list(self, alias: str) -> str:
        return f"{alias}.type = 'array'"

    def text(self, alias: str) -> str:
        return f"CASE {alias}.type WHEN 'text' THEN {alias}.value END"

    def number(self, alias: str) -> str:
        return f"CASE WHEN {alias}.type IN ('integer', 'real') THEN CAST({alias}.value AS REAL) END"

    def truth(self, alias: str) -> str:
        return f"CASE {alias}.type WHEN 'true' THEN 1.0 WHEN 'false' THEN 0.0 END"

    def moment(self, text: str) -> str:
        return f"context_moment({text})"

    def like(self, text: str) -> str:
        return f"context_like({text}, %s)"

    def bytewise(self, text: str) -> str:
        return text

    def listed(self, column: str) -> str:
        return f"{column} IN (SELECT value FROM json_each(%s))"  # noqa: S608 - a column of ours

    def numbers(self, numbers: list[int]) -> Any:
        return f"[{','.join(map(str, numbers))}]"

    def among(self, column: str, rows: str) -> str:
        return f"{column} IN ({rows})"

    def alone(self) -> str:
        return ""


class Postgres:
    """PostgreSQL 14 or later; the document is jsonb."""

    def document(self) -> str:
        return "e.present::text"

    def beside(self) -> str:
        return "context_value v"

    def members(self, source: str, alias: str, *, within: str | None = None) -> str:
        value = "e.present" if source == "e.present" else f"{source}.value"
        if within:
            value = f"({value} -> '{within}')"
        return f"jsonb_each(CASE jsonb_typeof({value}) WHEN 'object' THEN {value} ELSE '{{}}' END) {alias}(key, value)"

    def elements(self, source: str, alias: str, *, languages: bool = False) -> str:
        value = f"{source}.value"
        whole = (
            f"WHEN {source}.key = 'languageMap' THEN jsonb_path_query_array({value}, '$.*') "
            if languages
            else ""
        )
        return (
            f"jsonb_array_elements(CASE {whole}WHEN jsonb_typeof({value}) = 'array' THEN {value} "
            f"WHEN jsonb_typeof({value}) = 'null' THEN '[]' ELSE jsonb_build_array({value}) END) {alias}(value)"
        )

    def unwrapped(self, source: str, alias: str) -> str:
        value = f"{source}.value"
        return (
            f"jsonb_each(CASE jsonb_typeof({value}) WHEN 'object' THEN {value} "
            f"ELSE jsonb_build_object('@value', {value}) END) {alias}(key, value)"
        )

    def is_object(self, alias: str) -> str:
        return f"jsonb_typeof({alias}.value) = 'object'"

    def is_list(self, alias: str) -> str:
        return f"jsonb_typeof({alias}.value) = 'array'"

    def text(self, alias: str) -> str:
        return f"CASE jsonb_typeof({alias}.value) WHEN 'string' THEN {alias}.value #>> '{{}}' END"

    def number(self, alias: str) -> str:
        return f"CASE jsonb_typeof({alias}.value) WHEN 'number' THEN ({alias}.value)::float8 END"

    def truth(self, alias: str) -> str:
        return f"CASE {alias}.value WHEN 'true' THEN 1.0 WHEN 'false' THEN 0.0 END"

    def moment(self, text: str) -> str:
        return _POSTGRES_MOMENT.format(text=text)

    def like(self, text: str) -> str:
        return f"{text} ~ %s"

    def bytewise(self, text: str) -> str:
        return f'{text} COLLATE "C"'

    def listed(self, column: str) -> str:
        return f"{column} = ANY(%s)"

    def numbers(self, numbers: list[int]) -> Any:
        return numbers

    def among(self, column: str, rows: str) -> str:
        return f"{column} = ANY(ARRAY({rows}))"

    def alone(self) -> str:
        return " OFFSET 0"  # which keeps the planner from making a join of it


_POSTGRES_MOMENT: Final = (
    "(SELECT CASE WHEN m.t ~ '^(?!0000)\\d{{4}}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])"
    "(T([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d([.,]\\d{{1,9}})?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d))?$' THEN "
    "(SELECT CASE WHEN date_part('month', d.day) = substr(m.t, 6, 2)::int THEN (((d.day - DATE '1970-01-01') * 86400::bigint"
    " + CASE WHEN length(m.t) = 10 THEN 0 ELSE"
    " substr(m.t, 12, 2)::int * 3600 + substr(m.t, 15, 2)::int * 60 + substr(m.t, 18, 2)::int"
    " - CASE WHEN right(m.t, 1) = 'Z' THEN 0 ELSE (substr(right(m.t, 6), 1, 1) || '1')::int"
    " * (substr(right(m.t, 5), 1, 2)::int * 3600 + right(m.t, 2)::int * 60) END END) * 1000000"
    " + rpad(coalesce(substring(substr(m.t, 20) from '^[.,](\\d{{1,6}})'), '0'), 6, '0')::int)::float8 END"
    " FROM (SELECT (substr(m.t, 1, 8) || '01')::date + (substr(m.t, 9, 2)::int - 1) AS day) d) END"
    " FROM (SELECT {text} AS t) m)"
)
SQLITE: Final = Sqlite()
POSTGRES: Final = Postgres()


def dialect() -> Dialect:
    """Return the words of the database in use."""
    return POSTGRES if connection.vendor == "postgresql" else SQLITE


def teach(raw: sqlite3.Connection) -> None:
    """Give a connection of SQLite the functions that questions use."""
    raw.create_function("context_like", 2, _like, deterministic=True)
    raw.create_function("context_moment", 1, _moment, deterministic=True)


def _like(text: object, pattern: str) -> bool:
    return isinstance(text, str) and found_in(pattern, text)


def _moment(text: object) -> float | None:
    return moment_of(text) if isinstance(text, str) else None
