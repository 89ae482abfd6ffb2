"""The duties' door: only the other side of the agreement is heard, and only in words that it signed."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from renkei.exchange import api as exchange
from renkei.kernel.canonical import canonical_json
from renkei.kernel.clock import utc_now
from renkei.parties import api as parties
from renkei.servers.duties import ROUTES
from tests.factories.delivery import Opened, opened, terms
from tests.factories.parties import organisation

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def door() -> TestClient:
    return TestClient(Starlette(routes=ROUTES))


@pytest.fixture
def reader() -> parties.Organisation:
    return organisation(slug="reader")


@pytest.fixture
def held(reader: parties.Organisation) -> Opened:
    said = terms() | {
        "obligation": [
            {
                "action": "inform",
                "constraint": [{"leftOperand": "elapsedTime", "operator": "lteq", "rightOperand": "P7D"}],
            }
        ]
    }
    return opened(offered=said, peer=reader.participant)


def shown(sender: parties.Organisation, to: parties.Organisation) -> dict[str, str]:
    token = parties.sign_token(org=sender.id, audience=to.participant, now=utc_now())
    return {"Authorization": f"Bearer {token}"}


def statement(
    sender: parties.Organisation, held: Opened, *, kind: str = exchange.FULFILMENT_TYPE, **changes: Any
) -> str:
    said = {
        "agreement": held.agreement.id,
        "duty": 1,
        "statement": "told by letter",
        "at": "2026-05-01T09:00:00Z",
    } | changes
    payload = canonical_json({name: value for name, value in said.items() if value is not None})
    return parties.sign_statement(org=sender.id, type=kind, payload=payload, now=utc_now())


def states(held: Opened) -> list[str]:
    return [each.state(utc_now()).value for each in exchange.duties(held.agreement.id, org=held.org.id)]


def post(door: TestClient, held: Opened, body: Any, headers: dict[str, str]) -> Any:
    return door.post(f"/orgs/{held.org.slug}/duties", json=body, headers=headers)


def test_the_other_side_states_that_a_duty_is_fulfilled(
    door: TestClient, held: Opened, reader: parties.Organisation
) -> None:
    proof = statement(reader, held, evidence="ab" * 32)

    answered = post(door, held, {"statement": proof}, shown(reader, held.org))

    assert (answered.status_code, answered.json()) == (
        200,
        {"agreement": held.agreement.id, "duty": 1, "state": "fulfilled"},
    )
    [kept] = exchange.duties(held.agreement.id, org=held.org.id)
    assert (kept.statement, kept.evidence, kept.proof) == ("told by letter", "ab" * 32, proof)


def test_the_same_again_is_answered_as_the_first_and_changes_nothing(
    door: TestClient, held: Opened, reader: parties.Organisation
) -> None:
    proof = statement(reader, held)
    first = post(door, held, {"statement": proof}, shown(reader, held.org))
    before = exchange.duties(held.agreement.id, org=held.org.id)

    again = post(door, held, {"statement": proof}, shown(reader, held.org))

    assert (again.status_code, again.json()) == (200, first.json())
    assert exchange.duties(held.agreement.id, org=held.org.id) == before


def test_a_token_is_good_for_one_use(door: TestClient, held: Opened, reader: parties.Organisation) -> None:
    token = shown(reader, held.org)
    post(door, held, {"statement": statement(reader, held)}, token)

    again = post(door, held, {"statement": statement(reader, held)}, token)

    assert (again.status_code, again.json()["code"]) == (401, "parties.peer-token-replayed")


def refused(
    door: TestClient, held: Opened, proof: str, headers: dict[str, str]
) -> tuple[int, str, list[str]]:
    answered = post(door, held, {"statement": proof}, headers)
    return answered.status_code, answered.json()["code"], states(held)


def test_a_stranger_states_nothing_not_even_in_the_other_sides_words(
    door: TestClient, held: Opened, reader: parties.Organisation
) -> None:
    stranger = organisation(slug="stranger")
    stolen = statement(reader, held)

    assert refused(door, held, statement(stranger, held), shown(stranger, held.org)) == (
        404,
        "exchange.agreement-missing",
        ["open"],
    )
    assert refused(door, held, stolen, shown(stranger, held.org)) == (
        401,
        "parties.statement-untrusted",
        ["open"],
    )
    assert refused(door, held, statement(stranger, held), shown(reader, held.org)) == (
        401,
        "parties.statement-untrusted",
        ["open"],
    )
    assert refused(door, held, stolen, {}) == (401, "servers.token-missing", ["open"])


def test_a_token_for_another_organisation_of_the_node_is_refused(
    door: TestClient, held: Opened, reader: parties.Organisation
) -> None:
    other = organisation(slug="neighbour")

    assert refused(door, held, statement(reader, held), shown(reader, other)) == (
        401,
        "parties.peer-token-malformed",
        ["open"],
    )
    at_neighbour = door.post(
        f"/orgs/{other.slug}/duties",
        json={"statement": statement(reader, held)},
        headers=shown(reader, other),
    )
    assert (at_neighbour.status_code, at_neighbour.json()["code"]) == (404, "exchange.agreement-missing")
    assert states(held) == ["open"]


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda s, h: statement(s, h, duty=2), (404, "exchange.duty-missing")),
        (lambda s, h: statement(s, h, duty=0), (400, "servers.body-malformed")),
        (lambda s, h: statement(s, h, duty="1"), (400, "servers.body-malformed")),
        (lambda s, h: statement(s, h, agreement="urn:none"), (404, "exchange.agreement-missing")),
        (lambda s, h: statement(s, h, statement=None), (400, "servers.body-malformed")),
        (lambda s, h: statement(s, h, statement="a" * 2001), (400, "servers.body-malformed")),
        (lambda s, h: statement(s, h, statement="\x00"), (400, "exchange.duty-statement-invalid")),
        (lambda s, h: statement(s, h, agreement="a\x00b"), (400, "servers.body-malformed")),
        (lambda s, h: statement(s, h, agreement="a\n"), (400, "servers.body-malformed")),
        (lambda s, h: statement(s, h, at="yesterday"), (400, "servers.body-malformed")),
        (lambda s, h: statement(s, h, at="2026-05-01T09:00:00"), (400, "servers.body-malformed")),
        (lambda s, h: statement(s, h, at="0001-01-01T00:00:00+14:00"), (400, "servers.body-malformed")),
        (lambda s, h: statement(s, h, evidence="zz"), (400, "servers.body-malformed")),
        (lambda s, h: statement(s, h, kind="renkei-receipt+jwt"), (401, "parties.statement-untrusted")),
        (lambda _s, _h: "no statement", (401, "parties.statement-untrusted")),
    ],
)
def test_a_statement_that_says_nothing_usable_is_refused_by_name(
    door: TestClient,
    held: Opened,
    reader: parties.Organisation,
    make: Callable[[parties.Organisation, Opened], str],
    expected: tuple[int, str],
) -> None:
    assert refused(door, held, make(reader, held), shown(reader, held.org)) == (*expected, ["open"])


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "servers.body-malformed"),
        (b"[" * 8000, 400, "servers.body-malformed"),
        (b'{"statement": 1}', 400, "servers.body-malformed"),
        (b'{"statement": "' + b"a" * 20_000 + b'"}', 413, "servers.body-too-large"),
    ],
)
def test_what_is_no_message_or_too_large_is_refused(
    door: TestClient, held: Opened, reader: parties.Organisation, *, body: bytes, status: int, code: str
) -> None:
    answered = door.post(f"/orgs/{held.org.slug}/duties", content=body, headers=shown(reader, held.org))

    assert (answered.status_code, answered.json()["code"], states(held)) == (status, code, ["open"])


def test_an_unknown_organisation_is_missing(
    door: TestClient, reader: parties.Organisation, held: Opened
) -> None:
    answered = door.post("/orgs/nobody/duties", json={}, headers=shown(reader, held.org))

    assert (answered.status_code, answered.json()["code"]) == (404, "parties.organisation-missing")
