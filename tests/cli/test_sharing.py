"""A member's data from the command line: describe, publish, offer, decide, end."""

import json
import re
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from renkei.cli.main import app
from renkei.context import api as context
from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.kernel.places import Box, Place
from renkei.kernel.texts import Text
from renkei.parties import api as parties
from renkei.telemetry import api as telemetry
from tests.factories import lake as lakes
from tests.factories import parties as members
from tests.factories import telemetry as devices
from tests.factories.exchange import MAY, constraint, table, terms
from tests.web.scenes import PEER, agreement, request, scene, transfer
from tests.web.scenes import TERMS as TERMS_ON_OFFER

pytestmark = pytest.mark.django_db

DESCRIPTION = """
table = "readings"
licence = "CC-BY-4.0"
themes = ["mobility"]
[title]
ja = "門の計測"
en = "Gate counts"
[description]
ja = "門の通過を数えたもの。"
en = "Counts at the gate."
[columns]
device = { category = "personal-related", role = "subject" }
at = { category = "non-personal", role = "time" }
latitude = { category = "personal", role = "latitude" }
longitude = { category = "personal", role = "longitude" }
gateway = { category = "personal-related", role = "place" }
reading = { category = "non-personal", role = "plain" }
counter = { category = "non-personal", role = "plain" }
"""
TERMS = ("--purpose", "research", "--cell", "jis-mesh:2", "--minimum-group", "2:device")


def _run(*words: str) -> Any:
    return CliRunner().invoke(app, [*words, "--lang", "en"])


def _json(*words: str) -> Any:
    result = _run(*words, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def _described(folder: Path, text: str = DESCRIPTION) -> str:
    path = folder / "readings.toml"
    path.write_text(text, "utf-8")
    return str(path)


def _published(folder: Path, org: parties.Organisation) -> dict[str, Any]:
    lakes.stored(lakes.readings(), owner=org.id)
    found: dict[str, Any] = _json("dataset", "publish", _described(folder), "--org", org.slug)
    return found


def test_a_table_is_published_as_its_description_says(tmp_path: Path) -> None:
    org = members.organisation()

    made = _published(tmp_path, org)

    held = exchange.dataset(made["id"])
    assert (held.owner, held.title.ja, held.licence, held.themes) == (
        org.id,
        "門の計測",
        "CC-BY-4.0",
        ("mobility",),
    )
    assert [each.name for each in held.classes] == [each.name for each in lakes.COLUMNS]
    assert (made["quality"]["rows"], made["quality"]["subjects"]) == (12, 3)
    assert [each["id"] for each in _json("dataset", "list", "--org", org.slug)] == [made["id"]]
    assert "Counts at the gate." in _run("dataset", "show", made["id"]).stdout


def test_a_dataset_takes_the_id_that_its_owner_chose(tmp_path: Path) -> None:
    org = members.organisation()
    lakes.stored(lakes.readings(), owner=org.id)

    made = _json(
        "dataset", "publish", _described(tmp_path), "--org", org.slug, "--dataset", "urn:example:gates"
    )

    assert (made["id"], [each.id for each in exchange.datasets(org.id)]) == (
        "urn:example:gates",
        ["urn:example:gates"],
    )


def test_a_description_that_passes_over_a_column_is_refused(tmp_path: Path) -> None:
    org = members.organisation()
    lakes.stored(lakes.readings(), owner=org.id)
    short = "".join(line for line in DESCRIPTION.splitlines(keepends=True) if not line.startswith("gateway"))

    refused = _run("dataset", "publish", _described(tmp_path, short), "--org", org.slug)

    assert (refused.exit_code, "columns.gateway" in refused.stderr) == (2, True)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('licence = "CC-BY-4.0"', "", "licence"),
        ('en = "Gate counts"', 'en = ""', "en is missing"),
        ('"personal-related"', '"secret"', "columns.device.category"),
        ('role = "time"', 'role = "clock"', "columns.at.role"),
        ("[columns]", "[rows]", "columns"),
    ],
)
def test_a_description_with_a_gap_is_refused_by_its_place(
    tmp_path: Path, old: str, new: str, place: str
) -> None:
    org = members.organisation()

    refused = _run(
        "dataset", "publish", _described(tmp_path, DESCRIPTION.replace(old, new)), "--org", org.slug
    )

    assert refused.exit_code == 2
    assert place in refused.stderr
    assert "cli.description-incomplete" in refused.stderr


