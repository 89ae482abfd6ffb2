"""The node under test: the product's doors and background work, the kit's triggers, and the script."""

import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "renkei.config.settings")

import django

django.setup()

import msgspec
from starlette.applications import Starlette

from renkei.config.wiring import background_jobs, doors
from renkei.config.work import Job, Work
from renkei.exchange import api as exchange
from renkei.exchange.models import NegotiationRow
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import AgreementId, OrgId, ParticipantId, new_id
from renkei.parties import api as parties
from renkei.servers import identity
from renkei.servers.courier import DspCourier
from renkei.servers.door import Call, Reply, in_room, json_reply, route
from tests.conformance.dsp_kit.run import SLUG
from tests.conformance.dsp_kit.script import TERMS, Player
from tests.conformance.dsp_kit.seeds import KIT


class KitIsLetIn:
    """Takes whoever calls for the kit, as the kit shows nothing that could be verified."""

    def check_shown(self, call: Call) -> None:
        """Ask for nothing."""

    def read(self, call: Call, *, audience: ParticipantId) -> parties.PeerToken:
        """Name the kit."""
        once = hashlib.sha256(new_id().encode()).hexdigest()
        return parties.PeerToken(KIT, digest=once, forget_at=utc_now() + timedelta(minutes=1))

    def authorize(self, *, org: OrgId, audience: ParticipantId) -> str:
        """Show a name that the kit does not look at."""
        return SLUG


class KitCourier(DspCourier):
    """Tries again what the kit does not know yet: it takes up each address only while a test waits for it."""

    def send(self, message: exchange.Outgoing) -> exchange.Sent:
        """Send a message; 404 means later."""
        try:
            return super().send(message)
        except exchange.PeerRefused as refusal:
            if refusal.status != 404:
                raise
            raise exchange.PeerUnavailable(str(refusal)) from refusal


class NegotiationTrigger(msgspec.Struct, rename="camel"):
    """The kit wants our side to ask for a contract."""

    provider_id: str
    connector_address: str
    offer_id: str
    dataset_id: str


class TransferTrigger(msgspec.Struct, rename="camel"):
    """The kit wants our side to ask for data."""

    provider_id: str
    connector_address: str
    agreement_id: str
    format: str


def negotiate(call: Call) -> Reply:
    """Ask the kit for a contract."""
    asked, org = call.read(NegotiationTrigger), parties.organisation_by_slug(SLUG)
    begun = exchange.request_negotiation(
        org=org.id,
        provider=ParticipantId(asked.provider_id),
        address=asked.connector_address,
        dataset=asked.dataset_id,
        offer=TERMS | {"@id": asked.offer_id},
        by_hand=True,
        actor=org.actor,
        now=utc_now(),
    )
    return json_reply({"id": begun.id})


def transfer(call: Call) -> Reply:
    """Ask the kit for data; where it listens, it says only now."""
    asked, org = call.read(TransferTrigger), parties.organisation_by_slug(SLUG)
    NegotiationRow.objects.filter(agreement=asked.agreement_id).update(peer_address=asked.connector_address)
    begun = exchange.request_transfer(
        org=org.id,
        agreement=AgreementId(asked.agreement_id),
        format=asked.format,
        actor=org.actor,
        now=utc_now(),
    )
    return json_reply({"id": begun.id})


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[None]:
    """Run the background work, and the script beside it."""
    player = Player(await in_room(partial(parties.organisation_by_slug, SLUG)))
    work = Work((*background_jobs(KitCourier()), Job("script", player.play, every=0.05)))
    work.start()
    yield
    work.stop()


identity.use(KitIsLetIn())
app = Starlette(
    routes=[
        route("/kit/negotiations", negotiate, methods=["POST"]),
        route("/kit/transfers", transfer, methods=["POST"]),
        *doors(),
    ],
    lifespan=lifespan,
)
