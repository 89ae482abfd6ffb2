"""Terms beside their yardsticks, in one run. All data is synthetic.

    python -m bench.terms [--rows 10000000] [--rounds 3]

- decisions: may this recipient use the data now, for this purpose, from this place? Beside casbin, which decides the same
  question by an attribute-based model (its recipient, purpose, place and end date);
- plans: from an agreement's ODRL to the plan with its digest;
- releases of 10 million rows, masked and grouped: beside DuckDB statements written by hand, without renkei, on the table's
  own Parquet files, which mask, group and write the same.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb

from bench.release import GROUP, MESH, SINCE, START, UNTIL, set_up, table_of

DECISIONS = 20_000
PLANS = 300
KEY = "00112233445566778899aabbccddeeff"


def main(arguments: Sequence[str]) -> None:
    """Measure decisions, plans and releases; print each beside its yardstick."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, default=10_000_000)
    asked.add_argument("--rounds", type=int, default=3)
    options = asked.parse_args(arguments)
    home = Path(tempfile.mkdtemp(prefix="renkei-bench-"))
    try:
        set_up(home)
        decisions()
        plans()
        releases(table_of(options.rows), rounds=options.rounds, scratch=home / "yardstick")
    finally:
        shutil.rmtree(home)


# ---- decisions

PURPOSES = ["research", "education", "statistics"]
MEMBER = "urn:body:consortium"


def _policy() -> dict[str, Any]:
    def said(operand: str, operator: str, value: Any, **more: Any) -> dict[str, Any]:
        return {"leftOperand": operand, "operator": operator, "rightOperand": value} | more

    return {
        "profile": "https://w3id.org/renkei/terms/v1",
        "permission": [
            {
                "action": "use",
                "constraint": [
                    said("purpose", "isAnyOf", PURPOSES),
                    said("recipient", "isAnyOf", ["did:web:lab.example", "did:web:city.example"]),
                    said("dateTime", "lteq", "2027-03-31T23:59:59Z"),
                    {
                        "or": [
                            said("spatial", "isPartOf", "JP"),
                            said("rk:membership", "eq", MEMBER),
                        ]
                    },
                    said("rk:cell", "eq", "jis-mesh:2"),
                    said("rk:timeResolution", "eq", "PT1H"),
                    said("rk:groupBy", "eq", "cell"),
                    said("rk:mask", "eq", "device=hash"),
                    said("rk:mask", "eq", "reading=round:0.5"),
                    said("rk:minimumGroup", "gteq", str(GROUP), **{"rk:entity": "device"}),
                    said("rk:withholdColumn", "eq", "rssi"),
                ],
            }
        ],
        "prohibition": [
            {"action": "distribute"},
            {"action": "use", "constraint": [said("purpose", "eq", "education")]},
        ],
    }


CASBIN = """
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub_rule, obj, act
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.obj == p.obj && r.act == p.act && eval(p.sub_rule)
"""
CASBIN_RULE = (
    "(r.sub.recipient == 'did:web:lab.example' || r.sub.recipient == 'did:web:city.example') && "
    "(r.sub.purpose == 'research' || r.sub.purpose == 'statistics') && r.sub.now <= '2027-03-31T23:59:59Z' && "
    "(r.sub.place == 'JP' || r.sub.member == 'urn:body:consortium')"
)


@dataclass
class Asking:
    """What casbin is told of who asks."""

    recipient: str
    purpose: str
    now: str
    place: str
    member: str


def decisions() -> None:
    """Decide one question many times: by `decide`, from the stored policy on, and by casbin."""
    from renkei.exchange.rules.access import decide
    from renkei.exchange.rules.terms import parsed
    from renkei.exchange.types import Circumstances
    from renkei.kernel.ids import ParticipantId

    policy = _policy()
    asking = Circumstances(
        now=START,
        participant=ParticipantId("did:web:lab.example"),
        purpose="research",
        places=frozenset({"JP-13"}),
        in_force_at=START - timedelta(days=1),
    )

    def ours() -> None:
        decide(parsed(policy), asking, agreement="urn:uuid:0")

    assert _refused(decide, parsed(policy), replace(asking, purpose="education")) == "exchange.use-prohibited"
    rates = [DECISIONS / _timed(lambda: [ours() for _ in range(DECISIONS)]) for _ in range(3)]
    theirs = _casbin_rates()
    print("decisions, one process (median of 3):")
    print(f"  renkei, from the agreement's policy  {statistics.median(rates):12,.0f}/s")
    print(
        f"  casbin, attributes                   {statistics.median(theirs):12,.0f}/s   "
        f"{statistics.median(rates) / statistics.median(theirs):.1f} x as many by renkei"
    )


def _refused(decide: Any, terms: Any, asking: Any) -> str | None:
    from renkei.kernel.refusals import Refusal

    try:
        decide(terms, asking, agreement="urn:uuid:0")
    except Refusal as refusal:
        return refusal.code
    return None


def _casbin_rates() -> list[float]:
    import logging

    import casbin

    logging.disable(logging.INFO)
    model = casbin.Enforcer.new_model(text=CASBIN)
    enforcer = casbin.Enforcer(model)
    enforcer.add_policy(CASBIN_RULE, "dataset", "use")
    who = Asking("did:web:lab.example", "research", "2026-04-01T00:00:00Z", "JP", "")
    assert enforcer.enforce(who, "dataset", "use")
    assert not enforcer.enforce(replace(who, purpose="education"), "dataset", "use")
    count = DECISIONS // 10
    return [
        count / _timed(lambda: [enforcer.enforce(who, "dataset", "use") for _ in range(count)])
        for _ in range(3)
    ]


