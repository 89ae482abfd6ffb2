"""Duties and uses on the pages: how they stand, what is late, and how a member states that one is fulfilled."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.test import Client

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.parties import api as parties
from tests.exchange.test_duties import DELETE, INFORM, PAY
from tests.factories.exchange import CELL, GROUP, MAY, PURPOSES, Table, constraint, table, terms
from tests.factories.parties import token

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


@dataclass
class Seat:
    at: Table
    agreement: str

    def page(self, org: parties.Organisation) -> str:
        return read(org, f"/agreements/{self.agreement}")


def signed_in(org: parties.Organisation) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.post("/sign-in", {"token": token(org=org).secret})
    return client


def read(org: parties.Organisation, path: str) -> str:
    answer = signed_in(org).get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def seat() -> Seat:
    said = terms(PURPOSES, CELL, GROUP, constraint("count", "lteq", "10")) | {"obligation": [INFORM, PAY]}
    at = table(said=said)
    return Seat(at, at.agreed().id)


def test_both_sides_see_how_each_duty_stands_and_the_provider_counts_the_uses(seat: Seat) -> None:
    [running] = (seat.at.transferred(),)
    access = exchange.access(running.data_address.secret, now=MAY)  # type: ignore[union-attr,arg-type]
    exchange.deliver(access, channel="http-data", now=MAY)
    signed = exchange.agreements(org=seat.at.provider.id)[0].id
    other = Seat(seat.at, signed)

    provider, consumer = other.page(seat.at.provider), other.page(seat.at.consumer)

    assert "1 / 10" in provider
    assert "1 / 10" not in consumer
    for page in (provider, consumer):
        assert "overdue" in page  # MAY is long ago
    assert page_forms(provider) == [1]  # only that it was paid
    assert page_forms(consumer) == [1, 2]


def page_forms(page: str) -> list[int]:
    return [number for number in (1, 2, 3) if f'id="statement-{number}"' in page]


def test_a_member_states_that_a_duty_is_fulfilled(seat: Seat) -> None:
    client = signed_in(seat.at.consumer)

    answer = client.post(
        f"/agreements/{seat.agreement}/duties/2", {"statement": "told by letter", "evidence": "ab" * 32}
    )

    assert answer.status_code == 302
    owed = exchange.duties(seat.agreement, org=seat.at.consumer.id)  # type: ignore[arg-type]
    assert [(each.statement, each.evidence) for each in owed] == [("", ""), ("told by letter", "ab" * 32)]
    assert "told by letter" in seat.page(seat.at.consumer)


def test_whoever_deleted_may_state_it_again_after_another_read() -> None:
    at = table(said=terms(PURPOSES, CELL, GROUP) | {"obligation": [DELETE]})
    seat = Seat(at, at.agreed().id)
    client = signed_in(at.consumer)

    for statement in ("deleted on Monday", "deleted on Friday"):
        assert page_forms(seat.page(at.consumer)) == [1]
        client.post(f"/agreements/{seat.agreement}/duties/1", {"statement": statement})

    assert "deleted on Friday" in seat.page(at.consumer)
    assert page_forms(seat.page(at.provider)) == []


@pytest.mark.parametrize("form", [{}, {"statement": "x"}, {"statement": "told", "evidence": "nonsense"}])
def test_a_form_that_says_too_little_comes_back(seat: Seat, form: dict[str, str]) -> None:
    answer = signed_in(seat.at.consumer).post(f"/agreements/{seat.agreement}/duties/2", form)

    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()
    owed = exchange.duties(seat.agreement, org=seat.at.consumer.id)  # type: ignore[arg-type]
    assert [each.statement for each in owed] == ["", ""]


def test_the_overview_tells_what_is_late_until_it_is_done(seat: Seat) -> None:
    late = exchange.duties_overdue(org=seat.at.consumer.id, now=utc_now())
    assert len(late) == 2

    assert "Duties overdue" in read(seat.at.consumer, "/")
    for each in late:
        exchange.fulfil_duty(
            org=seat.at.consumer.id,
            agreement=each.agreement,
            number=each.number,
            statement="done",
            actor=seat.at.consumer.actor,
            now=utc_now(),
        )

    assert 'id="overdue"' not in read(seat.at.consumer, "/")
    assert 'id="overdue"' in read(seat.at.provider, "/")  # it has not arrived there yet
