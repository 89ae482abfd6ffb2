"""The story that the demo tells, chapter by chapter, with the commands and calls that anyone would use."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from renkei.cli.demo import in_context, in_place, refused, texts, uplinks
from renkei.cli.demo.nodes import DemoBroken, NodeProcess
from renkei.cli.demo.telling import Telling
from renkei.client import Agreement, Listing, Node
from renkei.kernel.clock import format_utc, utc_now
from renkei.servers.broker import Broker

OWNER, NEIGHBOUR, READER = "field-lab", "town-office", "hokushin-univ"
PURPOSES = ("research", "maintenance")
CELL, GROUP = "h3:5", "3:device"
DAYS = 90
OVERSIZE = 1_100_000
STORED_WITHIN = 180.0


@dataclass(slots=True)
class Stage:
    """Who and what plays."""

    provider: NodeProcess
    consumer: NodeProcess
    broker: Broker
    recordings: uplinks.Recordings
    folder: Path
    telling: Telling
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def provider_root(self) -> str:
        """The address under which the owner is known to peers."""
        return f"{self.provider.url}/orgs/{OWNER}"

    @property
    def kept_head(self) -> Path:
        """Where the consumer keeps the provider's signed head."""
        return self.folder / "kept-head.json"

    def reader(self) -> Node:
        """Return the consumer's own node, as its researcher uses it."""
        return Node(self.consumer.url, self.tokens[READER])


def tell(stage: Stage) -> None:
    """Tell the whole story."""
    set_up(stage)
    take_in(stage)
    dataset = publish(stage)
    listing, agreement = agree(stage)
    read(stage, agreement)
    in_place.ask(stage, dataset)
    in_context.share(stage, OWNER)
    refused.other_purpose(stage, listing)
    refused.strangers(stage, agreement)
    proven = refused.prove(stage, agreement)
    refused.end(stage, agreement)
    refused.tamper(stage, agreement, index=proven)
    stage.telling.keep(dataset=dataset, seconds=round(stage.telling.seconds(), 1))
    account(stage.telling)


def set_up(stage: Stage) -> None:
    """Start both nodes, with their organisations, tokens and devices."""
    stage.telling.chapter(texts.NODES)
    with ThreadPoolExecutor(2) as both:
        for done in (both.submit(_set_up_provider, stage), both.submit(_set_up_consumer, stage)):
            done.result()
    stage.telling.line(
        texts.NODES_READY,
        provider=stage.provider.url,
        hosted=f"{OWNER}, {NEIGHBOUR}",
        consumer=stage.consumer.url,
        member=READER,
    )
    stage.telling.line(texts.SYNTHETIC)


def _set_up_provider(stage: Stage) -> None:
    node = stage.provider
    node.prepare()
    for slug, name in ((OWNER, texts.OWNER), (NEIGHBOUR, texts.NEIGHBOUR)):
        _take_in_organisation(stage, node, slug, name.en, name.ja)
    for eui, name_of_device in uplinks.DEVICES.items():
        node.command("device", "enrol", eui, "--org", OWNER, "--network", "helium", "--name", name_of_device)
    stage.tokens["provider-operator"] = node.command("org", "operator-token", "--label", "demo")["secret"]
    node.start()


def _set_up_consumer(stage: Stage) -> None:
    node = stage.consumer
    node.prepare()
    _take_in_organisation(stage, node, READER, texts.READER.en, texts.READER.ja)
    stage.tokens["consumer-operator"] = node.command("org", "operator-token", "--label", "demo")["secret"]
    node.start()


def _take_in_organisation(stage: Stage, node: NodeProcess, slug: str, name: str, name_ja: str) -> None:
    node.command("org", "add", slug, "--name", name, "--name-ja", name_ja)
    scopes = [
        word
        for scope in ("ingest", "exchange", "publish", "audit", "context-read")
        for word in ("--scope", scope)
    ]
    stage.tokens[slug] = node.command("org", "token", slug, "--label", "demo", *scopes)["secret"]


def take_in(stage: Stage) -> None:
    """Send every uplink through the broker and wait until all of them stand in the owner's table."""
    telling, recordings = stage.telling, stage.recordings
    total = sum(1 for _ in recordings.messages())
    telling.chapter(texts.INGESTION)
    telling.line(texts.RECORDINGS, count=total, broker=stage.broker.kind)
    if recordings.excerpt:
        telling.line(texts.EXCERPT)
    began = time.monotonic()
    with telling.progress(texts.SENDING, total) as shown:
        sent = uplinks.publish(
            recordings,
            broker=stage.broker.url,
            oversize=OVERSIZE,
            tick=lambda done: shown.update(shown.task_ids[0], completed=done),
        )
    telling.line(
        texts.SENT, messages=sent.messages, recorded=sent.recorded, again=sent.again, broken=sent.broken
    )
    intake = _wait_until_stored(stage, sent.messages)
    seconds = round(time.monotonic() - began, 1)
    refused_count = sum(intake["refused"].values())
    telling.line(texts.TAKEN, **{**intake, "refused": refused_count}, seconds=seconds)
    for code, count in sorted(intake["refused"].items()):
        telling.line(texts.REFUSED_AS, code=code, count=count)
    telling.keep(
        broker=stage.broker.kind,
        excerpt=recordings.excerpt,
        sent={"recorded": sent.recorded, "again": sent.again, "broken": sent.broken},
        intake=intake,
        ingestion_seconds=seconds,
    )


def _wait_until_stored(stage: Stage, messages: int) -> dict[str, Any]:
    deadline = time.monotonic() + STORED_WITHIN
    intake: dict[str, Any] = {}
    while time.monotonic() < deadline:
        intake = stage.provider.command("device", "intake")["intake"]
        if intake["received"] >= messages and intake["staged"] == 0:
            return intake
    raise DemoBroken(f"after {STORED_WITHIN:g} s the provider has {intake} of {messages} messages")


