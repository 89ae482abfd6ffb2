"""Every text that a page names exists, every text is named, and both languages say the same things."""

import re
from enum import Enum
from pathlib import Path
from string import Formatter

import pytest

from renkei.kernel.texts import Text
from renkei.web.texts import TEXTS
from renkei.web.texts.words import WORDS

WEB = Path(__file__).parents[2] / "src" / "renkei" / "web"
IN_TEMPLATES = re.compile(r"""\{%\s*t\s+["']([^"']+)["']""")
IN_CODE = re.compile(r"""["']([a-z-]+\.[a-z-]+)["']""")


def _named() -> set[str]:
    templates = [path.read_text() for path in WEB.rglob("*.html")]
    code = [path.read_text() for path in [*(WEB / "views").glob("*.py"), WEB / "templatetags" / "portal.py"]]
    found = {key for text in templates for key in IN_TEMPLATES.findall(text)}
    return found | {key for text in code for key in IN_CODE.findall(text) if key in TEXTS}


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_text_that_is_named_exists_and_every_text_is_named() -> None:
    assert _named() == set(TEXTS)


@pytest.mark.parametrize("key", sorted(TEXTS))
def test_a_text_speaks_both_languages_with_the_same_placeholders(key: str) -> None:
    text = TEXTS[key]
    assert text.ja.strip()
    assert text.en.strip()
    assert _placeholders(text.ja) == _placeholders(text.en)


@pytest.mark.parametrize("kind", WORDS, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_every_member_of_an_enumeration_has_a_word(kind: type[Enum]) -> None:
    assert set(WORDS[kind]) == {member.value for member in kind}
    assert all(isinstance(word, Text) for word in WORDS[kind].values())


def test_no_template_carries_a_script_a_style_or_something_from_elsewhere() -> None:
    forbidden = re.compile(
        r"<script|<style|\sstyle=|\son[a-z]+=|https?://|\|safe|autoescape off", re.IGNORECASE
    )

    found = {path.name: forbidden.findall(path.read_text()) for path in WEB.rglob("*.html")}

    assert {name: bad for name, bad in found.items() if bad} == {}
