"""Every text of the portal, in Japanese and English side by side."""

from enum import Enum

from renkei.kernel.texts import Text
from renkei.web.texts.duties import DUTIES
from renkei.web.texts.entities import ENTITIES
from renkei.web.texts.finding import FINDING
from renkei.web.texts.offering import OFFERING
from renkei.web.texts.pages import PAGES
from renkei.web.texts.processes import PROCESSES
from renkei.web.texts.questions import QUESTIONS
from renkei.web.texts.shell import SHELL
from renkei.web.texts.words import WORDS

TEXTS: dict[str, Text] = {
    **SHELL,
    **PAGES,
    **FINDING,
    **OFFERING,
    **PROCESSES,
    **DUTIES,
    **ENTITIES,
    **QUESTIONS,
}


def word(value: object) -> Text:
    """Return the word that people use for a member of an enumeration."""
    if isinstance(value, Enum):
        return WORDS[type(value)][value.value]
    return Text(ja=str(value), en=str(value))
