"""A path of the query language through the document itself, for what no index holds; as `rules.looking` goes it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from renkei.context.queries.comparing import Value
from renkei.context.queries.dialects import Dialect
from renkei.context.queries.parts import ALWAYS, NEVER, Part, both, put
from renkei.context.rules.asking import ENTITY_MEMBERS, INSTANCE_MEMBERS
from renkei.context.rules.looking import ANY
from renkei.context.types import VALUE_MEMBER, Path

_VALUES = ", ".join(f"'{member}'" for member in sorted(set(VALUE_MEMBER.values())))
_NAMING = "('object', 'objectList', 'vocab')"
Condition = Callable[[Value], Part]


@dataclass
class Element:
    """An element that a path leads to: a row of JSON that a condition can speak of."""

    words: Dialect
    source: str
    members: tuple[str, ...] = ()
    """Steps within its value that are still to go."""
    is_instance: bool = False
    is_uri: str = "1 = 0"

    def exists(self) -> Part:
        """Return whether there is anything at the rest of the path."""
        return self._steps().exists() if self.members else ALWAYS

    def some(self, condition: Condition) -> Part:
        """Return whether a condition holds for one of its values."""
        steps, value = self.values()
        return steps.exists(condition(value))

    def values(self) -> "tuple[Steps, Value]":
        """Return the steps to its values, and one of them."""
        steps = self._steps()
        is_uri = self.is_uri
        if self.is_instance and not self.members:
            content = steps.source
            steps.items.append(self.words.elements(content, steps.next(), languages=True))
            steps.wheres.append(
                Part(f"({content}.key = 'languageMap' OR NOT {self.words.is_list(steps.source)})")
            )
            is_uri = f"({content}.key IN {_NAMING})"
        steps.elements()
        element = steps.source
        steps.items.append(self.words.unwrapped(element, steps.next()))
        naming = f"{is_uri} AND {self.words.is_object(element)}"
        steps.wheres.append(Part(f"{steps.source}.key = CASE WHEN {naming} THEN 'object' ELSE '@value' END"))
        text = self.words.text(steps.source)
        number, truth = self.words.number(steps.source), self.words.truth(steps.source)
        return steps, Value(number, truth, self.words.moment(text), text, is_uri)

    def _steps(self) -> "Steps":
        steps = Steps(self.words, self.source, prefix="v")
        if self.is_instance:
            steps.members()
            steps.wheres.append(Part(f"{steps.source}.key IN ({_VALUES})"))
        for member in self.members:
            steps.elements()
            steps.members(key=None if member == ANY else member)
        return steps


@dataclass
class Steps:
    """Items of FROM, and what they must fulfil."""

    words: Dialect
    source: str
    prefix: str
    items: list[str] = field(default_factory=list)
    wheres: list[Part] = field(default_factory=list)

    def next(self) -> str:
        self.source = f"{self.prefix}{len(self.items)}"
        return self.source

    def members(self, *, key: str | None = None, within: str | None = None) -> None:
        before = self.source
        self.items.append(self.words.members(before, self.next(), within=within))
        if key is not None:
            self.wheres.append(Part(f"{self.source}.key = %s", (key,)))

    def elements(self) -> None:
        before = self.source
        self.items.append(self.words.elements(before, self.next()))

    def followed_by(self, more: "Steps") -> None:
        """Go on with other steps."""
        self.items += more.items
        self.wheres += more.wheres
        self.source = more.source

    def exists(self, more: Part = ALWAYS) -> Part:
        """Return whether the steps lead anywhere that a condition holds for."""
        where = both([*self.wheres, more])
        return put(f"EXISTS (SELECT 1 FROM {', '.join(self.items)} WHERE §)", where)  # noqa: S608


def some_element(path: Path, words: Dialect, condition: Callable[[Element], Part]) -> Part:
    """Return whether there is an element at a path for which a condition holds."""
    found = elements(path, words)
    if found is None:
        return NEVER
    steps, element = found
    return steps.exists(both([element.exists(), condition(element)]))


def elements(path: Path, words: Dialect) -> tuple[Steps, Element] | None:
    """Return the steps to the elements at a path and one of them; None where a path leads nowhere."""
    steps = Steps(words, "e.present", prefix="p")
    if path.attribute in ENTITY_MEMBERS:
        if path.subs or path.members:
            return None
        steps.members(key=path.attribute)
        steps.wheres.append(Part(f"{steps.source}.value <> '[]'"))
        is_uri = "1 = 1" if path.attribute in {"id", "type"} else "1 = 0"
        return steps, Element(words, steps.source, is_uri=is_uri)
    steps.members(key=path.attribute, within="attrs")
    steps.elements()
    for place, sub in enumerate(path.subs):
        if sub in INSTANCE_MEMBERS:
            if place < len(path.subs) - 1 or path.members:
                return None
            steps.members(key=sub)
            return steps, Element(words, steps.source)
        steps.members(key=sub, within="attrs")
        steps.elements()
    return steps, Element(words, steps.source, path.members, is_instance=True)