def test_a_description_can_say_where_the_readings_come_from(tmp_path: Path) -> None:
    org = members.organisation()
    lakes.stored(lakes.readings(), owner=org.id)
    said = '[place]\nname = { ja = "名古屋", en = "Nagoya" }\nbox = [136.7, 35, 137.1, 35.3]\n'

    made = _json("dataset", "publish", _described(tmp_path, DESCRIPTION + said), "--org", org.slug)

    place = Place(Text(ja="名古屋", en="Nagoya"), Box(136.7, 35, 137.1, 35.3))
    assert exchange.dataset(made["id"]).place == place


@pytest.mark.parametrize(
    "wrong", ["", "box = [1, 2, 3]", "box = 5", "box = [0, 9, 0, 8]", 'name = { ja = "" }']
)
def test_a_place_that_is_none_is_refused_by_its_line(tmp_path: Path, wrong: str) -> None:
    org = members.organisation()
    lakes.stored(lakes.readings(), owner=org.id)

    refused = _run(
        "dataset", "publish", _described(tmp_path, f"{DESCRIPTION}[place]\n{wrong}\n"), "--org", org.slug
    )

    assert (refused.exit_code, "cli.description-incomplete" in refused.stderr) == (2, True)
    assert "place" in refused.stderr


def test_a_draft_of_uplinks_can_be_completed_and_published(tmp_path: Path) -> None:
    org = members.organisation()
    devices.device(org=org)
    telemetry.receive([devices.uplink()], owner=org.id, now=devices.MAY)
    telemetry.commit_staged(now=devices.MAY)

    draft = _run("dataset", "draft", "uplinks", "--org", org.slug).stdout
    filled = (
        draft.replace('licence = ""', 'licence = "CC-BY-4.0"')
        .replace('ja = ""', 'ja = "題"')
        .replace('en = ""', 'en = "T"')
    )
    made = _json("dataset", "publish", _described(tmp_path, filled), "--org", org.slug)

    roles = {each["name"]: (each["category"], each["role"]) for each in made["classes"]}
    assert roles["latitude"] == ("personal", "latitude")
    assert roles["gateway"] == ("personal-related", "place")
    assert roles["payload"] == ("personal", "plain")


def test_a_type_of_entity_is_drafted_and_published_with_its_history_and_its_present(tmp_path: Path) -> None:
    org = members.organisation()
    devices.device(org=org)
    telemetry.receive(devices.uplinks(3), owner=org.id, now=devices.MAY)
    telemetry.commit_staged(now=devices.MAY)

    draft = _run("dataset", "draft-type", "Device", "--name", "devices", "--org", org.slug).stdout
    for _ in range(3):  # PostgreSQL goes on at the second look
        context.compact_history(now=utc_now(), recent=timedelta(days=1))
    again = _run("dataset", "draft", "devices", "--org", org.slug).stdout
    filled = (
        draft.replace('licence = ""', 'licence = "CC-BY-4.0"')
        .replace('ja = ""', 'ja = "題"')
        .replace('en = ""', 'en = "T"')
        .replace('category = ""', 'category = "non-personal"')
    )
    made = _json("dataset", "publish", _described(tmp_path, filled), "--org", org.slug)

    roles = {each["name"]: each["role"] for each in made["classes"]}
    assert again == draft
    assert draft.count('category = ""') == len(roles)
    assert {name for name, role in roles.items() if role == "plain"} == {
        "rssi", "snr", "spreading_factor", "frame_counter", "temperature",
    }  # fmt: skip
    assert (roles["entity"], roles["observed_at"], roles["latitude"]) == ("subject", "time", "latitude")
    assert made["entities"]["type"] == "https://uri.etsi.org/ngsi-ld/default-context/Device"
    assert made["quality"]["rows"] == 3


def test_only_the_attributes_that_are_named_become_columns(tmp_path: Path) -> None:
    org = members.organisation()
    devices.device(org=org)
    telemetry.receive(devices.uplinks(1), owner=org.id, now=devices.MAY)
    telemetry.commit_staged(now=devices.MAY)

    made = _json(
        "dataset", "draft-type", "Device", "--name", "devices", "--org", org.slug, "--attribute", "rssi"
    )
    refused = _run("dataset", "draft-type", "Device", "--name", "devices", "--org", org.slug)
    unknown = _run("dataset", "draft-type", "Nothing", "--name", "others", "--org", org.slug)

    assert [each["name"] for each in made["columns"]] == [
        "entity",
        "observed_at",
        "rssi",
        "latitude",
        "longitude",
    ]
    assert "context.feed-exists" in refused.stderr
    assert "context.type-unknown" in unknown.stderr


