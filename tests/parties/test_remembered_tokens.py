"""Tokens that a process remembers for a second."""

from datetime import timedelta

import pytest
from django.db import transaction

from renkei.kernel.ids import NODE
from renkei.parties import api as parties
from renkei.parties.errors import (
    OrganisationNeeded,
    ScopeMissing,
    TokenExpired,
    TokenRevoked,
    TokenUnknown,
)
from renkei.parties.models import TokenRow
from tests.factories.parties import MAY, organisation, token

READ, WRITE = parties.Scope.CONTEXT_READ, parties.Scope.CONTEXT_WRITE
LATER = MAY + timedelta(milliseconds=999)
AFTER = MAY + timedelta(seconds=1)


@pytest.mark.django_db
def test_a_token_is_looked_up_once_a_second(django_assert_num_queries):
    lab = organisation()
    issued = token(org=lab, scopes=frozenset({READ}))
    known = parties.Member(org=lab, token_id=issued.token.id, scopes=frozenset({READ}))

    with django_assert_num_queries(1):
        assert [parties.member_of_late(issued.secret, scope=READ, now=at) for at in (MAY, LATER)] == [
            known
        ] * 2
    with django_assert_num_queries(1):
        assert parties.member_of_late(issued.secret, scope=READ, now=AFTER) == known


@pytest.mark.django_db
def test_a_clock_that_goes_back_makes_no_memory_last():
    issued = token(org=organisation(), scopes=frozenset({READ}))
    parties.member_of_late(issued.secret, scope=READ, now=AFTER)
    TokenRow.objects.update(revoked_at=MAY)

    with pytest.raises(TokenRevoked):
        parties.member_of_late(issued.secret, scope=READ, now=MAY)


@pytest.mark.django_db
def test_scope_and_end_are_checked_each_time():
    issued = token(org=organisation(), scopes=frozenset({READ}), expires_at=LATER)
    parties.member_of_late(issued.secret, scope=READ, now=MAY)

    with pytest.raises(ScopeMissing):
        parties.member_of_late(issued.secret, scope=WRITE, now=MAY)
    with pytest.raises(TokenExpired):
        parties.member_of_late(issued.secret, scope=READ, now=LATER)


@pytest.mark.django_db
def test_what_is_no_token_is_not_remembered():
    issued = token(org=organisation(), scopes=frozenset({READ}))
    parties.member_of_late(issued.secret, scope=READ, now=MAY)

    for _ in range(2):
        with pytest.raises(TokenUnknown):
            parties.member_of_late(issued.secret[:-1], scope=READ, now=MAY)


@pytest.mark.django_db
def test_the_operator_is_no_member_either_time():
    secret = parties.issue_operator_token(label="operator", actor=NODE, now=MAY).secret

    for _ in range(2):
        with pytest.raises(OrganisationNeeded):
            parties.member_of_late(secret, scope=READ, now=MAY)


@pytest.mark.django_db(transaction=True)
def test_a_token_that_this_process_revokes_serves_no_longer_at_all():
    issued = token(org=organisation(), scopes=frozenset({READ}))
    parties.member_of_late(issued.secret, scope=READ, now=MAY)

    with transaction.atomic():
        parties.revoke_token(token_id=issued.token.id, actor=NODE, now=MAY)

    with pytest.raises(TokenRevoked):
        parties.member_of_late(issued.secret, scope=READ, now=MAY)


@pytest.mark.django_db
def test_a_token_that_another_process_revokes_serves_for_less_than_a_second_more():
    issued = token(org=organisation(), scopes=frozenset({READ}))
    parties.member_of_late(issued.secret, scope=READ, now=MAY)
    TokenRow.objects.update(revoked_at=MAY)

    assert parties.member_of_late(issued.secret, scope=READ, now=LATER).token_id == issued.token.id
    with pytest.raises(TokenRevoked):
        parties.member_of_late(issued.secret, scope=READ, now=AFTER)
