"""How the pages about entities say moments, numbers and the words of the query builder."""

import shlex
from datetime import datetime

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode

from renkei.context.api import Circuit, Status
from renkei.kernel.clock import format_utc, parse_utc

register = template.Library()


@register.simple_tag
def instant(text: str) -> str:
    """Show a time that a document holds, to the second, in UTC; what is no time as it is."""
    try:
        exact = format_utc(parse_utc(text))
    except ValueError:
        return text or "–"
    return format_html('<time datetime="{}">{} {}</time>', exact, exact[:10], exact[11:19])


@register.simple_tag
def clock(at: datetime) -> str:
    """Show a time to the second, in UTC, where its column says so."""
    exact = format_utc(at)
    return format_html('<time datetime="{}">{} {}</time>', exact, exact[:10], exact[11:19])


@register.filter
def field_time(at: datetime) -> str:
    """Write a time as a field of a form takes it."""
    return format_utc(at)[:16]


@register.filter
def figure(value: float | None) -> str:
    """Write a number with as many digits as tell it from others."""
    return "–" if value is None else f"{value:.6g}"


@register.filter
def shell_word(text: str) -> str:
    """Write a text as one word of a shell: an address of a context comes from whoever named it first."""
    return shlex.quote(text)


@register.filter
def circuit_tone(circuit: Circuit) -> str:
    """Return the colour of an endpoint's state."""
    return {"closed": "good", "trying": "notice"}.get(circuit.value, "bad")


@register.filter
def status_tone(status: Status) -> str:
    """Return the colour of a subscription's status."""
    return {"active": "good", "paused": "notice"}.get(status.value, "")


@register.simple_tag(takes_context=True)
def sheet_at(context: Context, number: int) -> str:
    """Return the address of another page of the list that is shown."""
    query = context["request"].GET.copy()
    query["page"] = str(number)
    query.pop("redelivered", None)
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def entity_page(context: Context, uri: str) -> str:
    """Return the address of an entity's page, in the words that this page speaks."""
    address = reverse("entity", args=[uri])
    chosen = context["words"].chosen
    return f"{address}?{urlencode({'context': chosen})}" if chosen else address


@register.simple_tag(takes_context=True)
def wrong_row(context: Context, at: int) -> bool:
    """Return whether what was refused stands in this condition."""
    return bool(context.get("wrong") == f"row-{at}")


@register.simple_tag(takes_context=True)
def invalid_row(context: Context, at: int) -> str:
    """Mark the fields of a condition that what was refused stands in."""
    if not wrong_row(context, at):
        return ""
    return format_html(' aria-invalid="true" aria-describedby="row-{}-error"', at)
