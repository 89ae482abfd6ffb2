"""Duties and uses from the command line: seen on both sides, stated by the one who fulfilled them."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from renkei.cli.main import app
from renkei.exchange import api as exchange
from tests.exchange.test_duties import INFORM, PAY
from tests.factories.exchange import CELL, GROUP, MAY, PURPOSES, Table, constraint, table, terms

pytestmark = pytest.mark.django_db


def run(*words: str) -> Any:
    return CliRunner().invoke(app, ["agreement", *words, "--lang", "en"])


def read(*words: str) -> Any:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture
def at() -> Table:
    said = terms(
        PURPOSES, CELL, GROUP, constraint("count", "lteq", "3"), constraint("rk:rate", "lteq", "2/P365D")
    )
    return table(said=said | {"obligation": [INFORM, PAY]})


def test_evidence_is_stated_told_and_seen_on_the_other_side(at: Table, tmp_path: Path) -> None:
    signed = at.agreed().id
    letter = tmp_path / "letter.pdf"
    letter.write_bytes(b"a letter")

    done = read(
        "fulfil", signed, "2", "--org", "consumer", "--statement", "told by letter", "--document", str(letter)
    )
    assert (done["state"], done["told"]["en"]) == ("fulfilled", "waiting to be sent")
    assert [each["state"] for each in read("duties", signed, "--org", "provider")] == ["overdue", "overdue"]
    at.deliver(now=MAY.replace(year=2030))

    [_, theirs] = read("duties", signed, "--org", "provider")
    assert (theirs["state"], theirs["statement"]) == ("fulfilled", "told by letter")
    assert theirs["evidence"] == hashlib.sha256(b"a letter").hexdigest()
    [_, ours] = read("duties", signed, "--org", "consumer")
    assert ours["told"]["en"] == "taken"


def test_an_agreement_shows_its_uses_and_duties(at: Table) -> None:
    secret = at.secret()
    exchange.deliver(exchange.access(secret, now=MAY), channel="http-data", now=MAY)
    [signed] = exchange.agreements(org=at.provider.id)

    provider, consumer = (run("show", signed.id, "--org", org).stdout for org in ("provider", "consumer"))

    assert "Uses: 1 of 3" in provider
    assert "Uses in the present window" in provider
    assert "Uses: 3 in all, counted by the provider" in consumer
    for shown in (provider, consumer):
        assert "overdue" in shown
        assert "5,000" in shown


def test_what_the_other_side_does_not_take_is_told_with_its_words(at: Table) -> None:
    signed = at.agreed().id
    run("fulfil", signed, "2", "--org", "consumer", "--statement", "told by letter")

    def refuse(_message: exchange.Outgoing) -> None:
        raise exchange.PeerRefused(status=404, code="NotFound", reasons=("no such path",))

    at.post.before = refuse
    at.deliver(now=MAY.replace(year=2030))

    shown = run("duties", signed, "--org", "consumer").stdout
    assert "not taken" in shown
    assert "no such path" in shown


def test_a_duty_that_does_not_exist_or_is_not_ones_own_is_refused(at: Table) -> None:
    signed = at.agreed().id

    missing = run("fulfil", signed, "3", "--org", "consumer", "--statement", "done")
    foreign = run("fulfil", signed, "2", "--org", "provider", "--statement", "done")

    assert (missing.exit_code, foreign.exit_code) == (4, 3)
    assert "exchange.duty-missing" in missing.stderr
    assert "exchange.duty-of-recipient" in foreign.stderr
