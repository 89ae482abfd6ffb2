"""Every message to every process in every state, from everybody who might send it: what is answered, and that nothing moves."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.parties import api as parties
from renkei.servers.dsp.addresses import base_url
from tests.exchange.test_machine import NEGOTIATIONS, TRANSFERS, expected
from tests.factories import parties as make
from tests.servers.dsp.scenes import PEER_PID, SCENES, Scene, everything, negotiation, told

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = {
    "request": "request", "offers": "offer", "agreement": "agreement", "agreement/verification": "verification",
    "events ACCEPTED": "accepted", "events FINALIZED": "finalized", "termination": "termination",
    "start": "start", "completion": "completion", "suspension": "suspension",
}  # fmt: skip
ERRORS = {"negotiations": "ContractNegotiationError", "transfers": "TransferError"}


def show(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def signed(by: parties.Organisation, to: parties.Organisation, *, late: float = 0) -> dict[str, str]:
    """Sign a token as if it were so many seconds later."""
    at = utc_now() + timedelta(seconds=late)
    return show(parties.sign_token(org=by.id, audience=to.participant, now=at))


# Who shows what, and the status and code of the answer.
STRANGERS: dict[str, tuple[Callable[[Scene, parties.Organisation], dict[str, str]], int, str]] = {
    "nobody": (lambda _s, _x: {}, 401, "servers.token-missing"),
    "another scheme": (lambda _s, _x: {"Authorization": "Basic dTpw"}, 401, "servers.token-missing"),
    "no token at all": (lambda _s, _x: show("not.a.token"), 401, "parties.peer-token-malformed"),
    "the peer, its token for another": (lambda s, x: signed(s.peer, x), 401, "parties.peer-token-malformed"),
    "the peer, its token expired": (lambda s, _x: signed(s.peer, s.own, late=-600), 401, "parties.peer-token-expired"),
    "the peer, its token not valid yet": (
        lambda s, _x: signed(s.peer, s.own, late=600), 401, "parties.peer-token-expired",
    ),
    "the peer, with the signature of its other token": (
        lambda s, _x: mixed(signed(s.peer, s.own), signed(s.peer, s.own)), 401, "parties.peer-token-untrusted",
    ),
    "a third participant": (lambda s, x: signed(x, s.own), 404, "exchange.{process}-missing"),
    "our own organisation": (lambda s, _x: signed(s.own, s.own), 404, "exchange.{process}-missing"),
}  # fmt: skip


def mixed(one: dict[str, str], other: dict[str, str]) -> dict[str, str]:
    """Put another token's signature to a token."""
    head, signature = one["Authorization"].rpartition(".")[0], other["Authorization"].rpartition(".")[2]
    return {"Authorization": f"{head}.{signature}"}


@pytest.fixture
def scene(request: pytest.FixtureRequest, provider: parties.Organisation, dataset: exchange.Dataset) -> Scene:
    made, role, state = request.param
    return made(role, state, own=provider, peer=make.organisation(slug="peer"), dataset=dataset)


def check(answered: Any, scene: Scene, status: int, code: str, pids: dict[str, str] | None = None) -> None:
    body = answered.json()
    wanted = code.format(process=scene.process.removesuffix("s"))
    assert (answered.status_code, body["@type"], body["code"]) == (status, ERRORS[scene.process], wanted)
    assert {name: body[name] for name in ("providerPid", "consumerPid")} == (pids or scene.pids)
    assert [bool(text) for text in body["reason"]] == [True, True]


@pytest.mark.parametrize("scene", SCENES, indirect=True, ids=told)
def test_nobody_but_the_peer_moves_a_process_in_any_state(scene: Scene, door: TestClient) -> None:
    third = make.organisation(slug="third")
    before = everything()

    for name, message in scene.messages().items():
        for headers, status, code in STRANGERS.values():
            answered = door.post(scene.path(name), content=json.dumps(message), headers=headers(scene, third))
            check(answered, scene, status, code)

    assert everything() == before


