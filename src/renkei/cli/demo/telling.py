"""How the demo tells its story: to a person as it happens, and to a program as one JSON at the end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from renkei.kernel.refusals import Refusal
from renkei.kernel.texts import Lang, Text


@dataclass(slots=True)
class Telling:
    """Says each text in one language and keeps the figures."""

    lang: Lang
    quiet: bool
    """Say nothing; the figures alone are wanted."""
    figures: dict[str, Any] = field(default_factory=dict)
    _began: float = field(default_factory=time.monotonic)

    def chapter(self, title: Text) -> None:
        """Begin a part of the story."""
        self._console().print(f"\n[bold]{title.in_(self.lang)}[/bold]")

    def line(self, text: Text, **facts: object) -> None:
        """Say one thing."""
        self._console().print(
            f"  {text.fill(**facts).in_(self.lang)}", highlight=False, markup=False, soft_wrap=True
        )

    def refusal(self, template: Text, refusal: Refusal, **facts: object) -> None:
        """Say how something was refused."""
        self.line(template, code=refusal.code, said=refusal.said(self.lang), **facts)

    def keep(self, **figures: Any) -> None:
        """Keep figures for the account."""
        self.figures.update(figures)

    def seconds(self) -> float:
        """Return the seconds since the story began."""
        return time.monotonic() - self._began

    @contextmanager
    def progress(self, title: Text, total: int) -> Iterator[Progress]:
        """Show how far something long has come; the task is the only one."""
        columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=self._console(), transient=True) as shown:
            shown.add_task(title.in_(self.lang), total=total)
            yield shown

    def _console(self) -> Console:
        return Console(stderr=self.quiet, quiet=self.quiet)
