"""Queries under an agreement: what was told before guards what is told next."""

from datetime import timedelta
from typing import Any

import pytest

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


@pytest.fixture
def opened() -> Opened:
    return queries.opened(members.organisation(slug="provider"), rows(10))


def test_an_answer_leaves_its_record(opened: Opened):
    told = ask(opened, COUNT)

    assert told == privacy.Answer(("COUNT(*)", 'AVG("reading")'), ((10, 14.5),), smallest_group=10)
    (provision,) = exchange.provisions(org=opened.org.id)
    assert (provision.channel, provision.rows, provision.columns) == ("sql", 1, ("reading",))
    assert audit.trail(opened.transfer.id)[-2:] == ["exchange.query-answered", "exchange.read"]


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
    assert exchange.formats_under([]) == exchange.FORMATS


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
