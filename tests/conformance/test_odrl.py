"""The evaluator gives the answers of the public ODRL suite and of our own."""

from pathlib import Path

import pytest

from tests.conformance.odrl.run import LEAST, PUBLISHED
from tests.conformance.odrl.suites import ABSENT, OWN, PUBLIC, Case, cases, judge, reasoning
from tests.conformance.odrl.writing import write

pytestmark = pytest.mark.conformance
_PUBLIC = cases(PUBLIC) if PUBLIC.is_dir() else []
_OTHERWISE = {"065-alice", "066-bob-sell", "067-alice-past", "068-bob-write-y-past"}
"""The expected reports of these point at premises that no file describes, and at a duty of another policy."""


@pytest.mark.skipif(not _PUBLIC, reason=ABSENT)
def test_the_public_suite_is_there_as_a_whole() -> None:
    assert len(_PUBLIC) == PUBLISHED


@pytest.mark.parametrize("case", _PUBLIC, ids=lambda case: case.name)
def test_a_public_case_has_the_rule_activation_and_the_premises_expected(case: Case) -> None:
    outcome = judge(case)

    assert outcome.activation
    assert outcome.premises or case.name.removeprefix("testcase-") in _OTHERWISE


@pytest.mark.parametrize("case", cases(OWN), ids=lambda case: case.name)
def test_a_case_of_our_own_has_the_report_and_the_decision_expected(case: Case) -> None:
    outcome = judge(case)

    assert (outcome.activation, outcome.premises, outcome.decision) == (True, True, True), reasoning(case)


def test_our_own_suite_is_what_its_tables_say(tmp_path: Path) -> None:
    write(tmp_path)

    assert _files(tmp_path) == _files(OWN)
    assert len(cases(OWN)) >= LEAST


def _files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.ttl")}
