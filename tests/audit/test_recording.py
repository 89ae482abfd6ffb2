import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from renkei.audit import api as audit
from renkei.audit import services
from renkei.kernel.canonical import canonical_json
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
def test_a_number_that_is_too_large_is_told_by_its_value() -> None:
    with pytest.raises(TypeError, match=f"the fact odd is {2**53}, which not every reader"):
        act(odd=2**53)


@pytest.mark.django_db
@pytest.mark.parametrize("fact", [1.5, b"bytes", ["a"], MAY, 2**53, -(2**53)])
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


@pytest.mark.django_db
@pytest.mark.parametrize("content", ["x" * 256, "a name\nand an address", "\x00", "\ud800", "\u202e"])
def test_a_text_that_is_no_word_of_the_field_enters_as_its_hash(content: str) -> None:
    act(said=content, word="x" * 255)

    (entry,) = sealed()

    stands = f"sha256:{hashlib.sha256(content.encode(errors='surrogatepass')).hexdigest()}"
    assert dict(entry.facts) == {"said": stands, "word": "x" * 255}


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
facts = st.dictionaries(
    st.from_regex(r"[a-z_]{1,10}", fullmatch=True),
    words | st.integers(-(2**53) + 1, 2**53 - 1) | st.booleans() | st.none(),
    max_size=5,
)


@given(facts=facts, subject=words, concerns=st.lists(words, max_size=3))
def test_a_body_is_canonical_json(facts: dict[str, audit.Fact], subject: str, concerns: list[str]) -> None:
    recording = audit.Recording(
        "exchange.agreed", actor=CITY, subject=subject, at=MAY, concerns=concerns, facts=facts
    )

    asking, body = services._written(recording, at="2026-05-01T09:00:00Z")

    assert body.encode() == canonical_json(msgspec.json.decode(body))
    assert asking == sorted(set(concerns))


def many(count: int) -> list[audit.Recording]:
    return [
        audit.Recording(
            "exchange.read",
            actor=CITY,
            subject=f"urn:uuid:{number % 7}",
            at=MAY + timedelta(seconds=number // 10),
            concerns=["did:web:b", "did:web:a", "did:web:b"][: number % 4],
            facts={"number": number, "role": "provider"},
        )
        for number in range(count)
    ]


def sealed() -> tuple[audit.Entry, ...]:
    audit.seal(now=MAY)
    return audit.entries(start=0, limit=10_000)


@pytest.mark.django_db
@pytest.mark.parametrize("count", [0, 1, 249, 250, 251, 1003])
def test_many_acts_at_once_leave_the_same_entries_as_one_by_one(count: int) -> None:
    with transaction.atomic():
        for each in many(count):
            audit.record(
                each.action,
                actor=each.actor,
                subject=each.subject,
                at=each.at,
                concerns=each.concerns,
                **each.facts,
            )
    one_by_one = sealed()

    with transaction.atomic():
        written = audit.record_many(iter(many(count)))

    both = sealed()
    assert written == count
    assert [entry.body for entry in both[count:]] == [entry.body for entry in one_by_one]
    assert len(audit.entries_concerning("did:web:a")) == 2 * sum(
        "did:web:a" in each.concerns for each in many(count)
    )
    audit.check()


@pytest.mark.django_db(transaction=True)
def test_many_acts_are_only_written_in_the_transaction_of_what_was_done() -> None:
    with pytest.raises(RuntimeError, match="in the transaction of its act"):
        audit.record_many(many(3))


@pytest.mark.django_db(transaction=True)
def test_one_act_that_cannot_be_recorded_leaves_none_of_them() -> None:
    bad = replace(many(1)[0], facts={"odd": 1.5})  # type: ignore[dict-item]  # the wrong type is the point
    with pytest.raises(TypeError), transaction.atomic():
        audit.record_many([*many(600), bad])

    assert sealed() == ()