def test_a_draft_of_another_table_leaves_every_category_to_its_owner(tmp_path: Path) -> None:
    org = members.organisation()
    lakes.table(owner=org.id)
    draft = _run("dataset", "draft", "readings", "--org", org.slug).stdout

    refused = _run("dataset", "publish", _described(tmp_path, draft), "--org", org.slug)

    assert draft.count('category = ""') == len(lakes.COLUMNS)
    assert refused.exit_code == 2


def test_an_offer_is_made_from_options_listed_and_withdrawn(tmp_path: Path) -> None:
    made = _published(tmp_path, members.organisation())

    offer = _json(
        "offer",
        "add",
        made["id"],
        *TERMS,
        "--until",
        "2027-03-31T23:59:59+09:00",
        "--automatic",
    )
    listed = _run("offer", "list", made["id"]).stdout
    gone = _json("offer", "withdraw", offer["id"])

    [held] = exchange.offers(dataset=made["id"])
    assert (held.automatic, held.terms["prohibition"]) == (True, [{"action": "distribute"}])
    assert "The data may be used only for research." in listed
    assert gone["withdrawn_at"] is not None


def test_an_offer_is_made_from_a_file_that_a_draft_wrote(tmp_path: Path) -> None:
    made = _published(tmp_path, members.organisation())
    drafted = _run("offer", "draft", *TERMS)
    path = tmp_path / "terms.json"
    path.write_text(drafted.stdout)

    offer = _json("offer", "add", made["id"], "--terms", str(path))

    assert "The data may be used only for research." in drafted.stderr
    [held] = exchange.offers(dataset=made["id"])
    assert held.id == offer["id"]
    assert exchange.terms_digest(held.terms) == exchange.terms_digest(json.loads(drafted.stdout))


def test_terms_come_from_one_place_only(tmp_path: Path) -> None:
    made = _published(tmp_path, members.organisation())
    path = tmp_path / "terms.json"
    path.write_text("{}")

    refused = _run("offer", "add", made["id"], "--terms", str(path), "--purpose", "research")

    assert (refused.exit_code, "cli.terms-twice" in refused.stderr) == (2, True)


def test_an_offer_with_an_operand_that_nobody_can_evaluate_is_refused_by_name(tmp_path: Path) -> None:
    made = _published(tmp_path, members.organisation())
    path = tmp_path / "terms.json"
    odd = {"leftOperand": "systemDevice", "operator": "eq", "rightOperand": "x"}
    path.write_text(json.dumps({"permission": [{"action": "use", "constraint": [odd]}]}))

    refused = _run("offer", "add", made["id"], "--terms", str(path))

    assert refused.exit_code == 2
    assert "systemDevice" in refused.stderr
    assert "exchange.operand-unknown" in refused.stderr


def test_a_negotiation_is_found_waiting_and_agreed() -> None:
    shown = scene()
    asked = request(shown)

    waiting = _json("negotiation", "list", "--waiting", "--org", shown.org.slug)
    told = _run("negotiation", "show", asked.id, "--org", shown.org.slug).stdout
    agreed = _json("negotiation", "agree", asked.id, "--org", shown.org.slug)

    assert [each["id"] for each in waiting] == [asked.id]
    assert "The data may be used only for education or research." in told
    assert agreed["state"] == "AGREED"
    assert _json("negotiation", "list", "--waiting") == []


def test_a_negotiation_is_answered_with_other_terms(tmp_path: Path) -> None:
    shown = scene()
    asked = request(shown)
    path = tmp_path / "terms.json"
    path.write_text(_run("offer", "draft", *TERMS).stdout)

    countered = _json("negotiation", "counter", asked.id, "--org", shown.org.slug, "--terms", str(path))

    assert countered["state"] == "OFFERED"
    assert exchange.terms_digest(countered["offer"]) == exchange.terms_digest(json.loads(path.read_text()))


def test_a_negotiation_is_refused_with_its_reason() -> None:
    shown = scene()
    asked = request(shown)

    refused = _json("negotiation", "refuse", asked.id, "--org", shown.org.slug, "--reason", "not this year")

    assert (refused["state"], refused["reasons"]) == ("TERMINATED", ["not this year"])


