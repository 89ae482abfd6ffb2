"""The part of the story in which uplinks are entities: seen by their owner, published as a type, read and told of by NGSI-LD."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any

import httpx

from renkei.cli.demo import texts
from renkei.cli.demo.nodes import DemoBroken
from renkei.cli.demo.refused import must_refuse
from renkei.client import Agreement
from renkei.kernel.clock import format_utc, utc_now

if TYPE_CHECKING:
    from renkei.cli.demo.story import Stage

TYPE, TABLE = "Device", "devices"
TERMS = ("--cell", "h3:5", "--minimum-group", "3:entity", "--mask", "entity=hash", "--mask", "rssi=round:5")
PERSONAL = ("latitude", "longitude")
DAYS = 30
FED_WITHIN, TOLD_WITHIN = 120.0, 30.0


def share(stage: "Stage", owner: str) -> None:
    """See the uplinks as entities, publish their type, and let the consumer read it and be told of a change."""
    telling = stage.telling
    telling.chapter(texts.CONTEXT)
    seen, total = _seen_by_owner(stage, owner)
    telling.line(texts.ENTITIES, count=total, id=seen["id"], observed=seen["rssi"]["observedAt"])
    dataset = _published(stage, owner)
    telling.line(texts.TYPE_PUBLISHED, type=TYPE, rows=dataset["quality"]["rows"])
    agreement = _agreed(stage, dataset["id"])
    found = agreement.entities(TYPE, limit=100)
    telling.line(texts.ENTITIES_READ, count=len(found))
    first = found[0]
    telling.line(texts.ENTITY, id=first["id"], rssi=first["rssi"]["value"], cell=_value(first, "cell"))
    agreement.verify_receipt()
    must_refuse(stage, texts.HIDDEN_ASKED, lambda: agreement.entities(TYPE, q="rssi>-100"))
    told = _told_of_change(stage, owner, agreement)
    telling.line(texts.TOLD, id=told["id"], rssi=told["rssi"]["value"])
    telling.keep(
        context={
            "agreement": agreement.id,
            "entities": total,
            "history_rows": dataset["quality"]["rows"],
            "read": [[each["id"], each["rssi"]["value"]] for each in found],
            "attributes": sorted({name for each in found for name in each if name not in {"id", "type"}}),
            "told": [told["id"], told["rssi"]["value"]],
        }
    )


def _seen_by_owner(stage: "Stage", owner: str) -> tuple[dict[str, Any], int]:
    answer = httpx.get(
        f"{stage.provider.url}/ngsi-ld/v1/entities",
        params={"type": TYPE, "count": "true", "limit": "1"},
        headers={"Authorization": f"Bearer {stage.tokens[owner]}"},
        trust_env=False,
    )
    if answer.status_code != 200:
        raise DemoBroken(f"the owner's entities cannot be read: {answer.text}")
    return answer.json()[0], int(answer.headers["NGSILD-Results-Count"])


def _published(stage: "Stage", owner: str) -> dict[str, Any]:
    draft = stage.provider.words("dataset", "draft-type", TYPE, "--name", TABLE, "--org", owner)
    for name, text in (("title", texts.TYPE_TITLE), ("description", texts.TYPE_DESCRIPTION)):
        filled = f"[{name}]\nja = {json.dumps(text.ja, ensure_ascii=False)}\nen = {json.dumps(text.en)}"
        draft = draft.replace(f'[{name}]\nja = ""\nen = ""', filled)
    draft = draft.replace('licence = ""', 'licence = "ODbL-1.0"')
    for column, category in (("entity", "personal-related"), *((each, "personal") for each in PERSONAL)):
        draft = draft.replace(f'{column} = {{ category = ""', f'{column} = {{ category = "{category}"')
    description = stage.folder / "devices.toml"
    description.write_text(draft.replace('category = ""', 'category = "non-personal"'))
    made: dict[str, Any] = stage.provider.command("dataset", "publish", str(description), "--org", owner)
    return _filled(stage, owner, made)


def _filled(stage: "Stage", owner: str, dataset: dict[str, Any]) -> dict[str, Any]:
    """Wait until the history stands in the table: until it has not grown between two looks."""
    deadline, rows = time.monotonic() + FED_WITHIN, -1
    while time.monotonic() < deadline:
        dataset = stage.provider.command("dataset", "refresh", dataset["id"], "--org", owner)
        if dataset["quality"]["rows"] == rows > 0:
            return dataset
        rows = dataset["quality"]["rows"]
        time.sleep(2)
    raise DemoBroken(f"after {FED_WITHIN:g} s the history of {TYPE} still grows: {rows} rows")


def _agreed(stage: "Stage", dataset: str) -> Agreement:
    end = format_utc((utc_now() + timedelta(days=DAYS)).replace(microsecond=0))
    purpose = ("--purpose", "research", "--until", end)
    offered = stage.provider.command("offer", "add", dataset, *purpose, *TERMS, "--automatic")
    node = stage.reader()
    listing = next(each for each in node.catalog(stage.provider_root) if each.id == dataset)
    return node.agree(listing, offer=offered["id"], purpose="research", timeout=20)


def _told_of_change(stage: "Stage", owner: str, agreement: Agreement) -> dict[str, Any]:
    """Subscribe, send one more uplink to the owner, and return the entity that the notification brings."""
    with _receiver() as (address, arrived):
        agreement.subscribe(
            {"entities": [{"type": TYPE}], "notification": {"endpoint": {"uri": address}}}, purpose="research"
        )
        _send_one_more(stage, owner)
        try:
            notification = arrived.get(timeout=TOLD_WITHIN)
        except Empty:
            raise DemoBroken(f"no notification within {TOLD_WITHIN:g} s") from None
    entity: dict[str, Any] = notification["data"][0]
    return entity


def _send_one_more(stage: "Stage", owner: str) -> None:
    _, recorded = next(stage.recordings.messages())
    message = {**json.loads(recorded), "fcnt": 3_000_000, "reported_at": int(time.time() * 1000)}
    httpx.post(
        f"{stage.provider.url}/ingest/helium",
        json=message,
        headers={"Authorization": f"Bearer {stage.tokens[owner]}"},
        trust_env=False,
    ).raise_for_status()


@contextmanager
def _receiver() -> Iterator[tuple[str, "Queue[dict[str, Any]]"]]:
    """Take notifications on a port of this machine."""
    arrived: Queue[dict[str, Any]] = Queue()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Take one."""
            arrived.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_said: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/told", arrived
    finally:
        server.shutdown()
        server.server_close()


def _value(entity: dict[str, Any], name: str) -> str:
    return str(entity[name]["value"]) if name in entity else "-"
