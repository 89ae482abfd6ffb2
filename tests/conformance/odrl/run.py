"""Runs the public ODRL suite and our own, and says how many cases passed. `python -m tests.conformance.odrl.run`"""

import sys
from collections.abc import Sequence

from tests.conformance.odrl.suites import ABSENT, OWN, PUBLIC, Outcome, cases, judge, reasoning

PUBLISHED = 68
"""How many cases the public suite has, and how many have to pass."""
LEAST = 150
"""How many cases our own suite has at least."""


def main() -> int:
    """Print `N passed, N failed` for each suite; 0 only when no case failed."""
    failed = 0
    if PUBLIC.is_dir():
        outcomes = [judge(case) for case in cases(PUBLIC)]
        failed += _say(
            "public suite, rule activation", outcomes, [each for each in outcomes if not each.activation]
        )
        failed += abs(len(outcomes) - PUBLISHED)
        whole = [each for each in outcomes if not each.premises]
        print(
            f"    {len(outcomes) - len(whole)} of them with every premise and duty as in the expected report"
        )
        for each in whole:
            print(f"    premises or duties reported otherwise: {each.case.name}")
    else:
        print(ABSENT)
    outcomes = [judge(case) for case in cases(OWN)]
    failed += _say(
        "our own suite, whole reports and decisions", outcomes, [each for each in outcomes if not each.passed]
    )
    failed += max(LEAST - len(outcomes), 0)
    return 1 if failed else 0


def _say(suite: str, outcomes: Sequence[Outcome], failing: Sequence[Outcome]) -> int:
    print(f"{suite}: {len(outcomes) - len(failing)} passed, {len(failing)} failed", flush=True)
    for each in failing:
        why = reasoning(each.case) or each.case.title
        print(f"    {each.case.name}: {why}", file=sys.stderr)
    return len(failing)


if __name__ == "__main__":
    sys.exit(main())
