"""The privacy budget of an agreement: used up once, told again for nothing, and never overdrawn."""

from typing import Any

import pytest

from renkei.exchange.models import BudgetRow
from renkei.privacy import api as privacy
from renkei.privacy.queries import running
from tests.exchange.test_races import at_once
from tests.factories import parties as members
from tests.factories import queries
from tests.factories.delivery import Opened
from tests.factories.queries import ask, in_place, rows

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = "SELECT count(*) FROM data"


@pytest.fixture
def opened() -> Opened:
    return queries.opened(members.organisation(slug="provider"), rows(50), terms=in_place(budget="2"))


def test_a_query_uses_a_tenth_unless_it_says_how_much(opened: Opened):
    assert ask(opened, COUNT).epsilon == "0.2"
    assert ask(opened, f"{COUNT} WHERE counter > 3", epsilon="0.5").epsilon == "0.5"
    assert BudgetRow.objects.get().spent == 700_000


def test_the_same_question_gets_the_same_noise_for_nothing(opened: Opened):
    first = ask(opened, COUNT)
    again = ask(opened, f"{COUNT} -- once more")

    assert (again.rows, again.again, first.again) == (first.rows, True, False)
    assert BudgetRow.objects.get().spent == 200_000


def test_other_data_get_other_noise_at_a_new_cost(opened: Opened):
    ask(opened, COUNT)
    queries.append(opened.dataset, rows(1, first=50), sequence=2)

    assert not ask(opened, COUNT).again
    assert BudgetRow.objects.get().spent == 400_000


def test_what_is_used_up_is_refused(opened: Opened):
    ask(opened, COUNT, epsilon="1.5")

    with pytest.raises(privacy.BudgetUsedUp) as refused:
        ask(opened, f"{COUNT} WHERE counter > 3", epsilon="0.6")
    assert refused.value.facts == {"left": "0.5", "asked": "0.6"}


def test_a_budget_is_not_overdrawn_by_many_at_once(opened: Opened, monkeypatch: Any):
    monkeypatch.setattr(running, "_turns", running.threading.BoundedSemaphore(8))

    found = at_once(
        *(lambda n=n: ask(opened, f"{COUNT} WHERE counter >= {n}", epsilon="0.6") for n in range(6))
    )

    told = [each for each in found if isinstance(each, privacy.Answer)]
    assert len(told) == 3
    assert {type(each) for each in found if each not in told} == {privacy.BudgetUsedUp}
    assert BudgetRow.objects.get().spent == 1_800_000


def test_of_two_that_differ_by_one_only_one_is_told_at_the_same_moment(monkeypatch: Any):
    monkeypatch.setattr(running, "_turns", running.threading.BoundedSemaphore(8))
    opened = queries.opened(members.organisation(slug="provider"), rows(20))

    found = at_once(*(lambda n=n: ask(opened, f"{COUNT} WHERE counter < {n}") for n in (10, 11)))

    assert sorted(type(each).__name__ for each in found) == ["Answer", "QueryDiffersTooLittle"]
