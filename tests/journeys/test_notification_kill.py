"""The process that delivers is killed again and again: no notification is lost, and only the last few come twice."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from threading import Event
from time import monotonic
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from renkei.context import api as context
from renkei.context.models import LaneRow, NotificationRow
from renkei.kernel.clock import utc_now
from renkei.wire.ngsild.core import CORE_URL
from tests.factories import parties as make
from tests.factories.context import ACTOR, entity, prop
from tests.factories.far_server import answer, far_server
from tests.factories.subscriptions import NAME, members
from tests.servers.running import free_port

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
NOTICES = 600
DELIVERER = """
import django; django.setup()
from renkei.context import api as context
from renkei.kernel.clock import utc_now
from renkei.servers.ngsild.notifying import NodeNotifier
notices = context.Deliveries(NodeNotifier(), clock=utc_now)
while True:
    context.wake_notices.clear()
    notices.look()
    context.wake_notices.wait(0.05)
"""


def test_a_deliverer_that_dies_loses_nothing_and_a_dead_endpoint_delays_nobody():
    org = make.organisation(slug="tokai-lab").id
    with far_server(answer({})) as server:
        dead = f"http://127.0.0.1:{free_port()}/dead"
        for name, uri in ((NAME, server.url("/notify")), (f"{NAME}-dead", dead)):
            told = members(notification={"endpoint": {"uri": uri}}) | {"@context": CORE_URL}
            context.create_subscription(org, name, told, actor=ACTOR, now=utc_now())
        for number in range(NOTICES):
            made = entity(f"urn:x:{number}", speed=prop(number))
            context.create_entity(org, made, actor=ACTOR, now=utc_now())
        deaths = 0
        while _waiting(org):
            wanted = min(len(server.bodies) + 150, NOTICES) if deaths < 4 else NOTICES
            process = subprocess.Popen([sys.executable, "-c", DELIVERER], env=_environment())
            try:
                _await(lambda: len(server.bodies) >= wanted and (deaths < 4 or not _waiting(org)))  # noqa: B023
            finally:
                process.kill()
                process.wait()
            deaths += 1
            # The lease of the one that died runs out by itself after a minute; nobody waits for that here.
            LaneRow.objects.update(leased_until=utc_now() - timedelta(seconds=1))

    taken = [json.loads(body)["data"][0]["id"] for body in server.bodies]
    assert set(taken) == {f"urn:x:{number}" for number in range(NOTICES)}
    assert deaths == 5
    assert len(taken) < 2 * NOTICES
    assert NotificationRow.objects.count() == NOTICES  # the dead endpoint's wait


def _waiting(org: Any) -> int:
    return context.subscription(org, NAME, now=utc_now()).waiting or 0


def _await(reached: Any) -> None:
    until = monotonic() + 60
    while not reached():
        assert monotonic() < until, "nothing arrives any more"
        Event().wait(0.01)


def _environment() -> dict[str, str]:
    """Return an environment whose processes see this test's database."""
    named = connection.settings_dict
    scheme, where = "sqlite", ""
    if connection.vendor == "postgresql":
        scheme = "postgresql"
        where = f"{named['USER']}:{named['PASSWORD']}@{named['HOST']}:{named['PORT']}"
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "renkei.config.settings",
        "RENKEI_DATABASE_URL": f"{scheme}://{where}/{named['NAME']}",
        "RENKEI_INSIDE_PEERS": "yes",
        "RENKEI_HOME": str(settings.RENKEI.home),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
