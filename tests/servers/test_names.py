"""Names are looked up within the time of the call, whatever the name servers of strangers do."""

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpcore
import pytest

from renkei.servers.errors import AddressInside, PeerUnreachable
from renkei.servers.names import Names
from renkei.servers.outgoing import Limits, Outgoing
from tests.factories.far_server import answer, far_server

BRIEF = Limits(connect=0.2, read=0.5, whole=0.4, answer=10_000)


class Resolver:
    """Leads every name to one address; a name that begins with `silent` is not answered before the test is over."""

    def __init__(self, *leads_to: str) -> None:
        self.leads_to, self.asked, self.over = list(leads_to) or ["127.0.0.1"], list[str](), threading.Event()

    def __call__(self, host: str, port: int) -> list[Any]:
        self.asked.append(host)
        if host.startswith("silent"):
            self.over.wait(20)
        found = self.leads_to.pop(0) if len(self.leads_to) > 1 else self.leads_to[0]
        family = {4: socket.AF_INET, 6: socket.AF_INET6}[ipaddress.ip_address(found).version]
        return [(family, socket.SOCK_STREAM, 6, "", (found, port))]


@pytest.fixture
def resolver() -> Iterator[Resolver]:
    made = Resolver()
    yield made
    made.over.set()


def test_a_name_server_that_never_answers_holds_nobody_beyond_the_calls_time(resolver: Resolver) -> None:
    calls = Outgoing(inside_peers=True, limits=BRIEF, names=Names(resolver))

    began = time.monotonic()
    with pytest.raises(PeerUnreachable, match=r"silent\.example was not resolved in time"):
        calls.get_json("http://silent.example/")

    assert time.monotonic() - began < 5  # the resolver would have held it for 20 s


def test_meanwhile_and_afterwards_other_names_are_found(resolver: Resolver) -> None:
    calls = Outgoing(inside_peers=True, limits=BRIEF, names=Names(resolver))
    with pytest.raises(PeerUnreachable):
        calls.get_json("http://silent.example/")

    with far_server(answer({"a": 1})) as peer:
        assert calls.get_json(peer.url(host="peer.example")).read(dict[str, int]) == {"a": 1}


def test_who_asks_for_a_name_that_is_being_looked_up_waits_for_the_same_answer(resolver: Resolver) -> None:
    names, answers = Names(resolver), list[Any]()
    for _ in range(5):
        with pytest.raises(httpcore.ConnectTimeout):
            names.addresses("silent.example", 443, seconds=0.01)
    waiting = [threading.Thread(target=asking(names, answers)) for _ in range(3)]
    for each in waiting:
        each.start()

    resolver.over.set()
    for each in waiting:
        each.join()

    assert resolver.asked == ["silent.example"]
    assert answers == [[ipaddress.ip_address("127.0.0.1")]] * 3


def asking(names: Names, answers: list[Any]) -> Callable[[], None]:
    return lambda: answers.append(names.addresses("silent.example", 443, seconds=20))


def test_however_many_names_are_silent_only_so_many_threads_wait_for_them(resolver: Resolver) -> None:
    names, before = Names(resolver, at_once=4), threading.active_count()

    for number in range(4):
        with pytest.raises(httpcore.ConnectTimeout):
            names.addresses(f"silent{number}.example", 443, seconds=0.01)
    for number in range(4, 20):
        with pytest.raises(httpcore.ConnectError, match="too many names"):
            names.addresses(f"silent{number}.example", 443, seconds=10)

    assert threading.active_count() - before <= 4
    assert len(resolver.asked) == 4


def test_a_name_that_cannot_be_resolved_says_so_and_is_asked_for_anew() -> None:
    asked = list[str]()

    def unknown(host: str, _port: int) -> list[Any]:
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    names = Names(unknown)
    for _ in range(2):
        with pytest.raises(httpcore.ConnectError, match=r"nowhere\.example cannot be resolved: .*not known"):
            names.addresses("nowhere.example", 443, seconds=5)

    assert asked == ["nowhere.example"] * 2


@pytest.mark.parametrize(
    "found", ["10.0.0.7", "169.254.169.254", "::ffff:127.0.0.1", "64:ff9b::a9fe:a9fe", "::1"]
)
def test_a_name_whose_answer_changes_between_look_ups_is_judged_by_the_one_that_is_called(found: str) -> None:
    resolver = Resolver("1.1.1.1", found)  # outside when somebody checked before, inside when it is called
    calls = Outgoing(inside_peers=False, limits=BRIEF, names=Names(resolver))
    resolver("rebinding.example", 443)

    with pytest.raises(AddressInside) as refused:
        calls.get_json("https://rebinding.example/")

    assert refused.value.facts == {"host": "rebinding.example"}
    assert resolver.asked == ["rebinding.example"] * 2
