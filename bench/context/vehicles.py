"""Synthetic vehicles: requests about them, ready to be sent. No vehicle, place or person is real."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

BRANDS = [f"brand-{number:02}" for number in range(50)]
BEGAN = datetime(2026, 5, 1, tzinfo=UTC)
ATTRIBUTES = 5
JSON = "application/json"


def uri(number: int, kind: str = "Vehicle") -> str:
    """Return the id of a vehicle."""
    return f"urn:ngsi-ld:{kind}:bench:{number}"


def vehicle(number: int, kind: str = "Vehicle") -> dict[str, Any]:
    """Return a vehicle with five attributes; the same number makes the same vehicle."""
    dice = random.Random(number)
    place = [round(139.4 + dice.random() / 2, 5), round(35.5 + dice.random() / 3, 5)]
    return {
        "id": uri(number, kind),
        "type": kind,
        "speed": {
            "type": "Property",
            "value": round(dice.random() * 1000, 3),
            "unitCode": "KMH",
            "observedAt": "2026-05-01T09:00:00Z",
        },
        "brand": {"type": "Property", "value": dice.choice(BRANDS)},
        "serial": {"type": "Property", "value": f"serial-{number}"},
        "isParked": {"type": "Relationship", "object": f"urn:ngsi-ld:Parking:bench:{number % 500}"},
        "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": place}},
    }


def time_of(number: int) -> str:
    """Return the moment of the reading of this number: one every ten seconds."""
    return (BEGAN + timedelta(seconds=10 * number)).isoformat().replace("+00:00", "Z")


def history(number: int, readings: range, kind: str = "Tracked") -> dict[str, Any]:
    """Return a stretch of the history of a vehicle's speed."""
    dice = random.Random(number)
    return {
        "id": uri(number, kind),
        "type": kind,
        "speed": [
            {"type": "Property", "value": round(dice.random() * 120, 2), "observedAt": time_of(reading)}
            for reading in readings
        ],
    }


@dataclass(frozen=True, slots=True)
class Words:
    """How one caller asks: with which token, at which port."""

    port: int
    token: str

    def request(self, method: str, path: str, body: Any = None, *, kind: str = JSON) -> bytes:
        """Return the bytes of a request under `/ngsi-ld/v1`."""
        content = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
        lines = [
            f"{method} /ngsi-ld/v1/{path} HTTP/1.1",
            f"host: 127.0.0.1:{self.port}",
            f"authorization: Bearer {self.token}",
            f"accept: {JSON}",
        ]
        if body is not None:
            lines += [f"content-type: {kind}", f"content-length: {len(content)}"]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + content

    def create(self, number: int, kind: str = "Vehicle") -> bytes:
        """Create a vehicle."""
        return self.request("POST", "entities", vehicle(number, kind))

    def upsert(self, numbers: range) -> bytes:
        """Create or replace a batch of vehicles."""
        return self.request("POST", "entityOperations/upsert", [vehicle(number) for number in numbers])

    def patch(self, number: int, value: float) -> bytes:
        """Change the speed of a vehicle."""
        return self.request("PATCH", f"entities/{uri(number)}/attrs/speed", {"value": value})

    def retrieve(self, number: int) -> bytes:
        """Ask for a vehicle."""
        return self.request("GET", f"entities/{uri(number)}")

    def query(self, q: str, *, more: str = "") -> bytes:
        """Ask for vehicles of which something is true."""
        return self.request("GET", f"entities?type=Vehicle&q={quote(q, safe='')}{more}")

    def remember(self, number: int, readings: range) -> bytes:
        """Write a stretch of a vehicle's history."""
        return self.request("POST", "temporal/entities", history(number, readings))

    def aggregate(self, number: int, readings: range, *, period: str) -> bytes:
        """Ask for means and maxima of a vehicle's speed in each period."""
        asked = {
            "attrs": "speed",
            "options": "aggregatedValues",
            "aggrMethods": "avg,max",
            "aggrPeriodDuration": period,
            "timerel": "between",
            "timeAt": time_of(readings.start),
            "endTimeAt": time_of(readings.stop),
        }
        told = "&".join(f"{name}={quote(value, safe='')}" for name, value in asked.items())
        return self.request("GET", f"temporal/entities/{uri(number, 'Tracked')}?{told}")

    def subscribe(self, number: int, *, endpoint: str, about: dict[str, Any]) -> bytes:
        """Subscribe to the speed of vehicles."""
        body = {
            "id": f"urn:ngsi-ld:Subscription:bench:{number}",
            "type": "Subscription",
            "entities": [about],
            "watchedAttributes": ["speed"],
            "notification": {"endpoint": {"uri": endpoint, "accept": JSON}},
        }
        return self.request("POST", "subscriptions", body)


def shuffled(count: int, among: int, *, seed: int) -> Iterator[int]:
    """Draw so many numbers of so many, the same ones in each run."""
    dice = random.Random(seed)
    return (dice.randrange(among) for _ in range(count))
