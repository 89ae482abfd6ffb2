import json

import pytest
from typer.testing import CliRunner

from renkei.cli import device as command
from renkei.telemetry import api as telemetry
from tests.factories.parties import organisation
from tests.factories.telemetry import EUI, receive, uplink

pytestmark = pytest.mark.django_db
ENROL = ("enrol", EUI, "--org", "tokai-lab", "--network", "helium")


def run(*words: str, lang: str = "en"):
    return CliRunner().invoke(command.app, [*words, "--lang", lang])


def test_a_device_is_enrolled_listed_and_retired():
    organisation()

    enrolled = json.loads(run(*ENROL, "--name", "field tester", "--json").stdout)
    listed = json.loads(run("list", "--org", "tokai-lab", "--json").stdout)
    retired = json.loads(run("retire", enrolled["id"], "--org", "tokai-lab", "--json").stdout)

    assert listed == [enrolled]
    assert (enrolled["name"], enrolled["retired_at"]) == ("field tester", None)
    assert retired["retired_at"] is not None


def test_a_device_without_a_name_is_called_by_its_eui():
    organisation()

    assert json.loads(run(*ENROL, "--json").stdout)["name"] == EUI


def test_a_device_that_is_taken_ends_with_the_code_for_conflicts():
    organisation()
    run(*ENROL)

    again = run(*ENROL)

    assert again.exit_code == 5
    assert "[telemetry.device-taken]" in again.stderr


def test_a_person_reads_what_came_in_and_why_the_rest_was_refused():
    org = organisation()
    run(*ENROL)
    receive(uplink(), uplink(), uplink(eui="FFFFFFFFFFFFFFFF"), owner=org.id)

    english, japanese = run("intake", "--org", "tokai-lab"), run("intake", lang="ja")
    as_json = json.loads(run("intake", "--json").stdout)

    assert "helium FFFFFFFFFFFFFFFF" in english.stdout
    assert "telemetry.unknown-device" in japanese.stdout
    assert "重複" in japanese.stdout
    assert as_json["intake"] == {
        "received": 3,
        "stored": 1,
        "duplicates": 1,
        "refused": {"telemetry.unknown-device": 1},
        "staged": 1,
    }


def test_an_erased_device_is_gone():
    org = organisation()
    made = json.loads(run(*ENROL, "--json").stdout)
    receive(uplink())

    erased = run("erase", made["id"], "--org", "tokai-lab", "--json")

    assert json.loads(erased.stdout)["rows"] == 1
    assert telemetry.devices(org.id) == ()