@pytest.mark.parametrize("scene", SCENES, indirect=True, ids=told)
def test_the_peer_may_say_only_what_its_role_may_in_the_state(
    scene: Scene, door: TestClient, request: pytest.FixtureRequest
) -> None:
    state = request.node.callspec.params["scene"][2]
    book = NEGOTIATIONS if scene.process == "negotiations" else TRANSFERS
    before, judged = everything(), 0

    for name, message in scene.messages().items():
        if expected(book, state, Word(WORDS[name]), scene.role.other) is None:
            answered = door.post(
                scene.path(name), content=json.dumps(message), headers=signed(scene.peer, scene.own)
            )
            judged += 1
            if REPEATED.get((scene.process, scene.role, state)) == name:
                assert (answered.status_code, answered.json()["state"]) == (200, state)
                continue
            check(answered, scene, 400, "exchange.transition-illegal")
    for name, message in scene.astray().items():
        answered = door.post(
            scene.path(name), content=json.dumps(message), headers=signed(scene.peer, scene.own)
        )
        check(answered, scene, 400, "servers.dsp-process-mismatch")

    assert judged > 0
    assert everything() == before


P, C = exchange.Role
# What each scene heard last: said again, it is answered as the first time.
REPEATED = {
    ("negotiations", C, "OFFERED"): "offers",
    ("negotiations", C, "ACCEPTED"): "offers",
    ("negotiations", C, "TERMINATED"): "offers",
    ("negotiations", C, "FINALIZED"): "events FINALIZED",
    ("negotiations", P, "ACCEPTED"): "events ACCEPTED",
    ("negotiations", P, "AGREED"): "events ACCEPTED",
    ("negotiations", P, "VERIFIED"): "agreement/verification",
    ("negotiations", P, "FINALIZED"): "agreement/verification",
    ("transfers", C, "STARTED"): "start",
    ("transfers", C, "COMPLETED"): "start",
    ("transfers", C, "TERMINATED"): "start",
}


class Word(str):
    """A message's name, as the book of the machine's test asks for it."""

    @property
    def value(self) -> str:
        return str(self)


@pytest.mark.parametrize("scene", SCENES, indirect=True, ids=told)
def test_the_peer_moves_nothing_under_another_pid_or_with_a_used_token(
    scene: Scene, door: TestClient
) -> None:
    used = signed(scene.peer, scene.own)
    assert door.get(scene.path("").rstrip("/"), headers=used).status_code == 200
    before = everything()
    theirs = next(name for name, pid in scene.pids.items() if pid == PEER_PID)
    ours = next(name for name, pid in scene.pids.items() if pid != PEER_PID)

    for name, message in scene.messages().items():
        path, fresh = scene.path(name), lambda: signed(scene.peer, scene.own)
        replayed = door.post(path, content=json.dumps(message), headers=used)
        check(replayed, scene, 401, "parties.peer-token-replayed")
        other = message | {theirs: "urn:other"}
        answered = door.post(path, content=json.dumps(other), headers=fresh())
        check(answered, scene, 404, "exchange.{process}-missing", scene.pids | {theirs: "urn:other"})
        elsewhere = message | {ours: "urn:other"}
        answered = door.post(path, content=json.dumps(elsewhere), headers=fresh())
        check(answered, scene, 400, "servers.dsp-process-mismatch", scene.pids | {ours: "urn:other"})

    assert everything() == before


def test_a_transfer_is_opened_only_by_the_party_of_the_agreement(
    provider: parties.Organisation, dataset: exchange.Dataset, door: TestClient
) -> None:
    peer, third = make.organisation(slug="peer"), make.organisation(slug="third")
    scene = negotiation(exchange.Role.PROVIDER, "FINALIZED", own=provider, peer=peer, dataset=dataset)
    agreement = exchange.negotiation(scene.pid, org=provider.id).agreement  # type: ignore[arg-type]
    message = {
        "@context": scene.messages()["request"]["@context"],
        "@type": "TransferRequestMessage",
        "consumerPid": "urn:transfer:1",
        "agreementId": agreement,
        "format": exchange.HTTP_DATA,
        "callbackAddress": base_url(peer),
    }
    before = everything()

    answers = [
        door.post(
            "/orgs/provider/dsp/2025-1/transfers/request",
            content=json.dumps(message),
            headers=headers(scene, third),
        )
        for headers, *_ in STRANGERS.values()
    ]

    assert [(each.status_code, each.json()["code"]) for each in answers] == [
        (status, "exchange.agreement-missing" if status == 404 else code)
        for _, status, code in STRANGERS.values()
    ]
    assert everything() == before
