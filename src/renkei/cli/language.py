"""Which language a person at the command line reads."""

import os
import sys
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import cache
from itertools import pairwise

from renkei.kernel.texts import Lang


class Language(Enum):
    """The languages that a command speaks."""

    JA = "ja"
    EN = "en"

    value: Lang


@cache
def language_at_start() -> Lang:
    """Return the language of this process; help texts are made in it, so it is settled before any command runs."""
    return choose_language(sys.argv[1:], os.environ)


def choose_language(arguments: Sequence[str], environ: Mapping[str, str]) -> Lang:
    """Choose by `--lang`, then RENKEI_LANG, then the locale: Japanese where one says so, else English."""
    stated = [after for word, after in pairwise(arguments) if word == "--lang"]
    stated += [word.removeprefix("--lang=") for word in arguments if word.startswith("--lang=")]
    named = [environ.get(name, "") for name in ("RENKEI_LANG", "LC_ALL", "LC_MESSAGES", "LANG")]
    first = next((word for word in [*stated, *named] if word), "en")
    return "ja" if first.lower().startswith("ja") else "en"
