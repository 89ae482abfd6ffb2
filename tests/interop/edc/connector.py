"""An EDC connector as a process, and what its operator asks of it through the management API."""

import base64
import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec

from renkei.kernel.did import did_of
from renkei.servers.broker import free_port
from tests.interop.edc.build import Runtime

PROTOCOL = "dataspace-protocol-http:2025-1"
HEAP = ("-Xms64m", "-Xmx384m")
"""More than EDC needs for a few contracts; its default, a quarter of the machine, starves what runs beside it."""
QUICK = {
    f"edc.{machine}.state-machine.iteration-wait-millis": "50"
    for machine in (
        "negotiation.consumer",
        "negotiation.provider",
        "transfer",
        "data.plane.selector",
        "dataplane",
        "policy.monitor",
    )
}
"""What EDC's own tests set, for every state machine: it looks 20 times a second for what is to do, not once."""
PATIENCE = 90.0
_EDC = {"@vocab": "https://w3id.org/edc/v0.0.1/ns/"}
_ENTRANCES = ("management", "protocol", "control", "version")
_MAIN = "org.eclipse.edc.boot.system.runtime.BaseRuntime"


@dataclass
class Connector:
    """One EDC runtime with its stores in memory, on free ports of this machine."""

    runtime: Runtime
    home: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    heap: tuple[str, ...] = HEAP
    process: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        """Take ports; the DID stands for the address of the protocol."""
        self.ports = {name: free_port() for name in ("default", *_ENTRANCES)}
        self.protocol = f"http://127.0.0.1:{self.ports['protocol']}/protocol"
        self.did = did_of(self.protocol)
        self.address = f"{self.protocol}/2025-1"
        self._http = httpx.Client(
            base_url=f"http://127.0.0.1:{self.ports['management']}/management", timeout=60, trust_env=False
        )

    def launch(self) -> None:
        """Start the process, and do not wait for it."""
        self.home.mkdir(parents=True, exist_ok=True)
        written = self.home / "edc.properties"
        written.write_text("".join(f"{name}={value}\n" for name, value in self._configuration().items()))
        command = ["java", *self.heap, "-cp", self.runtime.classpath, f"-Dedc.fs.config={written}", _MAIN]
        log = (self.home / "edc.log").open("wb")
        self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def start(self) -> None:
        """Start the process and wait until it says that it is ready."""
        self.launch()
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and not self.is_ready():
            assert self.process is not None
            assert self.process.poll() is None, f"EDC ended: {self.log()[-4000:]}"
            time.sleep(0.05)
        assert self.is_ready(), f"EDC did not become ready: {self.log()[-4000:]}"

    def is_ready(self) -> bool:
        """Tell whether it is up, in its own opinion too."""
        return self.speaks() and _answers(f"http://127.0.0.1:{self.ports['default']}/api/check/readiness")

    def speaks(self) -> bool:
        """Tell whether it answers with its version document."""
        return _answers(f"{self.protocol}/.well-known/dspace-version")

    def stop(self) -> None:
        """End the process."""
        self._http.close()
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()

    def log(self) -> str:
        """Return what it wrote."""
        return (self.home / "edc.log").read_text(errors="replace")

    # ---- the management API

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Call the management API and return the answer."""
        sent = None if body is None else {"@context": _EDC, **body}
        answered = self._http.request(method, f"/v3{path}", json=sent)
        assert answered.status_code < 300, f"{path}: {answered.status_code} {answered.text}"
        return answered.json() if answered.content else None

    def publish(self, asset: str, *, source: str, policy: Mapping[str, Any], title: str = "") -> None:
        """Offer what lies at an HTTP address under a policy, to everybody."""
        address = {"@type": "DataAddress", "type": "HttpData", "baseUrl": source}
        described = {"http://purl.org/dc/terms/title": title or asset, "contenttype": "application/json"}
        self.ask("POST", "/assets", {"@id": asset, "properties": described, "dataAddress": address})
        selector = {
            "operandLeft": "https://w3id.org/edc/v0.0.1/ns/id",
            "operator": "=",
            "operandRight": asset,
        }
        self.offer(asset, policy=policy, selector=[{"@type": "Criterion", **selector}])

    def offer(self, name: str, *, policy: Mapping[str, Any], selector: list[dict[str, str]]) -> None:
        """Offer the assets that a selector finds, all of them where it is empty, under a policy, to everybody."""
        self.ask("POST", "/policydefinitions", {"@id": f"open-{name}", "policy": _set({"permission": []})})
        self.ask("POST", "/policydefinitions", {"@id": f"terms-{name}", "policy": _set(policy)})
        contract = {
            "@id": f"offer-{name}",
            "accessPolicyId": f"open-{name}",
            "contractPolicyId": f"terms-{name}",
        }
        self.ask("POST", "/contractdefinitions", contract | {"assetsSelector": selector})

    def catalog(self, provider: str, address: str, **query: Any) -> dict[str, Any]:
        """Return a provider's catalogue as EDC read it."""
        asked = {"counterPartyId": provider, "counterPartyAddress": address, "protocol": PROTOCOL}
        found: dict[str, Any] = self.ask(
            "POST", "/catalog/request", asked | ({"querySpec": query} if query else {})
        )
        return found

    def negotiate(self, provider: str, address: str, offer: Mapping[str, Any], *, target: str) -> str:
        """Ask for a dataset under an offer as it stood in the catalogue; returns the negotiation's id."""
        policy = {**offer, "assigner": {"@id": provider}, "target": {"@id": target}}
        asked = {"counterPartyAddress": address, "counterPartyId": provider, "protocol": PROTOCOL}
        context = [_EDC, "http://www.w3.org/ns/odrl.jsonld"]
        sent = {"@context": context, "@type": "ContractRequest", **asked, "policy": policy}
        answered = self._http.post("/v3/contractnegotiations", json=sent)
        assert answered.status_code == 200, answered.text
        return str(answered.json()["@id"])

    def transfer(self, provider: str, address: str, agreement: str, form: str, **more: Any) -> str:
        """Ask for the data of an agreement; returns the transfer's id."""
        asked = {"counterPartyAddress": address, "connectorId": provider, "protocol": PROTOCOL}
        body = {"@type": "TransferRequest", **asked, "contractId": agreement, "transferType": form, **more}
        return str(self.ask("POST", "/transferprocesses", body)["@id"])

    def settled(self, path: str, *states: str, every: float = 0.05) -> dict[str, Any]:
        """Wait until a process has come to one of these states, looking again after so many seconds."""
        deadline = time.monotonic() + PATIENCE
        found: dict[str, Any] = {}
        while time.monotonic() < deadline:
            found = self.ask("GET", path)
            if found["state"] in states:
                return found
            time.sleep(every)
        raise AssertionError(f"{path} is still {found}\n{self.log()[-4000:]}")

    def told_why(self, path: str) -> str:
        """Wait until a process has been ended for a stated reason, and return that: it is kept just after the end."""
        deadline = time.monotonic() + PATIENCE
        found = self.settled(path, "TERMINATED", "DEPROVISIONED")
        while "errorDetail" not in found and time.monotonic() < deadline:
            time.sleep(0.05)
            found = self.ask("GET", path)
        return str(found["errorDetail"])

    def _configuration(self) -> dict[str, str]:
        places = {
            f"web.http.{name}.{what}": value
            for name in _ENTRANCES
            for what, value in (("port", str(self.ports[name])), ("path", f"/{name}"))
        }
        return {
            "edc.participant.id": self.did,
            "edc.hostname": "127.0.0.1",
            "edc.dsp.callback.address": self.protocol,
            "web.http.port": str(self.ports["default"]),
            "web.http.path": "/api",
            **places,
            "edc.iam.did.web.use.https": "false",
            "renkei.identity.key": json.dumps(_fresh_key()),
            "edc.transfer.proxy.token.signer.privatekey.alias": "renkei.identity.key",
            "edc.transfer.proxy.token.verifier.publickey.alias": "renkei.identity.key",
            **QUICK,
            **self.settings,
        }


@contextmanager
def connector(runtime: Runtime, home: Path, **settings: str) -> Iterator[Connector]:
    """Run a connector until the block ends."""
    made = Connector(runtime, home, settings)
    try:
        made.start()
        yield made
    finally:
        made.stop()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def _set(policy: Mapping[str, Any]) -> dict[str, Any]:
    return {"@context": "http://www.w3.org/ns/odrl.jsonld", "@type": "Set", **policy}


def _fresh_key() -> dict[str, str]:
    numbers = ec.generate_private_key(ec.SECP256R1()).private_numbers()
    public = numbers.public_numbers
    parts = {"x": public.x, "y": public.y, "d": numbers.private_value}
    return {"kty": "EC", "crv": "P-256", "kid": "key-1"} | {
        name: base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()
        for name, number in parts.items()
    }
