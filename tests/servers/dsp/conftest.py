"""Two members and a stranger at one node, who speak the protocol with each other over the door."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.kernel.texts import Text
from renkei.parties import api as parties
from renkei.servers import dsp
from renkei.servers.dsp.addresses import base_url
from renkei.wire.dsp import envelope
from tests.factories import lake as tables
from tests.factories import parties as make


@dataclass
class Speaker:
    """One organisation that calls another's door, with a fresh token for each call unless it holds one."""

    org: parties.Organisation
    door: TestClient
    token: dict[str, str] | None = None

    def get(self, to: parties.Organisation, path: str) -> Any:
        """Fetch something below the other's base."""
        return self.door.get(self._path(to, path), headers=self._token(to))

    def say(self, to: parties.Organisation, path: str, kind: str, **members: Any) -> Any:
        """Send a message below the other's base."""
        body = {"@context": [envelope.CONTEXT], "@type": kind, **members}
        return self.door.post(self._path(to, path), content=json.dumps(body), headers=self._token(to))

    def request(self, to: parties.Organisation, offer: exchange.Offer, **changed: Any) -> Any:
        """Ask for a contract under a published offer, with members of the policy changed."""
        return self.say(
            to,
            "/negotiations/request",
            "ContractRequestMessage",
            consumerPid="urn:consumer:1",
            callbackAddress=base_url(self.org),
            offer=offer.policy(target=True) | changed,
        )

    def _path(self, to: parties.Organisation, path: str) -> str:
        return f"/orgs/{to.slug}/dsp/2025-1{path}"

    def _token(self, to: parties.Organisation) -> dict[str, str]:
        if self.token is not None:
            return self.token
        signed = parties.sign_token(org=self.org.id, audience=to.participant, now=utc_now())
        return {"Authorization": f"Bearer {signed}"}


@pytest.fixture
def door() -> TestClient:
    return TestClient(Starlette(routes=dsp.ROUTES), raise_server_exceptions=False)


@pytest.fixture
def provider() -> parties.Organisation:
    return make.organisation(slug="provider")


@pytest.fixture
def consumer(door: TestClient) -> Speaker:
    return Speaker(make.organisation(slug="consumer"), door)


@pytest.fixture
def stranger(door: TestClient) -> Speaker:
    return Speaker(make.organisation(slug="stranger"), door)


@pytest.fixture
def dataset(provider: parties.Organisation) -> exchange.Dataset:
    return publish(provider, name="readings")


@pytest.fixture
def offer(provider: parties.Organisation, dataset: exchange.Dataset) -> exchange.Offer:
    return offered(provider, dataset)


def publish(provider: parties.Organisation, *, name: str) -> exchange.Dataset:
    """Publish a table without personal columns."""
    table = tables.table(owner=provider.id, name=name, subject=None)
    return exchange.publish_dataset(
        owner=provider.id,
        table=table.id,
        title=Text(ja=f"測定値 {name}", en=f"Readings {name}"),
        description=Text(ja="温度の測定値", en="Readings of temperature"),
        licence="CC-BY-4.0",
        classes=(),
        themes=("temperature",),
        actor=provider.actor,
        now=utc_now(),
    )


def offered(
    provider: parties.Organisation, dataset: exchange.Dataset, *, automatic: bool = True
) -> exchange.Offer:
    """Offer a dataset for research and teaching."""
    purpose = {"leftOperand": "purpose", "operator": "isAnyOf", "rightOperand": ["research", "teaching"]}
    terms = {"profile": exchange.PROFILE, "permission": [{"action": "use", "constraint": [purpose]}]}
    return exchange.offer(
        dataset=dataset.id, terms=terms, automatic=automatic, actor=provider.actor, now=utc_now()
    )
