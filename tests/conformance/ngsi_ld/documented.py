"""Writes the list of exceptions into the reference pages: `python -m tests.conformance.ngsi_ld.documented`."""

import re
import sys
from pathlib import Path

from renkei.kernel.texts import LANGS, Lang, Text
from tests.conformance.ngsi_ld.results import Exempted, exceptions

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"
BEGIN, END = "<!-- exceptions.toml -->", "<!-- /exceptions.toml -->"
_HEAD = Text(ja="| 事例 | 根拠 | 理由 |", en="| case | ground | reason |")
_NONE = Text(ja="なし。", en="None.")


def listed(cases: list[Exempted], lang: Lang) -> str:
    """Return the exceptions as a table in Markdown."""
    if not cases:
        return _NONE.in_(lang)
    rows = [f"| `{each.name}` ({each.file}) | {each.ground} | {each.reason.in_(lang)} |" for each in cases]
    return "\n".join([_HEAD.in_(lang), "|---|---|---|", *rows])


def page(lang: Lang) -> Path:
    """Return where the reference page in a language lies."""
    return REFERENCE / ("ngsi-ld.md" if lang == "en" else f"ngsi-ld.{lang}.md")


def filled(text: str, cases: list[Exempted], lang: Lang) -> str:
    """Return a page with the exceptions between its marks. Raises ValueError when it has none."""
    marked = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    if not marked.search(text):
        raise ValueError(f"no {BEGIN} … {END} in the page")
    return marked.sub(lambda _: f"{BEGIN}\n{listed(cases, lang)}\n{END}", text)


def main() -> int:
    """Bring both pages up to date."""
    for lang in LANGS:
        place = page(lang)
        place.write_text(filled(place.read_text(), exceptions(), lang))
    return 0


if __name__ == "__main__":
    sys.exit(main())
