"""Run on a node's own database: makes a provider with an offered dataset, or a consumer, and prints what a test needs."""

import json
import sys

import django

from renkei.kernel.clock import utc_now


def provider(slug: str, *, automatic: bool) -> dict[str, str]:
    """Make an organisation with readings that are offered for research and education, places only as cells."""
    from renkei.lake import api as lake
    from tests.factories import exchange as deals
    from tests.factories import parties as make

    org = make.organisation(slug=slug, now=utc_now())
    dataset = deals.dataset(owner=org, now=utc_now())
    terms = deals.terms(deals.PURPOSES, deals.CELL, deals.GROUP)
    offer = deals.offer(of=dataset, said=terms, automatic=automatic, now=utc_now())
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


def trail(subject: str) -> list[str]:
    """Return the acts in the node's log about a thing, oldest first."""
    from renkei.audit import api as audit

    return list(audit.trail(subject))


if __name__ == "__main__":
    django.setup()
    match sys.argv[1:]:
        case ["provider", slug, automatic]:
            said: object = provider(slug, automatic=automatic == "yes")
        case ["consumer", slug]:
            said = consumer(slug)
        case ["revise", dataset, title]:
            said = revise(dataset, title)
        case ["trail", subject]:
            said = trail(subject)
        case [_, kind]:
            said = states(kind)
    sys.stdout.write(json.dumps(said))
