"""Only ids, counts, hashes and words of the field enter the log: what is written into a form never does."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction

import renkei
from renkei.audit import api as audit
from renkei.exchange import api as exchange
from renkei.kernel.ids import NODE
from renkei.kernel.texts import Text
from renkei.parties import api as parties
from renkei.telemetry import api as telemetry
from tests.factories import exchange as deals
from tests.factories.audit import MAY
from tests.factories.exchange import Table
from tests.factories.telemetry import device

HOME = Path(renkei.__file__).parent
WRITERS = {"record", "_record", "record_agreement"}
TAKEN_BY_ALL = {"actor", "subject", "at", "now", "concerns"}

ID = re.compile(r"[\w.:/#+@%~=,;()-]{1,255}")
HASH = re.compile(r"[0-9a-f]{64}|sha256:[0-9a-f]{64}")
WORDS = re.compile(r"[a-zA-Z0-9:._-]+( [a-zA-Z0-9:._-]+)*")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
COUNT, FLAG = int, bool

FACTS: dict[str, re.Pattern[str] | type] = {
    **dict.fromkeys(("agreement", "asks", "dataset", "node", "offer", "org", "owner", "participant"), ID),
    **dict.fromkeys(("table", "batch"), ID),
    **dict.fromkeys(
        (
            "document",
            "evidence",
            "plan",
            "proof",
            "query",
            "receipt",
            "release",
            "root",
            "sha256",
            "statement",
            "terms",
            "value",
        ),
        HASH,
    ),
    **dict.fromkeys(
        (
            "channel",
            "code",
            "duty_action",
            "format",
            "kind",
            "message",
            "network",
            "role",
            "scopes",
            "untaken",
        ),
        WORDS,
    ),
    **dict.fromkeys(("leaves_at", "signs_from"), TIME),
    **dict.fromkeys(
        ("addresses", "attempts", "columns", "count", "duty", "entries", "epsilon", "heads", "rows", "size"),
        COUNT,
    ),
    **dict.fromkeys(("batch", "new", "changed", "withdrawn", "transfers", "version", "withheld"), COUNT),
    **dict.fromkeys(("days", "instances", "lines"), COUNT),
    # Of a JSON-LD context: a published vocabulary, or this node's own address.
    "url": ID,
    **dict.fromkeys(("automatic", "by_hand", "shared"), FLAG),
}
"""Every fact that a room writes, reviewed: what it may look like. A new one is added here once it is known to be no
content: nothing that a person wrote, and nothing that tells of a person."""


def written() -> Iterator[tuple[str, str]]:
    """Each fact that is named where a line is written, with the file."""
    for file in HOME.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and _writes(node):
                names = [keyword.arg for keyword in node.keywords if keyword.arg is not None]
                yield from ((name, file.name) for name in names if name not in TAKEN_BY_ALL)


def _writes(call: ast.Call) -> bool:
    called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return called in WRITERS and any(keyword.arg in {"at", "now"} for keyword in call.keywords)


def test_every_fact_that_the_code_names_was_reviewed() -> None:
    named = set(written())

    assert {name for name, _ in named} - set(FACTS) == set()
    assert len(named) > 40  # that the walk over the code finds them at all


PERSON = "山田太郎 090-1234-5678"


def story() -> None:
    """A day on the node on which everybody writes personal things wherever something can be written."""
    people = Text(ja=PERSON, en=PERSON)
    provider, consumer = (
        parties.create_organisation(slug=slug, name=people, actor=NODE, now=MAY) for slug in ("east", "west")
    )
    issued = parties.issue_token(
        org=provider.id,
        label=PERSON,
        scopes=frozenset(parties.Scope),
        expires_at=None,
        actor=provider.actor,
        now=MAY,
    )
    parties.revoke_token(token_id=issued.token.id, actor=provider.actor, now=MAY)
    enrolled = device(org=provider, name=PERSON)
    telemetry.retire_device(owner=provider.id, device_id=enrolled.id, actor=provider.actor, now=MAY)
    dataset = deals.dataset(owner=provider, title=people, themes=(PERSON,), licence="CC-BY-4.0")
    table = Table(provider, consumer, dataset, deals.offer(of=dataset))

    refused = table.request(purpose="research")
    exchange.terminate_negotiation(
        org=consumer.id, negotiation=refused.id, reason=PERSON, actor=consumer.actor, now=MAY
    )
    table.deliver()
    moved = table.transferred()
    exchange.suspend_transfer(
        org=consumer.id, transfer=moved.id, reason=PERSON, actor=consumer.actor, now=MAY
    )
    table.deliver()
    exchange.end_agreement(
        org=provider.id, agreement=moved.agreement, reason=PERSON, actor=provider.actor, now=MAY
    )
    table.deliver()


@pytest.mark.django_db
def test_what_people_write_never_enters_the_log() -> None:
    story()
    audit.seal(now=MAY)

    entries = audit.entries(start=0, limit=1000)

    assert len({entry.action for entry in entries}) > 15
    for part in ("山田", "太郎", "090-1234", PERSON):
        assert [entry.action for entry in entries if part in entry.body.decode()] == []


@pytest.mark.django_db
def test_every_fact_looks_as_it_was_reviewed() -> None:
    story()
    audit.seal(now=MAY)

    for entry in audit.entries(start=0, limit=1000):
        for name, value in entry.facts.items():
            shape = FACTS[name]
            if value is None or value == "":
                continue
            fits = isinstance(value, shape) if isinstance(shape, type) else shape.fullmatch(str(value))
            assert fits, (entry.action, name, value)


@pytest.mark.django_db
def test_a_message_of_a_peer_cannot_put_its_words_into_the_log() -> None:
    """Whatever a peer gives for a code or an id is a word, or stands as its hash."""
    with transaction.atomic():
        audit.record("exchange.read", actor=NODE, subject="urn:uuid:a", at=MAY, code="x" * 300 + PERSON)
    audit.seal(now=MAY)

    (entry,) = audit.entries(start=0, limit=1)

    assert HASH.fullmatch(str(entry.facts["code"]))
