"""Reference pages that come from the code: settings, refusal codes and commands, in both languages.

`python -m tools.docs` writes them; with `--check` it fails where a page differs from the code, so that nothing new
stays undocumented.
"""

import argparse
import importlib
import os
import pkgutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from renkei.kernel.texts import LANGS, Lang, Text

REFERENCE = Path(__file__).parent.parent / "docs" / "reference"

KIND_MEANS = {
    "invalid": Text(ja="要求そのものに誤りがある", en="the request breaks a rule"),
    "too-large": Text(ja="要求が大きすぎる", en="the request is too large"),
    "unknown-caller": Text(ja="誰からの要求か分からない", en="nobody showed who they are"),
    "denied": Text(ja="呼び出し元に権限がない", en="the caller may not do this"),
    "missing": Text(
        ja="指されたものがない、またはこの呼び出し元には見えない", en="no such thing for this caller"
    ),
    "conflict": Text(ja="今の状態ではできない", en="its state does not allow it"),
    "unavailable": Text(ja="今はできない。後で再試行する", en="not now; try again later"),
}


def settings_page(lang: Lang) -> str:
    """Return the page of all settings."""
    from renkei.config.environment import SETTINGS

    title = Text(ja="# 設定", en="# Settings").in_(lang)
    intro = Text(
        ja="ノードは起動時に次の環境変数を読みます。",
        en="A node reads these environment variables at its start.",
    ).in_(lang)
    head = Text(ja="| 変数 | 既定値 | 意味 |", en="| variable | default | meaning |").in_(lang)
    rows = [
        f"| `{s.name}` | {f'`{s.default}`' if s.default else ''} | {s.text.in_(lang)} |" for s in SETTINGS
    ]
    return "\n".join([title, "", intro, "", head, "|---|---|---|", *rows, ""])


def refusals_page(lang: Lang) -> str:
    """Return the page of all refusal codes."""
    from renkei.kernel.refusals import every_refusal

    import_everything()
    title = Text(ja="# 拒否コード", en="# Refusal codes").in_(lang)
    intro = Text(
        ja="拒否は、何を、なぜ断ったか、次に何をすればよいかを伝えます。コードは変わりません。`{…}` には実際の値が入ります。",
        en="A refusal says what was refused, why, and what to do next. Codes are stable; `{…}` is filled with the facts.",
    ).in_(lang)
    parts = [title, "", intro]
    room = ""
    for refusal in every_refusal():
        if refusal.code.split(".")[0] != room:
            room = refusal.code.split(".")[0]
            parts += ["", f"## {room}", ""]
        kind = f"{refusal.kind.value} ({KIND_MEANS[refusal.kind.value].in_(lang)})"
        between = "" if lang == "ja" else " "
        parts.append(
            f"- `{refusal.code}` — {kind}: {refusal.text.in_(lang)}{between}{refusal.remedy.in_(lang)}"
        )
    return "\n".join([*parts, ""])


def commands_page(lang: Lang) -> str:
    """Return the page of all commands."""
    from tools.commands_doc import commands_page as page

    return page(lang)


PAGES: dict[str, Callable[[Lang], str]] = {
    "settings": settings_page,
    "refusals": refusals_page,
    "commands": commands_page,
}


def main() -> int:
    """Write or check every page; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    os.environ.setdefault("RENKEI_HOME", tempfile.mkdtemp(prefix="renkei-docs-"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "renkei.config.settings")
    import django

    django.setup()
    stale = [path for path, text in _pages() if not path.exists() or path.read_text() != text]
    if check:
        for path in stale:
            print(f"{path.name} is not what the code says; run `make docs`")
        return 1 if stale else 0
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for path, text in _pages():
        path.write_text(text)
    return 0


def _pages() -> Iterator[tuple[Path, str]]:
    for name, page in PAGES.items():
        for lang in LANGS:
            yield REFERENCE / (f"{name}.md" if lang == "en" else f"{name}.ja.md"), page(lang)


def import_everything() -> None:
    """Import every module of the package, so that each refusal is known."""
    import renkei

    for module in pkgutil.walk_packages(renkei.__path__, "renkei."):
        if ".migrations" not in module.name and not module.name.endswith((".asgi", "__main__")):
            importlib.import_module(module.name)


if __name__ == "__main__":
    sys.exit(main())
