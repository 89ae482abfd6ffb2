"""Limits of queries: what goes wrong is told in the same words, and nothing but the release can be reached."""

import threading
from typing import Any

import duckdb
import pytest

from renkei.privacy import api as privacy
from renkei.privacy.errors import AnswerTooLarge, QueriesBusy, QueryFailed, QueryLedgerFull
from renkei.privacy.queries import differencing, running
from renkei.privacy.queries.differencing import Marked, marked, pack_all, spelt, too_close, unpack, unpack_all
from tests.factories.lake import MAY
from tests.privacy.questions import KEY, ask, in_place, observed

pytestmark = pytest.mark.django_db
ROWS = [(f"D-{n}", "G-1", float(n), n) for n in range(5)]
COUNT = "SELECT count(*) FROM data"


@pytest.fixture
def under() -> privacy.Plan:
    return in_place(observed(ROWS).id)


def test_a_query_that_takes_too_long_is_stopped_without_a_word_of_the_rows(under: privacy.Plan):
    release = privacy.released(under, now=MAY)

    with pytest.raises(QueryFailed) as refused, running.opened(under, release, seconds=0.05) as db:
        db.execute("SELECT count(*) FROM range(100000000) a, range(100000000) b").fetchall()
    assert refused.value.facts == {}
    assert refused.value.__cause__ is None


def test_a_query_that_takes_too_much_memory_is_told_in_the_same_words(under: privacy.Plan):
    release = privacy.released(under, now=MAY)

    with pytest.raises(QueryFailed) as refused, running.opened(under, release, seconds=30) as db:
        db.execute("SELECT list(x) FROM (SELECT range AS x FROM range(100000000))").fetchall()
    assert refused.value.as_dict() == QueryFailed().as_dict()


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM glob('/*')",
        "COPY (SELECT 1) TO '/tmp/renkei-out.csv'",
        "ATTACH '/tmp/renkei-other.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
    ],
)
def test_even_past_the_allow_list_nothing_else_can_be_reached(under: privacy.Plan, text: str):
    release = privacy.released(under, now=MAY)

    with pytest.raises(QueryFailed), running.opened(under, release, seconds=10) as db:
        db.execute(text).fetchall()


def test_only_so_many_are_answered_at_once(under: privacy.Plan, monkeypatch: Any):
    monkeypatch.setattr(running, "_turns", threading.BoundedSemaphore(1))
    release = privacy.released(under, now=MAY)

    with running.opened(under, release, seconds=10), pytest.raises(QueriesBusy):
        ask(under, COUNT)
    assert ask(under, COUNT).answer.rows == ((5,),)


def test_an_answer_has_a_largest_size(under: privacy.Plan, monkeypatch: Any):
    grouped = "SELECT gateway, count(*) FROM data GROUP BY gateway"
    monkeypatch.setattr(running, "MOST_BYTES", 20)
    with pytest.raises(AnswerTooLarge):
        ask(under, grouped)

    monkeypatch.setattr(running, "MOST_BYTES", 1000)
    monkeypatch.setattr(running, "MOST_ROWS", 0)
    with pytest.raises(AnswerTooLarge):
        ask(under, grouped)


def test_an_answer_of_too_many_marks_is_refused(under: privacy.Plan, monkeypatch: Any):
    monkeypatch.setattr(differencing, "MOST_MARKS", 4)

    with pytest.raises(QueryLedgerFull):
        ask(under, COUNT)


def marks(*entities: tuple[object, int], key: bytes = KEY) -> Marked:
    (found,) = marked([(1, len(entities), *each) for each in entities], made_of=("*",), least=1, key=key)
    return found


@pytest.mark.parametrize(
    ("other", "close"),
    [
        ([("a", 1), ("b", 2), ("c", 3), ("d", 4)], False),  # the same
        ([("a", 1), ("b", 2), ("c", 3)], True),  # one fewer
        ([("a", 1), ("b", 2), ("c", 3), ("d", 5)], True),  # other rows of one
        ([("a", 1), ("b", 9), ("c", 9), ("d", 9)], False),  # other rows of three
        ([("a", 1)], False),  # three fewer
        ([("a", 1), ("b", 2), ("e", 3), ("f", 4)], True),  # two others, which is not known to be four
    ],
)
def test_sets_differ_by_entities_whose_rows_differ(other: list[tuple[object, int]], close: bool):
    one = marks(("a", 1), ("b", 2), ("c", 3), ("d", 4))

    assert too_close(one, marks(*other), least=3) is close
    assert too_close(marks(*other), one, least=3) is close


def test_marks_are_kept_as_they_were_and_tell_nobody_without_the_key():
    one = marks(("a", 1), ("b", 2))

    assert unpack(one.pack()) == one.marks
    other = marks(("a", 1), ("b", 2), key=b"another" * 4)
    assert set(one.marks).isdisjoint(other.marks)


def test_sets_are_kept_one_after_the_other():
    sets = [marks(("a", 1), ("b", 2)), marks(("c", 3))]

    assert list(unpack_all(pack_all(sets))) == [each.marks for each in sets]
    assert list(unpack_all(b"")) == []


def test_a_group_without_the_entities_that_it_is_said_to_have_is_not_judged():
    with pytest.raises(QueryFailed):
        list(marked([(1, 2, "a", 7)], made_of=("*",), least=1, key=KEY))


def test_groups_of_numbers_that_sql_holds_to_be_equal_are_one():
    rows = [(f"D-{n}", "G", float(n), n) for n in range(4)]
    zeros = "CASE WHEN counter < 2 THEN -(0.0) ELSE 0.0 END"
    none = "1e99 * 1e99 * 1e99 * 1e99 - 1e99 * 1e99 * 1e99 * 1e99"
    spellings = f"CASE WHEN counter = 0 THEN {none} WHEN counter = 1 THEN -({none}) ELSE 0.0 END"
    under = in_place(observed(rows).id)
    whole = ask(under, COUNT)

    merged = ask(under, f"SELECT {zeros} AS z, count(*) FROM data GROUP BY z")  # noqa: S608 - written here

    assert [row[1] for row in merged.answer.rows] == [4]
    assert (set(merged.marks), merged.untold) == (set(whole.marks), ())
    pairs = in_place(observed(rows).id, group=2, dropped=("latitude", "longitude"))
    halves = ask(pairs, f"SELECT {spellings} AS z, count(*) FROM data GROUP BY z")  # noqa: S608 - as above
    assert [row[1] for row in halves.answer.rows] == [2, 2]
    assert ([each.size for each in halves.marks], halves.untold) == ([2, 2, 4], ())


def test_an_entity_is_the_same_however_its_number_is_spelt():
    assert marks((0.0, 1), ("a", 1)) == marks((-0.0, 1), ("a", 1))
    assert marks((float("nan"), 1)) == marks((-float("nan"), 1))
    assert marks(("None", 1)) != marks((0.0, 1))
    assert (spelt(None), spelt("None")) == (None, "'None'")


def test_what_runs_is_read_by_duckdb_as_one_statement(under: privacy.Plan):
    prepared = privacy.prepare_query(under, privacy.Question(f"{COUNT} WHERE device <> ';--'"))
    assert isinstance(prepared, privacy.Prepared)
    with duckdb.connect() as db:
        (statement,) = db.extract_statements(prepared.answer)
    assert statement.type == duckdb.StatementType.SELECT
