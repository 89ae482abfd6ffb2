"""A database that went away meanwhile: one call fails, or none, and the next one finds it again."""

from datetime import datetime

import pytest
from django.db import OperationalError, connection, connections

from renkei.context import api as context
from renkei.context.rows import is_postgresql
from renkei.servers.lanes import Tended
from tests.factories.context import ACTOR, TENANT, URI, entity

pytestmark = pytest.mark.django_db(transaction=True)


def cut() -> None:
    """End this thread's session at the server, from another one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (session,) = cursor.fetchone()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [session])
    other.close()


@pytest.fixture
def _postgresql() -> None:
    if not is_postgresql():
        pytest.skip("SQLite has no server that could go away")


@pytest.mark.usefixtures("_postgresql")
def test_one_call_fails_and_the_next_finds_the_database_again(now: datetime):
    context.create_entity(TENANT, entity(), actor=ACTOR, now=now)
    tended = Tended()
    tended.tend()
    context.entity(TENANT, URI, now=now)
    cut()

    with pytest.raises(OperationalError):
        context.entity(TENANT, URI, now=now)
    tended.tend()

    assert context.entity(TENANT, URI, now=now)["id"] == URI


@pytest.mark.usefixtures("_postgresql")
def test_a_connection_that_is_asked_whether_it_is_well_fails_nobody(now: datetime):
    context.create_entity(TENANT, entity(), actor=ACTOR, now=now)
    cut()

    Tended().tend()

    assert context.entity(TENANT, URI, now=now)["id"] == URI


def test_a_connection_past_its_age_is_closed(now: datetime):
    context.create_entity(TENANT, entity(), actor=ACTOR, now=now)
    assert connections["default"].connection is not None

    connections["default"].close_at = 0
    Tended().tend()

    assert connections["default"].connection is None
