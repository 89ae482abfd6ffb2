"""Turtle in, what the evaluator takes out: policies, requests, states of the world and expected reports.

The format is the public ODRL test suite's. What it has no words for is said so, and only so:
`[] odrl:leftOperand … ; rdf:value …` in a state of the world is what is known of an operand, the same under `rk:fact` is
what is known of one act, an `rk:Act` is something that was done, and `rk:decision` is what the policy has to say in all.
"""

import logging
from functools import cache
from pathlib import Path
from typing import Any

import rdflib
from rdflib import RDF, Graph, Literal, Namespace
from rdflib.collection import Collection
from rdflib.term import Node

from renkei.exchange.rules.normal import short
from renkei.exchange.rules.odrl.asked import Act, Deontic, Finding, Performance, State

ODRL = Namespace("http://www.w3.org/ns/odrl/2/")
DCT = Namespace("http://purl.org/dc/terms/")
EX = Namespace("http://example.org/")
REPORT = Namespace("https://w3id.org/force/compliance-report#")
BASE = "https://w3id.org/renkei/odrl-suite/"
"""Where the names of our own suite stand; nothing is served there."""
RK = Namespace("https://w3id.org/renkei/odrl-suite#")
CURRENT_TIME = rdflib.URIRef("http://example.com/request/currentTime")
_LISTS = (
    "permission",
    "prohibition",
    "obligation",
    "duty",
    "remedy",
    "consequence",
    "constraint",
    "refinement",
)
_LOGIC = ("and", "or", "xone", "andSequence")
_MEMBERS = ("action", "target", "assignee")
_DESCRIBED = (ODRL.refinement, ODRL.source, RDF.value)


@cache
def graph(path: Path) -> Graph:
    """Return what a Turtle file says; it is read once."""
    return read(path)


def read(path: Path) -> Graph:
    """Return what a Turtle file says, each value as it is spelled there."""
    log = logging.getLogger("rdflib.term")
    kept = rdflib.NORMALIZE_LITERALS, log.level
    rdflib.NORMALIZE_LITERALS = False
    # It warns of 24:00:00, a time of XML Schema that Python does not know; we read the spelling, so nothing is lost.
    log.setLevel(logging.ERROR)
    try:
        return Graph().parse(path, format="turtle")
    finally:
        rdflib.NORMALIZE_LITERALS = kept[0]
        log.setLevel(kept[1])


# ---- policies


def policy(path: Path) -> dict[str, Any]:
    """Return the policy of a file as compact JSON."""
    said = graph(path)
    kinds = (ODRL.Set, ODRL.Policy, ODRL.Offer, ODRL.Agreement)
    (node,) = {node for kind in kinds for node in said.subjects(RDF.type, kind)}
    return _described(said, node, {})


def _described(said: Graph, node: Node, known: dict[Node, dict[str, Any]]) -> dict[str, Any]:
    """Return a node with its ODRL members; the same node is the same object, also inside itself."""
    if node in known:
        return known[node]
    found = known[node] = {} if isinstance(node, rdflib.BNode) else {"uid": str(node)}
    for name in (*_LISTS, *_LOGIC):
        values = _values(said, node, ODRL[name])
        if values:
            found[name] = [_described(said, value, known) for value in values]
    for name in _MEMBERS:
        values = _values(said, node, ODRL[name])
        if values:
            found[name] = [_member(said, value, known) for value in values]
    for name in ("leftOperand", "operator", "unit", "dataType", "conflict", "inheritFrom", "source"):
        values = [str(value) for value in _values(said, node, ODRL[name])]
        if values:
            found[name] = values[0] if len(values) == 1 else values
    right = [str(value) for value in _values(said, node, ODRL.rightOperand)]
    if right:
        found["rightOperand"] = right[0] if len(right) == 1 else right
    return found


def _member(said: Graph, node: Node, known: dict[Node, dict[str, Any]]) -> Any:
    if not any((node, each, None) in said for each in _DESCRIBED):
        return str(node)
    found = _described(said, node, known)
    value = said.value(node, RDF.value)
    return found if value is None else found | {"rdf:value": str(value)}


