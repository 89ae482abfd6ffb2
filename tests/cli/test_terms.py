"""Terms from the words of a command."""

import json
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.cli.errors import FileUnreadable, MinimumGroupMisspelt, TimeMisspelt
from renkei.cli.terms import OPTIONS, over, read_terms, read_wishes
from renkei.exchange import api as exchange
from renkei.exchange.api import PROFILE, Wishes, write_terms


def test_every_wish_becomes_a_constraint_that_can_be_evaluated() -> None:
    terms = write_terms(
        read_wishes(
            {
                "purpose": ["research", "education"],
                "recipient": ["did:web:peer.example:orgs:far-lab"],
                "until": "2027-03-31T23:59:59+09:00",
                "cell": "jis-mesh:2",
                "minimum_group": "5:device",
                "withhold": ["payload"],
                "observed_from": "2026-01-01T00:00:00Z",
                "observed_until": "2026-04-01T00:00:00Z",
            }
        )
    )

    assert terms == {
        "profile": PROFILE,
        "permission": [
            {
                "action": "use",
                "constraint": [
                    {
                        "leftOperand": "purpose",
                        "operator": "isAnyOf",
                        "rightOperand": ["research", "education"],
                    },
                    {
                        "leftOperand": "recipient",
                        "operator": "isAnyOf",
                        "rightOperand": ["did:web:peer.example:orgs:far-lab"],
                    },
                    {"leftOperand": "dateTime", "operator": "lteq", "rightOperand": "2027-03-31T14:59:59Z"},
                    {"leftOperand": "rk:cell", "operator": "eq", "rightOperand": "jis-mesh:2"},
                    {
                        "leftOperand": "rk:minimumGroup",
                        "operator": "gteq",
                        "rightOperand": "5",
                        "rk:entity": "device",
                    },
                    {"leftOperand": "rk:withholdColumn", "operator": "isAnyOf", "rightOperand": ["payload"]},
                    {
                        "leftOperand": "rk:observedFrom",
                        "operator": "gteq",
                        "rightOperand": "2026-01-01T00:00:00Z",
                    },
                    {
                        "leftOperand": "rk:observedUntil",
                        "operator": "lt",
                        "rightOperand": "2026-04-01T00:00:00Z",
                    },
                ],
            }
        ],
        "prohibition": [{"action": "distribute"}],
    }
    assert len(exchange.describe_terms(terms)) == 9


def test_every_field_of_the_form_has_an_option() -> None:
    assert {*OPTIONS, "entity"} == {field.name for field in fields(Wishes)}


def test_what_is_said_takes_the_place_of_what_the_template_says() -> None:
    template = Wishes(purpose=("research",), cell="jis-mesh:2", minimum_group="5", entity="device")

    assert over(template, Wishes(purpose=("education",), minimum_group="10", entity="device")) == Wishes(
        purpose=("education",), cell="jis-mesh:2", minimum_group="10", entity="device"
    )


def test_without_wishes_all_use_is_allowed_but_no_onward_transfer() -> None:
    assert write_terms(Wishes()) == {
        "profile": PROFILE,
        "permission": [{"action": "use"}],
        "prohibition": [{"action": "distribute"}],
    }
    assert "prohibition" not in write_terms(Wishes(onward_allowed=True))


@pytest.mark.parametrize("text", ["2027-03-31", "2027-03-31T00:00:00", "tomorrow", ""])
def test_a_time_without_its_offset_is_refused(text: str) -> None:
    with pytest.raises(TimeMisspelt):
        read_wishes({"until": text})


@pytest.mark.parametrize("text", ["5", "device", "five:device", "5:", ":device", "-5:device"])
def test_a_minimum_group_names_a_size_and_a_column(text: str) -> None:
    with pytest.raises(MinimumGroupMisspelt):
        read_wishes({"cell": "h3:5", "minimum_group": text})


@given(st.text(max_size=20))
def test_any_words_give_terms_or_a_refusal(text: str) -> None:
    try:
        terms = write_terms(read_wishes({"minimum_group": text, "until": text}))
    except (TimeMisspelt, MinimumGroupMisspelt):
        return
    assert json.loads(json.dumps(terms)) == terms


@pytest.mark.parametrize("content", ["", "[]", "{", '"x"'])
def test_a_file_that_holds_no_terms_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "terms.json"
    path.write_text(content)

    with pytest.raises(FileUnreadable):
        read_terms(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable):
        read_terms(tmp_path / "none.json")
