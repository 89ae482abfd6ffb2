"""How templates say things: in the page's language, with times in UTC and ids short enough to read."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, cast
from urllib.parse import unquote

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString

import renkei
from renkei.exchange import api as exchange
from renkei.federation import api as federation
from renkei.kernel.clock import format_utc, utc_now
from renkei.kernel.places import Box
from renkei.kernel.texts import LANGS, Lang, Text
from renkei.parties import api as parties
from renkei.web.assets import asset as asset_of
from renkei.web.request import PortalRequest
from renkei.web.texts import TEXTS, word

register = template.Library()

_KANA = re.compile("[\u3040-\u30ff]")

TONES = {
    "FINALIZED": "good",
    "STARTED": "good",
    "COMPLETED": "good",
    "TERMINATED": "bad",
    "SUSPENDED": "notice",
}


@register.simple_tag(takes_context=True)
def t(context: Context, key: str, **facts: object) -> str:
    """Say one of the portal's texts."""
    text = TEXTS[key]
    return coded((text.fill(**facts) if facts else text).in_(_lang(context)))


@register.simple_tag(takes_context=True)
def say(context: Context, text: Text | str | None) -> str:
    """Say a text that came from a room."""
    return text.in_(_lang(context)) if isinstance(text, Text) else text or "–"


@register.simple_tag(takes_context=True)
def named(context: Context, value: object) -> str:
    """Say a word of an enumeration, such as a state or a category."""
    return word(value).in_(_lang(context))


@register.simple_tag
def when(at: datetime | None) -> str:
    """Show a time to the minute, in UTC."""
    if at is None:
        return "–"
    exact = format_utc(at)
    return format_html('<time datetime="{}">{} {} UTC</time>', exact, exact[:10], exact[11:16])


@register.simple_tag
def moment(at: datetime) -> str:
    """Show a time to the second, in UTC."""
    exact = format_utc(at)
    return format_html('<time datetime="{}">{} {} UTC</time>', exact, exact[:10], exact[11:19])


@register.simple_tag
def day(at: datetime) -> str:
    """Show the day of a time, in UTC."""
    exact = format_utc(at)
    return format_html('<time datetime="{}">{}</time>', exact, exact[:10])


@register.simple_tag
def short(identifier: str | None) -> str:
    """Show the end of an id, by which people tell it from others; the whole of it is in the title."""
    if not identifier:
        return "–"
    tail = identifier.rsplit(":", 1)[-1]
    shown = tail if len(tail) <= 14 else f"…{tail[-12:]}"
    return format_html('<code class="id" title="{}">{}</code>', identifier, shown)


@register.simple_tag(takes_context=True)
def title_of(context: Context, titles: Mapping[str, Text], dataset: str) -> str:
    """Say a dataset's title, or the end of its id where the dataset is another node's."""
    title = titles.get(dataset)
    return short(dataset) if title is None else title.in_(_lang(context))


@register.simple_tag(takes_context=True)
def owner_of(context: Context, owners: Mapping[str, parties.Organisation], org: str) -> str:
    """Say the name of an organisation of this node."""
    return owners[org].name.in_(_lang(context)) if org in owners else org


@register.simple_tag(takes_context=True)
def page_of(context: Context, page: str, identifier: str, org: str) -> str:
    """Return the address of a thing's page; for the operator it also tells whose copy is meant."""
    return page_address(context["request"], page, identifier, org)


@register.simple_tag(takes_context=True)
def standing(context: Context, agreement: exchange.Agreement) -> str:
    """Say whether an agreement is in force, and if not, why."""
    if agreement.ended_at is not None:
        tone, key = "bad", "agreement.ended"
    elif agreement.in_force_at is None:
        tone, key = "notice", "agreement.not-yet"
    elif not agreement.in_force(utc_now()):
        tone, key = "", "agreement.expired"
    else:
        tone, key = "good", "agreement.in-force"
    return format_html('<span class="state {}">{}</span>', tone, TEXTS[key].in_(_lang(context)))


@register.simple_tag
def asset(name: str) -> str:
    """Return the address of one of the portal's files."""
    return reverse("asset", kwargs={"mark": asset_of(name)[0], "name": name})


@register.simple_tag
def version() -> str:
    """Return renkei's version."""
    return renkei.__version__


