from datetime import timedelta

import pytest

from renkei.audit import api as audit
from renkei.kernel.ids import NODE, OrgId
from renkei.parties import api as parties
from renkei.parties.errors import (
    ExpiryPast,
    LabelInvalid,
    OrganisationMissing,
    OrganisationNeeded,
    ScopeMissing,
    ScopesEmpty,
    TokenExpired,
    TokenMissing,
    TokenRevoked,
    TokenUnknown,
)
from renkei.parties.models import TokenRow
from tests.factories.parties import MAY, organisation, token

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
INGEST = frozenset({parties.Scope.INGEST})


def test_a_token_tells_who_calls():
    lab = organisation()
    issued = token(org=lab, scopes=INGEST)

    assert parties.caller(issued.secret, scope=parties.Scope.INGEST, now=MAY) == parties.Member(
        org=lab, token_id=issued.token.id, scopes=INGEST
    )
    assert parties.member(issued.secret, now=MAY).actor == lab.participant


def test_whoever_calls_is_found_in_one_query(django_assert_num_queries):
    issued = token(org=organisation())

    with django_assert_num_queries(1):
        parties.caller(issued.secret, scope=parties.Scope.INGEST, now=MAY)


def test_an_issued_token_is_described_without_its_secret():
    lab = organisation()
    issued = token(org=lab, label="gateway-3", scopes=INGEST, expires_at=MAY + SECOND)

    assert issued.token == parties.Token(
        id=issued.token.id,
        org=lab.id,
        label="gateway-3",
        scopes=INGEST,
        created_at=MAY,
        expires_at=MAY + SECOND,
        revoked_at=None,
    )
    assert parties.tokens(lab.id) == (issued.token,)


def test_the_secret_is_not_stored():
    issued = token(org=organisation())

    stored = TokenRow.objects.values().get()

    assert issued.secret.startswith(f"rk_{issued.token.id}_")
    assert issued.secret.rpartition(f"rk_{issued.token.id}_")[2] not in str(stored)


def test_a_wrong_secret_is_refused_alike_whichever_part_is_wrong():
    right = token(org=organisation()).secret
    wrong = [
        "",
        "rk_",
        "not a token",
        right[:-1],
        right + "A",
        right[:-1] + ("A" if right[-1] != "A" else "B"),
        right.replace("rk_", "rt_"),
        "rk_0123456789abcdef_" + right[-43:],
        right.upper(),
        "rk_" + "é" * 16 + "_" + right[-43:],
    ]

    said = set()
    for secret in wrong:
        with pytest.raises(TokenUnknown) as refused:
            parties.caller(secret, now=MAY)
        said.add(str(refused.value.as_dict()))

    assert len(said) == 1


def test_one_tokens_secret_does_not_serve_for_another():
    lab = organisation()
    first, second = token(org=lab), token(org=lab)

    with pytest.raises(TokenUnknown):
        parties.caller(f"rk_{first.token.id}_{second.secret[-43:]}", now=MAY)


def test_a_token_serves_until_the_very_second_it_expires():
    issued = token(org=organisation(), expires_at=MAY + SECOND)

    parties.caller(issued.secret, now=MAY + SECOND / 2)
    with pytest.raises(TokenExpired):
        parties.caller(issued.secret, now=MAY + SECOND)


def test_a_revoked_token_is_refused_at_once_with_a_code_of_its_own():
    lab = organisation()
    issued = token(org=lab, expires_at=MAY + SECOND)

    parties.revoke_token(token_id=issued.token.id, actor=lab.actor, now=MAY)

    with pytest.raises(TokenRevoked):
        parties.caller(issued.secret, now=MAY + SECOND)
    assert [(kept.id, kept.revoked_at) for kept in parties.tokens(lab.id)] == [(issued.token.id, MAY)]


def test_revoking_twice_keeps_the_first_time():
    lab = organisation()
    issued = token(org=lab)

    for later in (MAY, MAY + SECOND):
        parties.revoke_token(token_id=issued.token.id, actor=lab.actor, now=later)

    assert parties.tokens(lab.id)[0].revoked_at == MAY
    assert audit.trail(issued.token.id) == ["parties.token-issued", "parties.token-revoked"]


def test_a_token_does_only_what_its_scopes_say():
    issued = token(org=organisation(), scopes=INGEST)

    with pytest.raises(ScopeMissing) as refused:
        parties.caller(issued.secret, scope=parties.Scope.PUBLISH, now=MAY)

    assert refused.value.facts == {"token_id": issued.token.id, "scope": "publish"}


def test_the_operators_token_stands_for_no_organisation():
    issued = parties.issue_operator_token(label="ops", actor=NODE, now=MAY)

    found = parties.caller(issued.secret, scope=parties.Scope.AUDIT, now=MAY)

    assert found == parties.Caller(org=None, token_id=issued.token.id, scopes=frozenset(parties.Scope))
    assert found.actor == NODE
    assert parties.tokens(None) == (issued.token,)
    with pytest.raises(OrganisationNeeded):
        parties.member(issued.secret, scope=parties.Scope.AUDIT, now=MAY)


def test_a_session_holds_a_token_id_and_ends_with_the_token():
    lab = organisation()
    issued = token(org=lab, expires_at=MAY + 2 * SECOND)

    assert parties.caller_of_token(issued.token.id, now=MAY) == parties.caller(issued.secret, now=MAY)
    with pytest.raises(TokenExpired):
        parties.caller_of_token(issued.token.id, now=MAY + 2 * SECOND)
    parties.revoke_token(token_id=issued.token.id, actor=lab.actor, now=MAY)
    with pytest.raises(TokenRevoked):
        parties.caller_of_token(issued.token.id, now=MAY)
    with pytest.raises(TokenMissing):
        parties.caller_of_token(parties.TokenId("none"), now=MAY)


def test_one_organisations_tokens_are_not_anothers():
    east, west = organisation(slug="east"), organisation(slug="west")
    issued = token(org=east)

    assert parties.tokens(west.id) == ()
    assert parties.member(issued.secret, now=MAY).org == east


def test_tokens_are_listed_newest_first_in_one_query(django_assert_num_queries):
    lab = organisation()
    issued = [token(org=lab, label=str(n), now=MAY + n * SECOND).token for n in range(3)]

    with django_assert_num_queries(1):
        assert parties.tokens(lab.id) == tuple(reversed(issued))


def test_a_token_that_would_be_of_no_use_is_not_issued():
    lab = organisation()

    with pytest.raises(ScopesEmpty):
        token(org=lab, scopes=frozenset())
    with pytest.raises(ExpiryPast):
        token(org=lab, expires_at=MAY)
    for label in ("", "  ", "x" * 101):
        with pytest.raises(LabelInvalid):
            token(org=lab, label=label)
    with pytest.raises(OrganisationMissing):
        parties.issue_token(org=OrgId("none"), label="x", scopes=INGEST, expires_at=None, actor=NODE, now=MAY)
    with pytest.raises(TokenMissing):
        parties.revoke_token(token_id=parties.TokenId("none"), actor=NODE, now=MAY)
    assert parties.tokens(lab.id) == ()