def plans() -> None:
    """Compile the agreement's ODRL to a plan, nothing remembered."""
    from renkei.exchange.rules.plan import compile_terms
    from renkei.exchange.rules.terms import parse
    from renkei.kernel.ids import TableId

    policy, classes = _policy(), _classes()

    def compiled() -> None:
        compile_terms(parse(policy), table=TableId("urn:uuid:0"), classes=classes, agreement="urn:a").digest()

    taken = sorted(_timed(compiled) for _ in range(PLANS))
    print(
        f"plan out of ODRL with its digest: median {taken[len(taken) // 2] * 1e3:.2f} ms, p99 {taken[-4] * 1e3:.2f} ms"
    )


# ---- releases


def _classes() -> tuple[Any, ...]:
    from renkei.privacy import api as privacy

    role, category = privacy.Role, privacy.Category
    return (
        privacy.ColumnClass("device", category.RELATED, role.SUBJECT),
        privacy.ColumnClass("at", category.NONE, role.TIME),
        privacy.ColumnClass("latitude", category.PERSONAL, role.LATITUDE),
        privacy.ColumnClass("longitude", category.PERSONAL, role.LONGITUDE),
        privacy.ColumnClass("gateway", category.RELATED, role.PLACE),
        privacy.ColumnClass("rssi", category.NONE, role.PLAIN),
        privacy.ColumnClass("reading", category.NONE, role.PLAIN),
    )


def releases(table: Any, *, rounds: int, scratch: Path) -> None:
    """Release masked rows, and aggregates of groups; beside statements by hand that do the same."""
    from renkei.lake import api as lake
    from renkei.privacy import api as privacy

    files = [str(path) for path in lake.snapshot(table.id).files]
    rows = privacy.Plan(
        table=table.id,
        columns=_classes(),
        dropped=("rssi",),
        cell=privacy.Cell.parse("jis-mesh:2"),
        minimum_group=privacy.MinimumGroup(GROUP, "device"),
        since=SINCE,
        until=UNTIL,
        masks=(privacy.Mask.parse("device=hash"), privacy.Mask.parse("reading=round:0.5")),
        time_step=privacy.TimeStep.HOUR,
        group_by=("cell",),
        pseudonyms="urn:a",
    )
    sums = replace(
        rows,
        dropped=("device", "rssi"),
        masks=(privacy.Mask.parse("reading=round:0.5"),),
        group_by=("at", "cell"),
        delivery=privacy.Delivery.AGGREGATES,
        pseudonyms="",
    )
    for name, plan, by_hand in (
        ("masked rows of groups", rows, _rows_by_hand),
        ("aggregates by cell and hour", sums, _sums_by_hand),
    ):
        ours, theirs = [], []
        for _ in range(rounds):
            theirs.append(_timed(lambda by_hand=by_hand: by_hand(files, scratch)))  # type: ignore[misc]
            ours.append(_timed(lambda plan=plan: _release(plan)))  # type: ignore[misc]
        made, hand = _release(plan, anew=False), _count(scratch)
        assert made.rows == hand, (made.rows, hand)
        ratio = statistics.median(ours) / statistics.median(theirs)
        print(
            f"{name}, minimum group {GROUP}, {made.rows:,} rows released, loss {made.loss} per mille (median):"
        )
        print(f"  plain DuckDB by hand {statistics.median(theirs):8.2f} s")
        print(f"  renkei               {statistics.median(ours):8.2f} s   {ratio:.2f} x plain")


def _release(plan: Any, *, anew: bool = True) -> Any:
    from renkei.privacy import api as privacy

    if anew:
        privacy.drop_releases(plan.table)
    return privacy.release(plan, now=START)


def _rows_by_hand(files: list[str], scratch: Path) -> None:
    kept = (
        f"SELECT left(sha256('{KEY}' || device), 32) AS device, device AS entity, "  # noqa: S608
        f'time_bucket(INTERVAL \'1 hour\', "at") AS "at", round(reading / 0.5) * 0.5 AS reading, {MESH} AS cell '
        f"FROM read_parquet({files}) WHERE \"at\" >= '{SINCE}' AND \"at\" < '{UNTIL}'"
    )
    _copy(
        f"WITH kept AS ({kept}), enough AS (SELECT cell FROM kept GROUP BY cell "  # noqa: S608
        f"HAVING count(DISTINCT entity) >= {GROUP}) "
        'SELECT device, "at", cell::VARCHAR AS cell, reading FROM kept JOIN enough USING (cell)',
        scratch,
    )


def _sums_by_hand(files: list[str], scratch: Path) -> None:
    _copy(
        f"SELECT {MESH} AS cell, time_bucket(INTERVAL '1 hour', \"at\") AS hour, count(*) AS rows, "  # noqa: S608
        f"count(DISTINCT device) AS entities, avg(round(reading / 0.5) * 0.5) AS reading_mean "
        f"FROM read_parquet({files}) WHERE \"at\" >= '{SINCE}' AND \"at\" < '{UNTIL}' "
        f"GROUP BY 1, 2 HAVING count(DISTINCT device) >= {GROUP}",
        scratch,
    )


def _copy(query: str, scratch: Path) -> None:
    shutil.rmtree(scratch, ignore_errors=True)
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        db.execute(f"COPY ({query}) TO '{scratch}' (FORMAT parquet, COMPRESSION zstd, PER_THREAD_OUTPUT)")


def _count(scratch: Path) -> int:
    with duckdb.connect() as db:
        found: int = db.execute(f"SELECT count(*) FROM read_parquet('{scratch}/*.parquet')").fetchall()[0][0]  # noqa: S608
    return found


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main(sys.argv[1:])
