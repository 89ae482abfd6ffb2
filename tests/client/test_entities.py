"""The client library reads entities under an agreement, from a real node's doors."""

from collections.abc import Iterator
from typing import Any

import pytest

from renkei.client import Agreement, Node, Refused
from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.parties import api as parties
from tests.factories import parties as make
from tests.factories.shared import constraint, published, sensor, terms
from tests.servers.running import delivering, running

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def agreement(settings: Any) -> Iterator[Agreement]:
    with running(settings) as url, delivering():
        provider, consumer = make.organisation(slug="provider"), make.organisation(slug="consumer")
        _offered(provider)
        with Node(url, make.token(org=consumer, now=utc_now()).secret) as node:
            (listing,) = node.catalog(provider.participant)
            yield node.agree(listing)


def _offered(provider: parties.Organisation) -> None:
    said = terms(constraint("rk:mask", "entity=hash"), constraint("rk:mask", "temperature=round:1"))
    dataset = published(provider, [sensor(1), sensor(2)])
    exchange.offer(dataset=dataset.id, terms=said, automatic=True, actor=provider.actor, now=utc_now())


def test_entities_are_read_masked_with_a_receipt_that_holds(agreement: Agreement):
    found = agreement.entities("Sensor", q="battery==90", limit=10)

    assert [each["temperature"]["value"] for each in found] == [21.0, 22.0]
    assert all(each["id"].startswith("urn:ngsi-ld:Pseudonym:") for each in found)
    assert agreement.verify_receipt().said.channel == "ngsi-ld"
    again = agreement.entity(found[0]["id"], options="keyValues")
    assert (again["id"], again["temperature"]) == (found[0]["id"], 21.0)
    assert [each.said.number for each in agreement.receipts()] == [1, 2]


def test_the_history_of_the_same_entities_is_read_as_a_table(agreement: Agreement):
    present = {each["id"].rpartition(":")[2] for each in agreement.entities("Sensor")}

    assert set(agreement.to_arrow().column("entity").to_pylist()) == present


def test_a_question_about_what_is_kept_back_is_refused_with_the_providers_words(agreement: Agreement):
    with pytest.raises(Refused) as refused:
        agreement.entities("Sensor", q="temperature>21")

    assert refused.value.code == "exchange.question-hidden"
    assert "temperature" in str(refused.value)
