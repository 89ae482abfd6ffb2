"""The reference of terms names what the code knows."""

import re
from pathlib import Path

import pytest

from renkei.exchange.errors import terms
from renkei.exchange.rules.sentences import PURPOSES
from renkei.exchange.rules.terms import OPERANDS
from renkei.kernel.refusals import Refusal

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


@pytest.fixture(params=["terms.md", "terms.ja.md"])
def page(request: pytest.FixtureRequest) -> str:
    return (REFERENCE / request.param).read_text()


def test_every_operand_is_documented_with_its_operators(page: str):
    rows = re.findall(r"^\| `([a-zA-Z:]+)` \| (`[^|]+`) \|", page, re.MULTILINE)
    documented: dict[str, set[str]] = {}
    for operand, operators in rows:
        documented.setdefault(operand, set()).update(re.findall(r"`(\w+)`", operators))

    assert documented == {name: set(operand.operators) for name, operand in OPERANDS.items()}


def test_every_named_purpose_is_documented(page: str):
    assert [word for word in PURPOSES if f"`{word}`" not in page] == []


def test_every_way_to_refuse_terms_is_documented(page: str):
    codes = {
        each.code
        for each in vars(terms).values()
        if isinstance(each, type) and issubclass(each, Refusal) and each is not Refusal
    }

    # One is not about what the terms say: a request that does not fit an offer.
    assert codes - set(re.findall(r"`(exchange\.[a-z-]+)`", page)) == {
        "exchange.purpose-not-offered",
    }
