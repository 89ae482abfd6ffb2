"""How the pages about offers say what a room only names: sampled values, terms, refusals and forbidden acts."""

from datetime import datetime

from django import template
from django.template import Context
from django.utils.html import format_html

from renkei.kernel.clock import format_utc
from renkei.kernel.refusals import Refusal
from renkei.kernel.texts import Text

register = template.Library()

TERMS: dict[str, Text] = {
    "rk:observedFrom": Text(ja="期間より前", en="Before the window"),
    "rk:observedUntil": Text(ja="期間より後", en="After the window"),
    "rk:withholdColumn": Text(ja="渡さない列", en="Columns withheld"),
    "unclassified": Text(ja="区分のない列", en="Columns without a class"),
    "rk:cell": Text(ja="位置をセルに", en="Positions as cells"),
    "rk:mask": Text(ja="値を変える列", en="Columns changed"),
    "rk:timeResolution": Text(ja="日時の切り下げ", en="Times rounded down"),
    "rk:minimumGroup": Text(ja="小さすぎるグループ", en="Groups that are too small"),
}
"""What a release's account of a term is about (docs/reference/releases.md)."""
FORBIDDEN: dict[str, Text] = {
    "sell": Text(ja="販売", en="Selling it"),
    "commercialize": Text(ja="営利目的での利用", en="Commercial use"),
    "derive": Text(ja="派生物の作成", en="Making new works out of it"),
    "reproduce": Text(ja="複製", en="Copying it"),
}


@register.simple_tag(takes_context=True)
def term_words(context: Context, term: str) -> str:
    """Say what a release's account is about."""
    said = TERMS.get(term)
    return term if said is None else said.in_(context["request"].lang)


@register.simple_tag(takes_context=True)
def forbidden(context: Context, action: str) -> str:
    """Say an act that terms can forbid."""
    return FORBIDDEN[action].in_(context["request"].lang)


@register.simple_tag(takes_context=True)
def refused(context: Context, refusal: Refusal) -> str:
    """Say why something is refused, in the page's language."""
    return refusal.said(context["request"].lang)


@register.simple_tag(takes_context=True)
def invalid(context: Context, field: str) -> str:
    """Mark the field that what was refused stands in."""
    return format_html(' aria-invalid="{}"', "true") if context.get("wrong") == field else ""


@register.filter
def sampled(value: object) -> str:
    """Write one value of a row."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return format_utc(value)
    if isinstance(value, bytes):
        return value.hex()
    return f"{value:.10g}" if isinstance(value, float) else str(value)
