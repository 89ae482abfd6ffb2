"""Every NGSI-LD endpoint."""

from starlette.routing import BaseRoute, Mount

from renkei.servers.ngsild import (
    batches,
    contexts,
    discovery,
    entities,
    reading,
    registrations,
    shared,
    subscriptions,
    temporal,
)
from renkei.servers.ngsild.application import NgsiLd
from renkei.servers.ngsild.door import BASE

ENDPOINTS = (
    *entities.ENDPOINTS,
    *batches.ENDPOINTS,
    *reading.ENDPOINTS,
    *discovery.ENDPOINTS,
    *contexts.ENDPOINTS,
    *registrations.ENDPOINTS,
    *subscriptions.ENDPOINTS,
    *temporal.ENDPOINTS,
)

ROUTES: list[BaseRoute] = [Mount(BASE, app=NgsiLd(ENDPOINTS)), *shared.ROUTES]
