"""Run the tests with EDC and end in a line that says how many passed: `python -m tests.interop.edc.run`."""

import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.interop.edc.build import edc_version


class Count:
    """Counts what passed and what did not, a broken setting-up included."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.ends: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take note of one report."""
        if report.when == "call" or report.outcome == "failed":
            self.ends[report.outcome] += 1


def main() -> int:
    """Return pytest's exit code."""
    print(f"Eclipse EDC {edc_version()}", flush=True)
    count = Count()
    code = pytest.main(["-q", "-m", "interop", str(Path(__file__).parent), *sys.argv[1:]], plugins=[count])
    print(f"{count.ends['passed']} passed, {count.ends['failed']} failed")
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
