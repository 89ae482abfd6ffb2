"""Eclipse EDC, as `tests.interop.edc` starts it, with EDC's own mock identity: no keys, no signatures."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec

from tests.interop.edc.build import runtime
from tests.interop.edc.connector import QUICK, Connector

POLICY: dict[str, Any] = {
    "permission": [
        {
            "action": "use",
            "constraint": [
                {
                    "or": [
                        {"leftOperand": "purpose", "operator": {"@id": "odrl:eq"}, "rightOperand": word}
                        for word in ("education", "research")
                    ]
                },
            ],
        }
    ]
}
"""The terms of the renkei side's datasets."""
JAVA = ()
"""No flags: the heap that Java chooses for this machine."""
_FILLERS = 4


def made(home: Path, *, quick: bool, heap: tuple[str, ...] = JAVA) -> Connector:
    """Return a connector that is not started yet, with its own loop or with one of 50 ms."""
    loops: Mapping[str, str] = QUICK if quick else dict.fromkeys(QUICK, "1000")
    settings = {**loops, "edc.policy.validation.enabled": "false"}
    return Connector(runtime("mock"), home, settings, heap)


@dataclass
class EdcPair:
    """Two connectors that negotiate with each other."""

    consumer: Connector
    provider: Connector
    offer: dict[str, Any]

    def begin(self) -> str:
        """Ask for the dataset under its offer; returns the negotiation's id."""
        return self.consumer.negotiate(
            self.provider.did, self.provider.address, self.offer, target="readings"
        )

    def await_end(self, negotiation: str) -> bool:
        """Return when the consumer sees the end of the negotiation: whether it is FINALIZED."""
        ended = self.consumer.settled(
            f"/contractnegotiations/{negotiation}", "FINALIZED", "TERMINATED", every=0.005
        )
        return bool(ended["state"] == "FINALIZED")


@contextmanager
def pair(home: Path, *, quick: bool) -> Iterator[EdcPair]:
    """Run two connectors until the block ends; the provider offers one dataset."""
    consumer, provider = (made(home / name, quick=quick) for name in ("consumer", "provider"))
    try:
        consumer.start()
        provider.start()
        provider.publish("readings", source="http://127.0.0.1:9/", policy=POLICY)
        (dataset,) = consumer.catalog(provider.did, provider.address)["dataset"]
        yield EdcPair(consumer, provider, dataset["hasPolicy"][0])
    finally:
        consumer.stop()
        provider.stop()


def fill(provider: Connector, count: int) -> None:
    """Offer so many datasets under one contract definition, through the management API."""
    described = {
        "http://purl.org/dc/terms/title": "Readings",
        "http://purl.org/dc/terms/description": "Readings sent over LoRaWAN. " * 5,
        "http://purl.org/dc/terms/license": "CC-BY-4.0",
    }
    address = {"@type": "DataAddress", "type": "HttpData", "baseUrl": "http://127.0.0.1:9/"}

    def asset(number: int) -> None:
        body = {"@id": f"urn:d:{number:06}", "properties": described, "dataAddress": address}
        provider.ask("POST", "/assets", body)

    with ThreadPoolExecutor(_FILLERS) as fillers:
        list(fillers.map(asset, range(count)))
    provider.offer("all", policy=POLICY, selector=[])


def fetch_catalogue(provider: Connector, *, page: int) -> tuple[int, int]:
    """Read the whole catalogue at the protocol's door, page by page; returns datasets and bytes."""
    shown = {"region": "eu", "clientId": "did:web:reader.example", "audience": provider.address}
    found = size = 0
    with httpx.Client(timeout=300, trust_env=False) as client:
        while True:
            window = {"@type": "QuerySpec", "offset": found, "limit": page, "sortOrder": "ASC"}
            answered = client.post(
                f"{provider.address}/catalog/request",
                headers={"Authorization": msgspec.json.encode(shown).decode()},
                json={
                    "@context": [
                        "https://w3id.org/dspace/2025/1/context.jsonld",
                        "https://w3id.org/edc/dspace/v0.0.1",
                    ],
                    "@type": "CatalogRequestMessage",
                    "filter": [window | {"filterExpression": []}],
                },
            )
            answered.raise_for_status()
            listed = len(msgspec.json.decode(answered.content).get("dataset", ()))
            found, size = found + listed, size + len(answered.content)
            if listed < page:
                return found, size


class StartedEdc:
    """One connector as a process."""

    def __init__(self, home: Path, heap: tuple[str, ...] = JAVA) -> None:
        """Prepare one that is not started."""
        self._connector = made(home, quick=True, heap=heap)

    def launch(self) -> int:
        """Start it without waiting; returns the process's id."""
        self._connector.launch()
        assert self._connector.process is not None
        return self._connector.process.pid

    def answers(self) -> bool:
        """Tell whether it answers with its version document."""
        return self._connector.speaks()

    def stop(self) -> None:
        """End it."""
        self._connector.stop()
