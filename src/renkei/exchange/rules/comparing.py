"""Terms laid beside other terms, point by point, for a person who has to decide."""

import json
from collections.abc import Iterator
from typing import Any

from renkei.exchange.rules.normal import normal
from renkei.exchange.rules.sentences import points
from renkei.exchange.rules.terms import parse
from renkei.exchange.types import Change, Difference, Policy
from renkei.kernel.refusals import Refusal
from renkei.kernel.texts import Text

_Points = dict[str, Text | None]


def lines(now: Policy, before: Policy | None) -> tuple[tuple[Difference, ...], Text | None]:
    """Return the points of terms beside those of others, and why they are not sentences where they are not.

    Terms that this node cannot evaluate, on either side, make both stand as ODRL: one line for each rule and each of
    its constraints. Without others (`before` is None) every line is the same.
    """
    obstacle = None
    try:
        said, known = _sentences(now), None if before is None else _sentences(before)
    except Refusal as refusal:
        obstacle = Text(ja=refusal.said("ja"), en=refusal.said("en"))
        said, known = _odrl(now), None if before is None else _odrl(before)
    return tuple(_beside(said, said if known is None else known)), obstacle


def _beside(now: _Points, before: _Points) -> Iterator[Difference]:
    for name in [*now, *(name for name in before if name not in now)]:
        ours, theirs = now.get(name), before.get(name)
        if ours is theirs is None:
            continue
        if ours == theirs:
            change = Change.SAME
        elif theirs is None:
            change = Change.ADDED
        elif ours is None:
            change = Change.REMOVED
        else:
            change = Change.CHANGED
        yield Difference(change=change, now=ours, before=theirs)


def _sentences(policy: Policy) -> _Points:
    return points(parse(policy))


def _odrl(policy: Policy) -> _Points:
    """Return the rules of a policy as ODRL, each line under itself, so that lines are the same or not."""
    try:
        said = normal(policy)
    except Refusal:
        said = policy
    return {line: Text(ja=line, en=line) for line in _rules(said)}


def _rules(said: dict[str, Any]) -> Iterator[str]:
    for kind, rules in said.items():
        for rule in rules if isinstance(rules, list) else [rules]:
            if not isinstance(rule, dict):
                yield f"{kind}: {_json(rule)}"
                continue
            constraints = rule.get("constraint")
            yield f"{kind}: {_json({name: value for name, value in rule.items() if name != 'constraint'})}"
            for each in constraints if isinstance(constraints, list) else []:
                yield f"{kind}.constraint: {_json(each)}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
