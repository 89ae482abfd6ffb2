"""A home of its own for every test worker, before Django reads its settings; the database is whatever the run names."""

import os
import tempfile
from datetime import UTC, datetime

import pytest
from django.conf import settings

os.environ["RENKEI_HOME"] = tempfile.mkdtemp(prefix="renkei-test-")
os.environ.setdefault("RENKEI_INSIDE_PEERS", "yes")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "renkei.config.settings")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Put SQLite's test database into a file, as in service: in memory, threads that meet are refused, not queued.

    A door's threads outlive the test that used them, so that they give their connection back after every call.
    """
    database = settings.DATABASES["default"]
    database["CONN_MAX_AGE"] = 0
    if database["ENGINE"].endswith("sqlite3"):
        database["TEST"]["NAME"] = f"{os.environ['RENKEI_HOME']}/test.sqlite3"


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
