"""Every text that a person reads, in Japanese and English side by side."""

from dataclasses import dataclass
from typing import Literal, get_args

Lang = Literal["ja", "en"]
LANGS: tuple[Lang, ...] = get_args(Lang)


@dataclass(frozen=True, slots=True)
class Text:
    """One text in both languages. Placeholders are `{name}`, the same names in both."""

    ja: str
    en: str

    def in_(self, lang: Lang) -> str:
        """Return the text in one language."""
        return self.ja if lang == "ja" else self.en

    def fill(self, **facts: object) -> "Text":
        """Return the text with its placeholders filled."""
        return Text(ja=self.ja.format_map(facts), en=self.en.format_map(facts))
