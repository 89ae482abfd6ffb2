"""Each side reads what the other offers."""

import pytest

from tests.interop.edc.conftest import Desk, provider
from tests.interop.edc.connector import Connector
from tests.journeys.stage import Member, Node

pytestmark = pytest.mark.interop


def test_edc_reads_a_renkei_catalogue_with_its_terms(edc: Connector, node: Node, fresh: str) -> None:
    offering = provider(node, fresh)

    (dataset,) = edc.catalog(offering.did, offering.address)["dataset"]

    (offer,) = dataset["hasPolicy"]
    assert (dataset["@id"], offer["@id"]) == (offering.dataset, offering.offer)
    assert [form["format"] for form in dataset["distribution"]] == [
        "DeltaSharing-PULL",
        "HttpData-PULL",
        "HttpData-PUSH",
        "SqlQuery-PULL",
    ]
    assert {"leftOperand": "rk:cell", "operator": "eq", "rightOperand": "jis-mesh:2"} in offer["permission"][
        0
    ]["constraint"]


def test_edc_pages_through_a_renkei_catalogue(edc: Connector, node: Node, fresh: str) -> None:
    offering = provider(node, fresh)

    first = edc.catalog(offering.did, offering.address, offset=0, limit=1)
    behind = edc.catalog(offering.did, offering.address, offset=1, limit=1)

    assert [dataset["@id"] for dataset in first["dataset"]] == [offering.dataset]
    assert "dataset" not in behind


def test_renkei_reads_an_edc_catalogue_by_its_did_and_by_its_address(
    edc: Connector, member: Member, desk: Desk, fresh: str
) -> None:
    edc.publish(
        f"asset-{fresh}", source=desk.source, policy={"permission": [{"action": "use"}]}, title="Rooms"
    )

    by_did = member.ask("POST", "/catalog", provider=edc.did)
    by_address = member.ask("POST", "/catalog", provider=edc.protocol)

    (listing,) = [each for each in by_did["listings"] if each["id"] == f"asset-{fresh}"]
    assert by_did["provider"] == by_address["provider"] == edc.did
    assert {each["id"] for each in by_did["listings"]} == {each["id"] for each in by_address["listings"]}
    assert listing["formats"] == ["HttpData-PULL", "HttpData-PUSH"]
    assert listing["title"] == {"ja": "Rooms", "en": "Rooms"}
    assert listing["offers"][0]["policy"]["permission"] == [{"action": "use"}]
