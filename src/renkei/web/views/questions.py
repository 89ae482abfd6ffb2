"""The query builder: a form, the NGSI-LD request that it makes, and this node's answer to that request."""

import json
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from renkei.context import api as context
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import OrgId
from renkei.kernel.refusals import Refusal
from renkei.kernel.texts import Text
from renkei.servers.ngsild.door import Answer, refused
from renkei.servers.ngsild.inside import ask
from renkei.web import questions
from renkei.web.request import PortalRequest
from renkei.web.session import signed_in
from renkei.web.texts import TEXTS
from renkei.web.views import listing, tenant

LONGEST = 200_000
"""Characters of an answer that the page shows."""
CALLED = {
    "exists": "question.exists",
    "~=": "question.matches",
    "!~=": "question.matches-not",
    "auto": "question.auto",
    "text": "question.text",
    "written": "question.written",
    "near": "question.near",
    "within": "question.within",
    "intersects": "question.intersects",
    "contains": "question.contains",
    "disjoint": "question.disjoint",
    "overlaps": "question.overlaps",
    "equals": "question.equals",
    "normalized": "question.normalized",
    "concise": "question.concise",
    "simplified": "question.simplified",
    "geojson": "question.geojson",
    "temporalValues": "question.temporal-values",
    "aggregatedValues": "question.aggregated-values",
}
"""Texts of the choices that are not called by their own name."""
_TOLD = ("NGSILD-Results-Count", "Link", "Content-Range")


@require_safe
@signed_in
def question(request: PortalRequest) -> HttpResponse:
    """Show the form with the request that it makes, and the answer once it was asked."""
    owner = tenant.reader(request)
    if owner is None:
        return listing.show(request, "question", section="entities", hidden=True)
    words = tenant.words_of(request, owner)
    asked = questions.read_question(request.GET)
    made = questions.request_of(asked, context=words.chosen or None)
    answer, trouble = _answered(request, owner, made) if "ask" in request.GET else (None, None)
    return listing.show(
        request,
        "question",
        section="entities",
        status=answer.status if answer else 200,
        words=words,
        asked=asked,
        made=made,
        node=settings.RENKEI.public_url,
        answer=_shown(answer) if answer else None,
        trouble=trouble.said(request.lang) if trouble else "",
        wrong=questions.field_of(trouble, asked) if trouble else "",
        choices=_choices(owner, words),
    )


def _answered(request: PortalRequest, owner: OrgId, made: questions.Request) -> tuple[Answer, Refusal | None]:
    try:
        return (
            ask(
                made.endpoint,
                made.words,
                headers=made.headers,
                tenant=owner,
                actor=request.caller.actor,
                now=utc_now(),
            ),
            None,
        )
    except Refusal as refusal:
        return refused(refusal), refusal


def _shown(answer: Answer) -> dict[str, Any]:
    body = json.dumps(json.loads(answer.written() or b"null"), ensure_ascii=False, indent=2)
    return {
        "status": answer.status,
        "media_type": answer.media_type,
        "headers": [(name, answer.headers[name]) for name in _TOLD if name in answer.headers],
        "body": body[:LONGEST],
        "cut": len(body) > LONGEST,
    }


def _choices(owner: OrgId, words: tenant.Words) -> dict[str, Any]:
    now = utc_now()
    return {
        "types": sorted(words.terms.compact(each.iri) for each in context.types(owner, now=now)),
        "attributes": sorted(words.terms.compact(each.iri) for each in context.attributes(owner, now=now)),
        "operators": _called(questions.OPERATORS),
        "sorts": _called(questions.SORTS),
        "relations": _called(questions.RELATIONS),
        "forms": _called(questions.FORMS),
        "past_forms": _called(questions.PAST_FORMS),
        "methods": questions.METHODS,
        "times": questions.TIMES,
    }


def _called(values: Sequence[str]) -> list[tuple[str, Text | str]]:
    """Return each choice with what people call it."""
    return [(value, TEXTS[CALLED[value]] if value in CALLED else value) for value in values]
