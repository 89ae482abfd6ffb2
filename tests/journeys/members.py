"""Run on a node's own database: makes a provider with an offered dataset, or a consumer, and prints what a test needs."""

import json
import sys
from collections.abc import Callable
from typing import Any

import django

from renkei.kernel.clock import utc_now


def provider(slug: str, *, handling: str) -> dict[str, str]:
    """Make an organisation with readings that are offered for research and education, places only as cells.

    `handling` says who agrees: `yes` the node by itself, `no` a person, `by-hand` a person who takes every step.
    """
    from renkei.lake import api as lake
    from tests.factories import exchange as deals
    from tests.factories import parties as make

    org = make.organisation(slug=slug, now=utc_now())
    dataset = deals.dataset(owner=org, now=utc_now())
    terms = deals.terms(deals.PURPOSES, deals.CELL, deals.GROUP)
    offer = deals.offer(
        of=dataset, said=terms, automatic=handling == "yes", by_hand=handling == "by-hand", now=utc_now()
    )
    rows = lake.snapshot(dataset.table).rows
    return {
        "did": org.participant,
        "dataset": dataset.id,
        "offer": offer.id,
        "rows": str(rows),
        "token": make.token(org=org, now=utc_now()).secret,
    }


def consumer(slug: str) -> dict[str, str]:
    """Make an organisation with a token."""
    from tests.factories import parties as make

    org = make.organisation(slug=slug, now=utc_now())
    return {"did": org.participant, "token": make.token(org=org, now=utc_now()).secret}


def owe(slug: str, peer: str) -> dict[str, str]:
    """Make an organisation that owes a push to a peer, whose every door is at one address."""
    from renkei.exchange import api as exchange
    from renkei.kernel.ids import new_id
    from tests.factories import delivery
    from tests.factories import parties as make

    opened = delivery.opened(org=make.organisation(slug=slug, now=utc_now()))
    owed = exchange.receive_transfer_request(
        org=opened.org.id,
        peer=delivery.FAR,
        consumer_pid=new_id(),
        agreement=opened.agreement.id,
        format=exchange.HTTP_PUSH,
        callback=peer,
        data_address=exchange.DataAddress("HttpData", f"{peer}/sink"),
        now=utc_now(),
    )
    return {"transfer": owed.id}


def revise(dataset: str, title: str) -> str:
    """Describe a dataset under another title, the same in both languages."""
    from renkei.exchange import api as exchange
    from renkei.kernel.ids import NODE, DatasetId
    from renkei.kernel.texts import Text

    found = exchange.dataset(DatasetId(dataset))
    revision = exchange.revise_dataset(
        owner=found.owner,
        dataset=found.id,
        table=found.table,
        title=Text(ja=title, en=title),
        description=found.description,
        licence=found.licence,
        classes=found.classes,
        themes=found.themes,
        actor=NODE,
        now=utc_now(),
    )
    return revision.dataset.title.en


def states(kind: str) -> list[dict[str, str | None]]:
    """Return the state of every process of a kind on this node."""
    from renkei.exchange import api as exchange

    found = exchange.negotiations(org=None) if kind == "negotiations" else exchange.transfers(org=None)
    return [{"id": each.id, "role": each.role.value, "state": each.state.value} for each in found]


def take(step: str, slug: str, **given: Any) -> str:
    """Let an organisation take one step of a negotiation or a transfer by hand, and return its own id of it."""
    from renkei.exchange import api as exchange
    from renkei.parties import api as parties

    org = parties.organisation_by_slug(slug)
    steps: dict[str, Callable[..., Any]] = {
        "request": exchange.request_negotiation,
        "agree": exchange.agree,
        "verify": exchange.verify_agreement,
        "finalize": exchange.finalize,
        "transfer": exchange.request_transfer,
        "start": exchange.start_transfer,
    }
    return str(steps[step](org=org.id, actor=org.actor, now=utc_now(), **given).id)


def trail(subject: str) -> list[str]:
    """Return the acts in the node's log about a thing, oldest first.

    That a message was taken at last, after it had to be sent again, is no act of either side.
    """
    from renkei.audit import api as audit

    return [act for act in audit.trail(subject) if act != "exchange.message-taken"]


def rewrite() -> str:
    """Change the first entry and rebuild the log around it with the node's own key, as its operator could."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audit_entry SET body = replace(body, '\"v\":1', '\"v\": 1') WHERE leaf_index = 0"
        )
        for table in ("audit_tile", "audit_log", "audit_head"):
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608  names written above
        cursor.execute("UPDATE audit_entry SET leaf_index = NULL")
    return "rewritten"


if __name__ == "__main__":
    django.setup()
    match sys.argv[1:]:
        case ["provider", slug, handling]:
            said: object = provider(slug, handling=handling)
        case ["take", step, slug, given]:
            said = take(step, slug, **json.loads(given))
        case ["consumer", slug]:
            said = consumer(slug)
        case ["owe", slug, peer]:
            said = owe(slug, peer)
        case ["revise", dataset, title]:
            said = revise(dataset, title)
        case ["rewrite", "log"]:
            said = rewrite()
        case ["trail", subject]:
            said = trail(subject)
        case [_, kind]:
            said = states(kind)
    sys.stdout.write(json.dumps(said))