def _values(said: Graph, node: Node, predicate: Node) -> list[Node]:
    """Return the values of a property, one by one or as a list."""
    found: list[Node] = []
    for value in said.objects(node, predicate):
        found += list(Collection(said, value)) if (value, RDF.first, None) in said else [value]
    return sorted(found) if len(found) > 1 and (None, RDF.first, found[0]) not in said else found


# ---- requests


def request(path: Path) -> Act:
    """Return what a request asks for: its permission, whose constraints with `eq` say more of the act."""
    said = graph(path)
    (node,) = said.subjects(RDF.type, ODRL.Request)
    (rule,) = said.objects(node, ODRL.permission)
    action = said.value(rule, ODRL.action)
    kind = said.value(action, RDF.value) or action
    facts = [*said.objects(rule, ODRL.constraint), *said.objects(action, ODRL.refinement)]
    assert all(said.value(each, ODRL.operator) == ODRL.eq for each in facts), path
    return _act(said, rule, str(kind), {_operand(said, each): _right(said, each) for each in facts})


def _act(said: Graph, node: Node, action: str, facts: dict[str, Any]) -> Act:
    party, target = said.value(node, ODRL.assignee), said.value(node, ODRL.target)
    return Act(short(action), party and str(party), target and str(target), facts)


def _operand(said: Graph, node: Node) -> str:
    return short(str(said.value(node, ODRL.leftOperand)))


def _right(said: Graph, node: Node) -> Any:
    return _single([str(value) for value in said.objects(node, ODRL.rightOperand)])


def _single(values: list[str]) -> Any:
    return values[0] if len(values) == 1 else tuple(values)


# ---- states of the world


def state(path: Path) -> State:
    """Return a state of the world: the time, what is part of what, what is known, what was found and done."""
    said = graph(path)
    now = said.value(CURRENT_TIME, DCT.issued)
    world: dict[str, Any] = {} if now is None else {"dateTime": str(now)}
    for node in said.subjects(ODRL.leftOperand):
        if (None, RK.fact, node) not in said:
            world[_operand(said, node)] = _known(said, node)
    world["parts"] = _pairs(said, ODRL.partOf)
    world["kinds"] = _pairs(said, RDF.type)
    return State(
        world=world,
        about=_about(said),
        findings={str(said.value(node, REPORT.rule)): _finding(said, node) for node in _findings(said)},
        acts=tuple(_done(said, node) for node in said.subjects(RDF.type, RK.Act)),
        actions={short(one): tuple(map(short, more)) for one, more in _pairs(said, ODRL.includedIn).items()},
    )


def _known(said: Graph, node: Node) -> Any:
    """Return what is known of an operand; `rdf:nil` is an empty collection."""
    values = list(said.objects(node, RDF.value))
    if values == [RDF.nil]:
        return ()
    return _single([str(value) for value in values])


def _pairs(said: Graph, predicate: Node) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for one, other in said.subject_objects(predicate):
        found[str(one)] = (*found.get(str(one), ()), str(other))
    return found


def _about(said: Graph) -> dict[str, dict[str, Any]]:
    """Return what is said of things by themselves, by property."""
    found: dict[str, dict[str, Any]] = {}
    for one, name, value in said:
        if isinstance(one, rdflib.URIRef) and isinstance(value, Literal):
            found.setdefault(str(one), {})[short(str(name))] = str(value)
    return found


def _findings(said: Graph) -> set[Node]:
    return set(said.subjects(REPORT.rule))


def _finding(said: Graph, node: Node) -> Finding:
    performance, deontic = said.value(node, REPORT.performanceState), said.value(node, REPORT.deonticState)
    return Finding(
        Performance(local(performance)) if performance else Performance.UNKNOWN,
        Deontic(local(deontic)) if deontic else None,
    )


def _done(said: Graph, node: Node) -> Act:
    facts = {_operand(said, each): _known(said, each) for each in said.objects(node, RK.fact)}
    return _act(said, node, str(said.value(node, ODRL.action)), facts)


def local(node: Node | None) -> str:
    """Return the last part of an IRI of the report vocabulary."""
    return str(node).removeprefix(str(REPORT))
