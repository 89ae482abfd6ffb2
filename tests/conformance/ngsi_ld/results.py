"""What Robot wrote, read: which cases passed, why others failed, and whether it is what the list of exceptions says."""

import json
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from xml.etree import ElementTree

from renkei.kernel.texts import Text

EXCEPTIONS = Path(__file__).parent / "exceptions.toml"
_LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one case went."""

    group: str
    file: str
    """Name of its file without the ending, such as `019_07`."""
    name: str
    passed: bool
    why: str
    """Robot's message, in one line; empty when it passed."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Exempted:
    """A case that is expected to fail, and on what ground."""

    file: str
    name: str
    ground: str
    """The clause of the standard, or the entry of the suite's own list of doubts."""
    reason: Text


@dataclass(frozen=True, slots=True)
class Verdict:
    """A run beside the list of exceptions; it stands when both lists are empty."""

    unexpected: tuple[Outcome, ...]
    """Failed, and nothing says why it may."""
    outdated: tuple[Exempted, ...]
    """Listed, and it passed, or there is no such case any more."""


def read_output(written: Path, *, group: str) -> list[Outcome]:
    """Return the outcomes in one output.xml of Robot."""
    root = ElementTree.parse(written).getroot()  # noqa: S314 - written by Robot on this machine
    return [
        outcome for top in root.findall("suite") for outcome in _suite_outcomes(top, group=group, file="")
    ]


def _suite_outcomes(suite: ElementTree.Element, *, group: str, file: str) -> Iterable[Outcome]:
    source = suite.get("source", "")
    file = Path(source).stem if source.endswith(".robot") else file
    for part in suite.findall("suite"):
        yield from _suite_outcomes(part, group=group, file=file)
    for test in suite.findall("test"):
        status = test.find("status")
        passed = status is not None and status.get("status") == "PASS"
        said = "" if status is None else (status.text or "")
        yield Outcome(
            group=group,
            file=file,
            name=test.get("name", ""),
            passed=passed,
            why="" if passed else one_line(said),
            seconds=float((status.get("elapsed") if status is not None else None) or 0),
        )


def one_line(said: str) -> str:
    """Return a message as one line; of a long one its beginning and its end, as differences often stand there."""
    line, half = " ".join(said.split()), _LONGEST_REASON // 2
    return line if len(line) <= _LONGEST_REASON else f"{line[:half]} … {line[-half:]}"


def exceptions(listed: Path = EXCEPTIONS) -> list[Exempted]:
    """Return the cases that are expected to fail."""
    return [
        Exempted(
            file=case["file"],
            name=case["name"],
            ground=case["ground"],
            reason=Text(ja=case["ja"], en=case["en"]),
        )
        for case in tomllib.loads(listed.read_text()).get("case", [])
    ]


def judge(outcomes: Sequence[Outcome], listed: Sequence[Exempted], *, whole: bool) -> Verdict:
    """Hold a run against the list; `whole`: all groups were run, so that a listed case has to be among them."""
    expected = {(each.file, each.name): each for each in listed}
    ran = {(each.file, each.name): each.passed for each in outcomes}
    return Verdict(
        unexpected=tuple(
            each for each in outcomes if not each.passed and (each.file, each.name) not in expected
        ),
        outdated=tuple(each for case, each in expected.items() if ran.get(case, whole)),
    )


def table(outcomes: Sequence[Outcome], groups: Sequence[str]) -> str:
    """Return how many cases of each group passed and failed, as aligned text with a line for all of them."""
    counted = [(group, [each.passed for each in outcomes if each.group == group]) for group in groups]
    rows = [(group, len(ends), sum(ends)) for group, ends in counted]
    rows.append(("all", sum(row[1] for row in rows), sum(row[2] for row in rows)))
    wide = max(len(row[0]) for row in rows)
    head = f"{'group':<{wide}}  cases  passed  failed"
    lines = [f"{name:<{wide}}  {cases:5}  {passed:6}  {cases - passed:6}" for name, cases, passed in rows]
    return "\n".join([head, *lines])


def write_report(into: Path, outcomes: Sequence[Outcome], verdict: Verdict, *, facts: dict[str, str]) -> None:
    """Write a run as JSON."""
    into.write_text(
        json.dumps(
            {
                **facts,
                "passed": sum(each.passed for each in outcomes),
                "failed": sum(not each.passed for each in outcomes),
                "unexpected": [f"{each.file}: {each.name}" for each in verdict.unexpected],
                "outdated": [f"{each.file}: {each.name}" for each in verdict.outdated],
                "cases": [asdict(each) for each in outcomes],
            },
            ensure_ascii=False,
            indent=1,
        )
    )
