"""Data that are pushed between real nodes, and a provider that is killed while it pushes."""

import hashlib
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.factories.far_server import FarServer, answer, far_server, hang
from tests.journeys.stage import PATIENCE, Member, negotiate, running

pytestmark = pytest.mark.journey


def until(holds: Callable[[], Any]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        threading.Event().wait(0.1)


def fetched(member: Member, path: str) -> bytes:
    token = {"Authorization": f"Bearer {member.token}"}
    return httpx.get(f"{member.node.url}/api/v1{path}", headers=token, trust_env=False).content


def test_what_is_pushed_from_node_to_node_equals_what_is_pulled(tmp_path: Path) -> None:
    with running("provider", "consumer", home=tmp_path) as (provider, consumer):
        offered = provider.say("provider", "far", "yes")
        member = Member(consumer, consumer.say("consumer", "near")["token"])
        agreed = member.settled(f"/negotiations/{negotiate(member, offered)}", "FINALIZED")["agreement"]

        asked = member.ask("POST", "/transfers", agreement=agreed, format="HttpData-PUSH")
        pushed = member.settled(f"/transfers/{asked['id']}", "COMPLETED", "TERMINATED")
        [part] = member.ask("GET", f"/transfers/{asked['id']}/deliveries")["items"]
        body = fetched(member, f"/transfers/{asked['id']}/deliveries/{part['id']}")
        opened = member.ask("POST", "/transfers", agreement=agreed, format="HttpData-PULL")
        address = member.settled(f"/transfers/{opened['id']}", "STARTED")["dataAddress"]
        token = {"Authorization": f"Bearer {address['token']}"}
        pulled = httpx.get(address["endpoint"], headers=token, trust_env=False).content

        assert (pushed["state"], pushed["dataAddress"]) == ("COMPLETED", None)
        assert (body, hashlib.sha256(body).hexdigest()) == (pulled, part["sha256"])
        assert sorted(each["state"] for each in provider.say("states", "transfers")) == [
            "COMPLETED",
            "STARTED",
        ]
        assert consumer.say("trail", asked["id"]) == [
            "exchange.transfer-requested",
            "exchange.transfer-started",
            "exchange.delivery-received",
            "exchange.transfer-completed",
        ]


def test_a_provider_killed_before_the_receiver_has_answered_pushes_the_same_again(tmp_path: Path) -> None:
    pushes: list[bytes] = []

    def receive(request: Any, server: FarServer) -> None:
        if request.path != "/sink":
            answer({})(request, server)
            return
        pushes.append(server.bodies[-1])
        (hang if len(pushes) == 1 else answer({}))(request, server)

    with far_server(receive) as far, running("provider", home=tmp_path) as (provider,):
        transfer = provider.say("owe", "far", far.url("").rstrip("/"))["transfer"]
        until(lambda: len(pushes) == 1)
        provider.kill()
        provider.start()
        until(lambda: any(path.endswith("/completion") for path in far.asked))

        assert pushes == [pushes[0]] * 2
        assert [each["state"] for each in provider.say("states", "transfers") if each["id"] == transfer] == [
            "COMPLETED"
        ]
        assert provider.say("trail", transfer) == [
            "exchange.transfer-started",
            "exchange.read",
            "exchange.pushed",
            "exchange.transfer-completed",
        ]
