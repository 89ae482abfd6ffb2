"""The stylesheet and the mark come from the package and may be kept for as long as they do not change."""

import pytest
from django.test import Client

from renkei.web.assets import asset

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "media_type"), [("portal.css", "text/css; charset=utf-8"), ("mark.svg", "image/svg+xml")]
)
def test_an_asset_under_its_own_hash_may_be_kept_for_a_year(name: str, media_type: str) -> None:
    mark, content = asset(name)

    answer = Client().get(f"/static/{mark}/{name}")

    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (200, content, media_type)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_an_asset_under_an_old_hash_may_not_be_kept() -> None:
    assert Client().get("/static/0000/portal.css").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("name", ["nothing.css", "..%2f..%2fapps.py"])
def test_nothing_else_is_served(name: str) -> None:
    assert Client().get(f"/static/0000/{name}").status_code == 404
