"""Writes the tables in `cases/` as a suite in the format of the public one. `python -m tests.conformance.odrl.writing`

The tables hold what is expected and why, as people wrote it; nothing here asks the evaluator.
"""

import re
import shutil
from pathlib import Path

from tests.conformance.odrl.cases import constraints, policies
from tests.conformance.odrl.expected import case_text
from tests.conformance.odrl.rows import Row, cells, rows, slug
from tests.conformance.odrl.suites import OWN
from tests.conformance.odrl.turtle import BASE

PREFIXES = {
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "ex": "http://example.org/",
    "temp": "http://example.com/request/",
    "dct": "http://purl.org/dc/terms/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "report": "https://w3id.org/force/compliance-report#",
    "rk": "https://w3id.org/renkei/odrl-suite#",
}
_TYPES = (
    ("xsd:dateTime", re.compile(r"\d{4}-\d\d-\d\dT.*")),
    ("xsd:date", re.compile(r"\d{4}-\d\d-\d\d([+-]\d\d:\d\d)?")),
    ("xsd:duration", re.compile(r"P[\dT].*")),
    ("xsd:double", re.compile(r"\d+e\d+")),
    ("xsd:decimal", re.compile(r"\d+\.\d+")),
    ("xsd:integer", re.compile(r"\d+")),
)


