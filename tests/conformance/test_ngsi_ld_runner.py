"""The runner of the NGSI-LD suite: what it reads from Robot, what it lets fail, and that its proxy changes nothing."""

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from renkei.kernel.texts import LANGS, Lang, Text
from renkei.servers.broker import free_port
from tests.conformance.ngsi_ld import run
from tests.conformance.ngsi_ld.bearer import bearer_proxy
from tests.conformance.ngsi_ld.documented import filled, page
from tests.conformance.ngsi_ld.results import Exempted, Outcome, exceptions, judge, read_output, table

OUTPUT = """\
<robot><suite name="Discovery" source="/s/Discovery">
  <suite name="022 01" source="/s/Discovery/022_01.robot">
    <test name="022_01_01 A"><kw><status status="PASS" elapsed="0.1"/></kw><status status="PASS" elapsed="0.25"/></test>
    <test name="022_01_02 B"><status status="FAIL" elapsed="1.5">Setup failed:
      201 != 400</status></test>
  </suite>
  <status status="FAIL"/>
</suite></robot>
"""
PASSED = Outcome("Discovery", "022_01", "022_01_01 A", passed=True, why="", seconds=0.25)
FAILED = Outcome(
    "Discovery", "022_01", "022_01_02 B", passed=False, why="Setup failed: 201 != 400", seconds=1.5
)


def exempted(outcome: Outcome) -> Exempted:
    return Exempted(outcome.file, outcome.name, "doubt 1", Text(ja="理由", en="reason"))


def test_cases_are_read_with_their_file_and_reason(tmp_path: Path) -> None:
    (tmp_path / "output.xml").write_text(OUTPUT)

    assert read_output(tmp_path / "output.xml", group="Discovery") == [PASSED, FAILED]


def test_a_failure_that_is_not_listed_is_unexpected() -> None:
    assert judge([PASSED, FAILED], [], whole=True).unexpected == (FAILED,)


def test_a_failure_that_is_listed_is_let_be() -> None:
    verdict = judge([PASSED, FAILED], [exempted(FAILED)], whole=True)

    assert (verdict.unexpected, verdict.outdated) == ((), ())


def test_a_listed_case_that_passes_is_outdated() -> None:
    assert judge([PASSED], [exempted(PASSED)], whole=False).outdated == (exempted(PASSED),)


@pytest.mark.parametrize(("whole", "outdated"), [(True, (exempted(FAILED),)), (False, ())])
def test_a_listed_case_that_was_not_run_is_outdated_only_after_a_whole_run(
    whole: bool, outdated: tuple[Exempted, ...]
) -> None:
    assert judge([PASSED], [exempted(FAILED)], whole=whole).outdated == outdated


def test_groups_are_counted_in_a_table() -> None:
    assert table([PASSED, FAILED], ["Discovery", "Entity"]).splitlines() == [
        "group      cases  passed  failed",
        "Discovery      2       1       1",
        "Entity         0       0       0",
        "all            2       1       1",
    ]


def test_without_a_checkout_it_says_how_to_get_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main([]) == 2
    assert run.SOURCE in capsys.readouterr().err


def test_what_is_no_checkout_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["--suite", str(tmp_path)]) == 2
    assert "is no checkout of the suite" in capsys.readouterr().err


def test_each_exception_is_listed_once() -> None:
    named = [(each.file, each.name) for each in exceptions()]

    assert sorted(named) == sorted(set(named))


@pytest.mark.parametrize("lang", LANGS)
def test_the_reference_shows_the_list_of_exceptions(lang: Lang) -> None:
    text = page(lang).read_text()

    assert text == filled(text, exceptions(), lang), "run: python -m tests.conformance.ngsi_ld.documented"


@contextmanager
def node_that_answers(answers: dict[bytes, bytes]) -> Iterator[tuple[int, bytearray]]:
    """Take one connection, keep all that comes, and say each answer when what came ends as its key says."""
    heard = bytearray()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                for ending, answer in answers.items():
                    while not heard.endswith(ending):
                        piece = connection.recv(65536)
                        if not piece:
                            return
                        heard.extend(piece)
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1], heard
        thread.join(10)


def test_the_proxy_adds_one_line_to_each_request_of_a_connection_and_changes_nothing_else() -> None:
    counted = b"POST /a%2Fb//c?x=%22&x=[1, 2] HTTP/1.1\r\nhOST: n\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 5\r\n\r\n\r\nEND"
    chunked = b"PATCH / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;e=1\r\nEND\r\n0\r\nTrailer: 1\r\n\r\n"
    answers = {
        b"END": b"HTTP/1.1 201 Made Up\r\nlink: <a>\r\nLink: <b>\r\nContent-Length: 0\r\n\r\n",
        b"Trailer: 1\r\n\r\n": b"HTTP/1.1 204 No Content\r\n\r\n",
    }
    port = free_port()
    with (
        node_that_answers(answers) as (node_port, heard),
        bearer_proxy(port=port, node_port=node_port, token="secret"),
        socket.create_connection(("127.0.0.1", port), timeout=10) as caller,
    ):
        caller.sendall(counted)
        first = caller.recv(65536)
        caller.sendall(chunked)
        second = caller.recv(65536)

    shown = b"\r\nAuthorization: Bearer secret\r\n\r\n"
    assert [first, second] == list(answers.values())
    assert bytes(heard) == counted.replace(b"\r\n\r\n", shown, 1) + chunked.replace(b"\r\n\r\n", shown, 1)


def test_the_proxy_ends_a_connection_whose_request_it_cannot_read() -> None:
    port = free_port()
    with (
        node_that_answers({b"END": b"never"}) as (node_port, _),
        bearer_proxy(port=port, node_port=node_port, token="s"),
    ):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/", headers={"Content-Length": "many"})
        with pytest.raises(http.client.HTTPException):
            connection.getresponse()
