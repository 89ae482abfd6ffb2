"""Carries notifications: over HTTP by the node's guarded calls, over MQTT by a connection to a judged address.

What is sent is written here, at the last moment: with the subscriber's JSON-LD context, in the form asked for.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from renkei.context import api as context
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import OrgId
from renkei.kernel.refusals import Kind, Refusal
from renkei.parties import api as parties
from renkei.servers import outgoing
from renkei.servers.addresses import names_inside
from renkei.servers.errors import AddressInsecure, AddressInside, PeerFaulted
from renkei.servers.ngsild.mqtt import Broker, BrokerRefusedError, BrokerSilentError
from renkei.servers.ngsild.resolving import consulted, link
from renkei.wire.ngsild.notifications import Written, write_notification

PATIENCE: Final = 5.0
"""Seconds that a receiver may take for one notification, unless its subscriber gives it another time."""
LONGEST: Final = 30.0
SECURE = frozenset({"https", "mqtts"})


class NodeNotifier:
    """Carries notifications over HTTP and MQTT; safe in any number of threads and processes."""

    def __init__(self, calls: outgoing.Outgoing | None = None) -> None:
        """`calls` is who makes the HTTP calls: the process's shared one unless told otherwise."""
        self._calls = calls

    @contextmanager
    def opened(self, endpoint: context.Endpoint) -> Iterator[context.Send]:
        """Hold one connection to an endpoint; HTTP has a pool of its own."""
        if urlsplit(endpoint.uri).scheme.startswith("http"):
            yield partial(self._post, endpoint)
            return
        with Broker(endpoint, inside_peers=settings.RENKEI.inside_peers) as broker:
            yield partial(_publish, broker, endpoint)

    def _post(self, endpoint: context.Endpoint, notice: context.Notice) -> None:
        written = _written(notice)
        headers = [(name.encode(), value.encode()) for name, value in written.headers]
        calls = self._calls or outgoing.shared_outgoing()
        try:
            check_endpoint(endpoint.uri)
            calls.post(endpoint.uri, written.as_http(), headers=headers, seconds=seconds_of(endpoint))
        except Refusal as refusal:
            raise _as_trouble(refusal) from refusal


def check_endpoint(uri: str) -> None:
    """Raise a refusal where this node would not send to an address, as far as the address itself shows it.

    A name that leads inside is found out when it is called. Raises servers.address-inside, address-insecure.
    """
    if settings.RENKEI.inside_peers:
        return
    parts = urlsplit(uri)
    if names_inside(parts.hostname or ""):
        raise AddressInside(host=parts.hostname)
    if parts.scheme not in SECURE:
        raise AddressInsecure(url=parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()[:200])


def seconds_of(endpoint: context.Endpoint) -> float:
    """Return how long a receiver may take."""
    return PATIENCE if endpoint.timeout is None else min(endpoint.timeout.total_seconds(), LONGEST)


def _publish(broker: Broker, endpoint: context.Endpoint, notice: context.Notice) -> None:
    written = _written(notice)
    try:
        check_endpoint(endpoint.uri)
        broker.publish(written.as_mqtt(), seconds=seconds_of(endpoint))
    except BrokerSilentError as why:
        raise context.ReceiverUnavailable(str(why)) from why
    except BrokerRefusedError as why:
        raise context.ReceiverRefused(str(why)) from why
    except Refusal as refusal:
        raise _as_trouble(refusal) from refusal


def _written(notice: context.Notice) -> Written:
    """Write a notification. Raises ReceiverUnavailable where the subscriber's context cannot be had."""
    tenant = OrgId(notice.tenant)
    try:
        used = consulted(notice.subscription.context, tenant=tenant, now=utc_now())
        named = link(used, tenant=tenant, now=utc_now())
    except Refusal as refusal:
        raise context.ReceiverFaulted(refusal.said("en")) from refusal
    return write_notification(notice, used, link=named, tenant=_name_of(tenant))


def _as_trouble(refusal: Refusal) -> Exception:
    said = str(refusal)
    if isinstance(refusal, PeerFaulted):
        return context.ReceiverFaulted(said)
    if refusal.kind is Kind.UNAVAILABLE:
        return context.ReceiverUnavailable(said)
    return context.ReceiverRefused(said)


@lru_cache(maxsize=1000)
def _name_of(tenant: OrgId) -> str:
    return parties.organisation(tenant).slug
