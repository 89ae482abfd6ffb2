"""What an owner looks at before it offers, from the command line."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from renkei.cli.main import app
from renkei.exchange import api as exchange
from tests.factories.exchange import table
from tests.web.scenes import PEER, request, scene

pytestmark = pytest.mark.django_db
TERMS = ("--cell", "jis-mesh:2", "--minimum-group", "4:device", "--purpose", "research")


def _run(*words: str, lang: str = "en") -> Any:
    return CliRunner().invoke(app, [*words, "--lang", lang])


def _json(*words: str) -> Any:
    result = _run(*words, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_templates_are_listed_with_when_they_fit() -> None:
    assert [each["name"] for each in _json("offer", "templates")] == [
        each.name for each in exchange.TEMPLATES
    ]
    assert "日ごとの統計だけを渡す" in _run("offer", "templates", lang="ja").stdout


def test_a_simulation_is_told_in_words_and_in_json() -> None:
    shown = scene()

    said = _run("offer", "simulate", shown.dataset.id, *TERMS, "--participant", PEER)
    facts = _json(
        "offer", "simulate", shown.dataset.id, *TERMS, "--participant", PEER, "--reading-for", "contest"
    )

    assert said.exit_code == 0, said.stderr
    assert "rk:minimumGroup   12" in said.stdout
    assert "The first 12 rows as they would be seen:" in said.stdout
    assert f"{PEER}: may read" in said.stdout
    assert "The data may be used only for research." in said.stderr
    assert (facts["rows"], facts["table_rows"], len(facts["sample"])) == (12, 12, 12)
    assert (facts["decision"]["may_read"], facts["decision"]["refusal"]["code"]) == (
        False,
        "exchange.purpose-not-agreed",
    )


def test_an_offer_is_made_from_a_template_with_one_thing_changed() -> None:
    shown = scene()

    made = _json(
        "offer", "add", shown.dataset.id, "--template", "coarse-positions", "--minimum-group", "2:device"
    )

    wishes = exchange.read_back(made["terms"]).wishes
    assert (wishes.minimum_group, wishes.cell, wishes.mask) == ("2", "jis-mesh:2", ("device=hash",))


def test_a_template_and_a_file_are_not_said_at_once(tmp_path: Any) -> None:
    path = tmp_path / "terms.json"
    path.write_text("{}")

    refused = _run("offer", "add", scene().dataset.id, "--template", "research", "--terms", str(path))

    assert (refused.exit_code, "cli.terms-twice" in refused.stderr) == (2, True)


def test_every_option_reaches_the_terms() -> None:
    made = _json(
        "offer", "draft", "--membership", "LPWA", "--place", "JP", "--from", "2026-04-01T00:00:00+09:00",
        "--for", "P30D", "--count", "100", "--rate", "10/PT1H", "--time-resolution", "PT1H", "--group-by", "gateway",
        "--minimum-group", "5:device", "--mask", "device=hash", "--delivery", "aggregates", "--duty", "delete:P30D",
        "--duty", "first compensate:5000:JPY", "--forbid", "sell",
    )  # fmt: skip

    assert exchange.read_back(made) == exchange.ReadBack(
        exchange.Wishes(
            membership=("LPWA",),
            place=("JP",),
            starts="2026-03-31T15:00:00Z",
            lasting="P30D",
            count="100",
            rate="10/PT1H",
            time_resolution="PT1H",
            group_by=("gateway",),
            minimum_group="5",
            entity="device",
            mask=("device=hash",),
            delivery="aggregates",
            duty=("delete:P30D", "first compensate:5000:JPY"),
            forbid=("sell",),
        ),
        (),
    )


def test_two_offers_are_compared_with_what_each_lets_leave() -> None:
    shown = scene()
    other = _json("offer", "add", shown.dataset.id, *TERMS)

    said = _run("offer", "compare", other["id"], shown.offer.id, "--released")
    facts = _json("offer", "compare", other["id"], shown.offer.id, "--released")

    assert said.exit_code == 0, said.stderr
    assert other["id"] in said.stdout.splitlines()[0]
    assert [line["change"] for line in facts["lines"]][:2] == ["changed", "same"]
    assert [
        next(term["rows"] for term in each["withheld"] if term["term"] == "rk:minimumGroup")
        for each in facts["released"]
    ] == [12, 0]
    assert "released" in _json("offer", "compare", other["id"], shown.offer.id)


def test_the_audience_of_a_dataset_is_listed() -> None:
    at = table()
    asked = request(scene(slug="third-lab"))
    assert asked.peer == PEER

    said = _run("dataset", "audience", at.dataset.id)
    facts = _json("dataset", "audience", at.dataset.id)

    assert said.exit_code == 0, said.stderr
    assert [(each["participant"], each["sees"], each["reads"]["en"]) for each in facts["chances"]] == [
        (at.consumer.participant, True, "may read"),
        (next(each for each in _members() if "third-lab" in each), True, "may read"),
    ]
    assert facts["next"] is None


def _members() -> list[str]:
    from renkei.parties import api as parties

    return [each.participant for each in parties.organisations()]
