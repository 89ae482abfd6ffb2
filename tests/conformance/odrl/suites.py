"""Suites in the format of the public one: their cases, and what the evaluator makes of each."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rdflib import RDF, RDFS, Graph
from rdflib.term import Node

from renkei.exchange.rules.odrl.evaluation import evaluate
from renkei.exchange.rules.odrl.policy import read_policy
from renkei.exchange.rules.odrl.reports import PolicyReport, PremiseReport, RuleReport
from tests.conformance.odrl import turtle
from tests.conformance.odrl.turtle import DCT, EX, REPORT, RK, local

HERE = Path(__file__).parent
OWN = HERE / "suite"
PUBLIC = Path(os.environ.get("RENKEI_SHARED", HERE.parents[3] / "shared")) / "conformance" / "odrl"
ABSENT = (
    f"THE PUBLIC ODRL TEST SUITE IS NOT HERE ({PUBLIC}): conformance to it is NOT checked in this run; name the folder "
    "that holds `conformance/odrl` in RENKEI_SHARED"
)


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a suite: its files."""

    title: str
    policy: Path
    request: Path
    sotw: Path
    expected: Path

    @property
    def name(self) -> str:
        """The name of the file with the expected report."""
        return self.expected.stem


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the evaluator's report stands to the expected one."""

    case: Case
    activation: bool
    """Every rule is as active as expected, and no other rule is reported."""
    premises: bool
    """So are the premises, with their nesting, and what is found about the duties."""
    decision: bool | None
    """None: the case expects none."""

    @property
    def passed(self) -> bool:
        """Whether all that the case of a suite of our own expects is met."""
        return self.activation and self.premises and self.decision is not False


def cases(folder: Path) -> list[Case]:
    """Return the cases that a suite's index lists, by name."""
    index = turtle.graph(folder / "index.ttl")

    def path(node: Node, name: str) -> Path:
        source = str(index.value(node, EX[f"{name}Source"]))
        return folder.joinpath(*source.split("/")[-2:])

    found = [
        Case(
            str(index.value(node, DCT.title)),
            *(path(node, name) for name in ("policy", "request", "sotw", "expectedReport")),
        )
        for node in index.subjects(EX.policySource)
    ]
    return sorted(found, key=lambda case: case.name)


def judge(case: Case) -> Outcome:
    """Evaluate a case and compare."""
    report = evaluate(
        read_policy(turtle.policy(case.policy)),
        request=turtle.request(case.request),
        state=turtle.state(case.sotw),
    )
    # The public suite points from reports at what the state of the world says of duties.
    said = turtle.graph(case.expected) + turtle.graph(case.sotw)
    (node,) = said.subjects(RDF.type, EX.TestCase)
    expected = list(said.objects(said.value(node, EX.expectedReport), REPORT.ruleReport))
    decision = said.value(node, RK.decision)
    return Outcome(
        case,
        activation=_activations(said, expected) == {each.rule: _active(each) for each in report.rules},
        premises=_expected_rules(said, expected) == {_rule(each) for each in report.rules}
        and _deontic_met(said, expected, report)
        and _performance_met(said, expected, report),
        decision=None if decision is None else str(decision) == _decision(report),
    )


def reasoning(case: Case) -> str:
    """Return why a case of our own expects what it expects."""
    said = turtle.graph(case.expected)
    return str(said.value(said.value(None, RDF.type, EX.TestCase), RDFS.comment, default=""))


def _decision(report: PolicyReport) -> str:
    return report.decision.value if report.valid else "invalid"


def _activations(said: Graph, reports: list[Node]) -> dict[str, str]:
    return {
        str(said.value(each, REPORT.rule)): local(said.value(each, REPORT.activationState))
        for each in reports
    }


def _active(report: RuleReport) -> str:
    return "Active" if report.active else "Inactive"


# ---- whole reports, as values that can be compared


def _expected_rules(said: Graph, reports: list[Node]) -> set[Any]:
    return {
        (
            local(said.value(each, RDF.type)),
            str(said.value(each, REPORT.rule)),
            local(said.value(each, REPORT.attemptState)),
            local(said.value(each, REPORT.activationState)),
            _expected_premises(said, each),
            frozenset(_expected_conditions(said, each)),
        )
        for each in reports
    }


def _deontic_met(said: Graph, reports: list[Node], report: PolicyReport) -> bool:
    """Tell whether each rule is as fulfilled or violated as expected, where a case says so."""
    found = {each.rule: each.deontic.value for each in report.rules}
    return all(
        found.get(str(said.value(each, REPORT.rule))) == local(state)
        for each in reports
        for state in said.objects(each, REPORT.deonticState)
    )


def _performance_met(said: Graph, reports: list[Node], report: PolicyReport) -> bool:
    """Tell whether each duty is as performed as expected, where a report says so."""
    found = {duty.rule: duty.performance.value for each in report.rules for duty in each.conditions}
    return all(
        found.get(str(said.value(duty, REPORT.rule))) == local(state)
        for each in reports
        for duty in said.objects(each, REPORT.conditionReport)
        for state in said.objects(duty, REPORT.performanceState)
    )


def _expected_premises(said: Graph, node: Node) -> frozenset[Any]:
    return frozenset(
        (
            local(said.value(each, RDF.type)),
            str(said.value(each, REPORT.constraint, default="")),
            str(said.value(each, REPORT.constraintLogicalOperand, default="")).removeprefix(str(turtle.ODRL)),
            local(said.value(each, REPORT.satisfactionState)),
            _expected_premises(said, each),
        )
        for each in said.objects(node, REPORT.premiseReport)
    )


def _expected_conditions(said: Graph, node: Node) -> Iterator[Any]:
    """Return what is expected about duties. The public suite only points at reports in the state of the world."""
    for each in said.objects(node, REPORT.conditionReport):
        if (each, REPORT.rule, None) in said:
            yield (str(said.value(each, REPORT.rule)), local(said.value(each, REPORT.deonticState)))


def _rule(report: RuleReport) -> Any:
    kind = f"{report.kind.value.capitalize()}Report"
    attempt = "Attempted" if report.attempted else "NotAttempted"
    conditions = frozenset((each.rule, each.deontic.value) for each in report.conditions)
    return (kind, report.rule, attempt, _active(report), _premises(report.premises), conditions)


def _premises(reports: tuple[PremiseReport, ...]) -> frozenset[Any]:
    return frozenset(
        (
            each.premise.value,
            each.constraint or "",
            each.logic or "",
            "Satisfied" if each.satisfied else "Unsatisfied",
            _premises(each.parts),
        )
        for each in reports
    )
