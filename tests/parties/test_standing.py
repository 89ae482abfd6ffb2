"""What the node knows of a participant: on evidence, for a time, and not a moment longer."""

import hashlib
from datetime import timedelta

import pytest

from renkei.audit import api as audit
from renkei.kernel.ids import NODE
from renkei.parties import api as parties
from renkei.parties import errors
from tests.factories.parties import MAY

pytestmark = pytest.mark.django_db
FAR = "did:web:far.example"
HOUR = timedelta(hours=1)


def vouch(kind=parties.VouchKind.MEMBERSHIP, value="Tokai IoT Association", **changes):
    given = {"participant": FAR, "evidence": "member list of April", "actor": NODE, "now": MAY} | changes
    return parties.vouch(kind=kind, value=value, **given)


def test_what_holds_now_is_the_standing_and_it_takes_one_query(django_assert_num_queries):
    vouch()
    vouch(parties.VouchKind.PLACE, "JP-13")
    vouch(parties.VouchKind.PLACE, "DE", until=MAY + HOUR)
    vouch(value="Of somebody else", participant="did:web:other.example")

    with django_assert_num_queries(1):
        found = parties.standing(FAR, now=MAY + HOUR)

    assert found == parties.Standing(frozenset({"Tokai IoT Association"}), frozenset({"JP-13"}))


def test_nothing_is_known_before_it_begins_or_of_a_stranger():
    vouch(since=MAY + HOUR)

    assert parties.standing(FAR, now=MAY) == parties.Standing()
    assert parties.standing("did:web:stranger.example", now=MAY) == parties.Standing()


def test_what_was_revoked_counts_no_more_and_revoking_again_changes_nothing():
    entered = vouch()

    parties.revoke_vouch(vouch_id=entered.id, actor=NODE, now=MAY + HOUR)
    again = parties.revoke_vouch(vouch_id=entered.id, actor=NODE, now=MAY + 2 * HOUR)

    assert again.revoked_at == MAY + HOUR
    assert parties.standing(FAR, now=MAY + HOUR) == parties.Standing()
    assert [act.action for act in audit.acts(entered.id)] == ["parties.vouched", "parties.vouch-revoked"]
    assert parties.vouched(FAR) == (again,)


def test_the_log_keeps_the_hash_of_the_evidence_and_not_the_evidence():
    entered = vouch(evidence="letter of 3 April", document="ab" * 32)

    [act] = audit.acts(entered.id)
    assert act.facts["evidence"] == hashlib.sha256(b"letter of 3 April").hexdigest()
    assert act.facts["document"] == "ab" * 32
    assert "letter" not in str(act.facts)


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"participant": "far.example"}, "participant"),
        ({"participant": "did:web:" + "a" * 250}, "participant"),
        ({"kind": parties.VouchKind.PLACE, "value": "Tokyo"}, "place"),
        ({"kind": parties.VouchKind.PLACE, "value": "jp"}, "place"),
        ({"value": ""}, "membership"),
        ({"value": " padded "}, "membership"),
        ({"value": "line\nbreak"}, "membership"),
        ({"evidence": " "}, "evidence"),
        ({"evidence": "a" * 501}, "evidence"),
        ({"evidence": "a\x00"}, "evidence"),
        ({"document": "AB" * 32}, "document"),
        ({"until": MAY}, "until"),
    ],
)
def test_what_cannot_be_judged_by_is_refused_by_name(wrong, what):
    with pytest.raises(errors.VouchInvalid) as refused:
        vouch(**wrong)

    assert refused.value.facts["what"] == what
    assert parties.vouched() == ()


def test_an_unknown_vouch_cannot_be_revoked():
    with pytest.raises(errors.VouchMissing):
        parties.revoke_vouch(vouch_id=parties.VouchId("urn:none"), actor=NODE, now=MAY)