class Suite:
    """A suite that is being written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.index: list[str] = []
        self.known: dict[str, Path] = {}
        for kind in ("policies", "requests", "sotw", "test_cases"):
            (folder / kind).mkdir(parents=True, exist_ok=True)

    def write(self, kind: str, name: str, text: str) -> Path:
        """Write one file."""
        used = [prefix for prefix in PREFIXES if f"{prefix}:" in text]
        head = "".join(f"@prefix {prefix}: <{PREFIXES[prefix]}> .\n" for prefix in used)
        own = {"policies": "p", "sotw": "s", "test_cases": "t", "requests": "q"}[kind]
        head += f"@prefix {own}: <{BASE}{kind}/{name}#> .\n"
        path = self.folder / kind / f"{name}.ttl"
        path.write_text(f"{head}\n{text}")
        return path

    def once(self, kind: str, text: str) -> Path:
        """Write a request or a state of the world, unless another case has the same one."""
        if text not in self.known:
            stem = {"requests": "request", "sotw": "sotw"}[kind]
            number = sum(path.parent.name == kind for path in self.known.values()) + 1
            self.known[text] = self.write(kind, f"{stem}-{number:03}", text)
        return self.known[text]

    def add(self, row: Row) -> None:
        """Add one case; its policy has been written before."""
        policy = self.folder / "policies" / f"{row.policy}.ttl"
        request = self.once("requests", request_text(row.request))
        sotw = self.once("sotw", state_text(row.sotw, policy=row.policy))
        expected = self.write("test_cases", f"testcase-{row.name}", case_text(row, policy, request, sotw))
        node = f"<{BASE}test_cases/{expected.stem}#case>"
        self.index.append(f'{node} <http://purl.org/dc/terms/title> "{row.name}" .')
        for kind, path in zip(
            ("policy", "request", "sotw", "expectedReport"), (policy, request, sotw, expected), strict=True
        ):
            where = f"{BASE}{path.parent.name}/{path.name}"
            self.index.append(f"{node} <http://example.org/{kind}Source> <{where}> .")

    def close(self) -> None:
        """Write the index."""
        (self.folder / "index.ttl").write_text("\n".join(self.index) + "\n")


def value(word: str) -> str:
    """Return a word of the tables as a term of Turtle."""
    if re.fullmatch(r"(ex|odrl|p):[\w-]+", word):
        return word
    if word == "nil":
        return "rdf:nil"
    kind = next((name for name, shape in _TYPES if shape.fullmatch(word)), None)
    return f'"{word}"^^{kind}' if kind else f'"{word}"'


def name_of(word: str) -> str:
    """Return an operand, action or party of the tables as an IRI; without a prefix it is one of ODRL."""
    return word if ":" in word else f"odrl:{word}"


def constraint(node: str, said: str) -> str:
    """Return the triples of an atomic constraint such as `purpose isAnyOf ex:a,ex:b`."""
    operand, operator, right = said.split(" ", 2)
    values = ", ".join(map(value, right.split(",")))
    return (
        f"{node} odrl:leftOperand {name_of(operand)} ; odrl:operator odrl:{operator} ;\n"
        f"    odrl:rightOperand {values} .\n"
    )


def request_text(said: str) -> str:
    """Return a request such as `alice read x; purpose ex:research`."""
    act, *facts = [part.strip() for part in said.split(";")]
    party, action, target = act.split(" ")
    lines = [
        f"q:request a odrl:Request ;\n    odrl:permission q:asked .\n"
        f"q:asked a odrl:Permission ;\n    odrl:assignee ex:{party} ;\n    odrl:action {name_of(action)} ;\n"
        f"    odrl:target ex:{target} ."
    ]
    for index, fact in enumerate(facts):
        operand, known = fact.split(" ", 1)
        lines += [f"q:asked odrl:constraint q:c{index} .", constraint(f"q:c{index}", f"{operand} eq {known}")]
    return "\n".join(lines) + "\n"


def state_text(said: str, *, policy: str) -> str:
    """Return a state of the world such as `now 2026-…; count 3; ex:alice in ex:club; pay is Performed Fulfilled`."""
    head, lines = ["s:world a ex:Sotw ."], []
    for index, part in enumerate(filter(None, (part.strip() for part in said.split(";")))):
        words = part.split(" ")
        match words:
            case ["now", time]:
                lines.append(f"temp:currentTime dct:issued {value(time)} .")
            case ["did", party, action, *facts]:
                lines.append(_act(index, party, action, facts))
            case [rule, "found", performance, *deontic]:
                state = "".join(f" ;\n    report:deonticState report:{each}" for each in deontic)
                lines.append(
                    f"s:found{index} a report:DutyReport ;\n    report:rule <{BASE}policies/{policy}#{rule}> ;\n"
                    f"    report:performanceState report:{performance}{state} ."
                )
            case [one, "in", other]:
                lines.append(f"{one} odrl:partOf {other} .")
            case [one, "is", other]:
                lines.append(f"{one} a {other} .")
            case [one, "includedIn", other]:
                lines.append(f"{name_of(one)} odrl:includedIn {name_of(other)} .")
            case [one, name, known] if one.startswith("ex:") and name.startswith("ex:"):
                lines.append(f"{one} {name} {value(known)} .")
            case [operand, known]:
                lines.append(f"[] odrl:leftOperand {name_of(operand)} ; rdf:value {_several(known)} .")
            case _:
                raise ValueError(part)
    return "\n".join(head + lines) + "\n"


def _several(known: str) -> str:
    return ", ".join(map(value, known.split(",")))


def _act(index: int, party: str, action: str, facts: list[str]) -> str:
    """Return something done, such as `did alice compensate payAmount=5.00 target=x`."""
    said = f"s:act{index} a rk:Act ;\n    odrl:assignee ex:{party} ;\n    odrl:action {name_of(action)}"
    for fact in facts:
        name, known = fact.split("=")
        said += (
            f" ;\n    odrl:target ex:{known}"
            if name == "target"
            else f" ;\n    rk:fact [ odrl:leftOperand {name_of(name)} ; rdf:value {_several(known)} ]"
        )
    return said + " ."


def write(folder: Path) -> None:
    """Write the whole suite into an empty folder."""
    suite = Suite(folder)
    for said in {cells(line, 4)[1]: None for line in constraints.ROWS.splitlines() if line}:
        text = (
            f'p: a odrl:Set ;\n    dct:description "Everybody can use everything where {said}." ;\n'
            f"    odrl:permission p:use .\np:use odrl:action odrl:use ; odrl:constraint p:c .\n"
        )
        suite.write("policies", f"where-{slug(said)}", text + constraint("p:c", said))
    for name, (description, text) in policies.POLICIES.items():
        suite.write(
            "policies", name, f'p: a odrl:Set ;\n    dct:description "{description}" .\n{text.strip()}\n'
        )
    for row in rows():
        suite.add(row)
    suite.close()


if __name__ == "__main__":
    shutil.rmtree(OWN, ignore_errors=True)
    write(OWN)
