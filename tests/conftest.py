"""What all tests share; the node's settings are said in `tests/home.py`, the database is whatever the run names."""

from datetime import UTC, datetime

import hypothesis
import pytest
from django.conf import settings

from renkei.context.services import names, uses

# No test is about time, and none fails by chance: a busy machine makes none of them fail, and everybody draws the same
# examples. Whoever looks for more runs `pytest -m hypothesis --hypothesis-profile=wide`.
hypothesis.settings.register_profile(
    "wide", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], print_blob=True
)
hypothesis.settings.register_profile("house", hypothesis.settings.get_profile("wide"), derandomize=True)
hypothesis.settings.load_profile("house")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Put SQLite's test database into a file, as in service: in memory, threads that meet are refused, not queued.

    A door's threads outlive the test that used them, so that they give their connection back after every call.
    """
    database = settings.DATABASES["default"]
    database["CONN_MAX_AGE"] = 0
    if database["ENGINE"].endswith("sqlite3"):
        database["TEST"]["NAME"] = str(settings.RENKEI.home / "test.sqlite3")


@pytest.fixture(autouse=True)
def _unknown_names() -> None:
    """Let no test know the small numbers of another test's names: they were of a database that was emptied."""
    names.forget()
    uses.forget()


@pytest.fixture
def now() -> datetime:
    """The time at which the tests play."""
    return datetime(2026, 5, 1, 9, 0, tzinfo=UTC)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that touches a database, so that it runs again on PostgreSQL."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if item.get_closest_marker("django_db") or fixtures & {"db", "transactional_db", "live_node"}:
            item.add_marker(pytest.mark.storage)
