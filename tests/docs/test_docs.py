"""What the documentation says exists: links lead somewhere, commands and codes are the program's, both languages are there."""

import math
import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from renkei.cli.demo import texts
from renkei.cli.main import GROUPS, load
from renkei.config.environment import SETTINGS
from renkei.kernel.refusals import every_refusal
from renkei.kernel.texts import Text
from renkei.web.texts import TEXTS, WORDS
from tools.docs import import_everything

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BOTH = [path for path in DOCS.rglob("*.md") if "decisions" not in path.parts]
PAGES = [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "src").rglob("*.md")]
HAND_WRITTEN = [page for page in PAGES if page.name.split(".")[0] not in {"commands", "refusals", "settings"}]

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
ASSIGNMENT = re.compile(r"^(?:[A-Z_]+=\S+\s+)*")
CONTINUED = re.compile(r"\\\n\s*")
REJECTED = re.compile(
    r"(?<!SPDX )(?<!デバイスの)識別子|依頼|提供条件|(?<!地域)区画|通信(?!網)|最小の集まり|留め置|提供側|利用側|スコープ|根ハッシュ"
)
"""Words for which the glossary has another: one thing is called by one word."""
OTHER_VARIABLES = {"RENKEI_NODE", "RENKEI_TOKEN", "RENKEI_LANG"}
"""Read by the client and the command line, not by a node at its start."""


def _named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    targets = [target for target in LINK.findall(page.read_text()) if not re.match(r"[a-z]+:|#", target)]

    assert [target for target in targets if not (page.parent / target.partition("#")[0]).exists()] == []


@pytest.mark.parametrize("page", BOTH, ids=_named)
def test_every_page_is_there_in_both_languages(page: Path) -> None:
    bare = page.name.removesuffix(".md").removesuffix(".ja")

    assert {name for name in (f"{bare}.md", f"{bare}.ja.md") if (page.parent / name).exists()} == {
        f"{bare}.md",
        f"{bare}.ja.md",
    }


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_a_page_links_to_pages_of_its_own_language(page: Path) -> None:
    """The one link across is that between the two versions of a page."""
    japanese = page.name.endswith(".ja.md")
    twin = page.name.replace(".ja.md", ".md") if japanese else page.name.replace(".md", ".ja.md")
    targets = [target.partition("#")[0] for target in LINK.findall(page.read_text())]
    others = [target for target in targets if target.endswith(".md") and target != twin and ":" not in target]

    assert [target for target in others if _is_in_the_wrong_language(page, target, japanese=japanese)] == []


@pytest.mark.parametrize("page", HAND_WRITTEN, ids=_named)
def test_every_command_that_is_shown_can_be_given(page: Path) -> None:
    assert [wrong for line in _commands_in(page) if (wrong := _wrong_words(line))] == []


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_every_command_that_is_named_exists(page: Path) -> None:
    named = re.findall(r"(?<!`)`(renkei [a-z][^`\n]*)`", page.read_text())

    assert [line for line in named if _command_of(line) is None] == []


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_every_variable_that_is_named_is_one(page: Path) -> None:
    known = {setting.name for setting in SETTINGS} | OTHER_VARIABLES

    assert set(re.findall(r"\bRENKEI_[A-Z_]+\b", page.read_text())) - known == set()


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_every_code_that_is_named_is_a_refusal_or_an_act_of_the_log(page: Path) -> None:
    rooms = {code.partition(".")[0] for code in _codes()}
    named = re.findall(r"`([a-z]+\.[a-z]+(?:-[a-z]+)+)`", page.read_text())

    assert {code for code in named if code.partition(".")[0] in rooms} - _codes() - _actions() == set()


@pytest.mark.parametrize("page", [page for page in PAGES if page.name.endswith(".ja.md")], ids=_named)
def test_every_thing_is_called_by_the_word_of_the_glossary(page: Path) -> None:
    """The pages of commands, refusals and settings hold every text of theirs."""
    assert REJECTED.findall(page.read_text()) == []


@pytest.mark.parametrize(
    "told", [TEXTS, {k: v for words in WORDS.values() for k, v in words.items()}, vars(texts)]
)
def test_every_text_of_the_portal_and_the_demo_keeps_to_the_glossary_too(told: dict[str, Any]) -> None:
    said = {name: text.ja for name, text in told.items() if isinstance(text, Text)}

    assert {name: ja for name, ja in said.items() if REJECTED.search(ja)} == {}


@cache
def _codes() -> frozenset[str]:
    import_everything()
    return frozenset(refusal.code for refusal in every_refusal())


@cache
def _actions() -> frozenset[str]:
    """The acts that rooms write into the audit log; some write the room's name before the act in one place."""
    found: set[str] = set()
    for path in (ROOT / "src" / "renkei").rglob("*.py"):
        source, room = path.read_text(), path.relative_to(ROOT / "src" / "renkei").parts[0]
        found.update(re.findall(r'"([a-z]+\.[a-z]+(?:-[a-z]+)+)"', source))
        found.update(f"{room}.{act}" for act in re.findall(r'"([a-z]+(?:-[a-z]+)+)"', source))
    return frozenset(found)


def _is_in_the_wrong_language(page: Path, target: str, *, japanese: bool) -> bool:
    if japanese:
        return not target.endswith(".ja.md") and (page.parent / target.replace(".md", ".ja.md")).exists()
    return target.endswith(".ja.md")


def _commands_in(page: Path) -> list[str]:
    found = []
    for language, block in FENCE.findall(page.read_text()):
        if language in {"python", "json", "toml"}:
            continue
        for line in CONTINUED.sub(" ", block).splitlines():
            bare = ASSIGNMENT.sub("", line.removeprefix("$ ").strip())
            if bare.startswith("renkei "):
                found.append(bare)
    return found


def _words(line: str) -> list[str]:
    return shlex.split(line.partition(" >")[0].partition("#")[0])[1:]


def _command_of(line: str) -> tuple[Any, list[str]] | None:
    """Return the command that a line names, and the words after it; None when there is no such command."""
    first, *rest = _words(line)
    if first not in {group.name for group in GROUPS}:
        return None
    command = load(first)
    while hasattr(command, "commands") and rest and rest[0] in command.commands:
        command, rest = command.commands[rest[0]], rest[1:]
    unknown = hasattr(command, "commands") and rest and re.fullmatch(r"[a-z-]+", rest[0])
    return None if unknown else (command, rest)


def _wrong_words(line: str) -> str:
    """Say what of a command the program does not know; empty when it would take all of it."""
    found = _command_of(line)
    if found is None or hasattr(found[0], "commands"):
        return f"{line}: there is no such command"
    command, waiting = found
    options = {name: param for param in command.params for name in (*param.opts, *param.secondary_opts)}
    taken = [param.nargs for param in command.params if param.param_type_name == "argument"]
    arguments = math.inf if -1 in taken else len(taken)
    given: list[str] = []
    named: set[Any] = set()
    while waiting:
        word = waiting.pop(0)
        name, _, value = word.partition("=")
        if not word.startswith("-"):
            given.append(word)
            continue
        if name not in options:
            return f"{line}: there is no {name}"
        named.add(options[name])
        if not options[name].is_flag and not value and waiting:
            waiting.pop(0)
    missing = [p.opts[0] for p in options.values() if p.required and p not in named and "-" in p.opts[0]]
    return (
        f"{line}: {len(given)} of {arguments} arguments, missing {missing}"
        if missing or len(given) > arguments
        else ""
    )
