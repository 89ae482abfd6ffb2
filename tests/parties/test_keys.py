from datetime import datetime, timedelta
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.audit import api as audit
from renkei.kernel.ids import NODE, OrgId, ParticipantId
from renkei.parties import api as parties
from renkei.parties.errors import (
    KeyWaiting,
    LeadInvalid,
    OrganisationMissing,
    OverlapInvalid,
    PeerTokenUntrusted,
)
from renkei.parties.models import KeyRow, SecretRow
from renkei.parties.rules import rotation
from tests.factories.parties import MAY, Documents, organisation
from tests.parties.other_process import run_together

pytestmark = pytest.mark.django_db
PEER = ParticipantId("did:web:peer.example:orgs:far")
MINUTE, HOUR, TICK = timedelta(minutes=1), timedelta(hours=1), timedelta(microseconds=1)
LEAD, OVERLAP = 15 * MINUTE, 24 * HOUR
CHANGE, END = MAY + LEAD, MAY + LEAD + OVERLAP


def rotate(org: parties.Organisation, *, now: datetime = MAY, lead=LEAD, overlap=OVERLAP) -> parties.Key:
    return parties.rotate_key(org=org.id, lead=lead, overlap=overlap, actor=NODE, now=now)


def sign(org: parties.Organisation, now: datetime) -> str:
    return parties.sign_token(org=org.id, audience=PEER, now=now)


def signed_with(org: parties.Organisation, now: datetime) -> str:
    return str(jwt.get_unverified_header(sign(org, now))["kid"]).removeprefix(f"{org.participant}#")


def published(org: parties.Organisation, now: datetime) -> list[str]:
    document = parties.did_document(org.slug, now=now)
    return [name.removeprefix(f"{org.participant}#") for name in document["capabilityInvocation"]]


def accepted(org: parties.Organisation, token: str, now: datetime) -> ParticipantId:
    documents = Documents(parties.did_document(org.slug, now=now))
    return parties.verify_peer(token, audience=PEER, documents=documents, now=now)


def in_use() -> tuple[parties.Organisation, parties.Key]:
    lab = organisation()
    parties.did_document(lab.slug, now=MAY)
    [key] = parties.keys(lab.id)
    return lab, key


def test_an_organisation_has_no_key_until_one_is_needed():
    lab = organisation()

    before = parties.keys(lab.id)
    name = signed_with(lab, MAY)

    assert before == ()
    assert parties.keys(lab.id) == (
        parties.Key(
            name=parties.KeyName(name),
            created_at=MAY,
            signs_from=MAY,
            signs_until=None,
            leaves_at=None,
            wiped_at=None,
        ),
    )
    assert published(lab, MAY) == [name]
    assert audit.trail(name) == ["parties.key-made"]


def test_the_document_and_the_signature_share_the_first_key():
    lab, key = in_use()

    assert signed_with(lab, MAY) == key.name
    assert published(lab, MAY) == [key.name]


def test_a_process_whose_clock_is_behind_signs_with_the_first_key_too():
    lab, key = in_use()

    assert signed_with(lab, MAY - HOUR) == key.name


@pytest.mark.django_db(transaction=True)
def test_of_two_processes_that_need_the_first_key_at_once_both_get_the_same():
    lab = organisation(slug="lab")

    printed = run_together('print(parties.did_document("lab", now=MAY)["capabilityInvocation"])')

    [key] = parties.keys(lab.id)
    assert printed == [str([f"{lab.participant}#{key.name}"])] * 2
    assert SecretRow.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_processes_that_rotate_at_once_one_does():
    lab, old = in_use()
    lines = f"""
from datetime import timedelta
try:
    made = parties.rotate_key(
        org={lab.id!r}, lead=timedelta(minutes=15), overlap=timedelta(hours=24), actor="node", now=MAY
    )
    print("made")
except KeyWaiting as refusal:
    print(refusal.code)
"""

    assert sorted(run_together(lines)) == ["made", "parties.key-waiting"]
    assert len(parties.keys(lab.id)) == 2
    assert signed_with(lab, MAY) == old.name


@pytest.mark.django_db(transaction=True)
def test_of_two_processes_that_wipe_at_once_one_does():
    lab, old = in_use()
    parties.replace_key(org=lab.id, actor=NODE, now=MAY)

    assert sorted(run_together("print(parties.wipe_old_keys(now=MAY))")) == ["0", "1"]
    assert audit.trail(old.name).count("parties.key-wiped") == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_processes_that_show_the_same_token_one_is_let_in():
    lines = f"""
peer = Peer()
token = {sign(organisation(slug="lab"), MAY)!r}
documents = Documents(parties.did_document("lab", now=MAY))
try:
    print(parties.verify_peer(token, audience={PEER!r}, documents=documents, now=MAY))
except PeerTokenReplayed as refusal:
    print(refusal.code)
"""

    assert sorted(run_together(lines)) == [
        "did:web:127.0.0.1%3A8080:orgs:lab",
        "parties.peer-token-replayed",
    ]


