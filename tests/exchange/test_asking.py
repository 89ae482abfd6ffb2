"""Queries under an agreement: what was told before guards what is told next."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.audit import api as audit
from renkei.exchange import api as exchange
from renkei.exchange.models import LedgerRow, MarksRow, QueryRow
from renkei.exchange.services import asking, ledgers
from renkei.kernel.clock import utc_now
from renkei.kernel.refusals import Refusal
from renkei.privacy import api as privacy
from tests.factories import parties as members
from tests.factories import queries
from tests.factories.delivery import Opened
from tests.factories.queries import ask, rows

pytestmark = pytest.mark.django_db
COUNT = "SELECT count(*), avg(reading) FROM data"


def receive(opened_: Opened, sql: str, **asked: Any) -> exchange.Told:
    """Ask, and return the answer with its receipt."""
    access = exchange.access(opened_.secret, now=utc_now())
    return exchange.answer_query(access, privacy.Question(sql, **asked), now=utc_now())


@pytest.fixture
def opened() -> Opened:
    return queries.opened(members.organisation(slug="provider"), rows(10))


def test_an_answer_leaves_its_record(opened: Opened):
    told = ask(opened, COUNT)

    assert told == privacy.Answer(("COUNT(*)", 'AVG("reading")'), ((10, 14.5),), smallest_group=10)
    (provision,) = exchange.provisions(org=opened.org.id)
    assert (provision.channel, provision.rows, provision.columns) == ("sql", 1, ("reading",))
    assert audit.trail(opened.transfer.id)[-2:] == ["exchange.query-answered", "exchange.read"]


def test_a_receipt_counts_what_the_answer_hands_over(opened: Opened):
    told = receive(opened, COUNT)

    assert (told.receipt.said.rows, told.receipt.said.columns) == (1, 2)


@pytest.mark.parametrize("devices", [40, 400])
def test_a_receipt_tells_no_exact_figure_beside_the_noise(devices: int):
    opened = queries.opened(
        members.organisation(slug="provider"), rows(devices), terms=queries.in_place(budget="100")
    )

    for _ in range(2):  # computed, and told again
        said = receive(opened, COUNT, epsilon="50", bounds=(("reading", 0.0, 500.0),)).receipt.said
        assert (said.loss, said.withheld, said.withheld_in_full, said.smallest_group) == (
            1000,
            (),
            None,
            None,
        )
        assert (said.rows, said.columns, said.files, said.file_count) == (1, 2, (), 0)


def test_a_tracker_learns_nothing(opened: Opened):
    ask(opened, COUNT)

    with pytest.raises(privacy.QueryDiffersTooLittle):
        ask(opened, f"{COUNT} WHERE device <> 'D-3'")
    assert audit.trail(opened.transfer.id)[-1] == "exchange.query-refused"
    assert list(QueryRow.objects.order_by("pk").values_list("told", flat=True)) == [True, False]


def test_a_tracker_learns_nothing_in_the_other_order_either(opened: Opened):
    some = f"{COUNT} WHERE counter < 6"
    ask(opened, some)

    with pytest.raises(privacy.QueryDiffersTooLittle):
        ask(opened, f"{COUNT} WHERE counter < 5")
    assert ask(opened, f"{COUNT} WHERE counter < 3").rows == ((3, 11.0),)


def test_what_is_left_out_of_all_rows_may_not_be_too_small_either(opened: Opened):
    with pytest.raises(privacy.QueryDiffersTooLittle):
        ask(opened, f"{COUNT} WHERE device <> 'D-3'")


def test_rows_count_and_not_only_who_is_in_them():
    twice = [*rows(10), *rows(10, gateway="G-2", reading=50)]
    opened = queries.opened(members.organisation(slug="provider"), twice)

    ask(opened, COUNT)

    with pytest.raises(privacy.QueryDiffersTooLittle):  # the same ten devices, but for one row of one of them
        ask(opened, f"{COUNT} WHERE NOT (device = 'D-3' AND gateway = 'G-2')")


def test_groups_that_are_left_out_may_not_follow_from_the_whole():
    opened = queries.opened(
        members.organisation(slug="provider"),
        [*rows(6), *rows(2, gateway="G-2", first=6), *rows(5, gateway="G-3", first=10)],
    )

    with pytest.raises(privacy.QueryDiffersTooLittle):  # all rows less those of G-1 and G-3 are two devices'
        ask(opened, "SELECT gateway, sum(reading) FROM data GROUP BY gateway")
    merged = (
        "SELECT CASE WHEN gateway = 'G-9' THEN 1 ELSE 0 END AS part, sum(counter) FROM data GROUP BY part"
    )
    assert ask(opened, merged).rows == ((0.0, 26.0),)


def test_values_that_are_missing_hide_nobody():
    held = [*rows(8), *({**row, "reading": None} for row in rows(5, first=8))]
    opened = queries.opened(members.organisation(slug="provider"), held)
    ask(opened, "SELECT sum(reading) FROM data")

    with pytest.raises(privacy.QueryDiffersTooLittle):  # six devices fewer, of which one has a reading
        ask(opened, "SELECT sum(reading) FROM data WHERE counter > 0 AND device < 'D-8'")


def test_groups_whose_figure_is_not_told_are_not_among_all_told_groups():
    held = [
        *rows(6),
        *rows(6, gateway="G-2", first=6),
        *({**row, "reading": None} for row in rows(5, gateway="G-3", first=12)),
        *rows(1, gateway="G-3", first=17),
    ]
    opened = queries.opened(members.organisation(slug="provider"), held, terms=queries.in_place(5))
    told = ask(opened, "SELECT gateway, count(*), sum(reading) FROM data GROUP BY gateway")
    assert told.rows == (("G-1", 6, 75.0), ("G-2", 6, 75.0), ("G-3", 6, None))

    with pytest.raises(privacy.QueryDiffersTooLittle):  # the sum of all less the two is one device's reading
        ask(opened, "SELECT sum(reading) FROM data")


def test_a_group_by_a_negative_zero_is_in_the_ledger():
    opened = queries.opened(members.organisation(slug="provider"), rows(12))
    zeros = "CASE WHEN counter < 2 THEN -(0.0) WHEN counter < 4 THEN 0.0 ELSE 1.0 END"
    told = ask(opened, f"SELECT {zeros} AS z, sum(reading) FROM data GROUP BY z")  # noqa: S608 - written here
    assert [row[1] for row in told.rows] == [46.0, 140.0]

    with pytest.raises(privacy.QueryDiffersTooLittle):
        ask(opened, "SELECT sum(reading) FROM data WHERE counter < 3")


def bisection(opened: Opened, *limits: float) -> list[Any]:
    """Ask whether a device's reading is above each limit: with it there are three devices, else two."""
    found: list[Any] = []
    for limit in limits:
        sql = f"{COUNT} WHERE device IN ('D-0', 'D-1', 'D-5') AND (device <> 'D-5' OR reading > {limit})"
        try:
            found.append(ask(opened, sql).rows != ())
        except privacy.QueryDiffersTooLittle:
            found.append("refused")
    return found


