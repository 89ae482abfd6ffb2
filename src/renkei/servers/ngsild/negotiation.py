"""The media types that are spoken here, and which of them a caller likes best."""

from functools import lru_cache

from renkei.servers.errors import AcceptableMissing

JSON, JSON_LD, GEO_JSON, MERGE = (
    "application/json",
    "application/ld+json",
    "application/geo+json",
    "application/merge-patch+json",
)
BODIES = (JSON, JSON_LD)
PATCHES = (JSON, JSON_LD, MERGE)


@lru_cache(maxsize=512)
def accepted(header: str | None, offered: tuple[str, ...]) -> str:
    """Choose from what is offered, in the offer's order where the caller likes several as well."""
    if not header or header.strip() == "*/*":
        return offered[0]
    liked: list[tuple[str, float]] = []
    for part in header[:2000].split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        weight = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            liked.append((name.lower(), float(weight)))
        except ValueError:
            continue
    best, most = "", 0.0
    for media_type in offered:
        fits = _weight(media_type, liked)
        if fits > most:
            best, most = media_type, fits
    if not best:
        raise AcceptableMissing(accept=header[:80], known=", ".join(offered))
    return best


def _weight(media_type: str, liked: list[tuple[str, float]]) -> float:
    """Return the weight of the most precise range that covers a media type."""
    family = media_type.partition("/")[0] + "/*"
    for name in (media_type, family, "*/*"):
        found = [weight for range_, weight in liked if range_ == name]
        if found:
            return max(found)
    return 0.0