def test_signing_takes_one_query_once_the_key_is_known(django_assert_num_queries: Any):
    lab, _ = in_use()
    rotate(lab)
    sign(lab, MAY)

    with django_assert_num_queries(1):
        sign(lab, MAY)


def test_a_document_takes_one_query(django_assert_num_queries: Any):
    lab, _ = in_use()
    rotate(lab)

    with django_assert_num_queries(1):
        published(lab, MAY)


def test_keys_are_listed_in_one_query(django_assert_num_queries: Any):
    lab, old = in_use()
    new = rotate(lab, now=MAY + TICK)

    with django_assert_num_queries(1):
        assert [key.name for key in parties.keys(lab.id)] == [new.name, old.name]


def test_a_new_key_is_published_at_once_and_signs_after_the_lead_time():
    lab, old = in_use()

    new = rotate(lab)

    moments = [MAY, CHANGE - TICK, CHANGE, END - TICK, END]
    assert [signed_with(lab, at) for at in moments] == [old.name, old.name, new.name, new.name, new.name]
    assert [published(lab, at) for at in moments] == [
        [old.name, new.name],
        [old.name, new.name],
        [new.name, old.name],
        [new.name, old.name],
        [new.name],
    ]
    ended = parties.Key(
        name=old.name, created_at=MAY, signs_from=MAY, signs_until=CHANGE, leaves_at=END, wiped_at=None
    )
    assert set(parties.keys(lab.id)) == {ended, new}


def test_a_token_of_the_former_key_is_accepted_during_the_overlap_and_refused_after_it():
    lab, _ = in_use()
    rotate(lab, overlap=HOUR)
    end = CHANGE + HOUR
    within, after = sign(lab, CHANGE - TICK), sign(lab, CHANGE - TICK)

    assert accepted(lab, within, CHANGE + MINUTE) == lab.participant
    documents = Documents(parties.did_document(lab.slug, now=end))
    with pytest.raises(PeerTokenUntrusted):
        parties.verify_peer(after, audience=PEER, documents=documents, now=CHANGE + MINUTE)


def test_every_key_in_overlap_has_every_right_and_no_private_part_is_published():
    lab, old = in_use()
    new = rotate(lab)

    document = parties.did_document(lab.slug, now=CHANGE)

    ids = [f"{lab.participant}#{new.name}", f"{lab.participant}#{old.name}"]
    methods = document["verificationMethod"]
    assert [method["id"] for method in methods] == ids
    assert {frozenset(method) for method in methods} == {
        frozenset({"id", "type", "controller", "publicKeyJwk"})
    }
    assert {method["controller"] for method in methods} == {lab.participant}
    assert {frozenset(method["publicKeyJwk"]) for method in methods} == {frozenset({"kty", "crv", "x", "y"})}
    rights = ("authentication", "assertionMethod", "capabilityInvocation")
    assert [document[right] for right in rights] == [ids] * 3


def test_a_second_rotation_waits_until_the_first_has_taken_effect():
    lab, old = in_use()
    new = rotate(lab)

    with pytest.raises(KeyWaiting) as refused:
        rotate(lab, now=CHANGE - TICK)

    assert refused.value.facts == {"name": new.name, "signs_from": "2026-05-01T09:15:00Z"}
    assert published(lab, CHANGE) == [new.name, old.name]


def test_a_rotation_within_an_overlap_leaves_the_oldest_keys_end_as_it_was():
    lab, first = in_use()
    second = rotate(lab)

    third = rotate(lab, now=CHANGE)

    assert [published(lab, at) for at in (CHANGE, CHANGE + LEAD, END, END + LEAD)] == [
        [second.name, first.name, third.name],
        [third.name, first.name, second.name],
        [third.name, second.name],
        [third.name],
    ]