def test_whether_a_group_is_told_does_not_find_a_value_for_nothing(opened: Opened):
    """The reading of D-5 is 15."""
    assert bisection(opened, 32, 16, 8, 12, 20, 14) == [False, False, "refused", "refused", False, "refused"]


def test_whether_a_group_is_told_does_not_find_a_value_in_the_other_order_either(opened: Opened):
    assert bisection(opened, 8, 16, 12, 14, 15) == [True, "refused", True, True, "refused"]


def test_whoever_asks_whether_a_group_is_told_is_stopped_for_a_while(opened: Opened, monkeypatch: Any):
    monkeypatch.setattr(asking, "MOST_REFUSED", 2)
    assert bisection(opened, 20, 10, 11) == [False, "refused", "refused"]

    with pytest.raises(privacy.QueryRefusalsUsed):
        ask(opened, COUNT)


def test_whether_a_figure_is_told_does_not_find_a_value_for_nothing():
    """Other devices, without readings, keep the groups themselves apart."""
    held = [*rows(8), *({**row, "reading": None} for row in rows(30, first=10))]
    opened = queries.opened(members.organisation(slug="provider"), held)
    sql = (
        "SELECT sum(reading) FROM data WHERE (device IN ('D-0', 'D-1') OR (device = 'D-5' AND counter > {limit})"
        " OR device IN ({others}))"
    )

    def among(limit: int, *others: int) -> Any:
        names = ", ".join(f"'D-{n}'" for n in others)
        return ask(opened, sql.format(limit=limit, others=names)).rows

    assert among(7, 10, 11, 12, 13) == ((None,),)
    with pytest.raises(privacy.QueryDiffersTooLittle):
        among(3, 20, 21, 22, 23)


