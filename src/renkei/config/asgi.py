"""The node behind one port: the protocol doors, and the portal for everything else."""

import gc
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from starlette.types import ASGIApp

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "renkei.config.settings")

from django.core.asgi import get_asgi_application

portal = cast(ASGIApp, get_asgi_application())

from django.conf import settings
from starlette.applications import Starlette
from starlette.routing import Mount

from renkei.config.wiring import background_jobs, doors
from renkei.config.work import Work


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[None]:
    """Run the background work beside the requests, unless it has a process of its own."""
    work = Work(background_jobs() if settings.RENKEI.background else ())
    work.start()
    yield
    work.stop()


app = Starlette(routes=[*doors(), Mount("/", app=portal)], lifespan=lifespan)

# What has been loaded stays. Searching it for garbage again and again took a fifth of the time of a busy node, whose own
# answers leave little that is not freed at once.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 50)
