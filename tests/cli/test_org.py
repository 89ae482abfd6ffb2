import hashlib
import json
from datetime import datetime, timedelta

import pytest
from typer.testing import CliRunner

from renkei.cli import org
from renkei.kernel.clock import utc_now
from renkei.parties import api as parties

pytestmark = pytest.mark.django_db


def run(*words: str):
    return CliRunner().invoke(org.app, [*words, "--lang", "en"])


def test_an_organisation_is_taken_in_and_listed():
    made = run("add", "lab", "--name", "Lab", "--name-ja", "研究所", "--json")
    listed = run("list", "--json")

    assert made.exit_code == listed.exit_code == 0
    assert json.loads(listed.stdout) == [json.loads(made.stdout)]
    assert parties.organisation_by_slug("lab").name.ja == "研究所"


def test_an_english_name_serves_for_both():
    run("add", "lab", "--name", "Lab")

    assert parties.organisation_by_slug("lab").name.ja == "Lab"


def test_a_token_is_printed_alone_so_that_a_script_can_take_it():
    run("add", "lab", "--name", "Lab")

    printed = run(
        "token", "lab", "--label", "gw", "--scope", "ingest", "--scope", "audit", "--expires", "2999-01-01"
    )

    found = parties.member(printed.stdout.strip(), scope=parties.Scope.INGEST, now=utc_now())
    assert found.scopes == {parties.Scope.INGEST, parties.Scope.AUDIT}
    assert "shown this once" in printed.stderr


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2999-01-02", "2999-01-02T00:00:00+00:00"),
        ("2999-01-02T03:04:05", "2999-01-02T03:04:05+00:00"),
        ("2999-01-02T09:00:00+0900", "2999-01-02T00:00:00+00:00"),
    ],
)
def test_an_expiry_without_an_offset_is_utc(given, kept):
    run("add", "lab", "--name", "Lab")
    run("token", "lab", "--label", "gw", "--scope", "ingest", "--expires", given)

    [token] = parties.tokens(parties.organisation_by_slug("lab").id)
    assert token.expires_at is not None
    assert token.expires_at.isoformat() == kept


def test_tokens_are_listed_without_secrets_and_revoked():
    issued = json.loads(run("operator-token", "--label", "ops", "--json").stdout)

    listed = run("tokens", "--json")
    revoked = run("revoke", issued["token"]["id"], "--json")

    assert json.loads(listed.stdout) == [issued["token"]]
    assert issued["secret"] not in listed.stdout
    assert (revoked.exit_code, json.loads(revoked.stdout)) == (
        0,
        {"id": issued["token"]["id"], "revoked": True},
    )
    assert parties.tokens(None)[0].revoked_at is not None


def test_a_key_is_rotated_and_both_are_listed():
    run("add", "lab", "--name", "Lab")
    first = json.loads(run("rotate-key", "lab", "--json").stdout)

    second = json.loads(run("rotate-key", "lab", "--lead", "30", "--overlap", "2", "--json").stdout)
    listed = json.loads(run("keys", "lab", "--json").stdout)

    assert [key["name"] for key in listed] == [second["name"], first["name"]]
    assert listed[0] == second
    assert _passed(second["created_at"], second["signs_from"]) == timedelta(minutes=30)
    assert listed[1]["signs_until"] == second["signs_from"]
    assert _passed(second["signs_from"], listed[1]["leaves_at"]) == timedelta(hours=2)


def test_without_options_a_rotation_takes_a_quarter_of_an_hour_and_a_day():
    run("add", "lab", "--name", "Lab")
    run("rotate-key", "lab")

    second = json.loads(run("rotate-key", "lab", "--json").stdout)

    [_, first] = parties.keys(parties.organisation_by_slug("lab").id)
    assert first.leaves_at is not None
    assert first.signs_until is not None
    assert _passed(second["created_at"], second["signs_from"]) == timedelta(minutes=15)
    assert first.leaves_at - first.signs_until == timedelta(hours=24)


def test_a_leaked_key_is_replaced_now():
    run("add", "lab", "--name", "Lab")
    run("rotate-key", "lab")

    made = json.loads(run("rotate-key", "lab", "--now", "--json").stdout)

    [new, old] = parties.keys(parties.organisation_by_slug("lab").id)
    assert (new.name, made["created_at"]) == (made["name"], made["signs_from"])
    assert (old.signs_until, old.leaves_at) == (new.signs_from, new.signs_from)


def _passed(begin: str, end: str) -> timedelta:
    return datetime.fromisoformat(end) - datetime.fromisoformat(begin)


@pytest.mark.parametrize(
    ("words", "exit_code", "code"),
    [
        (("add", "LAB", "--name", "x"), 2, "parties.slug-invalid"),
        (("add", "taken", "--name", "x"), 5, "parties.slug-taken"),
        (("tokens", "none"), 4, "parties.organisation-missing"),
        (("token", "none", "--label", "x", "--scope", "audit"), 4, "parties.organisation-missing"),
        (
            ("token", "taken", "--label", "x", "--scope", "audit", "--expires", "2001-01-01"),
            2,
            "parties.expiry-past",
        ),
        (("keys", "none"), 4, "parties.organisation-missing"),
        (("rotate-key", "none"), 4, "parties.organisation-missing"),
        (("rotate-key", "taken", "--lead", "9"), 2, "parties.lead-invalid"),
        (("rotate-key", "taken", "--overlap", "0"), 2, "parties.overlap-invalid"),
        (("rotate-key", "taken", "--now", "--lead", "15"), 2, "cli.now-alone"),
        (("revoke", "none"), 4, "parties.token-missing"),
    ],
)
def test_a_refusal_ends_with_the_exit_code_of_its_kind(words, exit_code, code):
    run("add", "taken", "--name", "Taken")

    refused = run(*words)

    assert (refused.exit_code, refused.stdout) == (exit_code, "")
    assert code in refused.stderr


def test_the_command_knows_every_scope():
    assert [word.value for word in org.ScopeWord] == [scope.value for scope in parties.Scope]


def test_a_membership_is_vouched_for_listed_and_revoked(tmp_path):
    letter = tmp_path / "letter.pdf"
    letter.write_bytes(b"a letter")

    made = run(
        "vouch", "did:web:far.example", "--membership", "Association", "--evidence", "letter",
        "--document", str(letter), "--until", "2999-01-01", "--json",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    entered = json.loads(made.stdout)
    now = utc_now()
    assert parties.standing("did:web:far.example", now=now).memberships == {"Association"}
    assert entered["document"] == hashlib.sha256(b"a letter").hexdigest()

    revoked = run("unvouch", entered["id"], "--json")

    assert revoked.exit_code == 0
    assert parties.standing("did:web:far.example", now=now).memberships == frozenset()
    assert json.loads(run("vouched", "did:web:far.example", "--json").stdout) == [json.loads(revoked.stdout)]


@pytest.mark.parametrize("given", [[], ["--membership", "A", "--place", "JP"]])
def test_a_vouch_is_for_one_thing(given):
    refused = run("vouch", "did:web:far.example", *given, "--evidence", "letter")

    assert refused.exit_code == 2
    assert "cli.one-of-two" in refused.stderr
