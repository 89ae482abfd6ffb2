"""The door where network servers post uplinks: who may, what becomes of each, and what is said when it is refused."""

from datetime import timedelta

import pytest
from django.conf import settings
from starlette.applications import Starlette
from starlette.testclient import TestClient

from renkei.kernel.clock import utc_now
from renkei.parties import api as parties
from renkei.servers.ingest import ROUTES
from renkei.telemetry import api as telemetry
from tests.factories.parties import organisation, token
from tests.factories.telemetry import EUI, device, helium_message
from tests.wire.lorawan import messages

pytestmark = pytest.mark.django_db(transaction=True)
INGEST = frozenset({parties.Scope.INGEST})


@pytest.fixture
def org() -> parties.Organisation:
    return organisation()


@pytest.fixture
def door(org: parties.Organisation) -> TestClient:
    """The door, opened with the organisation's own token."""
    secret = token(org=org, scopes=INGEST).secret
    return TestClient(Starlette(routes=ROUTES), headers={"Authorization": f"Bearer {secret}"})


def as_caller(secret: str) -> TestClient:
    return TestClient(Starlette(routes=ROUTES), headers={"Authorization": f"Bearer {secret}"})


def test_an_uplink_is_stored_and_the_same_again_is_a_duplicate(org, door):
    device(org=org)

    first = door.post("/ingest/helium", content=helium_message())
    second = door.post("/ingest/helium", content=helium_message())

    assert (first.status_code, first.json()) == (202, {"outcome": "stored"})
    assert (second.status_code, second.json()) == (200, {"outcome": "duplicate"})
    assert telemetry.intake(org.id).stored == 1


@pytest.mark.parametrize(
    ("network", "make"),
    [
        (telemetry.Network.CHIRPSTACK, messages.chirpstack_event),
        (telemetry.Network.THE_THINGS_STACK, messages.the_things_stack_message),
    ],
)
def test_every_network_has_its_door(org, door, network, make):
    device(org=org, network=network, eui=messages.EUI)
    now = utc_now().isoformat()

    answered = door.post(
        f"/ingest/{network}", params={"event": "up"}, content=make(time=now, received_at=now)
    )

    assert answered.json() == {"outcome": "stored"}


def test_chirpstacks_other_events_are_let_pass(org, door):
    answered = door.post("/ingest/chirpstack?event=join", content=b'{"devAddr":"01020304"}')

    assert (answered.status_code, answered.json()) == (200, {"outcome": "ignored"})
    assert telemetry.intake(None).received == 0


@pytest.mark.parametrize(
    ("path", "body", "answer"),
    [
        ("/ingest/helium", b"{", (400, "telemetry.broken-json")),
        ("/ingest/helium", b"{}", (400, "telemetry.wrong-shape")),
        ("/ingest/helium", helium_message(), (404, "telemetry.unknown-device")),
        ("/ingest/chirpstack", helium_message(), (400, "telemetry.wrong-shape")),
    ],
)
def test_a_refused_message_is_answered_with_the_reason_and_counted(org, door, path, body, answer):
    answered = door.post(path, content=body)

    assert (answered.status_code, answered.json()["code"]) == answer
    assert telemetry.intake(org.id).refused == {answer[1]: 1}


def test_a_network_that_nobody_knows_is_refused_with_those_that_are_known(org, door):
    answered = door.post("/ingest/carrier-pigeon", content=helium_message())

    assert (answered.status_code, answered.json()["code"]) == (404, "servers.network-unknown")
    assert "helium, chirpstack, the-things-stack" in answered.json()["en"]


def test_a_clock_far_ahead_is_refused(org, door):
    device(org=org)
    tomorrow = int((utc_now() + timedelta(days=1)).timestamp() * 1000)

    answered = door.post("/ingest/helium", content=helium_message(sent_ms=tomorrow))

    assert (answered.status_code, answered.json()["code"]) == (400, "telemetry.clock-far-off")


def test_a_body_over_the_limit_is_refused_unread_and_counted(org, door):
    answered = door.post("/ingest/helium", content=b"x" * (settings.RENKEI.max_body + 1))

    assert (answered.status_code, answered.json()["code"]) == (413, "telemetry.oversize")
    assert telemetry.intake(org.id).refused == {"telemetry.oversize": 1}


def test_a_body_of_unstated_length_is_cut_off_at_the_limit(org, door):
    chunks = (b"x" * 65_536 for _ in range(settings.RENKEI.max_body // 65_536 + 1))

    answered = door.post("/ingest/helium", content=chunks)

    assert (answered.status_code, telemetry.intake(org.id).refused) == (413, {"telemetry.oversize": 1})


def test_nobody_sends_without_a_token_of_that_scope(org):
    device(org=org)
    reader = token(org=org, scopes=frozenset({parties.Scope.EXCHANGE})).secret
    no_token = TestClient(Starlette(routes=ROUTES))

    answers = [
        caller.post("/ingest/helium", content=body).status_code
        for caller in (no_token, as_caller("rk_none_none"), as_caller(reader))
        for body in (helium_message(), b"x" * (settings.RENKEI.max_body + 1))
    ]

    assert answers == [401, 401, 401, 401, 403, 403]
    assert telemetry.intake(None).received == 0


def test_another_organisations_device_is_unknown(org):
    device(org=org)
    other = organisation(slug="other-lab")
    caller = as_caller(token(org=other, scopes=INGEST).secret)

    answered = caller.post("/ingest/helium", content=helium_message())

    assert (answered.status_code, answered.json()["code"]) == (404, "telemetry.unknown-device")
    assert EUI in answered.json()["en"]
    assert (telemetry.intake(org.id).received, telemetry.intake(other.id).received) == (0, 1)
