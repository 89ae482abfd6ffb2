"""The cases of the tables, one by one."""

import re
from dataclasses import dataclass

from tests.conformance.odrl.cases import constraints, policies

_IN_REQUEST = {"purpose", "recipient"}
"""What is known of these is part of a request; of the rest, of the world."""


@dataclass(frozen=True, slots=True)
class Row:
    """One case of the tables."""

    name: str
    policy: str
    request: str
    sotw: str
    expected: str
    decision: str
    why: str


def rows() -> list[Row]:
    """Return the cases of all tables."""
    found = [_constraint_row(*cells(line, 4)) for line in constraints.ROWS.splitlines() if line]
    for line in filter(None, policies.ROWS.splitlines()):
        name, policy, request, sotw, *rest = cells(line, 6)
        world = f"now {constraints.NOW}; {'' if sotw == '-' else sotw}"
        found.append(Row(name, policy, request, world, *rest))
    return found


def _constraint_row(name: str, said: str, known: str, answer: str, why: str) -> Row:
    operand, holds = said.split(" ", maxsplit=1)[0], {"yes": True, "no": False}[answer]
    request, now, world = "alice use x", constraints.NOW, constraints.WORLD
    if operand == "dateTime":
        now = known
    elif known != "-" and operand in _IN_REQUEST:
        request += f"; {operand} {known}"
    elif known != "-":
        world += f"; {operand} {known}"
    expected = "use Active: action+ c+" if holds else "use Inactive: action+ c-"
    decision = "permitted" if holds else "undecided"
    return Row(name, f"where-{slug(said)}", request, f"now {now}; {world}", expected, decision, why)


def cells(line: str, bars: int) -> list[str]:
    """Return the cells of a row, of which the last one may hold bars of its own."""
    return [cell.strip() for cell in line.split("|", bars)]


def slug(said: str) -> str:
    """Return a constraint as the name of a file."""
    return re.sub(r"[^A-Za-z0-9+-]+", "-", said)
