"""How a request's terms stand to the published offer's, and how an agreement's stand to what was requested."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from renkei.exchange.errors import PolicyMalformed
from renkei.exchange.rules.normal import normal
from renkei.exchange.rules.terms import Terms, parse
from renkei.exchange.types import Policy
from renkei.kernel.ids import ParticipantId


class Fit(StrEnum):
    """How a request fits an offer."""

    SAME = "same"
    NARROWER = "narrower"
    """The same, for fewer of its purposes."""
    PURPOSE_NOT_OFFERED = "purpose-not-offered"
    DIFFERENT = "different"
    """Other terms: a counter-proposal that somebody has to decide on."""


@dataclass(frozen=True, slots=True)
class Match:
    """The finding; `purposes` names those asked for that are not offered."""

    fit: Fit
    purposes: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()


def match(*, requested: Policy, offered: Policy) -> Match:
    """Compare a request with the offer it names.

    Raises what `parse` raises when the request says something that nobody can evaluate.
    """
    if normal(requested) == normal(offered):
        return Match(Fit.SAME)
    asked, given = parse(requested), parse(offered)
    strange = sorted((asked.purposes or frozenset()) - given.purposes) if given.purposes else []
    if strange:
        return Match(Fit.PURPOSE_NOT_OFFERED, tuple(strange), tuple(sorted(given.purposes or ())))
    if replace(asked, purposes=None) != replace(given, purposes=None):
        return Match(Fit.DIFFERENT)
    if asked.purposes is None or asked.purposes == given.purposes:
        return Match(Fit.SAME if asked == given else Fit.DIFFERENT)
    return Match(Fit.NARROWER)


def narrow(policy: Policy, purpose: str) -> Policy:
    """Return the policy for one purpose only; any constraint on the purpose that stands in it is replaced.

    Raises exchange.policy-malformed for a permission or a constraint that is no object.
    """
    said = normal(policy)
    only = {"leftOperand": "purpose", "operator": "eq", "rightOperand": purpose}
    rules = []
    for index, rule in enumerate(said.get("permission", [])):
        place = f"permission[{index}]"
        constraints = _objects(_objects([rule], place)[0].get("constraint", []), f"{place}.constraint")
        kept = [each for each in constraints if each.get("leftOperand") != "purpose"]
        rules.append(rule | {"constraint": [*kept, only]})
    parties = {
        name: value
        for name, value in policy.items()
        if name not in {"permission", "prohibition", "obligation"}
    }
    return parties | said | {"permission": rules}


def _objects(values: list[Any], place: str) -> list[dict[str, Any]]:
    if not all(isinstance(value, dict) for value in values):
        raise PolicyMalformed(place=place, why="an object is needed here")
    return values


def differences(
    *, agreement: Policy, requested: Policy, dataset: str, assigner: ParticipantId, assignee: ParticipantId
) -> list[str]:
    """Name what in an agreement is not as it was requested: target, assigner, assignee or terms; empty when equal."""
    expected = {"target": dataset, "assigner": assigner, "assignee": assignee}
    found = [name for name, value in expected.items() if agreement.get(name) != value]
    return found if normal(agreement) == normal(requested) else [*found, "terms"]


def purposes(terms: Terms) -> str:
    """Return the purposes for a sentence; `-` when the terms do not say."""
    return ", ".join(sorted(terms.purposes)) if terms.purposes else "-"
