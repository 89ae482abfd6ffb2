"""The shared part of all doors, over real HTTP semantics (ASGI in process)."""

import asyncio
import json
import threading

import httpx
import pytest
from django.conf import settings
from starlette.applications import Starlette
from starlette.testclient import TestClient

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text
from renkei.servers.door import STATUS, Call, Reply, is_known, json_reply, route, stated_length


class Shut(Refusal):
    kind, code = Kind.CONFLICT, "test.shut"
    text, remedy = (
        Text(ja="{what}は閉じています。", en="{what} is shut."),
        Text(ja="開けてください。", en="Open it."),
    )


def answer(call: Call) -> Reply:
    match call.path["what"]:
        case "shut":
            raise Shut(what="it")
        case "bug":
            raise RuntimeError("secret detail")
        case "token":
            return json_reply(call.bearer())
        case _:
            return json_reply(call.read(dict[str, int]))


@pytest.fixture
def door() -> TestClient:
    return TestClient(
        Starlette(routes=[route("/{what}", answer, methods=["POST"])]), raise_server_exceptions=False
    )


def test_a_body_is_decoded_by_its_type(door: TestClient):
    assert door.post("/body", content=b'{"a":1}').json() == {"a": 1}


def test_a_refusal_reaches_the_caller_whole(door: TestClient):
    answered = door.post("/shut")

    assert (answered.status_code, answered.json()) == (
        409,
        {
            "kind": "conflict",
            "code": "test.shut",
            "ja": "itは閉じています。開けてください。",
            "en": "it is shut. Open it.",
            "facts": {"what": "it"},
        },
    )


def test_a_bug_tells_no_detail(door: TestClient):
    answered = door.post("/bug")

    assert (answered.status_code, answered.json()["code"]) == (500, "servers.fault")
    assert "secret detail" not in answered.text


@pytest.mark.parametrize("header", [None, "", "Basic abc", "Bearer", "Bearer   "])
def test_no_token_is_told_how_to_get_one(door: TestClient, header: str | None):
    answered = door.post("/token", headers={} if header is None else {"Authorization": header})

    assert (answered.status_code, answered.json()["code"]) == (401, "servers.token-missing")
    assert answered.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"a":"b"}', b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000, b'{"a": 1e999999}'],
    ids=["empty", "cut", "wrong type", "not UTF-8", "deep list", "deep object", "huge number"],
)
def test_a_malformed_body_is_the_caller_s_error(door: TestClient, body: bytes):
    answered = door.post("/body", content=body)

    assert (answered.status_code, answered.json()["code"]) == (400, "servers.body-malformed")


def test_an_oversized_body_is_refused_whether_it_states_its_length_or_not(door: TestClient):
    body = b" " * (settings.RENKEI.max_body + 1)

    stated = door.post("/body", content=body)
    streamed = door.post("/body", content=iter([body[:1000], body[1000:]]))

    assert [(a.status_code, a.json()["code"]) for a in (stated, streamed)] == [
        (413, "servers.body-too-large")
    ] * 2


def test_every_kind_of_refusal_has_a_status():
    assert set(STATUS) == set(Kind)


def test_a_refusal_is_json_all_through(door: TestClient):
    assert json.loads(json.dumps(Shut(what=3).as_dict()))["facts"] == {"what": "3"}


def test_doors_that_wait_for_other_nodes_keep_nobody_from_the_rest():
    over = threading.Event()

    def wait(_call: Call) -> Reply:
        over.wait(30)
        return Reply()

    doors = Starlette(
        routes=[
            route("/far", wait, methods=["GET"], far=True),
            route("/near", lambda _call: Reply(status=204), methods=["GET"]),
        ]
    )

    async def story() -> int:
        transport = httpx.ASGITransport(app=doors)
        async with httpx.AsyncClient(transport=transport, base_url="http://node", timeout=60) as client:
            waiting = [asyncio.create_task(client.get("/far")) for _ in range(40)]
            answered = await asyncio.wait_for(client.get("/near"), 20)
            over.set()
            await asyncio.gather(*waiting)
            return answered.status_code

    assert asyncio.run(story()) == 204


@pytest.mark.parametrize("stated", ["²", "-1", "1e9", "9" * 5000, "x"])
def test_a_length_that_is_none_is_no_bug(stated: str):
    assert stated_length({"content-length": stated}) == 0


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ('"one"', True),
        ('W/"one"', True),
        ('"other", W/"one"', True),
        ("*", True),
        ('"one, and more"', False),
        ('"one', False),
        ("one", False),
        ("", False),
        (None, False),
        ('"x",' * 10_000 + '"one"', False),
    ],
)
def test_a_condition_names_a_tag_whole_or_not_at_all(given: str | None, *, known: bool) -> None:
    assert is_known('"one"', given=given) is known
