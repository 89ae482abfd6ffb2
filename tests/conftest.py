"""A home of its own for every test worker, before Django reads its settings; the database is whatever the run names."""

import os
import tempfile
from datetime import UTC, datetime

import pytest

os.environ["RENKEI_HOME"] = tempfile.mkdtemp(prefix="renkei-test-")
os.environ.setdefault("RENKEI_INSIDE_PEERS", "yes")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "renkei.config.settings")


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
