"""Writes the reference of the command line from the commands themselves, in one language.

    python -m tools.commands_doc en

Help texts are made in the language in which the process starts, so each language has a process of its own.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from renkei.cli import output
from renkei.cli.main import GROUPS, app, load
from renkei.kernel.refusals import Kind
from renkei.kernel.texts import LANGS, Lang, Text

ROOT = Path(__file__).parent.parent

TITLE = Text(ja="# コマンド", en="# Commands")
MADE = Text(
    ja="<!-- `python -m tools.commands_doc ja` が作る。手で書き換えない。 -->",
    en="<!-- Made by `python -m tools.commands_doc en`; not written by hand. -->",
)
INTRO = Text(
    ja="どのコマンドも `--json` で JSON を、`--lang ja|en` で言語を選べます(`renkei up` などの起動コマンドを除く)。言語は"
    " `--lang`、`RENKEI_LANG`、ロケールの順に決まります。結果は標準出力、拒否と知らせは標準エラー出力に出ます。",
    en="Every command takes `--json` for JSON and `--lang ja|en` for the language, except those that start processes, such"
    " as `renkei up`. The language is that of `--lang`, then `RENKEI_LANG`, then the locale. Results go to standard output;"
    " refusals and notices to standard error.",
)
EXIT_TITLE = Text(ja="## 終了コード", en="## Exit codes")
EXIT_HEAD = Text(ja="| コード | 意味 |", en="| Code | Meaning |")
KINDS: dict[Kind, Text] = {
    Kind.INVALID: Text(ja="誤った指定", en="wrong request"),
    Kind.TOO_LARGE: Text(ja="大きすぎる", en="too large"),
    Kind.UNKNOWN_CALLER: Text(ja="誰だかわからない", en="caller unknown"),
    Kind.DENIED: Text(ja="権限なし", en="not allowed"),
    Kind.MISSING: Text(ja="見つからない", en="not found"),
    Kind.CONFLICT: Text(ja="状態が許さない", en="the state does not allow it"),
    Kind.UNAVAILABLE: Text(ja="今はできない", en="not possible now; try again"),
}
OTHER_EXITS: dict[int, Text] = {
    0: Text(ja="完了", en="done"),
    1: Text(ja="内部の誤り", en="a bug"),
    130: Text(ja="Ctrl-C で中断", en="stopped with Ctrl-C"),
}
HEAD = Text(ja="| 引数・オプション | 意味 | 既定 |", en="| Argument or option | Meaning | Default |")
REQUIRED = Text(ja="必須", en="required")


def commands_page(lang: Lang) -> str:
    """Return the whole reference in one language, as Markdown; the same commands always give the same text."""
    made = subprocess.run(
        [sys.executable, "-m", "tools.commands_doc", lang],
        cwd=ROOT,
        env={**os.environ, "RENKEI_LANG": lang, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    return made.stdout


def write(lang: Lang) -> str:
    """Return the reference in the language of this process."""
    parts = [TITLE.in_(lang), MADE.in_(lang), INTRO.in_(lang), _exits(lang)]
    panel = ""
    for group in GROUPS:
        if group.panel != panel:
            panel = group.panel
            parts.append(f"## {panel}")
        parts.extend(_sections(load(group.name), f"renkei {group.name}", lang))
    return "\n\n".join(parts) + "\n"


def _exits(lang: Lang) -> str:
    meanings: dict[int, list[str]] = {code: [text.in_(lang)] for code, text in OTHER_EXITS.items()}
    for kind, code in output.EXIT.items():
        meanings.setdefault(code, []).append(KINDS[kind].in_(lang))
    between = "、" if lang == "ja" else "; "
    rows = [f"| {code} | {between.join(meanings[code])} |" for code in sorted(meanings)]
    return "\n".join([EXIT_TITLE.in_(lang), "", EXIT_HEAD.in_(lang), "|---|---|", *rows])


def _sections(command: Any, words: str, lang: Lang) -> Iterator[str]:
    yield f"### `{words}`"
    if command.help:
        yield _line(command.help)
    inner = getattr(command, "commands", None)
    if inner is None:
        yield _usage(command, words, lang)
        return
    for name in inner:
        yield from _sections(inner[name], f"{words} {name}", lang)


def _usage(command: Any, words: str, lang: Lang) -> str:
    shown = [param for param in command.params if not getattr(param, "hidden", False)]
    arguments = [_metavar(param) for param in shown if param.param_type_name == "argument"]
    usage = " ".join([words, *arguments, "[OPTIONS]"])
    rows = [f"| {_names(param)} | {_line(param.help or '')} | {_default(param, lang)} |" for param in shown]
    table = ["", HEAD.in_(lang), "|---|---|---|", *rows] if rows else []
    return "\n".join(["```", usage, "```", *table])


def _names(param: Any) -> str:
    if param.param_type_name == "argument":
        return f"`{_metavar(param)}`"
    flag = "" if param.is_flag else f" {_metavar(param)}"
    return ", ".join(f"`{name}{flag}`" for name in [*param.opts, *param.secondary_opts])


def _metavar(param: Any) -> str:
    return str(param.metavar or param.name.upper())


def _default(param: Any, lang: Lang) -> str:
    if param.required:
        return REQUIRED.in_(lang)
    default = param.default
    plain = isinstance(default, str | int | float | Path) and not isinstance(default, bool)
    return f"`{default}`" if plain and default != "" else "–"


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main(lang: Lang) -> None:
    """Print the reference."""
    typer.main.get_command(app)
    print(write(lang), end="")


if __name__ == "__main__":
    wanted = sys.argv[1] if len(sys.argv) > 1 else "en"
    chosen = next((lang for lang in LANGS if lang == wanted), None)
    if chosen is None:
        sys.exit(f"choose one of {', '.join(LANGS)}")
    if os.environ.get("RENKEI_LANG") == chosen:
        main(chosen)
    else:
        print(commands_page(chosen), end="")
