"""The form that asks about entities, and the NGSI-LD request that it makes, in both directions."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, urlencode

from django.http import QueryDict

from renkei.kernel.clock import format_utc
from renkei.kernel.refusals import Refusal
from renkei.servers.ngsild.door import BASE
from renkei.wire.ngsild.links import context_link

OPERATORS: Final = ("==", "!=", ">", ">=", "<", "<=", "~=", "!~=", "exists")
"""Comparisons of the query language, and that there is something at all."""
SORTS: Final = ("auto", "text", "written")
"""How a value is meant: as it looks, as a text, or exactly as it was written."""
RELATIONS: Final = ("near", "within", "intersects", "contains", "disjoint", "overlaps", "equals")
FORMS: Final = ("normalized", "concise", "simplified", "geojson")
"""Representations of the present."""
PAST_FORMS: Final = ("normalized", "temporalValues", "aggregatedValues")
METHODS: Final = ("avg", "min", "max", "sum", "totalCount", "distinctCount", "stddev", "sumsq")
TIMES: Final = ("observedAt", "createdAt", "modifiedAt", "deletedAt")
MOST_ROWS: Final = 20
EMPTY_ROWS: Final = 1
"""That the page shows after those that say something."""
_LONGEST: Final = 2000
_PLAIN: Final = re.compile(
    r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?|true|false|\d{4}-\d{2}-\d{2}(T[\d:.,]+(Z|[+-]\d{2}:\d{2}))?"
    r"|[+-]?\d+(\.\d+)?\.\.[+-]?\d+(\.\d+)?",
    re.ASCII,
)
"""What stands without quotes: numbers, truths, dates and times, ranges of numbers."""
_URI: Final = re.compile(r"(urn|https?):\S+")
_PATTERNS: Final = ("~=", "!~=")
_FIELD_OF: Final = {
    "type": "type",
    "id": "id",
    "idPattern": "id",
    "q": "q",
    "scopeQ": "scope",
    "georel": "place",
    "geometry": "place",
    "coordinates": "place",
    "maxDistance": "place",
    "minDistance": "place",
    "geoproperty": "geoproperty",
    "pick": "shown",
    "attrs": "shown",
    "format": "form",
    "options": "form",
    "aggrMethods": "method",
    "aggrPeriodDuration": "period",
    "timerel": "since",
    "timeAt": "since",
    "endTimeAt": "until",
    "timeproperty": "time",
    "lastN": "last",
    "limit": "limit",
    "orderBy": "order",
}
"""Which field of the form a parameter comes from."""
_NAME: Final = re.compile(r"[A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Row:
    """One condition on an attribute."""

    attribute: str = ""
    operator: str = OPERATORS[0]
    value: str = ""
    sort: str = SORTS[0]

    @property
    def said(self) -> str:
        """Return the condition in the query language; empty where no attribute is named."""
        if not self.attribute:
            return ""
        if self.operator == "exists":
            return self.attribute
        return f"{self.attribute}{self.operator}{self._value}"

    @property
    def _value(self) -> str:
        if self.sort == "written":
            return self.value
        plain = _PLAIN.fullmatch(self.value) or _URI.fullmatch(self.value)
        if self.sort == "auto" and self.operator not in _PATTERNS and plain:
            return self.value
        return json.dumps(self.value, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Question:
    """What the form says, each field as it was written."""

    words: Mapping[str, str]
    rows: Sequence[Row]

    @property
    def past(self) -> bool:
        """Return whether the history is asked for."""
        return self.words["when"] == "past"

    @property
    def shown_rows(self) -> Sequence[Row]:
        """Return the rows of the form: those that say something, and one more to say something in."""
        left = min(EMPTY_ROWS, MOST_ROWS - len(self.rows))
        return [*self.rows, *[Row()] * left]


@dataclass(frozen=True, slots=True)
class Request:
    """The request that a question makes."""

    endpoint: str
    """The path below the base."""
    words: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    """Names in lower case; the token aside."""

    @property
    def target(self) -> str:
        """Return the path with its query, encoded."""
        query = urlencode(self.words, quote_via=quote, safe=":,;()/*")
        return f"{BASE}/{self.endpoint}{'?' if query else ''}{query}"

    @property
    def header_lines(self) -> Sequence[str]:
        """Return the headers as they are sent."""
        return [f"{name.title()}: {value}" for name, value in self.headers.items()]


FIELDS: Final = (
    *("type", "id", "joined", "scope", "georel", "place", "metres", "geoproperty", "shown", "form", "order"),
    *("limit", "system", "local", "context", "when", "since", "until", "time", "last", "past_form"),
    *("method", "period"),
)


def read_question(said: QueryDict) -> Question:
    """Return what a submitted form says."""
    words = {name: said.get(name, "").strip()[:_LONGEST] for name in FIELDS}
    rows = [
        Row(
            said.get(f"attribute-{at}", "").strip()[:_LONGEST],
            _one_of(said.get(f"operator-{at}", ""), OPERATORS),
            said.get(f"value-{at}", "").strip()[:_LONGEST],
            _one_of(said.get(f"sort-{at}", ""), SORTS),
        )
        for at in range(MOST_ROWS)
    ]
    return Question(words, [row for row in rows if row.attribute or row.value])


def request_of(question: Question, *, context: str | None) -> Request:
    """Return the request that a question makes; `context` is the address of the JSON-LD context of its names."""
    words = question.words
    parts: list[tuple[str, str]] = [
        ("type", words["type"]),
        ("id", words["id"]),
        ("q", q_of(question)),
        ("scopeQ", words["scope"]),
        *_place(words),
        ("pick", _with_head(words["shown"])),
        ("orderBy", words["order"]),
        ("limit", words["limit"]),
        ("local", "true" if words["local"] else ""),
    ]
    accept = "application/json"
    if question.past:
        parts += _past(words)
    else:
        parts.append(("format", words["form"] if words["form"] in ("concise", "simplified") else ""))
        accept = "application/geo+json" if words["form"] == "geojson" else accept
    parts.append(("options", "sysAttrs" if words["system"] else ""))
    headers = {"accept": accept}
    if context:
        headers["link"] = context_link(context)
    endpoint = "temporal/entities" if question.past else "entities"
    return Request(endpoint, [(name, value) for name, value in parts if value], headers)


def q_of(question: Question) -> str:
    """Return the conditions as one expression of the query language."""
    return _sign(question).join(row.said for row in question.rows if row.said)


def field_of(refusal: Refusal, question: Question) -> str:
    """Return the field that what is refused stands in: a name of the form, `row-<n>` for a condition, empty for none."""
    named = str(refusal.facts.get("parameter") or "")
    if not named:
        said = _NAME.findall(str(refusal.facts.get("why", "")))
        named = next((word for word in said if word in _FIELD_OF), "")
    field = _FIELD_OF.get(named, "")
    if field == "q":
        return f"row-{_row_at(question, int(refusal.facts.get('place', 1)))}" if question.rows else ""
    return {"form": "past_form" if question.past else "form"}.get(field, field)


def _row_at(question: Question, place: int) -> int:
    """Return the row that a character of the whole expression, from 1, comes from."""
    end, sign = 0, _sign(question)
    said = [(at, row.said) for at, row in enumerate(question.rows) if row.said]
    for at, text in said:
        end += len(text) + len(sign)
        if place <= end:
            return at
    return said[-1][0] if said else 0


def _sign(question: Question) -> str:
    return "|" if question.words["joined"] == "any" else ";"


def _place(words: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the parameters of a place: a point and a distance, or a box as its four sides, west first."""
    if words["georel"] not in RELATIONS:
        return []
    numbers = [part.strip() for part in words["place"].split(",")]
    if words["georel"] == "near":
        relation = f"near;maxDistance=={words['metres'] or 1000}"
        geometry, coordinates = "Point", f"[{','.join(numbers)}]"
    elif len(numbers) == 4:
        west, south, east, north = numbers
        ring = ((west, south), (east, south), (east, north), (west, north), (west, south))
        relation, geometry = words["georel"], "Polygon"
        coordinates = f"[[{','.join(f'[{lon},{lat}]' for lon, lat in ring)}]]"
    else:
        relation, geometry, coordinates = words["georel"], "Point", f"[{','.join(numbers)}]"
    return [
        ("georel", relation),
        ("geometry", geometry),
        ("coordinates", coordinates),
        ("geoproperty", words["geoproperty"]),
    ]


def _with_head(shown: str) -> str:
    """Return what is picked: an entity without its id and type would be hard to tell from another."""
    names = [name.strip() for name in shown.split(",") if name.strip()]
    return ",".join(dict.fromkeys(["id", "type", *names])) if names else ""


def _past(words: Mapping[str, str]) -> list[tuple[str, str]]:
    since, until = _moment(words["since"]), _moment(words["until"])
    relation = "between" if since and until else "after" if since else "before" if until else ""
    parts = [
        ("timerel", relation),
        ("timeAt", since or until),
        ("endTimeAt", until if since else ""),
        ("timeproperty", words["time"] if words["time"] != TIMES[0] else ""),
        ("lastN", words["last"]),
        ("format", words["past_form"] if words["past_form"] in PAST_FORMS[1:] else ""),
    ]
    if words["past_form"] == "aggregatedValues":
        parts += [("aggrMethods", words["method"]), ("aggrPeriodDuration", words["period"])]
    return parts


def _moment(text: str) -> str:
    """Return a time as the standard has it; without an offset it is UTC, and what is none stays as it is."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return format_utc(at.replace(tzinfo=UTC) if at.tzinfo is None else at)


def _one_of(given: str, known: Sequence[str]) -> str:
    return given if given in known else known[0]
