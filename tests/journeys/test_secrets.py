"""No secret in a text that is not meant for its holder: in a log line, a representation, or the audit log."""

import json
import logging
from typing import Any

import httpx
import pytest

from renkei.audit import api as audit
from renkei.config.environment import read_environment
from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.servers.door import Call
from renkei.wire import member as wire
from renkei.wire.dsp.transfer import DataAddress, EndpointProperty
from tests.factories import delivery
from tests.factories import parties as make
from tests.servers.running import delivering, running
from tests.servers.test_members import Member, member

SECRET = "rt_not-for-you"


@pytest.mark.parametrize(
    "holder",
    [
        exchange.DataAddress("https", "https://far.example", (("authorization", SECRET),)),
        wire.DataAddress(endpoint_type="https", endpoint="https://far.example", token=SECRET),
        DataAddress(
            type="DataAddress",
            endpoint_type="https",
            properties=[EndpointProperty(type="EndpointProperty", name="authorization", value=SECRET)],
        ),
        Call("GET", {}, {}, {"authorization": f"Bearer {SECRET}"}, SECRET.encode()),
    ],
    ids=lambda holder: type(holder).__name__,
)
def test_what_holds_a_secret_does_not_show_it(holder: object) -> None:
    assert SECRET not in repr(holder)
    assert SECRET not in str(holder)


def test_the_nodes_settings_do_not_show_its_secrets(tmp_path: Any) -> None:
    said = read_environment(
        {
            "RENKEI_HOME": str(tmp_path),
            "RENKEI_NODE_SECRET": SECRET,
            "RENKEI_MQTT_URL": f"mqtt://me:{SECRET}@broker",
            "RENKEI_DATABASE_URL": f"postgresql://me:{SECRET}@db/renkei",
        }
    )

    assert SECRET not in repr(said)


@pytest.mark.django_db
def test_a_fresh_token_does_not_show_its_secret() -> None:
    issued = make.token(org=make.organisation())

    assert issued.secret not in repr(issued)


@pytest.mark.django_db(transaction=True)
def test_a_whole_story_leaves_no_secret_and_no_content_in_any_log(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with running(settings) as node, delivering():
        provider, consumer = member(node, "provider"), member(node, "consumer")
        published = delivery.dataset(provider.org)
        exchange.offer(
            dataset=published.id,
            terms=delivery.terms(),
            automatic=True,
            actor=provider.org.actor,
            now=utc_now(),
        )
        secrets = [provider.secret, consumer.secret, settings.RENKEI.node_secret]
        read = _read(consumer, provider)
        secrets.append(read["secret"])

    audit.seal(now=utc_now())
    log = "\n".join(f"{record.getMessage()} {record.exc_text or ''}" for record in caplog.records)
    entries = "\n".join(entry.body.decode() for entry in audit.entries(start=0, limit=10_000))
    content = ["Temperature readings", "気温の計測", "35.68", "139.76", "provider laboratory", "研究所"]
    assert len(caplog.records) > 0
    assert read["rows"] > 0
    assert [word for word in secrets if word in log or word in entries] == []
    assert "Bearer ey" not in log
    assert [word for word in content if word in entries] == []


def _read(consumer: Member, provider: Member) -> dict[str, Any]:
    listing = consumer.tell("/catalog", provider=provider.org.participant).json()["listings"][0]
    begun = consumer.tell(
        "/negotiations",
        provider=provider.org.participant,
        dataset=listing["id"],
        offer=listing["offers"][0]["id"],
        purpose="research",
    ).json()
    agreement = _settled(consumer, f"/negotiations/{begun['id']}", "FINALIZED")["agreement"]
    opened = consumer.tell("/transfers", agreement=agreement, format="HttpData-PULL").json()
    started = _settled(consumer, f"/transfers/{opened['id']}", "STARTED")["dataAddress"]
    said = httpx.get(
        started["endpoint"],
        params={"format": "jsonl"},
        headers={"Authorization": f"Bearer {started['token']}"},
        trust_env=False,
    )
    rows = [json.loads(line) for line in said.text.splitlines()]
    consumer.tell(f"/transfers/{opened['id']}/termination", reason="all was read")
    return {"secret": started["token"], "rows": len(rows)}


def _settled(who: Member, path: str, state: str) -> dict[str, Any]:
    for _ in range(20):
        found: dict[str, Any] = who.ask(f"{path}?wait=5").json()
        if found["state"] == state:
            return found
    raise AssertionError(found)
