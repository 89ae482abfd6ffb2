"""Who gets in, for how long, and who is turned away."""

from datetime import timedelta

import pytest
from django.test import Client, RequestFactory

from renkei.audit import api as audit
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import NODE
from renkei.parties import api as parties
from renkei.web import attempts
from renkei.web.attempts import ATTEMPTS, WINDOW
from renkei.web.errors import SignInNeeded
from renkei.web.models import FailedSignIn
from renkei.web.session import caller_of
from tests.factories import parties as members
from tests.web.scenes import MAY, signed_in

pytestmark = pytest.mark.django_db

PAGES = [
    "/",
    "/organisations",
    "/organisations/tokai-lab",
    "/devices",
    "/datasets",
    "/datasets/urn:uuid:1",
    "/negotiations",
    "/negotiations/urn:uuid:1",
    "/agreements",
    "/agreements/urn:uuid:1",
    "/transfers",
    "/provisions",
    "/log",
]
ACTS = [
    "/negotiations/urn:uuid:1/counter",
    "/negotiations/urn:uuid:1/agree",
    "/negotiations/urn:uuid:1/refuse",
    "/agreements/urn:uuid:1/end",
]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_leads_a_stranger_to_the_sign_in(page: str) -> None:
    answer = Client().get(page)

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in?next=")


@pytest.mark.parametrize("act", ACTS)
def test_an_act_leads_a_stranger_to_the_sign_in(act: str) -> None:
    answer = Client().post(act, {"reason": "because"})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in?next=%2F")


@pytest.mark.parametrize("act", [*ACTS, "/sign-out"])
def test_an_act_is_never_done_by_a_link(act: str) -> None:
    assert signed_in(members.organisation()).get(act).status_code == 405


def test_a_member_signs_in_and_is_led_where_it_wanted_to_go() -> None:
    issued = members.token(org=members.organisation())

    answer = Client().post("/sign-in", {"token": issued.secret, "next": "/devices?page=2"})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/devices?page=2")


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_nobody_is_led_to_another_site(elsewhere: str) -> None:
    issued = members.token(org=members.organisation())

    answer = Client().post("/sign-in", {"token": issued.secret, "next": elsewhere})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_a_session_that_was_there_before_is_not_the_one_that_is_signed_in() -> None:
    browser = Client()
    planted = browser.session
    planted["planted"] = True
    planted.save()
    before = planted.session_key
    browser.cookies["sessionid"] = before

    browser.post("/sign-in", {"token": members.token(org=members.organisation()).secret})

    assert browser.session.session_key != before
    assert "planted" not in browser.session


def test_a_wrong_token_is_refused_with_what_to_do() -> None:
    answer = Client(headers={"accept-language": "en"}).post("/sign-in", {"token": "rk_wrong_token"})

    assert answer.status_code == 403
    assert 'role="alert"' in answer.content.decode()
    assert "sessionid" not in answer.cookies


def test_an_empty_form_is_shown_again() -> None:
    answer = Client(headers={"accept-language": "en"}).post("/sign-in", {"token": " "})

    assert answer.status_code == 400
    assert "Enter a token." in answer.content.decode()


def test_a_token_for_machines_does_not_open_the_pages() -> None:
    issued = members.token(org=members.organisation(), scopes=frozenset({parties.Scope.INGEST}))

    answer = Client(headers={"accept-language": "en"}).post("/sign-in", {"token": issued.secret})

    assert answer.status_code == 403
    assert "This token is for machines" in answer.content.decode()


def test_after_ten_wrong_tokens_the_right_one_is_refused_too_until_time_has_passed() -> None:
    issued = members.token(org=members.organisation())
    browser = Client(headers={"accept-language": "en"})
    for _ in range(ATTEMPTS):
        assert browser.post("/sign-in", {"token": "rk_wrong_token"}).status_code == 403

    closed = browser.post("/sign-in", {"token": issued.secret})
    elsewhere = Client(REMOTE_ADDR="192.0.2.7").post("/sign-in", {"token": issued.secret})
    FailedSignIn.objects.update(at=utc_now() - WINDOW - timedelta(seconds=1))
    later = browser.post("/sign-in", {"token": issued.secret})

    assert "Sign-in is closed for this address after 10 wrong tokens." in closed.content.decode()
    assert (closed.status_code, elsewhere.status_code, later.status_code) == (403, 302, 302)


@pytest.mark.parametrize("page", PAGES)
def test_a_revoked_token_ends_the_session_at_the_next_page(page: str) -> None:
    org = members.organisation()
    browser = signed_in(org)
    for token in parties.tokens(org.id):
        parties.revoke_token(token_id=token.id, actor=NODE, now=MAY)

    answer = browser.get(page)

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in")
    assert list(browser.session.keys()) == []


def test_an_expired_token_ends_the_session() -> None:
    org = members.organisation()
    soon = utc_now() + timedelta(seconds=1)
    issued = members.token(org=org, expires_at=soon)
    browser = Client()
    browser.post("/sign-in", {"token": issued.secret})
    request = RequestFactory().get("/")
    request.session = browser.session

    with pytest.raises(SignInNeeded):
        caller_of(request, now=soon + timedelta(seconds=1))


def test_signing_out_ends_the_session() -> None:
    browser = signed_in(members.organisation())

    assert browser.post("/sign-out").headers["Location"] == "/sign-in"
    assert browser.get("/").headers["Location"] == "/sign-in?next=%2F"


@pytest.mark.parametrize("act", [*ACTS, "/sign-in", "/sign-out"])
def test_a_form_of_another_site_is_refused_with_what_to_do(act: str) -> None:
    browser = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})

    answer = browser.post(act, {"token": "rk_x_y", "reason": "because"})

    assert answer.status_code == 403
    assert "Open the page again and repeat it." in answer.content.decode()


def test_signing_in_and_out_stands_in_the_log_by_the_tokens_id() -> None:
    org = members.organisation()
    issued = members.token(org=org)
    browser = Client()
    browser.post("/sign-in", {"token": issued.secret})
    browser.post("/sign-out")
    browser.post("/sign-out")  # nobody is signed in any more

    assert audit.trail(issued.token.id)[-2:] == ["web.signed-in", "web.signed-out"]
    audit.seal(now=utc_now())
    own = audit.entries_concerning(org.participant, subject=issued.token.id)
    assert [entry.action for entry in own][-2:] == ["web.signed-in", "web.signed-out"]
    assert own[-1].actor == own[-2].actor != NODE


def test_the_operator_signs_in_under_the_logs_eyes_too() -> None:
    signed_in(None)

    (token,) = parties.tokens(None)
    assert audit.trail(token.id)[-1] == "web.signed-in"


def test_refused_sign_ins_are_told_in_one_sum_without_addresses() -> None:
    for number in range(12):
        Client(REMOTE_ADDR=f"192.0.2.{number % 3}").post("/sign-in", {"token": "rk_wrong"})
    late = utc_now() + WINDOW + timedelta(seconds=1)

    assert attempts.settle(now=utc_now()) == 0
    assert attempts.settle(now=late) == 12
    assert attempts.settle(now=late) == 0
    assert audit.trail("sign-in") == ["web.sign-ins-refused"]
    audit.seal(now=late)
    last = audit.entries(start=audit.head().size - 1, limit=1)[0]
    assert (last.facts, b"192.0.2" in last.body) == ({"attempts": 12, "addresses": 3}, False)
    assert FailedSignIn.objects.count() == 0
