"""What a case expects, as a report in Turtle."""

from dataclasses import dataclass
from pathlib import Path

from rdflib import Graph, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from tests.conformance.odrl.rows import Row
from tests.conformance.odrl.turtle import BASE, ODRL, RDF, read

_STATES = {"+": "Satisfied", "-": "Unsatisfied"}
_PREMISES = {"target": "TargetReport", "party": "PartyReport", "action": "ActionReport"}
_KINDS = {"permission": "Permission", "prohibition": "Prohibition", "obligation": "Duty"}
_LOGIC = ("and", "or", "xone", "andSequence")


def case_text(row: Row, policy: Path, request: Path, sotw: Path) -> str:
    """Return a case whose rules are expected as in `use Active: action+ c+ & pay=Fulfilled; …`."""
    said = Policy(read(policy), f"{BASE}policies/{policy.stem}#")
    asked = f"{BASE}requests/{request.stem}#"
    lines = [
        f't:case a ex:TestCase ;\n    dct:title "{row.name}" ;\n    rdfs:comment "{row.why}" ;\n'
        f"    ex:policy <{said.base}> ;\n    ex:request <{asked}request> ;\n"
        f'    ex:sotw <{BASE}sotw/{sotw.stem}#world> ;\n    rk:decision "{row.decision}" ;\n'
        f"    ex:expectedReport t:report .\nt:report a report:PolicyReport ;\n    report:policy <{said.base}> ;\n"
        f"    report:policyRequest <{asked}request> ."
    ]
    for rule in row.expected.split(";"):
        head, _, rest = rule.strip().partition(":")
        premises, _, conditions = rest.partition("&")
        lines += _rule(said, asked, *head.split(" "))
        lines += _premises(said, head.split(" ")[0], premises)
        lines += _conditions(said, head.split(" ")[0], conditions)
    return "\n".join(lines) + "\n"


def _rule(said: "Policy", asked: str, rule: str, state: str, *deontic: str) -> list[str]:
    kind = said.kind(rule)
    lines = [
        f"t:report report:ruleReport t:{rule} .",
        f"t:{rule} a report:{kind}Report ;\n    report:rule <{said.base}{rule}> ;\n"
        f"    report:attemptState report:{'NotAttempted' if kind == 'Duty' else 'Attempted'} ;\n"
        f"    report:activationState report:{state} .",
        *(f"t:{rule} report:deonticState report:{each} ." for each in deontic),
    ]
    return lines if kind == "Duty" else [*lines, f"t:{rule} report:ruleRequest <{asked}asked> ."]


def _premises(said: "Policy", rule: str, premises: str) -> list[str]:
    states = {premise[:-1]: _STATES[premise[-1]] for premise in premises.split()}
    inner = {part for each in states for part in said.parts(each)}
    lines = []
    for premise, state in states.items():
        node, kind = f"t:{rule}-{premise}", _PREMISES.get(premise, "ConstraintReport")
        lines.append(f"{node} a report:{kind} ; report:satisfactionState report:{state} .")
        if premise not in inner:
            lines.append(f"t:{rule} report:premiseReport {node} .")
        if kind == "ConstraintReport":
            lines.append(f"{node} report:constraint <{said.base}{premise}> .")
            lines += [f"{node} report:premiseReport t:{rule}-{part} ." for part in said.parts(premise)]
            lines += [f"{node} report:constraintLogicalOperand odrl:{each} ." for each in said.logic(premise)]
    return lines


def _conditions(said: "Policy", rule: str, conditions: str) -> list[str]:
    return [
        f"t:{rule} report:conditionReport t:{rule}-{duty} .\nt:{rule}-{duty} a report:DutyReport ;\n"
        f"    report:rule <{said.base}{duty}> ;\n    report:deonticState report:{state} ."
        for duty, state in (condition.split("=") for condition in conditions.split())
    ]


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy that was written, for what reports repeat of it."""

    said: Graph
    base: str

    def kind(self, rule: str) -> str:
        """Return of which kind a rule is."""
        return next(
            kind
            for predicate, kind in _KINDS.items()
            if (None, ODRL[predicate], URIRef(self.base + rule)) in self.said
        )

    def logic(self, name: str) -> list[str]:
        """Return how the parts of a constraint are joined; nothing for an atomic one."""
        return [each for each in _LOGIC if (URIRef(self.base + name), ODRL[each], None) in self.said]

    def parts(self, name: str) -> list[str]:
        """Return the parts of a constraint."""
        found: list[Node] = []
        for predicate in self.logic(name):
            for each in self.said.objects(URIRef(self.base + name), ODRL[predicate]):
                found += Collection(self.said, each) if (each, RDF.first, None) in self.said else [each]
        return [str(part).removeprefix(self.base) for part in found]
