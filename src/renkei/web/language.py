"""Which language a page is written in."""

from django.http import HttpRequest

from renkei.kernel.texts import LANGS, Lang

COOKIE = "lang"


def language_of(request: HttpRequest) -> Lang:
    """Choose by `?lang=`, then the cookie, then Accept-Language; English when none says anything we speak."""
    return (
        _spoken(request.GET.get("lang", ""))
        or _spoken(request.COOKIES.get(COOKIE, ""))
        or preferred(request.headers.get("Accept-Language", ""))
    )


def preferred(header: str) -> Lang:
    """Choose the best language that an Accept-Language header accepts (RFC 9110, 12.5.4)."""
    best: Lang = "en"
    weight_of_best = 0.0
    for part in header[:500].split(","):
        tag, _, weight = part.partition(";q=")
        spoken = _spoken(tag.strip().lower().split("-")[0])
        if spoken and _weight(weight) > weight_of_best:
            best, weight_of_best = spoken, _weight(weight)
    return best


def _spoken(tag: str) -> Lang | None:
    return next((lang for lang in LANGS if lang == tag), None)


def _weight(text: str) -> float:
    try:
        return float(text.strip() or "1")
    except ValueError:
        return 0.0