@register.simple_tag(takes_context=True)
def here(context: Context, section: str) -> str:
    """Mark the menu's entry of the page that is shown."""
    return format_html(' aria-current="{}"', "page") if context.get("section") == section else ""


@register.simple_tag(takes_context=True)
def other_language(context: Context) -> Lang:
    """Return the language that the page is not written in."""
    return next(lang for lang in LANGS if lang != _lang(context))


@register.simple_tag(takes_context=True)
def in_language(context: Context, lang: Lang) -> str:
    """Return this page's address in another language."""
    query = context["request"].GET.copy()
    query["lang"] = lang
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def reasons_of(context: Context, process: exchange.Negotiation | exchange.Transfer) -> str:
    """Say why a process stopped, in the page's language where its reasons were given in both, else as they came."""
    japanese = [reason for reason in process.reasons if _KANA.search(reason)]
    other = [reason for reason in process.reasons if not _KANA.search(reason)]
    both = bool(japanese and other)
    return " ".join((japanese if _lang(context) == "ja" else other) if both else process.reasons)


@register.simple_tag(takes_context=True)
def part_at(context: Context, after: str | None) -> str:
    """Return the address of another part of the list that this page shows; of its beginning where `after` is None."""
    query = context["request"].GET.copy()
    query.pop("after", None)
    if after is not None:
        query["after"] = after
    return f"?{query.urlencode()}"


@register.filter
def tone(process: exchange.Negotiation | exchange.Transfer) -> str:
    """Return the colour of a process's state: what waits for a decision stands out."""
    return "notice" if process.decision_due else TONES.get(process.state.value, "")


@register.filter
def outcome_tone(outcome: exchange.Outcome) -> str:
    """Return the colour of what became of a message."""
    tones = {exchange.Outcome.TAKEN: "good", exchange.Outcome.WAITING: "notice"}
    return tones.get(outcome, "bad")


@register.filter
def page_of_kind(kind: exchange.MessageKind) -> str:
    """Return the name of the page of the process that a message belongs to."""
    return "negotiation" if kind.startswith("contract-") else "transfer"


@register.filter
def standing_tone(standing: federation.Standing) -> str:
    """Return the colour of an entry's standing."""
    return {"current": "good", "stale": "notice"}.get(standing.value, "bad")


@register.filter
def corners(box: Box) -> str:
    """Write a box as a search takes it."""
    return ", ".join(f"{each:g}" for each in box.corners())


@register.filter
def participant_name(did: str) -> str:
    """Return what people call a participant: the last part of its DID."""
    return did.rsplit(":", 1)[-1]


@register.filter
def participant_host(did: str) -> str:
    """Return the node that a participant's DID names; empty for what is no `did:web`."""
    parts = did.split(":")
    return unquote(parts[2]) if parts[:2] == ["did", "web"] and len(parts) > 2 else ""


@register.filter
def coded(text: str) -> SafeString:
    """Show what stands between backticks as code."""
    words = text.split("`")
    return format_html_join(
        "", "{}", ((_code(word) if place % 2 else word,) for place, word in enumerate(words))
    )


@register.filter
def by_name(members: Iterable[StrEnum]) -> list[StrEnum]:
    """Return members of an enumeration in a steady order."""
    return sorted(members)


@register.filter
def pretty(value: Any) -> str:
    """Write a JSON value with indentation."""
    return json.dumps(value, indent=2, ensure_ascii=False)


@register.filter
def grouped(number: int | None) -> str:
    """Write a whole number in groups of three."""
    return "–" if number is None else f"{number:,}"


@register.filter
def measured(value: float | None, unit: str) -> str:
    """Write a measured value with its unit."""
    return "–" if value is None else f"{value:g} {unit}"


@register.filter
def percent(permille: int | None) -> str:
    """Write a share given in ‰ as per cent."""
    return "–" if permille is None else f"{permille / 10:g} %"


def page_address(request: PortalRequest, page: str, identifier: str, org: str) -> str:
    """Return the address of a thing's page as this caller reaches it."""
    address = reverse(page, args=[identifier])
    return address if request.caller.org else f"{address}?{urlencode({'org': org})}"


def _code(word: str) -> SafeString:
    return format_html("<code>{}</code>", word)


def _lang(context: Context) -> Lang:
    return cast("Lang", context["request"].lang)
