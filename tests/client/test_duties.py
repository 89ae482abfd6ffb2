"""A duty's whole way: agreed over the protocol, fulfilled from a notebook, known at the provider, and then the data open."""

import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from renkei.client import Agreement, Node, Refused
from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.parties import api as parties
from tests.factories import delivery
from tests.factories import parties as make
from tests.servers.running import delivering, running

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def address(settings: Any) -> Iterator[str]:
    with running(settings) as url, delivering():
        yield url


@pytest.fixture
def provider(address: str) -> parties.Organisation:
    return make.organisation(slug="provider")


@pytest.fixture
def agreement(address: str, provider: parties.Organisation) -> Iterator[Agreement]:
    said = delivery.terms()
    said["permission"][0]["constraint"].append(
        {"leftOperand": "count", "operator": "lteq", "rightOperand": "2"}
    )
    said["permission"][0]["duty"] = [
        {
            "action": "attribute",
            "constraint": [{"leftOperand": "rk:credit", "operator": "eq", "rightOperand": "Tokai Lab"}],
        }
    ]
    published = delivery.dataset(provider)
    exchange.offer(dataset=published.id, terms=said, automatic=True, actor=provider.actor, now=utc_now())
    consumer = make.organisation(slug="consumer")
    with Node(address, make.token(org=consumer, now=utc_now()).secret) as node:
        (listing,) = node.catalog(provider.participant)
        yield node.agree(listing, purpose="research")


def until(happened: Callable[[], bool]) -> None:
    latest = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < latest


def test_the_data_open_when_the_evidence_has_arrived_and_close_after_the_last_use(
    agreement: Agreement, provider: parties.Organisation, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    page.write_text("Data: Tokai Lab")
    with pytest.raises(Refused) as refused:
        agreement.to_arrow()
    assert refused.value.code == "exchange.duty-open"
    [duty] = agreement.duties()
    assert (duty.state, duty.first) == ("open", True)
    assert "Tokai Lab" in duty.words.en

    done = agreement.fulfil(duty.number, "credited on the page", document=page)

    assert done.state == "fulfilled"
    until(lambda: agreement.duties()[0].told_at is not None)
    [theirs] = exchange.duties(agreement.id, org=provider.id)  # type: ignore[arg-type]  # an agreement's id
    assert (theirs.statement, theirs.evidence) == (
        "credited on the page",
        hashlib.sha256(page.read_bytes()).hexdigest(),
    )
    assert [agreement.to_arrow().num_rows for _ in range(2)] == [12, 12]
    with pytest.raises(Refused) as refused:
        agreement.to_arrow()
    assert refused.value.code == "exchange.uses-exhausted"
    assert (agreement.uses().allowed, agreement.uses().taken) == (2, None)
