"""The only place where ports meet their adapters."""

from datetime import timedelta

from django.conf import settings
from starlette.routing import BaseRoute, Mount

from renkei.audit import api as audit
from renkei.config.work import Job
from renkei.context import api as context
from renkei.exchange import api as exchange
from renkei.federation import api as federation
from renkei.kernel.clock import utc_now
from renkei.parties import api as parties
from renkei.servers import audit as audit_door
from renkei.servers import (
    dcat,
    did,
    dsp,
    duties,
    files,
    inbox,
    ingest,
    members,
    pull,
    query,
    receipt_page,
    sharing,
)
from renkei.servers.catalogues import crawler
from renkei.servers.courier import DspCourier
from renkei.servers.dsp.addresses import base_url
from renkei.servers.ngsild import api as ngsild
from renkei.servers.ngsild.notifying import NodeNotifier
from renkei.servers.ngsild.shared_notices import SharedNotices
from renkei.servers.push import HttpPusher
from renkei.servers.witnesses import HttpPeerLogs
from renkei.telemetry import api as telemetry
from renkei.web import api as web

UPLINK_BATCH = 50_000
HISTORY_BATCH = 50_000
OUTBOX_BATCH = 50
OUTBOX_WORKERS = 3
"""A peer that is slow to take a message holds up one of them."""
PUSH_WORKERS = 2
"""A consumer that is slow to take its data holds up one of them."""

CRAWLERS = 2
"""As with the outbox: a node that is slow to answer leaves one for the others."""


def doors() -> list[BaseRoute]:
    """Return every protocol door, mounted at its path."""
    return [
        *ngsild.ROUTES,  # first, since each of the others before it would cost every one of its many calls a look
        *audit_door.ROUTES,
        *dcat.ROUTES,
        *did.ROUTES,
        *dsp.ROUTES,
        *duties.ROUTES,
        *inbox.ROUTES,
        *ingest.ROUTES,
        *members.ROUTES,
        *pull.ROUTES,
        *receipt_page.ROUTES,
        *query.ROUTES,
        *sharing.ROUTES,
        Mount("/files", app=files.app),
    ]


def background_jobs(courier: exchange.Courier | None = None) -> tuple[Job, ...]:
    """Return what a node does between requests; `courier` is who carries its messages, over DSP unless told otherwise."""
    courier, pusher, logs = courier or DspCourier(), HttpPusher(), HttpPeerLogs()
    notices = context.Deliveries(SharedNotices(NodeNotifier()), clock=utc_now)
    crawling = crawler()
    return (
        *(
            Job(f"outbox-{number}", lambda: _deliver(courier), every=0.5, wake=exchange.wake)
            for number in range(OUTBOX_WORKERS)
        ),
        *(
            Job(f"push-{number}", lambda: exchange.push_due(pusher, now=utc_now()), every=1.0, wake=wake)
            for number, wake in enumerate([exchange.wake_pushes, *[None] * (PUSH_WORKERS - 1)])
        ),
        Job("notices", notices.look, every=0.25, wake=context.wake_notices),
        Job("notices-by-the-clock", lambda: context.tell_by_the_clock(now=utc_now()) and None, every=0.5),
        Job("notices-given-up", lambda: context.forget_given_up(now=utc_now()) and None, every=3600.0),
        Job("inbox", lambda: inbox.forget_halves(now=utc_now()) and None, every=600.0),
        *(Job(f"crawl-{number}", crawling.crawl_due, every=2.0) for number in range(CRAWLERS)),
        Job(
            "own-catalogues",
            lambda: federation.index_own(base_of=base_url, now=utc_now()) and None,
            every=2.0,
        ),
        Job("withdrawn", lambda: federation.forget_withdrawn(now=utc_now()) and None, every=3600.0),
        Job("end-dates", lambda: exchange.end_lapsed(now=utc_now()) and None, every=1.0),
        Job("duties", lambda: exchange.note_overdue(now=utc_now()) and None, every=5.0),
        Job("uplinks", _commit_uplinks, every=0.5),
        Job("context-feeds", _feed_history, every=float(settings.RENKEI.context_feed_seconds)),
        Job("context-archive", _archive_history, every=300.0),
        Job("context-expired", lambda: context.remove_expired(now=utc_now()), every=60.0),
        Job("context-upkeep", lambda: context.keep_house(now=utc_now()), every=3600.0),
        Job("witness", lambda: audit.visit_due(logs, now=utc_now(), clock=utc_now), every=2.0),
        Job("log", lambda: audit.seal(now=utc_now()) and None, every=1.0),
        # What receipts name: a head that was signed already, so that no read waits for the signing of one.
        Job("heads", lambda: audit.signed_head(now=utc_now()) and None, every=60.0),
        Job(
            "sign-ins",
            lambda: web.settle_sign_ins(now=utc_now()) and None,
            every=web.SIGN_IN_WINDOW.total_seconds(),
        ),
        Job("sessions", lambda: web.forget_old_sessions(now=utc_now()) and None, every=600.0),
        Job("old-keys", lambda: parties.wipe_old_keys(now=utc_now()) and None, every=60.0),
        Job("tokens", lambda: parties.forget_old_tokens(now=utc_now()) and None, every=600.0),
    )


def _deliver(courier: exchange.Courier) -> bool:
    # Less than a batch was all that was due: what comes later rings.
    return exchange.deliver_due(courier, now=utc_now(), limit=OUTBOX_BATCH) >= OUTBOX_BATCH


def _commit_uplinks() -> bool:
    # Only a full batch calls for the next one at once: many small ones would fill a table with small files.
    return telemetry.commit_staged(now=utc_now(), limit=UPLINK_BATCH) >= UPLINK_BATCH


def _feed_history() -> bool:
    return context.feed_history(now=utc_now(), limit=HISTORY_BATCH) >= HISTORY_BATCH


def _archive_history() -> bool:
    recent = timedelta(hours=settings.RENKEI.context_recent_hours)
    return context.archive_history(now=utc_now(), recent=recent, limit=HISTORY_BATCH) >= HISTORY_BATCH