def test_a_negotiation_is_shown_with_what_it_waits_for_the_terms_compared_and_what_was_said() -> None:
    shown = scene()
    narrowed = {"leftOperand": "purpose", "operator": "eq", "rightOperand": "research"}
    rest = TERMS_ON_OFFER["permission"][0]["constraint"][1:]
    asked = request(shown, terms={"permission": [{"action": "use", "constraint": [narrowed, *rest]}]})
    words = ("negotiation", "show", asked.id, "--org", shown.org.slug)

    told, whole = _run(*words).stdout, _json(*words)

    assert "your decision: agree, refuse or make a counter-offer" in told
    assert re.search(r"Who has to act +your organisation", told)
    assert re.search(
        r"changed +The data may be used only for research\. +The data may be used only for education or research\.",
        told,
    )
    assert re.search(r"2026-05-01T09:00:00Z +did:web:\S+far-lab +contract-request", told)
    assert [line["change"] for line in whole["comparison"]["lines"]] == ["changed", *["same"] * 5]
    assert whole["negotiation"]["may"] == ["offer", "agreement", "termination"]
    assert [moment["kind"] for moment in whole["history"]] == ["contract-request"]


def test_terms_that_cannot_be_evaluated_are_shown_as_odrl() -> None:
    at = table(automatic=False)
    wanted = at.request()
    at.deliver()
    exchange.receive_offer(
        org=at.consumer.id, peer=at.provider.participant, provider_pid=at.theirs(wanted).id, callback=None,
        consumer_pid=wanted.id, offer=terms(constraint("systemDevice", "eq", "x")), now=MAY,
    )  # fmt: skip

    told = _run("negotiation", "show", wanted.id, "--org", "consumer")

    assert told.exit_code == 0, told.stderr
    assert "cannot evaluate" in told.stdout or "systemDevice" in told.stdout
    assert '"leftOperand": "systemDevice"' in told.stdout


def test_every_step_by_hand_has_its_command() -> None:
    at = table(automatic=False)
    made = _json("offer", "add", at.dataset.id, *TERMS, "--by-hand")
    wanted = exchange.request_negotiation(
        org=at.consumer.id, provider=at.provider.participant, address="http://provider.test/dsp",
        dataset=at.dataset.id, offer={"@id": made["id"], **made["terms"]}, by_hand=True, actor=at.consumer.actor,
        now=MAY,
    )  # fmt: skip
    at.deliver(now=utc_now())
    theirs = at.theirs(wanted).id
    provider, consumer = ("--org", "provider"), ("--org", "consumer")

    def step(*words: str) -> str:
        done = _json("negotiation", *words)
        at.deliver(now=utc_now())
        return str(done["state"])

    assert (made["automatic"], made["by_hand"]) == (False, True)
    assert (
        step("counter", theirs, *provider, "--terms", _written(made["terms"] | {"prohibition": []}))
        == "OFFERED"
    )
    assert step("accept", wanted.id, *consumer) == "ACCEPTED"
    assert step("agree", theirs, *provider) == "AGREED"
    assert step("verify", wanted.id, *consumer) == "VERIFIED"
    assert step("finalize", theirs, *provider) == "FINALIZED"
    assert at.ours(wanted).state is exchange.NegotiationState.FINALIZED


def test_what_fails_is_listed_with_its_next_attempt_and_tried_at_once() -> None:
    at = table(automatic=False)
    wanted = at.request()

    def down(_message: exchange.Outgoing) -> None:
        raise exchange.PeerUnavailable("no route to host")

    at.post.before = down
    at.deliver(now=utc_now())
    listed = _run("negotiation", "list", "--stuck", "--org", "consumer").stdout
    shown = _run("negotiation", "show", wanted.id, "--org", "consumer").stdout

    tried = _json("negotiation", "retry", wanted.id, "--org", "consumer")

    assert re.search(r"1 +no route to host +20\S+Z +20\S+Z", listed)
    assert re.search(r"Given up at +20\S+Z", shown)
    assert re.search(r"contract-request +failing +1", shown)
    assert tried["unsent"]["attempts"] == 1
    assert _run("negotiation", "retry", wanted.id, "--org", "provider").exit_code == 4


def test_a_termination_shows_its_code_and_every_reason_in_full() -> None:
    at = table(automatic=False)
    wanted = at.request()
    at.deliver()
    exchange.receive_negotiation_termination(
        org=at.consumer.id, peer=at.provider.participant, pid=wanted.id, peer_pid=at.theirs(wanted).id,
        code="budget:77", reasons=["予算が尽きました。", "y" * 5000], now=MAY,
    )  # fmt: skip

    told = _run("negotiation", "show", wanted.id, "--org", "consumer").stdout

    assert "budget:77" in told
    assert "予算が尽きました。" in told
    assert "y" * 5000 in told


def test_a_negotiation_is_terminated_with_its_reason() -> None:
    at = table(automatic=False)
    wanted = at.request()
    at.deliver()

    ended = _json("negotiation", "terminate", wanted.id, "--org", "consumer", "--reason", "cancelled")

    assert (ended["state"], ended["reasons"]) == ("TERMINATED", ["cancelled"])


