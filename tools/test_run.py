"""All tests on SQLite, then every test that touches a database once more on PostgreSQL."""

import argparse
import os
import subprocess
import sys

from tools.postgres import find_programs, throw_away_postgres

MISSING = """
======================================================================
PostgreSQL is not installed, so the storage tests ran on SQLite ONLY.
Install it (Debian: apt-get install postgresql) and run again.
======================================================================
"""
NO_TESTS = 5


def main() -> int:
    """Run both passes and return the exit code of the first that failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", default="auto", help="how many workers pytest starts")
    parser.add_argument("--require-postgres", action="store_true", help="fail where PostgreSQL is missing")
    options = parser.parse_args()

    failed = _pytest("SQLite", ["-n", options.jobs, "--dist", "worksteal"], {})
    if failed:
        return failed
    programs = find_programs()
    if programs is None:
        print(MISSING, flush=True)
        return 1 if options.require_postgres else 0
    with throw_away_postgres(programs) as url:
        return _pytest(
            "PostgreSQL",
            ["-n", options.jobs, "--dist", "worksteal", "-m", "storage"],
            {"RENKEI_DATABASE_URL": url},
        )


def _pytest(name: str, arguments: list[str], environment: dict[str, str]) -> int:
    print(f"\n=== tests on {name}", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", *arguments]
    return subprocess.run(command, env={**os.environ, **environment}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
