"""The few files that pages load, served from the package under names that change with their content."""

import hashlib
from functools import cache
from pathlib import Path

from django.http import HttpRequest, HttpResponse

from renkei.web.errors import PageMissing

FOLDER = Path(__file__).parent / "static" / "web"
TYPES = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
A_YEAR = "public, max-age=31536000, immutable"


@cache
def asset(name: str) -> tuple[str, bytes]:
    """Return a file's short content hash and its bytes. Raises PageMissing when there is no such file."""
    found = next((path for path in FOLDER.iterdir() if path.name == name), None)
    if found is None:
        raise PageMissing
    content = found.read_bytes()
    return hashlib.sha256(content).hexdigest()[:16], content


def serve(_request: HttpRequest, *, mark: str, name: str) -> HttpResponse:
    """Answer with a file; with a hash that is not its own it may not be kept."""
    current, content = asset(name)
    kept = A_YEAR if mark == current else "no-cache"
    return HttpResponse(content, content_type=TYPES[Path(name).suffix], headers={"Cache-Control": kept})
