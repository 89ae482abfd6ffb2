"""The log's door over HTTP semantics: what is open, who sees what, and a visit from outside from end to end."""

import json
from collections.abc import Callable

import pytest
from django.conf import settings
from starlette.applications import Starlette
from starlette.testclient import TestClient

from renkei.audit import api as audit
from renkei.kernel.clock import utc_now
from renkei.parties import api as parties
from renkei.servers.audit import ROUTES
from renkei.wire import tlog
from tests.factories.audit import MAY, act, acts
from tests.factories.parties import organisation, token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def door() -> TestClient:
    return TestClient(Starlette(routes=ROUTES))


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def reader(org: parties.Organisation) -> dict[str, str]:
    return bearer(token(org=org, scopes=frozenset({parties.Scope.AUDIT})).secret)


def as_peer(org: parties.Organisation, asked: parties.Organisation) -> dict[str, str]:
    return bearer(parties.sign_token(org=org.id, audience=asked.participant, now=utc_now()))


def fetching(door: TestClient, sign: Callable[[], dict[str, str]] = dict) -> tlog.Fetch:
    return lambda path: door.get(path, headers=sign()).content


def test_the_head_and_the_key_are_open_and_fit_each_other(door: TestClient) -> None:
    acts(3)

    head, key = door.get("/audit/head"), door.get("/audit/key")

    assert (head.status_code, head.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert tlog.open_checkpoint(head.text, vkey=key.text).size == 3
    assert key.text == f"{audit.log_key().verifier}\n"


def test_a_consistency_proof_is_open(door: TestClient) -> None:
    acts(3)
    audit.signed_head(now=MAY)
    acts(4)
    audit.signed_head(now=MAY)

    answered = door.get("/audit/consistency?first=3&second=7")

    assert answered.status_code == 200
    assert tlog.read_growth(answered.content).hashes() == audit.consistency(3, 7)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "servers.query-malformed"),
        ("first=1", "servers.query-malformed"),
        ("first=-1&second=1", "servers.query-malformed"),
        ("first=1&second=x", "servers.query-malformed"),
        ("first=0&second=99999999999999999999", "servers.query-malformed"),
        ("first=２&second=3", "servers.query-malformed"),
        ("first=2&second=1", "audit.size-unknown"),
        ("first=1&second=4", "audit.size-unknown"),
    ],
)
def test_a_consistency_proof_that_cannot_be_is_refused_with_its_reason(
    door: TestClient, query: str, code: str
) -> None:
    acts(3)
    audit.seal(now=MAY)

    answered = door.get(f"/audit/consistency?{query}")

    assert (answered.status_code, answered.json()["code"]) == (400, code)


def test_without_a_token_there_is_no_evidence(door: TestClient) -> None:
    lab = organisation()

    for path in ("/audit/proofs", f"/orgs/{lab.slug}/audit/proofs"):
        answered = door.get(path)
        assert (answered.status_code, answered.json()["code"]) == (401, "servers.token-missing")


def test_a_token_of_another_kind_or_scope_opens_nothing(door: TestClient) -> None:
    lab, other = organisation(slug="lab"), organisation(slug="other")
    ingest = bearer(token(org=lab, scopes=frozenset({parties.Scope.INGEST})).secret)
    for_the_other = bearer(parties.sign_token(org=lab.id, audience=other.participant, now=utc_now()))

    def code(path: str, headers: dict[str, str]) -> tuple[int, str]:
        answered = door.get(path, headers=headers)
        return answered.status_code, answered.json()["code"]

    assert code("/audit/proofs", ingest) == (403, "parties.scope-missing")
    assert code("/audit/proofs", bearer("rk_nobody_nothing"))[0] == 401
    assert code("/orgs/lab/audit/proofs", ingest)[0] == 401
    assert code("/orgs/lab/audit/proofs", for_the_other)[0] == 401
    assert code("/orgs/nobody/audit/proofs", for_the_other)[0] == 404


def test_each_sees_only_what_concerns_it(door: TestClient) -> None:
    lab, city = organisation(slug="lab"), organisation(slug="city")
    act("for both", subject="urn:uuid:a", concerns=(lab.participant, city.participant))
    act("for the city", subject="urn:uuid:a", concerns=(city.participant,))
    act("for nobody", subject="urn:uuid:a")

    def seen(path: str, headers: dict[str, str]) -> list[str]:
        answered = door.get(f"{path}?subject=urn:uuid:a", headers=headers)
        bundle = tlog.read_bundle(answered.content)
        return [entry.action for entry in tlog.verify_bundle(bundle, vkey=audit.log_key().verifier)]

    assert seen("/audit/proofs", reader(lab)) == ["for both"]
    assert seen("/audit/proofs", reader(city)) == ["for both", "for the city"]
    assert seen("/orgs/city/audit/proofs", as_peer(lab, city)) == ["for both"]
    assert seen("/orgs/lab/audit/proofs", as_peer(city, lab)) == ["for both", "for the city"]


def test_evidence_is_the_json_that_was_agreed_on(door: TestClient) -> None:
    lab = organisation()
    act("exchange.agreed", subject="urn:uuid:a", concerns=(lab.participant,))

    said = door.get("/audit/proofs?subject=urn:uuid:a", headers=reader(lab)).json()

    assert set(said) == {"checkpoint", "vkey", "entries", "following"}
    assert (said["vkey"], said["following"]) == (audit.log_key().verifier, None)
    assert [set(entry) for entry in said["entries"]] == [{"index", "body", "path"}]
    assert json.loads(said["entries"][0]["body"])["action"] == "exchange.agreed"


def test_evidence_for_a_head_that_was_never_signed_is_refused(door: TestClient) -> None:
    lab = organisation()
    audit.seal(now=MAY)

    answered = door.get("/audit/proofs?size=0", headers=reader(lab))

    assert (answered.status_code, answered.json()["code"]) == (404, "audit.head-unknown")


def test_an_outsider_visits_comes_back_and_has_its_entry_proven(door: TestClient) -> None:
    lab, city = organisation(slug="lab"), organisation(slug="city")
    kept = tlog.visit(fetching(door), kept=None)
    act("exchange.agreed", subject="urn:uuid:a", concerns=(lab.participant,))
    acts(300)

    kept = tlog.visit(fetching(door), kept=kept)
    acts(5)
    proven = tlog.prove(
        fetching(door, lambda: as_peer(lab, city)),
        kept=kept,
        subject="urn:uuid:a",
        path=tlog.peer_proofs("city"),
    )

    assert [entry.action for entry in proven] == ["exchange.agreed"]
    assert kept.head().origin == settings.RENKEI.public_url.partition("//")[2]
