import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection
from pytest_django.fixtures import Settings
from starlette.applications import Starlette
from starlette.testclient import TestClient
from typer.testing import CliRunner

from renkei.audit import api as audit
from renkei.cli import audit as command
from renkei.kernel.clock import utc_now
from renkei.parties import api as parties
from renkei.servers.audit import ROUTES
from renkei.servers.outgoing import shared_outgoing
from renkei.wire import tlog
from tests.factories.audit import MAY, act, acts
from tests.factories.far_server import answer, far_server
from tests.factories.parties import organisation, token

pytestmark = pytest.mark.django_db(transaction=True)


def run(*words: object):
    return CliRunner().invoke(command.app, [*map(str, words), "--lang", "en"])


@pytest.fixture
def node(settings: Settings) -> Iterator[str]:
    """The log's door on a real port of this machine, to which this node may connect."""
    settings.RENKEI = replace(settings.RENKEI, inside_peers=True)
    shared_outgoing.cache_clear()
    door = TestClient(Starlette(routes=ROUTES))

    def pass_on(request, server):
        headers = {name: request.headers[name] for name in ("Authorization",) if name in request.headers}
        got = door.get(request.path, headers=headers)
        answer(got.content, status=got.status_code)(request, server)

    with far_server(pass_on) as server:
        yield server.url("")
    shared_outgoing.cache_clear()


def test_the_head_is_printed_as_the_checkpoint_that_verifies():
    acts(3)

    head, key = run("head"), run("key")

    assert tlog.open_checkpoint(head.stdout, vkey=key.stdout).size == 3
    assert json.loads(run("head", "--json").stdout)["checkpoint"] == head.stdout
    assert json.loads(run("key", "--json").stdout)["verifier"] == key.stdout.strip()


def test_entries_are_listed_whole_by_subject_and_by_whom_they_concern():
    lab = organisation(slug="lab")
    act("one", subject="urn:uuid:a", concerns=(lab.participant,))
    act("two", subject="urn:uuid:b", concerns=(lab.participant,))
    act("three", subject="urn:uuid:a")

    def listed(*words: str) -> list[str]:
        return [
            json.loads(each["body"])["action"] for each in json.loads(run("list", "--json", *words).stdout)
        ]

    assert listed()[-3:] == ["one", "two", "three"]
    assert listed("--subject", "urn:uuid:a") == ["one", "three"]
    assert listed("--subject", "urn:uuid:a", "--org", "lab") == ["one"]
    assert listed("--limit", "1") == listed()[:1]


def test_an_unaltered_log_passes_the_check_and_an_altered_one_is_told_with_exit_code_5(tmp_path: Path):
    acts(3)
    kept = tmp_path / "head"
    kept.write_text(run("head").stdout)

    good = run("check", "--trusted", kept, "--json")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_entry WHERE leaf_index = 1")
    bad = run("check")

    assert (good.exit_code, json.loads(good.stdout)["trusted"]) == (0, 3)
    assert bad.exit_code == 5
    assert "Entry 1 of the audit log is missing" in bad.stderr


def test_a_peers_log_is_verified_visit_by_visit_with_proof_of_what_concerns_the_caller(
    node: str, tmp_path: Path
):
    lab, city = organisation(slug="lab"), organisation(slug="city")
    keep = tmp_path / "city.json"
    first = run("verify", node, "--keep", keep)
    act("exchange.agreed", subject="urn:uuid:a", concerns=(lab.participant,))
    secret = token(org=lab, scopes=frozenset({parties.Scope.AUDIT}), now=utc_now()).secret

    asked = ("verify", node, "--keep", keep, "--subject", "urn:uuid:a", "--json")
    signed = run(*asked, "--org", "lab", "--provider", city.participant)
    with_token = run(*asked, "--token", secret)

    assert first.exit_code == 0
    assert "first visit" in first.stderr
    for each in (signed, with_token):
        assert each.exit_code == 0, each.output
        assert [proven["action"] for proven in json.loads(each.stdout)["proven"]] == ["exchange.agreed"]
    assert tlog.read_kept(keep.read_bytes()).checkpoint == audit.signed_head(now=MAY).checkpoint
    assert run("check", "--trusted", keep).exit_code == 0


def test_a_log_that_was_cut_is_told_and_what_was_kept_stays(node: str, tmp_path: Path):
    keep = tmp_path / "node.json"
    acts(3)
    run("verify", node, "--keep", keep)
    kept = keep.read_bytes()
    with connection.cursor() as cursor:
        for table in ("audit_entry", "audit_tile", "audit_log", "audit_head"):
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608  names written above

    cut = run("verify", node, "--keep", keep)

    assert (cut.exit_code, keep.read_bytes()) == (5, kept)
    assert "[tlog.log-shrunk]" in cut.stderr


def test_without_a_right_to_ask_the_peers_reason_is_told(node: str, tmp_path: Path):
    refused = run("verify", node, "--keep", tmp_path / "kept", "--subject", "urn:uuid:a")

    assert refused.exit_code != 0
    assert "401" in refused.stderr