def _written(said: exchange.Policy) -> str:
    with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
        json.dump(said, file)
    return file.name


def test_an_agreement_s_transfers_are_suspended_and_resumed() -> None:
    at = scene(automatic=True)
    signed = agreement(at)
    opened = transfer(at, signed)
    org = ("--org", at.org.slug)

    stopped = _json("agreement", "suspend", signed.id, *org, "--reason", "The sensor is being moved.")
    again = _json("agreement", "suspend", signed.id, *org, "--reason", "Twice.")
    resumed = _json("agreement", "resume", signed.id, *org)

    assert [(each["id"], each["state"]) for each in stopped] == [(opened.id, "SUSPENDED")]
    assert again == []
    assert [(each["id"], each["state"]) for each in resumed] == [(opened.id, "STARTED")]
    assert _run("agreement", "resume", "urn:none", *org).exit_code == 4


def test_an_agreement_is_shown_and_ended_with_its_reason() -> None:
    shown = scene(automatic=True)
    signed = agreement(shown)

    told = _run("agreement", "show", signed.id, "--org", shown.org.slug).stdout
    ended = _json("agreement", "end", signed.id, "--org", shown.org.slug, "--reason", "project over")

    assert signed.terms_digest in told
    assert (ended["end_reason"], ended["ended_at"] is not None) == ("project over", True)
    assert [each["id"] for each in _json("agreement", "list")] == [signed.id]


@pytest.mark.parametrize(
    "words",
    [
        ("dataset", "show", "urn:uuid:0"),
        ("dataset", "list", "--org", "nobody"),
        ("dataset", "draft", "none", "--org", "tokai-lab"),
        ("offer", "withdraw", "urn:uuid:0"),
        ("negotiation", "agree", "urn:uuid:0", "--org", "tokai-lab"),
        ("agreement", "end", "urn:uuid:0", "--org", "tokai-lab", "--reason", "because"),
    ],
)
def test_what_is_not_there_is_exit_code_4(words: tuple[str, ...]) -> None:
    members.organisation()

    refused = _run(*words)

    assert (refused.exit_code, refused.stdout) == (4, "")


def test_another_organisations_negotiation_is_not_there() -> None:
    asked = request(scene())
    members.organisation(slug="other-lab")

    assert _run("negotiation", "agree", asked.id, "--org", "other-lab").exit_code == 4


def test_a_dataset_is_revised_as_its_description_says_now(tmp_path: Path) -> None:
    org = members.organisation()
    made = _published(tmp_path, org)
    changed = _described(
        tmp_path, DESCRIPTION.replace("Gate counts", "Gates").replace("CC-BY-4.0", "CC0-1.0")
    )

    revised = _json("dataset", "revise", changed, "--dataset", made["id"], "--org", org.slug)

    assert (revised["dataset"]["title"]["en"], revised["dataset"]["licence"]) == ("Gates", "CC0-1.0")
    assert revised["overtaken"] == []
    assert "Gates" in _run("dataset", "show", made["id"]).stdout
    refreshed = _json("dataset", "refresh", made["id"], "--org", org.slug)
    assert refreshed == revised["dataset"]


def test_a_revision_that_breaks_an_offer_names_it_and_one_that_overtakes_an_agreement_tells(
    tmp_path: Path,
) -> None:
    at = scene(automatic=True)
    signed = agreement(at)
    stricter = _described(
        tmp_path,
        DESCRIPTION.replace('reading = { category = "non-personal"', 'reading = { category = "personal"'),
    )
    words = ("dataset", "revise", stricter, "--dataset", at.dataset.id, "--org", at.org.slug)

    refused = _run(*words)
    assert (refused.exit_code, "exchange.offers-broken" in refused.stderr) == (5, True)
    assert at.offer.id in refused.stderr
    assert _run("offer", "withdraw", at.offer.id).exit_code == 0
    done = _run(*words)
    assert (done.exit_code, signed.id in done.stdout) == (0, True)


def test_the_records_of_provision_are_listed() -> None:
    at = scene(automatic=True)
    signed = agreement(at)
    opened = transfer(at, signed)
    granted = exchange.access_by_transfer(opened.id, now=utc_now())
    exchange.deliver(granted, channel="parquet", now=utc_now())

    (record,) = _json("agreement", "provisions", "--org", at.org.slug, "--agreement", signed.id)

    assert (record["role"], record["recipient"], record["rows"]) == ("provider", PEER, 12)
    assert "parquet" in _run("agreement", "provisions").stdout
    assert _json("agreement", "provisions", "--agreement", "urn:uuid:none") == []
