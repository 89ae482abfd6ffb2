"""Terms on who the recipient is: judged by what this node was told on evidence, at each read."""

from datetime import timedelta

import pytest

from renkei.exchange import api as exchange
from renkei.exchange.errors import AlternativesUnmet, MembershipMissing, PlaceNotAllowed
from renkei.kernel.ids import NODE
from renkei.parties import api as parties
from tests.factories.exchange import CELL, GROUP, MAY, PURPOSES, constraint, table, terms

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MEMBER = constraint("rk:membership", "isAnyOf", ["Tokai IoT Association", "Kansai IoT Association"])
IN_JAPAN = constraint("spatial", "isPartOf", "JP")
PLACE, MEMBERSHIP = parties.VouchKind.PLACE, parties.VouchKind.MEMBERSHIP


def seated(*more):
    at = table(said=terms(PURPOSES, CELL, GROUP, *more))
    return at, at.secret()


def vouch(at, kind, value, **changes):
    given = {"participant": at.consumer.participant, "evidence": "a letter", "actor": NODE, "now": MAY}
    return parties.vouch(kind=kind, value=value, **(given | changes))


def test_a_member_reads_until_its_membership_is_revoked():
    at, secret = seated(MEMBER)
    with pytest.raises(MembershipMissing) as refused:
        exchange.access(secret, now=MAY)
    assert "renkei org vouch" in refused.value.said("en")
    assert "renkei org vouch" in refused.value.said("ja")

    entered = vouch(at, MEMBERSHIP, "Tokai IoT Association")
    granted = exchange.access(secret, now=MAY)
    exchange.deliver(granted, channel="http-data", now=MAY)

    parties.revoke_vouch(vouch_id=entered.id, actor=NODE, now=MAY + HOUR)
    for look in (
        lambda: exchange.access(secret, now=MAY + HOUR),
        lambda: exchange.access_by_transfer(
            granted.transfer.id, now=MAY + HOUR
        ),  # what is under way breaks off
        lambda: exchange.deliver(granted, channel="http-data", now=MAY + HOUR),
    ):
        with pytest.raises(MembershipMissing):
            look()


def test_what_is_known_of_another_participant_or_another_body_helps_nobody():
    at, secret = seated(MEMBER)
    vouch(at, MEMBERSHIP, "Some Other Body")
    vouch(at, PLACE, "JP")
    vouch(at, MEMBERSHIP, "Tokai IoT Association", participant=at.provider.participant)

    with pytest.raises(MembershipMissing):
        exchange.access(secret, now=MAY)


@pytest.mark.parametrize(("known", "inside"), [("JP", True), ("JP-13", True), ("DE", False), ("JP-X1", True)])
def test_a_place_within_the_one_that_is_named_will_do(known, inside):
    at, secret = seated(IN_JAPAN)
    vouch(at, PLACE, known)

    if inside:
        assert exchange.access(secret, now=MAY)
        return
    with pytest.raises(PlaceNotAllowed) as refused:
        exchange.access(secret, now=MAY)
    assert "renkei org vouch" in refused.value.said("en")


def test_a_place_counts_until_its_end():
    at, secret = seated(IN_JAPAN)
    vouch(at, PLACE, "JP-13", until=MAY + HOUR)

    exchange.access(secret, now=MAY + HOUR - timedelta(microseconds=1))
    with pytest.raises(PlaceNotAllowed):
        exchange.access(secret, now=MAY + HOUR)


def test_alternatives_see_what_was_vouched_for():
    at, secret = seated({"or": [MEMBER, IN_JAPAN]})
    with pytest.raises(AlternativesUnmet):
        exchange.access(secret, now=MAY)

    vouch(at, PLACE, "JP-27")

    assert exchange.access(secret, now=MAY)


def test_where_the_terms_ask_for_nothing_of_the_kind_nothing_is_looked_up(django_assert_num_queries):
    at = table(said=terms(PURPOSES, CELL, GROUP))
    secret = at.secret()
    exchange.access(secret, now=MAY)

    with django_assert_num_queries(2):  # the transfer with its agreement, and the dataset
        exchange.access(secret, now=MAY)
