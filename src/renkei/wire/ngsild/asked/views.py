"""How a client wants to see what it asks for: representation, members, languages, datasets, linked entities."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from renkei.context.types import LONGEST_LANG, MEMBERS, RequestInvalid
from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text
from renkei.wire.ngsild.asked.words import Words, number
from renkei.wire.ngsild.reading.broken import BrokenRuleError
from renkei.wire.ngsild.reading.values import check_language, check_moment, expand_name
from renkei.wire.ngsild.terms import Terms
from renkei.wire.ngsild.writing.temporal import TemporalForm
from renkei.wire.ngsild.writing.view import PLAIN, Form, Members, View, read_datasets

_DEEPEST = 10
_SIGNS = re.compile(r"([,{}])")
_FORMS = {"keyValues": Form.SIMPLIFIED, **{form.value: form for form in Form}}
_TEMPORAL = {
    "normalized": TemporalForm.NORMALIZED,
    "temporalValues": TemporalForm.VALUES,
    "simplified": TemporalForm.VALUES,
    "keyValues": TemporalForm.VALUES,
    "aggregatedValues": TemporalForm.AGGREGATED,
}
_OPTIONS = frozenset({"sysAttrs", "noOverwrite", "update", "replace"})


class OptionUnknown(Refusal):
    kind, code = Kind.INVALID, "ngsild.option-unknown"
    text = Text(ja="{parameter} に「{word}」は使えません。", en="{parameter} does not know “{word}”.")
    remedy = Text(ja="{known} のどれかにしてください。", en="Use one of {known}.")


class JoinKind(StrEnum):
    """Where linked entities stand (clause 4.5.23)."""

    INLINE = "inline"
    FLAT = "flat"


@dataclass(frozen=True, slots=True)
class Joined:
    """Which linked entities come along."""

    kind: JoinKind
    levels: int
    contained_by: tuple[str, ...] = ()


def read_view(words: Words, terms: Terms) -> View:
    """Return the view that is asked for; `PLAIN` itself where nothing is. Raises context.request-invalid, ngsild.option-unknown."""
    form, options = _form(words, _FORMS), _options(words, _FORMS)
    pick, omit = (read_members(name, words.get(name), terms) for name in ("pick", "omit"))
    attrs = read_attributes(words, terms)
    if attrs and (pick is not None or omit is not None):
        raise RequestInvalid(why="attrs goes without pick and omit")
    if pick is not None and omit is not None and set(pick) & set(omit):
        raise RequestInvalid(why="pick and omit do not name the same member")
    view = View(
        form=form or Form.NORMALIZED,
        sys_attrs="sysAttrs" in options,
        attrs=frozenset(attrs) or None,
        pick=pick,
        omit=omit,
        lang=_languages(words),
        datasets=read_datasets(words["datasetId"]) if words.get("datasetId") else None,
    )
    return PLAIN if view == PLAIN else view


def _languages(words: Words) -> str | None:
    wanted = words.get("lang")
    if wanted is not None and len(wanted) > LONGEST_LANG:
        raise RequestInvalid(why=f"lang has at most {LONGEST_LANG} characters")
    return wanted


def read_temporal_form(words: Words) -> tuple[TemporalForm, bool]:
    """Return the representation of a history that is asked for, and whether times of the system are shown."""
    form = _form(words, _TEMPORAL)
    return form or TemporalForm.NORMALIZED, "sysAttrs" in _options(words, _TEMPORAL)


def read_merging(words: Words) -> tuple[str | None, str | None]:
    """Return the time and the language of what a merge leaves without (clause 6.5.3.4). Raises context.request-invalid."""
    try:
        observed_at = check_moment(words["observedAt"]) if "observedAt" in words else None
    except BrokenRuleError as broken:
        raise broken.under("observedAt").as_refusal() from None
    try:
        return observed_at, check_language(words["lang"]) if "lang" in words else None
    except BrokenRuleError as broken:
        raise broken.under("lang").as_refusal() from None


def read_join(words: Words) -> Joined | None:
    """Return which linked entities are asked for, if any. Raises context.request-invalid."""
    stated = words.get("join", "@none")
    if stated == "@none":
        return None
    if stated not in set(JoinKind):
        raise RequestInvalid(why="join is inline, flat or @none")
    contained = tuple(uri for uri in words.get("containedBy", "").split(",") if uri)
    return Joined(JoinKind(stated), number(words, "joinLevel", 1, least=1, most=_DEEPEST), contained)


def read_attributes(words: Words, terms: Terms) -> tuple[str, ...]:
    """Return the IRIs of `attrs`. Raises context.request-invalid, also for what is no attribute."""
    if "attrs" not in words:
        return ()
    names = words["attrs"].split(",")
    for name in names:
        if name in MEMBERS:
            raise RequestInvalid(why=f"attrs names attributes, and {name} is none; use pick")
    return tuple(name_of("attrs", name, terms) for name in names)


def name_of(parameter: str, name: str, terms: Terms) -> str:
    """Return the IRI of a name in a parameter. Raises context.request-invalid."""
    try:
        return expand_name(name, terms)
    except BrokenRuleError as broken:
        raise broken.under(parameter).as_refusal() from None


def read_members(parameter: str, text: str | None, terms: Terms) -> Members | None:
    """Read `a,b{c,d}` (clause 4.21). Raises context.request-invalid."""
    if text is None:
        return None
    signs = _SIGNS.split(text)[::-1]  # a name, then a sign and a name, and so on
    members = _members(parameter, signs, terms, 0)
    if signs:
        raise _no_members(parameter)
    return members


def _members(parameter: str, signs: list[str], terms: Terms, depth: int) -> dict[str, Any]:
    """Read members up to the sign that ends them, and leave it to the caller."""
    if depth > _DEEPEST:
        raise _no_members(parameter)
    found: dict[str, Any] = {}
    while True:
        name = signs.pop().strip()
        if not name:
            raise _no_members(parameter)
        member = name if name in MEMBERS else name_of(parameter, name, terms)
        found[member] = {}
        if signs and signs[-1] == "{":
            signs.pop()
            found[member] = _members(parameter, signs, terms, depth + 1)
            if not signs or signs.pop() != "}" or signs.pop().strip():
                raise _no_members(parameter)
        if not signs or signs[-1] != ",":
            return found
        signs.pop()


def _no_members(parameter: str) -> RequestInvalid:
    return RequestInvalid(why=f"{parameter} is a list of members such as a,b{{c,d}}")


def _form(words: Words, known: dict[str, Any]) -> Any:
    """Return the form of `format`, else of `options`, else None."""
    if "format" in words:
        if words["format"] not in known:
            raise OptionUnknown(parameter="format", word=words["format"][:40], known=", ".join(known))
        return known[words["format"]]
    named = [word for word in words.get("options", "").split(",") if word in known]
    return known[named[-1]] if named else None


def _options(words: Words, known: dict[str, Any]) -> frozenset[str]:
    options = frozenset(word for word in words.get("options", "").split(",") if word)
    for word in options:
        if word not in known and word not in _OPTIONS:
            raise OptionUnknown(
                parameter="options", word=word[:40], known=", ".join(sorted({*known, "sysAttrs"}))
            )
    return options
