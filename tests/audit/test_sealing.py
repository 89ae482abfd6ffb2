from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from renkei.audit import api as audit
from renkei.audit import services
from renkei.audit.errors import HeadUnknown, IndexUnknown, SizeUnknown, TreeAltered
from renkei.kernel.ids import NODE
from renkei.kernel.merkle import empty_root, leaf_hash, verify_consistency, verify_inclusion
from tests.factories.audit import MAY, act, acts


def recorded(index: int) -> bytes:
    return audit.entries(start=index, limit=1)[0].body


@pytest.mark.django_db
def test_an_empty_log_has_a_head_that_can_be_signed() -> None:
    signed = audit.signed_head(now=MAY)

    assert (signed.size, signed.root) == (0, empty_root())
    assert signed.checkpoint.startswith(
        "127.0.0.1:8080\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— 127.0.0.1:8080 "
    )


@pytest.mark.django_db
def test_entries_get_their_place_in_the_order_in_which_they_were_written() -> None:
    for name in ("first", "second", "third"):
        act(name)

    assert audit.seal(now=MAY).size == 3
    assert [(entry.index, entry.action) for entry in audit.entries(start=0, limit=9)] == [
        (0, "first"),
        (1, "second"),
        (2, "third"),
    ]


@pytest.mark.django_db
def test_sealing_again_with_nothing_new_changes_nothing() -> None:
    acts(3)
    once = audit.seal(now=MAY)

    assert audit.seal(now=MAY) == once == audit.head()


@pytest.mark.django_db
def test_more_entries_than_a_batch_takes_are_sealed_in_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "SEAL_BATCH", 100)
    acts(350)

    assert audit.seal(now=MAY).size == 350
    assert audit.check().size == 350


@pytest.mark.django_db
def test_every_entry_is_proven_against_every_head_it_came_before() -> None:
    heads = []
    for count in (1, 2, 4, 250, 43):
        acts(count)
        heads.append(audit.signed_head(now=MAY))

    for head in heads:
        for index in {0, 1, 6, 63, 64, 255, head.size // 2, head.size - 1} & set(range(head.size)):
            proof = audit.inclusion(index, size=head.size)
            assert verify_inclusion(
                leaf=leaf_hash(recorded(index)), index=index, size=head.size, path=proof.path, root=head.root
            )


@pytest.mark.django_db
def test_every_head_continues_every_earlier_one() -> None:
    heads = [audit.signed_head(now=MAY)]
    for count in (1, 2, 4, 250, 43):
        acts(count)
        heads.append(audit.signed_head(now=MAY))

    for place, first in enumerate(heads):
        for second in heads[place:]:
            assert verify_consistency(
                first_size=first.size,
                first_root=first.root,
                second_size=second.size,
                second_root=second.root,
                path=audit.consistency(first.size, second.size),
            )


@pytest.mark.django_db
def test_asking_for_the_newest_signed_head_seals_and_signs_nothing() -> None:
    acts(2)

    assert audit.latest_checkpoint() is None
    signed = audit.signed_head(now=MAY)
    acts(2)
    assert audit.latest_checkpoint() == signed.checkpoint
    assert audit.head().size == 2


@pytest.mark.django_db
def test_a_signed_head_stays_as_it_was_signed() -> None:
    acts(2)
    signed = audit.signed_head(now=MAY)
    acts(2)
    later = audit.signed_head(now=MAY)

    assert audit.head_of_size(2) == signed
    assert audit.head_of_size(4) == later
    assert audit.latest_checkpoint() == later.checkpoint
    with pytest.raises(HeadUnknown):
        audit.head_of_size(3)


@pytest.mark.django_db
def test_proofs_for_what_the_log_does_not_have_are_refused() -> None:
    acts(3)
    audit.seal(now=MAY)

    for index in (-1, 3, 4):
        with pytest.raises(IndexUnknown):
            audit.inclusion(index, size=3)
    for size in (-1, 4):
        with pytest.raises(SizeUnknown):
            audit.inclusion(0, size=size)
    for first, second in ((2, 1), (0, 4), (-1, 2)):
        with pytest.raises(SizeUnknown):
            audit.consistency(first, second)


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 300])
def test_a_proof_takes_two_queries_in_a_log_of_any_size(
    count: int, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    acts(count)
    acts(2)
    audit.seal(now=MAY)

    with django_assert_num_queries(2):  # type: ignore[operator]  # pytest-django's fixture
        audit.inclusion(0, size=count + 2)
    with django_assert_num_queries(2):  # type: ignore[operator]  # as above
        audit.inclusions([0, 1, 2], size=count + 2)


@pytest.mark.django_db
def test_evidence_holds_what_concerns_a_participant_and_goes_on_where_it_was_cut() -> None:
    for number in range(7):
        act(f"act-{number}", concerns=("did:web:a",) if number % 2 == 0 else ("did:web:b",))

    first = audit.evidence("did:web:a", limit=3, now=MAY)
    rest = audit.evidence("did:web:a", limit=3, start=first.following or 0, now=MAY)

    assert [each.entry.index for each in first.entries] == [0, 2, 4]
    assert (first.following, rest.following) == (6, None)
    assert [each.entry.index for each in rest.entries] == [6]
    for each in (*first.entries, *rest.entries):
        assert verify_inclusion(
            leaf=each.entry.leaf,
            index=each.entry.index,
            size=first.head.size,
            path=each.proof.path,
            root=first.head.root,
        )


@pytest.mark.django_db
def test_evidence_for_an_earlier_head_leaves_out_what_came_later() -> None:
    act("before", concerns=("did:web:a",))
    early = audit.signed_head(now=MAY)
    act("after", concerns=("did:web:a",))
    audit.seal(now=MAY)

    found = audit.evidence("did:web:a", size=1, now=MAY)

    assert (found.head, [each.entry.action for each in found.entries]) == (early, ["before"])


@pytest.mark.django_db
def test_a_log_whose_tree_was_lost_is_not_continued() -> None:
    acts(3)
    audit.seal(now=MAY)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_tile")
    acts(1)

    with pytest.raises(TreeAltered):
        audit.seal(now=MAY)


def write(writer: int) -> None:
    """Write twenty acts and seal now and then, as one of several threads."""
    try:
        for number in range(20):
            with transaction.atomic():
                audit.record(f"act-{number}", actor=NODE, subject=f"writer-{writer}", at=MAY)
            if number % 5 == 0:
                audit.signed_head(now=MAY)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_many_writers_and_sealers_at_a_time_leave_one_log_in_order() -> None:
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(write, writer) for writer in range(4)]:
            done.result()

    assert audit.signed_head(now=MAY).size == 80
    assert audit.check().size == 80
    for writer in range(4):
        assert audit.trail(f"writer-{writer}") == [f"act-{number}" for number in range(20)]
