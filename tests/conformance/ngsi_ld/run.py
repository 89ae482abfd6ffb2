"""Runs the NGSI-LD suite of ETSI against nodes started for it: `make conformance-ngsi-ld SUITE=<checkout>`."""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path

from renkei.cli.demo.nodes import DemoBroken
from tests.conformance.ngsi_ld.node import node_under_test
from tests.conformance.ngsi_ld.results import (
    Exempted,
    Outcome,
    Verdict,
    exceptions,
    judge,
    read_output,
    table,
    write_report,
)
from tests.conformance.ngsi_ld.suite import BUILD, GROUPS, Suite, SuiteUnusable, prepare
from tools.postgres import find_programs, throw_away_postgres

SOURCE = "https://forge.etsi.org/rep/cim/ngsi-ld-test-suite"
LACKING = f"""\
The suite is not part of this repository. Get it, and name its folder:

    git clone {SOURCE}
    make conformance-ngsi-ld SUITE=ngsi-ld-test-suite
"""
USAGE = 2


def main(words: list[str] | None = None) -> int:
    """Print the groups with their failed cases; 0 only when exactly the listed exceptions failed."""
    options = _options(words)
    if not options.suite:
        print(LACKING, file=sys.stderr)
        return USAGE
    try:
        suite = prepare(Path(options.suite).resolve())
        groups = [options.group] if options.group else list(GROUPS)
        places = {group: suite.cases_of(group) for group in groups}
    except SuiteUnusable as why:
        print(why, file=sys.stderr)
        return USAGE
    begun = time.monotonic()
    run = partial(run_group, suite, database=options.database)
    try:
        with ThreadPoolExecutor(max_workers=options.parallel) as lanes:
            done = lanes.map(lambda item: run(*item), places.items())
            outcomes = [outcome for ends in done for outcome in ends]
    except (DemoBroken, SuiteUnusable) as why:
        print(why, file=sys.stderr)
        return 1
    verdict = judge(outcomes, exceptions(), whole=not options.group)
    seconds = time.monotonic() - begun
    facts = {"suite": str(options.suite), "database": options.database, "seconds": f"{seconds:.0f}"}
    write_report(BUILD / "report.json", outcomes, verdict, facts=facts)
    print(said(outcomes, groups, verdict, seconds=seconds))
    return 1 if verdict.unexpected or verdict.outdated or not outcomes else 0


def _options(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", help="a checkout of the suite")
    parser.add_argument("--group", help="one group or file only, such as CommonBehaviours or 019_07")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--parallel", type=int, default=2, help="how many groups at once, each with a node")
    return parser.parse_args(words)


def run_group(suite: Suite, group: str, cases: Path, *, database: str) -> list[Outcome]:
    """Run one group against a node of its own and return how its cases went."""
    into = BUILD / "output" / group.replace("/", "-")
    with _database(database) as url, tempfile.TemporaryDirectory(prefix="renkei-ngsi-ld-") as folder:
        home = Path(folder) / "node"
        with node_under_test(home, suite=suite.folder, database=url) as addresses:
            written = suite.run(cases, addresses, into=into)
        (into / "node.log").write_bytes((home / "node.log").read_bytes())
    outcomes = [each for file in written for each in read_output(file, group=group)]
    failed = sum(not each.passed for each in outcomes)
    print(f"{group}: {len(outcomes) - failed} passed, {failed} failed", flush=True)
    return outcomes


@contextmanager
def _database(kind: str) -> Iterator[str | None]:
    programs = find_programs() if kind == "postgresql" else None
    if kind == "postgresql" and programs is None:
        raise SystemExit("PostgreSQL's server is needed here (Debian: apt-get install postgresql)")
    with throw_away_postgres(programs) if programs else nullcontext() as url:
        yield url


def said(outcomes: list[Outcome], groups: list[str], verdict: Verdict, *, seconds: float) -> str:
    """Return what is printed at the end."""
    failed = [each for each in outcomes if not each.passed]
    listed = [each for each in failed if each not in verdict.unexpected]
    parts = ["", table(outcomes, groups), f"in {seconds:.0f} s; details in {BUILD / 'report.json'}"]
    parts += _lines("failed", [f"{each.file}: {each.name}: {each.why}" for each in verdict.unexpected])
    parts += _lines("failed as listed in exceptions.toml", [f"{each.file}: {each.name}" for each in listed])
    parts += _lines("listed, yet not failed", [_named(each) for each in verdict.outdated])
    return "\n".join(parts)


def _lines(title: str, lines: list[str]) -> list[str]:
    return ["", f"{title}: {len(lines)}", *(f"    {line}" for line in lines)] if lines else []


def _named(each: Exempted) -> str:
    return f"{each.file}: {each.name}"


if __name__ == "__main__":
    sys.exit(main())