def test_groups_that_are_too_small_stand_beside_those_that_are_told():
    held = [*rows(6), *rows(2, gateway="G-2", first=6), *rows(2, gateway="G-3", first=8)]
    opened = queries.opened(members.organisation(slug="provider"), held)
    by_gateway = "SELECT gateway, count(*), avg(reading) FROM data GROUP BY gateway"

    told = ask(opened, by_gateway)

    assert told.rows == (("G-1", 6, 12.5),)
    kept = MarksRow.objects.count()
    assert ask(opened, by_gateway) == told
    assert MarksRow.objects.count() == kept


def test_how_many_have_a_value_does_not_follow_from_two_other_figures():
    held = [*rows(12), {**rows(1, first=12)[0], "reading": None}]
    opened = queries.opened(members.organisation(slug="provider"), held)
    with pytest.raises(privacy.QueryDiffersTooLittle):
        ask(opened, "SELECT count(*), count(reading) FROM data")

    for figures in ("sum(reading) / avg(reading)", "1 / (1 - var_pop(reading) / variance(reading))"):
        with pytest.raises(privacy.QueryDiffersTooLittle):
            ask(opened, f"SELECT count(*), {figures} FROM data")  # noqa: S608 - written here


def test_many_groups_are_judged_as_fast_where_they_have_to_be_large():
    """Each of them is compared with those alone that have an entity in common with it."""
    compared = 0
    sets = [privacy.Marked("*", tuple(range(1000 * n, 1000 * n + 40))) for n in range(200)]
    judged = ledgers._Told(MarksRow.objects.none(), (), least=40)

    for each in sets:
        compared += len(judged._near(each))
        judged.put(each)

    assert compared == 0
    close = privacy.Marked("*", (*range(1, 40), 10**9))
    assert judged._near(close) == [sets[0]]
    assert judged.has_near(close)


SETS = st.sets(st.integers(0, 9), min_size=1).map(lambda found: tuple(sorted(found)))


@given(told=st.lists(SETS), other=SETS, least=st.integers(1, 5))
def test_sets_are_found_by_their_first_marks_as_by_comparing_each(
    told: list[tuple[int, ...]], other: tuple[int, ...], least: int
):
    """Of two that are compared one is told, and has as many entities as that needs."""
    large = [privacy.Marked("*", each) for each in told if len(each) >= least]
    judged = ledgers._Told(MarksRow.objects.none(), (), least=least)
    for each in large:
        judged.put(each)
    fresh = privacy.Marked("*", other)

    assert judged.has_near(fresh) == any(privacy.too_close(fresh, each, least=least) for each in large)


def test_a_set_that_stands_in_the_ledger_is_found_where_groups_have_to_be_large():
    opened = queries.opened(members.organisation(slug="provider"), rows(120), terms=queries.in_place(40))
    ask(opened, f"{COUNT} WHERE counter < 60")

    assert ask(opened, f"{COUNT} WHERE counter >= 60").rows[0][0] == 60
    with pytest.raises(privacy.QueryDiffersTooLittle):
        ask(opened, f"{COUNT} WHERE counter >= 35 AND counter < 80")


def test_the_same_again_costs_nothing(opened: Opened):
    first = ask(opened, COUNT)
    kept = MarksRow.objects.count()

    assert ask(opened, COUNT) == first
    assert ask(opened, "SELECT stddev_pop(reading) FROM data").rows == ((2.87228132327,),)
    assert MarksRow.objects.count() == kept


def test_a_second_agreement_opens_no_second_ledger(opened: Opened):
    ask(opened, f"{COUNT} WHERE counter < 5")
    second = queries.again(opened.org, opened.dataset)

    with pytest.raises(privacy.QueryDiffersTooLittle):
        ask(second, f"{COUNT} WHERE counter < 6")
    assert LedgerRow.objects.count() == 1


