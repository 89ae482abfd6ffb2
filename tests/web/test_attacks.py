"""What strangers and peers try on the pages: scripts in what they write, addresses nobody can store, forged origins."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.kernel.texts import Text
from renkei.lake import api as lake
from renkei.parties import api as parties
from renkei.web.attempts import ATTEMPTS, network_of
from renkei.web.session import forget_old_sessions
from tests.factories import lake as tables
from tests.factories import parties as members
from tests.web.scenes import CALLBACK, MAY, PEER, Scene, offer, request, signed_in

pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert(1)</script>"
ATTRIBUTE = "\" onmouseover='alert(2)' x=\""
EVIL = f"{SCRIPT}{ATTRIBUTE}`{SCRIPT}`"


def evil_scene() -> Scene:
    """Make a member all of whose words, and all of whose peer's words, are an attack."""
    org = parties.create_organisation(slug="evil", name=Text(ja=EVIL, en=EVIL), actor=PEER, now=MAY)
    parties.issue_token(
        org=org.id,
        label=EVIL[:100],
        scopes=frozenset(parties.Scope),
        expires_at=None,
        actor=org.actor,
        now=MAY,
    )
    column = lake.Column("evil", lake.ColumnType.TEXT, SCRIPT, Text(ja=EVIL, en=EVIL))
    table = tables.table(owner=org.id, columns=(*tables.COLUMNS, column), name="evil", subject=None)
    published = exchange.publish_dataset(
        owner=org.id,
        table=table.id,
        title=Text(ja=EVIL, en=EVIL),
        description=Text(ja=EVIL, en=EVIL),
        licence=EVIL,
        classes=(),
        themes=(EVIL,),
        actor=org.actor,
        now=MAY,
    )
    terms = {"permission": [{"action": "use"}], EVIL[:60]: {EVIL: [EVIL]}}
    made = offer(published, terms={"permission": [{"action": "use"}]})
    of = Scene(org=org, dataset=published, offer=made)
    asked = request(of, terms=terms if _is_storable(of, terms) else {})
    exchange.receive_negotiation_termination(
        org=org.id, peer=PEER, pid=asked.id, peer_pid=str(asked.peer_pid), code=EVIL, reasons=[EVIL], now=MAY
    )
    exchange.receive_offer(
        org=org.id,
        peer=PEER,
        provider_pid="urn:evil:offer",
        consumer_pid=None,
        offer={"@id": EVIL[:255], "@type": "Offer", "target": EVIL[:255], **terms},
        callback=CALLBACK,
        now=MAY,
    )
    return of


def _is_storable(of: Scene, terms: exchange.Policy) -> bool:
    try:
        exchange.describe_terms(of.offer.policy(target=True) | terms)
    except Exception:  # noqa: BLE001 - a refusal is what this asks for
        return False
    return True


def test_nothing_that_anybody_writes_becomes_a_script_on_any_page() -> None:
    of = evil_scene()
    pages = [
        "/",
        "/organisations",
        "/organisations/evil",
        "/devices",
        "/datasets",
        f"/datasets/{of.dataset.id}",
        "/negotiations",
        "/agreements",
        "/transfers",
        "/log",
        *(f"/negotiations/{each.id}" for each in exchange.negotiations(org=of.org.id)),
    ]
    for browser in (signed_in(of.org), signed_in(None)):
        for page in pages:
            text = browser.get(page).content.decode()
            assert SCRIPT not in text, page
            assert ATTRIBUTE not in text, page


@pytest.mark.parametrize(
    "page",
    [
        "/datasets/%00",
        "/negotiations/a%00b",
        "/agreements/%00",
        "/devices?page=%00",
        "/negotiations/x?org=%00",
    ],
)
def test_an_address_that_no_database_stores_leads_nowhere(page: str) -> None:
    assert signed_in(members.organisation()).get(page).status_code == 404
    assert signed_in(None).get(page).status_code == 404


@pytest.mark.parametrize("planted", ['"\\000aaaaaaaaaaaaaaaa"', "x" * 4000, "é" * 20, "' OR 1=1 --aaaaaaa"])
def test_a_session_cookie_that_nobody_was_given_opens_nothing_and_breaks_nothing(planted: str) -> None:
    answer = Client().get("/", headers={"cookie": f"sessionid={planted}"})

    assert answer.status_code in {302, 404}


def test_one_network_has_one_budget_of_wrong_tokens_however_many_addresses() -> None:
    for number in range(ATTEMPTS):
        Client(REMOTE_ADDR=f"2001:db8:1:2::{number:x}").post("/sign-in", {"token": "rk_wrong_token"})
    right = members.token(org=members.organisation()).secret

    same = Client(REMOTE_ADDR="2001:db8:1:2:ffff::1").post("/sign-in", {"token": right})
    other = Client(REMOTE_ADDR="2001:db8:1:3::1").post("/sign-in", {"token": right})

    assert (same.status_code, other.status_code) == (403, 302)


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("x" * 100, "x" * 64),
    ],
)
def test_an_address_is_known_by_its_network(address: str, known: str) -> None:
    assert network_of(address) == known


def test_old_sessions_are_forgotten() -> None:
    browser = signed_in(members.organisation())
    after = utc_now() + timedelta(days=1)

    assert (forget_old_sessions(now=utc_now()), browser.get("/").status_code) == (0, 200)
    assert (forget_old_sessions(now=after), browser.get("/").status_code) == (1, 302)


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "http:evil.example",
        "\t//evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "https://testserver@evil.example/",
        "https:///evil.example",
    ],
)
def test_a_sign_in_leads_to_no_other_site(wanted: str) -> None:
    issued = members.token(org=members.organisation())

    answer = Client().post("/sign-in", {"token": issued.secret, "next": wanted})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_a_way_on_with_line_breaks_adds_no_header() -> None:
    issued = members.token(org=members.organisation())

    answer = Client().post("/sign-in", {"token": issued.secret, "next": "/a\r\nSet-Cookie: lang=xx"})

    assert "lang" not in answer.cookies
    assert "\n" not in answer.headers["Location"]


def test_a_form_from_the_nodes_own_public_address_is_taken_where_tls_ends_before_the_node() -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.get("/sign-in")
    token = browser.cookies["csrftoken"].value
    data = {"csrfmiddlewaretoken": token, "token": members.token(org=members.organisation()).secret}

    forged = browser.post("/sign-in", data, headers={"origin": "https://evil.example"})
    own = browser.post("/sign-in", data, headers={"origin": settings.RENKEI.public_url})

    assert (forged.status_code, own.status_code) == (403, 302)
