"""The command line as a whole: help, exit codes, what stands where, and its written reference."""

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from renkei.cli import output
from renkei.cli.errors import FileUnreadable
from renkei.cli.main import GROUPS, app, load
from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import LANGS, Lang, Text
from tools.commands_doc import commands_page


def _run(*words: str, lang: str = "en") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "renkei.cli.main", *words],
        capture_output=True,
        text=True,
        env={"RENKEI_LANG": lang, "PATH": "/usr/bin:/bin", "COLUMNS": "200"},
        check=False,
    )


def test_help_names_every_group_and_loads_neither_django_nor_a_database_of_any_kind() -> None:
    code = "import sys; from renkei.cli.main import app; app(['--help'], standalone_mode=False); print(sorted({'django', 'duckdb', 'pyarrow', 'deltalake', 'httpx'} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert all(f" {group.name} " in told for group in GROUPS)
    assert told.splitlines()[-1] == "[]"


@pytest.mark.parametrize("lang", LANGS)
def test_help_speaks_the_readers_language(lang: Lang) -> None:
    assert (
        Text(ja="ノード全体を起動する。", en="Start the whole node.").in_(lang)
        in _run("--help", lang=lang).stdout
    )


def test_a_misspelt_group_is_answered_with_the_nearest() -> None:
    told = _run("agrement")

    assert (told.returncode, "'agreement'" in told.stderr) == (2, True)


def test_the_version_is_told() -> None:
    import renkei

    assert _run("--version").stdout == f"renkei {renkei.__version__}\n"


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_every_group_is_there_and_every_command_of_it_has_help(group: object) -> None:
    command = load(group.name)  # type: ignore[attr-defined]  # a Group
    inner = getattr(command, "commands", {"": command})

    assert [name for name, each in inner.items() if not each.help] == []


LAUNCHERS = {"up", "serve", "work", "ingest", "demo"}


def commands_in(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Every command of a group and of the groups in it."""
    within = getattr(command, "commands", None)
    if within is None:
        yield name, command
        return
    for inner, each in within.items():
        yield from commands_in(f"{name} {inner}".strip(), each)


@pytest.mark.parametrize(
    "group", [group for group in GROUPS if group.name not in LAUNCHERS], ids=lambda group: group.name
)
def test_every_command_takes_json_and_a_language(group: object) -> None:
    command = load(group.name)  # type: ignore[attr-defined]  # a Group
    options = {
        name: {option for param in each.params for option in param.opts}
        for name, each in commands_in("", command)
    }

    assert [name for name, known in options.items() if not {"--json", "--lang"} <= known] == []


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_of_refusal_has_its_exit_code_and_reaches_the_error_stream(kind: Kind) -> None:
    class Refused(FileUnreadable):
        pass

    Refused.kind = kind
    small = typer.Typer()

    @small.command()
    @output.command(node=False)
    def act(*, as_json: output.AsJson = False) -> None:
        raise Refused(file="x.json", why="broken")

    plain = CliRunner().invoke(small, ["--lang", "en"])
    ja = CliRunner().invoke(small, ["--lang", "ja"])
    as_json = CliRunner().invoke(small, ["--json"])

    codes = {
        "invalid": 2,
        "too-large": 2,
        "unknown-caller": 3,
        "denied": 3,
        "missing": 4,
        "conflict": 5,
        "unavailable": 6,
    }
    assert [each.exit_code for each in (plain, ja, as_json)] == [codes[kind.value]] * 3
    assert (
        plain.stderr
        == "x.json cannot be read: broken. Correct the place that is named. [cli.file-unreadable]\n"
    )
    assert ja.stderr.startswith("x.json を読み取れません: broken。")
    assert '"code": "cli.file-unreadable"' in as_json.stderr
    assert (plain.stdout, ja.stdout, as_json.stdout) == ("", "", "")


def test_a_bug_is_not_dressed_up_as_a_refusal() -> None:
    small = typer.Typer()

    @small.command()
    @output.command(node=False)
    def act() -> None:
        raise ZeroDivisionError

    assert isinstance(CliRunner().invoke(small).exception, ZeroDivisionError)


def test_a_setting_that_cannot_be_used_is_named(tmp_path: object) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "renkei.cli.main", "dataset", "list"],
        capture_output=True,
        text=True,
        env={"RENKEI_HOME": str(tmp_path), "RENKEI_BACKGROUND": "maybe", "RENKEI_LANG": "en"},
        check=False,
    )

    assert (told.returncode, told.stdout) == (2, "")
    assert "RENKEI_BACKGROUND must be yes or no" in told.stderr


def test_a_node_without_tables_is_told_what_to_run(tmp_path: object) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "renkei.cli.main", "dataset", "list"],
        capture_output=True,
        text=True,
        env={"RENKEI_HOME": str(tmp_path), "RENKEI_LANG": "en"},
        check=False,
    )

    assert (told.returncode, told.stdout) == (6, "")
    assert "run `renkei up` first" in told.stderr


@pytest.mark.parametrize("lang", LANGS)
def test_the_reference_names_every_command_and_is_the_same_every_time(lang: Lang) -> None:
    page = commands_page(lang)

    assert [group.name for group in GROUPS if f"### `renkei {group.name}`" not in page] == []
    assert all(f"| {code} |" in page for code in output.EXIT.values())
    assert page == commands_page(lang)


def test_every_refusal_of_the_command_line_says_what_to_do() -> None:
    errors = import_module("renkei.cli.errors")
    refusals = [
        each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Refusal)
    ]

    assert [
        each.code for each in refusals if "code" in vars(each) and not (each.remedy.ja and each.remedy.en)
    ] == []
    assert app.info.cls is not None
