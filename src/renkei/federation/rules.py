"""Decisions of the federated catalogue: how texts are compared, what is kept of a description, when to crawl again."""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Final, TypeVar

import msgspec

from renkei.federation.errors import QueryUnreadable
from renkei.federation.types import Described, Query
from renkei.kernel.clock import parse_moment
from renkei.kernel.places import read_box
from renkei.kernel.texts import Text

T = TypeVar("T")
PARTS: Final = ("text", "theme", "licence", "format", "provider", "box", "since", "until", "current")
"""Of a question, by the names under which doors and pages take them."""
LONGEST_PAUSE = timedelta(hours=6)
WITHDRAWN_KEPT = timedelta(days=30)
MOST_WORDS = 10
LONGEST_QUERY = 300
TITLE, DESCRIPTION, NAME, NAMES = 500, 5_000, 300, 50
"""Characters of a title, of a description, of a theme or the like; how many themes or formats."""

_FORM = 1
"""Counted up by whoever keeps something else of a description, so that every entry is written anew."""
_SPACES = re.compile(r"\s+")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def folded(text: str) -> str:
    """Return a text as it is compared: wide and narrow, large and small letters are one (NFKC, case folded)."""
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def words(text: str) -> tuple[str, ...]:
    """Return the words of a question, folded: what stands between spaces, since Japanese has none within a phrase."""
    found = tuple(dict.fromkeys(folded(text).split(" "))) if text.strip() else ()
    if len(found) > MOST_WORDS or len(text) > LONGEST_QUERY:
        raise QueryUnreadable(name="text", given=text[:100])
    return found


def marked(names: Iterable[str]) -> str:
    """Return names so that one of them is found as `|name|`; of an IRI its last part is a name too."""
    found: dict[str, None] = {}
    for name in names:
        plain = folded(name).replace("|", " ")
        found[plain] = None
        if ":" in plain:
            found[re.split(r"[/#]", plain.rstrip("/#"))[-1]] = None
    return f"|{'|'.join(found)}|" if found else ""


def mark(name: str) -> str:
    """Return how one name is looked for among `marked` ones."""
    return f"|{folded(name).replace('|', ' ')}|"


def search_text(described: Described) -> str:
    """Return everything of a dataset in which words are looked for."""
    place = described.place.name if described.place else None
    parts = [*_both(described.title), *described.themes, *_both(place), *_both(described.description)]
    return folded("\n".join(parts))


def title_text(described: Described) -> str:
    """Return what is looked at first."""
    return folded("\n".join(_both(described.title)))


def bounded(described: Described) -> Described:
    """Return a description cut to a size that a page can show; what was cut ends in an ellipsis."""
    place = described.place
    if place is not None and place.name is not None:
        place = replace(place, name=_cut(place.name, NAME))
    return replace(
        described,
        title=_cut(described.title, TITLE),
        description=_cut(described.description, DESCRIPTION),
        themes=tuple(_shortened(each, NAME) for each in described.themes[:NAMES]),
        formats=tuple(_shortened(each, NAME) for each in described.formats[:NAMES]),
        licence=_shortened(described.licence, NAME),
        place=place,
    )


def cleaned(text: Text, longest: int) -> Text:
    """Return a text without characters that no page or database takes, cut to a length."""
    return _cut(text, longest)


def fingerprint(dataset: str) -> int:
    """Return eight bytes that stand for a dataset's id while a catalogue is crawled."""
    return int.from_bytes(hashlib.blake2b(dataset.encode(), digest_size=8).digest())


def digest_of(described: Described) -> str:
    """Return another word when anything of what is kept of a dataset's description changes."""
    said = msgspec.json.encode((_FORM, described), order="deterministic")
    return hashlib.sha256(said).hexdigest()


def pause(*, every: timedelta, failures: int, spread: float) -> timedelta:
    """Return how long to wait before the next crawl: twice as long after each failure, at most six hours.

    `spread`, from 0 to 1, moves it by up to a tenth either way, so that nodes that were added together are not asked
    together for ever.
    """
    doubled: timedelta = every * (1 << min(max(failures - 1, 0), 16))
    bare = doubled if failures == 0 else max(every, min(doubled, LONGEST_PAUSE))
    return bare * (0.9 + spread / 5)


def read_query(given: Mapping[str, str]) -> Query:
    """Read what a person or a program asks for. Raises federation.query-unreadable naming the part.

    Parts: `text`, `theme`, `licence`, `format`, `provider`, `box` (west,south,east,north in degrees), `since`, `until`
    (a date or a time), `current` (`yes`: nothing stale or withdrawn). Empty ones ask for nothing; others are ignored.
    """
    said = {name: given.get(name, "").strip() for name in PARTS}
    for name in ("theme", "licence", "format", "provider"):
        if len(said[name]) > NAME:
            raise QueryUnreadable(name=name, given=said[name][:100])
    words(said["text"])
    if said["current"] not in {"", "yes", "no"}:
        raise QueryUnreadable(name="current", given=said["current"][:100])
    return Query(
        text=said["text"],
        theme=said["theme"],
        licence=said["licence"],
        format=said["format"],
        provider=said["provider"],
        box=_read("box", said, read_box),
        since=_read("since", said, parse_moment),
        until=_read("until", said, partial(parse_moment, end=True)),
        current_only=said["current"] == "yes",
    )


def _read(name: str, said: Mapping[str, str], read: Callable[[str], T]) -> T | None:
    try:
        return read(said[name]) if said[name] else None
    except ValueError:
        raise QueryUnreadable(name=name, given=said[name][:100]) from None


def _both(text: Text | None) -> tuple[str, ...]:
    return () if text is None else (text.ja,) if text.ja == text.en else (text.ja, text.en)


def _cut(text: Text, longest: int) -> Text:
    return Text(ja=_shortened(text.ja, longest), en=_shortened(text.en, longest))


def _shortened(text: str, longest: int) -> str:
    printable = _UNPRINTABLE.sub("", text)
    return printable if len(printable) <= longest else f"{printable[: longest - 1]}…"
