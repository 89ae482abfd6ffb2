"""Terms as this node writes them to peers: so that a peer that knows only the core of ODRL keeps them whole.

Of a constraint such a peer keeps a left operand, an operator and one value as the right operand (ODRL Information Model
2.2, section 2.5). Therefore several values that are each enough become an `or` of one each, and what else stands in a
constraint becomes a constraint beside it. Both mean what they meant: `normal` makes no difference.
"""

from typing import Any

from renkei.exchange.rules.normal import BESIDE, RULES, normal
from renkei.exchange.types import Policy


def portable(policy: Policy) -> Policy:
    """Return a policy whose constraints say one thing each, with the same normal form as before."""
    kept = {name: value for name, value in policy.items() if name not in RULES}
    return kept | spelled(normal(policy))


def spelled(terms: Policy) -> Policy:
    """Return `portable` of terms that are in their normal form already, as offers are kept: much cheaper."""
    return {
        name: [_rule(rule) for rule in value] if name in RULES else value for name, value in terms.items()
    }


def _rule(rule: Any) -> Any:
    if not isinstance(rule, dict) or "constraint" not in rule:
        return rule
    return rule | {"constraint": [part for each in rule["constraint"] for part in _parts(each)]}


def _parts(constraint: Any) -> list[Any]:
    if not isinstance(constraint, dict):
        return [constraint]
    beside = [
        {"leftOperand": name, "operator": "eq", "rightOperand": constraint[name]}
        for name in BESIDE
        if name in constraint
    ]
    bare = {name: value for name, value in constraint.items() if name not in BESIDE}
    return [_alternatives(bare), *beside]


def _alternatives(constraint: dict[str, Any]) -> dict[str, Any]:
    values = constraint.get("rightOperand")
    if constraint.get("operator") != "isAnyOf" or not isinstance(values, list):
        return constraint
    return {"or": [constraint | {"operator": "eq", "rightOperand": value} for value in values]}