def publish(stage: Stage) -> str:
    """Publish the owner's table as a dataset and offer it under terms."""
    stage.telling.chapter(texts.PUBLISHING)
    description = stage.folder / "dataset.toml"
    description.write_text(_description(stage.provider.words("dataset", "draft", "uplinks", "--org", OWNER)))
    dataset = stage.provider.command("dataset", "publish", str(description), "--org", OWNER)
    quality = dataset["quality"]
    stage.telling.line(texts.QUALITY, **quality, positions=quality["completeness"]["latitude"])
    purposes = [word for purpose in PURPOSES for word in ("--purpose", purpose)]
    end = format_utc((utc_now() + timedelta(days=DAYS)).replace(microsecond=0))
    terms = [*purposes, "--until", end, "--cell", CELL, "--minimum-group", GROUP, "--withhold", "payload"]
    stage.provider.command("offer", "add", dataset["id"], *terms, "--automatic")
    stage.telling.keep(quality={name: quality[name] for name in ("rows", "subjects", "version")})
    return str(dataset["id"])


def _description(draft: str) -> str:
    """Fill in what `renkei dataset draft` leaves to the owner: the texts, the licence and the themes."""
    said = {
        "title": texts.TITLE,
        "description": texts.DESCRIPTION,
    }
    for name, text in said.items():
        filled = f"[{name}]\nja = {json.dumps(text.ja, ensure_ascii=False)}\nen = {json.dumps(text.en)}"
        draft = draft.replace(f'[{name}]\nja = ""\nen = ""', filled)
    draft = draft.replace('licence = ""', 'licence = "ODbL-1.0"')
    return draft.replace("themes = []", 'themes = ["lorawan", "radio"]')


def agree(stage: Stage) -> tuple[Listing, Agreement]:
    """Find the dataset from the consumer's node and negotiate for it."""
    telling = stage.telling
    telling.chapter(texts.AGREEING)
    node = stage.reader()
    listing = node.catalog(stage.provider_root)[0]
    telling.line(texts.FOUND, title=listing.title.in_(telling.lang), offers=len(listing.offers))
    for sentence in listing.offers[0].terms:
        telling.line(texts.TERM, sentence=sentence.in_(telling.lang))
    began = time.monotonic()
    agreement = node.agree(listing, purpose=PURPOSES[0], timeout=20)
    milliseconds = round((time.monotonic() - began) * 1000)
    telling.line(texts.AGREED, milliseconds=milliseconds, agreement=agreement.id)
    telling.keep(agreement=agreement.id, agreement_milliseconds=milliseconds)
    node.verify_audit(listing.provider, agreement.id, keep=stage.kept_head)
    return listing, agreement


def read(stage: Stage, agreement: Agreement) -> None:
    """Read with the official Delta Sharing client, and once more over plain HTTP."""
    telling = stage.telling
    telling.chapter(texts.READING)
    began = time.monotonic()
    frame = agreement.to_pandas()
    seconds = round(time.monotonic() - began, 2)
    pulled = agreement.to_arrow(purpose=PURPOSES[0])
    telling.line(
        texts.READ, rows=len(frame), columns=len(frame.columns), seconds=seconds, pulled=pulled.num_rows
    )
    withheld = agreement.withheld()
    for each in withheld:
        telling.line(texts.WITHHELD, term=each.term, rows=each.rows, columns=", ".join(each.columns))
    telling.keep(
        read={
            "pandas_rows": len(frame),
            "http_rows": pulled.num_rows,
            "columns": list(frame.columns),
            "seconds": seconds,
        },
        cells=int(frame["cell"].notna().sum()),
        withheld=[{"term": w.term, "rows": w.rows, "columns": list(w.columns)} for w in withheld],
    )


def account(telling: Telling) -> None:
    """Say in a few lines what happened."""
    telling.chapter(texts.ACCOUNT)
    figures = telling.figures
    sent, intake = figures["sent"], figures["intake"]
    telling.line(texts.SENT, messages=sum(sent.values()), **sent)
    telling.line(
        texts.TAKEN,
        **{**intake, "refused": sum(intake["refused"].values())},
        seconds=figures["ingestion_seconds"],
    )
    telling.line(texts.AGREED, milliseconds=figures["agreement_milliseconds"], agreement=figures["agreement"])
    telling.line(
        texts.READ,
        rows=figures["read"]["pandas_rows"],
        columns=len(figures["read"]["columns"]),
        seconds=figures["read"]["seconds"],
        pulled=figures["read"]["http_rows"],
    )
    telling.line(texts.REFUSED_CODES, codes=", ".join(figures["refused"]))
    telling.line(texts.TOOK, seconds=figures["seconds"])


def say_where_to_look(stage: Stage) -> None:
    """Say the addresses of both portals and the tokens that open them."""
    telling = stage.telling
    telling.line(texts.LEFT_RUNNING)
    seats: tuple[tuple[str, str, Callable[[], str]], ...] = (
        (stage.provider.url, OWNER, lambda: texts.OWNER.in_(telling.lang)),
        (stage.provider.url, NEIGHBOUR, lambda: texts.NEIGHBOUR.in_(telling.lang)),
        (stage.provider.url, "provider-operator", lambda: texts.OPERATOR.in_(telling.lang)),
        (stage.consumer.url, READER, lambda: texts.READER.in_(telling.lang)),
        (stage.consumer.url, "consumer-operator", lambda: texts.OPERATOR.in_(telling.lang)),
    )
    for url, key, who in seats:
        telling.line(texts.SIGN_IN, url=url, who=who(), token=stage.tokens[key])