def test_a_leaked_key_leaves_the_document_at_once_and_so_does_every_other():
    lab, first = in_use()
    shown = sign(lab, MAY)
    second = rotate(lab)

    third = parties.replace_key(org=lab.id, actor=NODE, now=MAY + MINUTE)

    assert published(lab, MAY + MINUTE) == [third.name]
    assert [signed_with(lab, at) for at in (MAY + MINUTE, CHANGE, END)] == [third.name] * 3
    assert {key.name: (key.signs_from, key.signs_until, key.leaves_at) for key in parties.keys(lab.id)} == {
        first.name: (MAY, MAY + MINUTE, MAY + MINUTE),
        second.name: (MAY + MINUTE, MAY + MINUTE, MAY + MINUTE),
        third.name: (MAY + MINUTE, None, None),
    }
    with pytest.raises(PeerTokenUntrusted):
        accepted(lab, shown, MAY + MINUTE)


def test_an_organisation_without_a_key_gets_its_first_by_a_rotation():
    lab = organisation()

    made = rotate(lab)

    assert (signed_with(lab, MAY), made.signs_from, len(parties.keys(lab.id))) == (made.name, MAY, 1)


@pytest.mark.parametrize(
    ("lead", "overlap", "refusal"),
    [
        (10 * MINUTE - TICK, OVERLAP, LeadInvalid),
        (7 * 24 * HOUR + TICK, OVERLAP, LeadInvalid),
        (LEAD, HOUR - TICK, OverlapInvalid),
        (LEAD, 30 * 24 * HOUR + TICK, OverlapInvalid),
    ],
)
def test_times_with_which_peers_cannot_follow_are_refused(lead, overlap, refusal):
    lab, key = in_use()

    with pytest.raises(refusal):
        rotate(lab, lead=lead, overlap=overlap)

    assert parties.keys(lab.id) == (key,)


def test_nobody_rotates_for_an_organisation_that_is_not_here():
    with pytest.raises(OrganisationMissing):
        parties.rotate_key(org=OrgId("none"), lead=LEAD, overlap=OVERLAP, actor=NODE, now=MAY)
    with pytest.raises(OrganisationMissing):
        parties.replace_key(org=OrgId("none"), actor=NODE, now=MAY)


def test_the_private_half_of_a_key_is_wiped_when_the_key_has_left_the_document():
    lab, old = in_use()
    new = rotate(lab)

    wiped = [parties.wipe_old_keys(now=at) for at in (END - TICK, END, END + HOUR)]

    assert wiped == [0, 1, 0]
    assert [row.pk for row in SecretRow.objects.all()] == [f"org-key-{new.name}"]
    assert KeyRow.objects.get(pk=old.name).wiped_at == END
    assert audit.trail(old.name) == ["parties.key-made", "parties.key-rotated", "parties.key-wiped"]
    assert signed_with(lab, END) == new.name


def test_a_rotation_stands_in_the_log_for_the_organisation():
    lab, old = in_use()
    parties.replace_key(org=lab.id, actor=lab.actor, now=MAY)
    audit.seal(now=MAY)

    said = [(entry.action, entry.actor) for entry in audit.entries_concerning(lab.participant)]

    assert said == [
        ("parties.organisation-created", NODE),
        ("parties.key-made", NODE),
        ("parties.key-withdrawn", lab.actor),
        ("parties.key-made", lab.actor),
    ]
    assert old.name in {entry.subject for entry in audit.entries_concerning(lab.participant)}


Steps = st.lists(st.tuples(st.integers(0, 4000), st.integers(10, 600), st.integers(1, 60)), max_size=8)


@given(Steps, st.integers(0, 40_000))
def test_after_any_rotations_one_key_signs_and_peers_had_its_document_in_time(steps, minutes):
    keys = _played(steps)
    at = MAY + minutes * MINUTE

    signing = rotation.signing_key(keys, now=at)

    assert signing is not None
    assert [
        key for key in keys if key.signs_from <= at and (key.signs_until is None or at < key.signs_until)
    ] == [signing]
    assert rotation.stands_in_document(signing, now=at)
    assert signing is keys[0] or at - signing.created_at >= rotation.LEAST_LEAD


def _played(steps: list[tuple[int, int, int]]) -> list[parties.Key]:
    """The keys as rotations would leave them: each after a pause, with a lead in minutes, an overlap in hours."""
    now = MAY
    keys = [parties.Key(parties.KeyName("0"), MAY, MAY, None, None, None)]
    for number, (pause, lead, overlap) in enumerate(steps, start=1):
        now += pause * MINUTE
        try:
            rotation.check_none_waits(keys[-1], now=now)
        except KeyWaiting:
            continue
        keys[-1], fresh = rotation.succeed(
            keys[-1], name=parties.KeyName(str(number)), lead=lead * MINUTE, overlap=overlap * HOUR, now=now
        )
        keys.append(fresh)
    return keys
