from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import transaction

from renkei.audit import api as audit
from renkei.kernel.ids import NODE, Actor
from renkei.kernel.merkle import leaf_hash
from tests.factories.audit import MAY, act, acts

CITY = Actor("did:web:node.example:orgs:city")


@pytest.mark.django_db
def test_an_act_becomes_an_entry_with_everything_that_was_said_of_it() -> None:
    at = datetime(2026, 5, 1, 18, 0, tzinfo=timezone(timedelta(hours=9)))
    act(
        "exchange.agreed",
        actor=CITY,
        subject="urn:uuid:a",
        at=at,
        concerns=("did:web:b", "did:web:a", "did:web:b"),
        version=7,
        automatic=True,
        reason=None,
        dataset="人流",
    )

    audit.seal(now=MAY)

    body = (
        '{"action":"exchange.agreed","actor":"did:web:node.example:orgs:city","at":"2026-05-01T09:00:00Z",'
        '"concerns":["did:web:a","did:web:b"],'
        '"facts":{"automatic":true,"dataset":"人流","reason":null,"version":7},"subject":"urn:uuid:a","v":1}'
    ).encode()
    assert audit.entries(start=0, limit=10) == (
        audit.Entry(
            index=0,
            body=body,
            leaf=leaf_hash(body),
            at=datetime(2026, 5, 1, 9, 0, tzinfo=UTC),
            action="exchange.agreed",
            actor=CITY,
            subject="urn:uuid:a",
            concerns=("did:web:a", "did:web:b"),
            facts={"automatic": True, "dataset": "人流", "reason": None, "version": 7},
        ),
    )


@pytest.mark.django_db(transaction=True)
def test_a_line_is_only_written_in_the_transaction_of_its_act() -> None:
    with pytest.raises(RuntimeError, match="in the transaction of its act"):
        audit.record("exchange.agreed", actor=NODE, subject="urn:uuid:a", at=MAY)


@pytest.mark.django_db(transaction=True)
def test_a_line_falls_with_its_act() -> None:
    with transaction.atomic():
        audit.record("exchange.agreed", actor=NODE, subject="urn:uuid:a", at=MAY, concerns=("did:web:a",))
        transaction.set_rollback(True)

    assert audit.trail("urn:uuid:a") == []
    assert audit.signed_head(now=MAY).size == 0


@pytest.mark.django_db
@pytest.mark.parametrize("fact", [1.5, b"bytes", ["a"], MAY])
def test_a_fact_that_has_no_one_spelling_is_refused(fact: object) -> None:
    with pytest.raises(TypeError, match="the fact odd"):
        act(odd=fact)  # type: ignore[arg-type]  # the wrong type is the point


@pytest.mark.django_db
def test_the_trail_of_a_subject_tells_what_happened_to_it_sealed_or_waiting() -> None:
    act("exchange.requested", subject="urn:uuid:a")
    act("exchange.requested", subject="urn:uuid:b")
    act("exchange.agreed", subject="urn:uuid:a")
    audit.seal(now=MAY)
    act("exchange.finalized", subject="urn:uuid:a")

    assert audit.trail("urn:uuid:a") == ["exchange.requested", "exchange.agreed", "exchange.finalized"]
    assert audit.trail("urn:uuid:nobody") == []


@pytest.mark.django_db
def test_a_participant_sees_the_entries_that_concern_it_and_no_others() -> None:
    act("one", subject="urn:uuid:a", concerns=("did:web:a", "did:web:b"))
    act("two", subject="urn:uuid:a", concerns=("did:web:b",))
    act("three", subject="urn:uuid:b", concerns=("did:web:a",))
    act("four", subject="urn:uuid:a")
    audit.seal(now=MAY)
    act("five, waiting", subject="urn:uuid:a", concerns=("did:web:a",))

    def seen(participant: str, subject: str | None = None) -> list[tuple[int, str]]:
        found = audit.entries_concerning(participant, subject=subject)
        return [(entry.index, entry.action) for entry in found]

    assert seen("did:web:a") == [(0, "one"), (2, "three")]
    assert seen("did:web:b") == [(0, "one"), (1, "two")]
    assert seen("did:web:a", "urn:uuid:a") == [(0, "one")]
    assert seen("did:web") == []


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 3])
def test_reading_entries_takes_one_query_however_many_there_are(
    count: int, django_assert_num_queries: Callable[..., object]
) -> None:
    acts(count, concerns=("did:web:a",))
    audit.seal(now=MAY)

    with django_assert_num_queries(1):  # type: ignore[attr-defined]  # a context manager
        assert len(audit.entries(start=0, limit=10)) == count
    with django_assert_num_queries(1):  # type: ignore[attr-defined]  # a context manager
        assert len(audit.entries_concerning("did:web:a")) == count