def test_a_table_that_grew_by_too_few_is_not_told_anew(opened: Opened):
    ask(opened, COUNT)
    queries.append(opened.dataset, rows(1, first=10), sequence=2)
    with pytest.raises(privacy.QueryDiffersTooLittle):
        ask(opened, COUNT)

    queries.append(opened.dataset, rows(2, first=11), sequence=3)
    assert ask(opened, COUNT).rows == ((13, pytest.approx(13.538, abs=0.001)),)


def test_whoever_keeps_trying_is_stopped_for_a_while(opened: Opened, monkeypatch: Any):
    monkeypatch.setattr(asking, "MOST_REFUSED", 2)
    for device in (1, 2):
        with pytest.raises(privacy.QueryDiffersTooLittle):
            ask(opened, f"{COUNT} WHERE device <> 'D-{device}'")

    with pytest.raises(privacy.QueryRefusalsUsed):
        ask(opened, COUNT)
    QueryRow.objects.update(at=utc_now() - timedelta(hours=24))
    assert ask(opened, COUNT).rows == ((10, 14.5),)


def test_what_cannot_be_checked_is_not_told(opened: Opened, monkeypatch: Any):
    ask(opened, COUNT)
    monkeypatch.setattr(ledgers, "MOST_MARKS", 10)

    with pytest.raises(privacy.QueryLedgerFull):
        ask(opened, f"{COUNT} WHERE counter < 5")
    assert ask(opened, COUNT).rows == ((10, 14.5),)


def test_other_formats_are_not_opened_where_rows_stay():
    org = members.organisation(slug="provider")
    opened = queries.opened(org, rows(10))

    with pytest.raises(privacy.RowsStay):
        queries.delivery.opened(
            org=org, published=opened.dataset, offered=queries.in_place(), form=exchange.HTTP_DATA
        )
    assert exchange.formats_under([opened.offer]) == (exchange.SQL_QUERY,)
    assert exchange.formats_under([]) == exchange.TABLE_FORMATS


def test_a_query_over_rows_that_may_leave_is_not_judged():
    free = {"permission": [{"action": "use"}]}
    opened = queries.opened(members.organisation(slug="provider"), rows(3), terms=free, classes=())

    told = ask(
        opened, "SELECT device, max(reading) AS top FROM data WHERE counter > 0 GROUP BY device ORDER BY top"
    )
    assert told == privacy.Answer(("device", "top"), (("D-1", 11.0), ("D-2", 12.0)))
    assert len(ask(opened, "SELECT * FROM data LIMIT 2").rows) == 2
    assert not MarksRow.objects.exists()


def test_a_refused_reader_is_not_answered(opened: Opened):
    exchange.end_agreement(
        org=opened.org.id, agreement=opened.agreement.id, reason="over", actor=opened.org.actor, now=utc_now()
    )
    with pytest.raises(Refusal) as refused:
        ask(opened, COUNT)
    assert refused.value.code == "exchange.agreement-ended"


def test_a_ledger_outlives_the_change_of_the_nodes_secret(opened: Opened):
    first = ask(opened, COUNT)

    exchange.renew_concealed(now=utc_now())

    assert ask(opened, COUNT) == first
    with pytest.raises(privacy.QueryDiffersTooLittle):
        ask(opened, f"{COUNT} WHERE device <> 'D-3'")


def test_another_purpose_is_not_answered():
    constraint = {"leftOperand": "purpose", "operator": "isAnyOf", "rightOperand": ["research"]}
    opened = queries.opened(
        members.organisation(slug="provider"), rows(10), terms=queries.in_place(more=(constraint,))
    )
    granted = exchange.access(opened.secret, now=utc_now())

    with pytest.raises(Refusal) as refused:
        exchange.answer_query(granted, privacy.Question(COUNT), purpose="advertising", now=utc_now())
    assert refused.value.code == "exchange.purpose-not-agreed"
    told = exchange.answer_query(granted, privacy.Question(COUNT), purpose="research", now=utc_now())
    assert told.answer.rows == ((10, 14.5),)
