"""Notifications to consumers under agreements: shown as their terms allow, with the receipt in a header."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from renkei.context import api as context
from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.wire.rows import RECEIPT_HEADER


class SharedNotices:
    """Has notifications carried; what is for a consumer is filtered first, and recorded."""

    def __init__(self, carrier: context.Notifier) -> None:
        """`carrier` is who takes them to their endpoints."""
        self._carrier = carrier

    @contextmanager
    def opened(self, endpoint: context.Endpoint) -> Iterator[context.Send]:
        """Hold the carrier's connection to an endpoint."""
        with self._carrier.opened(endpoint) as send:
            yield partial(_send, send)


def _send(send: context.Send, notice: context.Notice) -> None:
    if not exchange.is_shared(notice):
        send(notice)
        return
    shown, receipt = exchange.show_notice(notice, now=utc_now())
    endpoint = shown.subscription.endpoint
    signed = replace(endpoint, receiver=(*endpoint.receiver, (RECEIPT_HEADER, receipt)))
    send(replace(shown, subscription=replace(shown.subscription, endpoint=signed)))
    exchange.taken(notice)
