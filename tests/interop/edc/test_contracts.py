"""Contracts between EDC and renkei, each as provider and as consumer."""

from typing import Any

import pytest

from tests.interop.edc.conftest import Desk, Provider, provider
from tests.interop.edc.connector import Connector
from tests.journeys.stage import Member, Node

pytestmark = pytest.mark.interop

ENDS = ("FINALIZED", "TERMINATED")


def offered(edc: Connector, by: Provider) -> dict[str, Any]:
    """Return a renkei provider's one offer as EDC reads it."""
    (dataset,) = edc.catalog(by.did, by.address)["dataset"]
    found: dict[str, Any] = dataset["hasPolicy"][0]
    return found


def listed(member: Member, edc: Connector, asset: str) -> dict[str, Any]:
    """Return the one offer of an asset of EDC as the member reads it."""
    page = member.ask("POST", "/catalog", provider=edc.did)
    (listing,) = [each for each in page["listings"] if each["id"] == asset]
    found: dict[str, Any] = listing["offers"][0]["policy"]
    return found


def test_edc_as_consumer_agrees_with_renkei_on_every_term(edc: Connector, node: Node, fresh: str) -> None:
    offering = provider(node, fresh)

    begun = edc.negotiate(offering.did, offering.address, offered(edc, offering), target=offering.dataset)
    ended = edc.settled(f"/contractnegotiations/{begun}", *ENDS)

    assert ended["state"] == "FINALIZED", ended
    (agreement,) = offering.member.ask("GET", "/agreements")["items"]
    assert (agreement["peer"], agreement["dataset"], agreement["inForce"]) == (
        edc.did,
        offering.dataset,
        True,
    )
    assert [said["en"] for said in agreement["terms"]] == [
        said["en"] for said in renkei_terms(offering, node, fresh)
    ]


def renkei_terms(offering: Provider, node: Node, fresh: str) -> list[dict[str, str]]:
    """Return the sentences of an offer as a renkei member reads them."""
    reader = Member(node, node.say("consumer", f"{fresh}-reader")["token"])
    page = reader.ask("POST", "/catalog", provider=offering.did)
    found: list[dict[str, str]] = page["listings"][0]["offers"][0]["terms"]
    return found


def test_edc_as_consumer_narrows_an_offer_to_its_own_purpose(edc: Connector, node: Node, fresh: str) -> None:
    offering = provider(node, fresh)
    offer = offered(edc, offering)
    rest = [each for each in offer["permission"][0]["constraint"] if "or" not in each]
    purpose = {"leftOperand": "purpose", "operator": "eq", "rightOperand": "research"}
    offer["permission"][0]["constraint"] = [purpose, *rest]

    begun = edc.negotiate(offering.did, offering.address, offer, target=offering.dataset)
    ended = edc.settled(f"/contractnegotiations/{begun}", *ENDS)

    assert ended["state"] == "FINALIZED", ended


def test_renkei_as_consumer_agrees_with_edc(edc: Connector, member: Member, desk: Desk, fresh: str) -> None:
    asset = f"asset-{fresh}"
    edc.publish(asset, source=desk.source, policy={"permission": [{"action": "use"}]})
    offer = listed(member, edc, asset)

    begun = member.ask("POST", "/negotiations", provider=edc.did, dataset=asset, offer=offer)
    ended = member.settled(f"/negotiations/{begun['id']}", *ENDS)

    assert ended["state"] == "FINALIZED", ended
    assert edc.settled(f"/contractnegotiations/{ended['peerPid']}", *ENDS)["state"] == "FINALIZED"


def test_renkei_may_sign_terms_that_only_edc_can_enforce(
    edc: Connector, member: Member, desk: Desk, fresh: str
) -> None:
    asset = f"asset-{fresh}"
    in_force = {"leftOperand": {"@id": "https://w3id.org/edc/v0.0.1/ns/inForceDate"}}
    bounds = [
        in_force | {"operator": {"@id": "odrl:gteq"}, "rightOperand": "contractAgreement+0s"},
        in_force | {"operator": {"@id": "odrl:lteq"}, "rightOperand": "contractAgreement+3650d"},
    ]
    policy = {
        "permission": [{"action": "use", "constraint": [{"and": bounds}]}],
        "prohibition": [{"action": "distribute"}],
        "obligation": [{"action": "attribute"}],
    }
    edc.publish(asset, source=desk.source, policy=policy)
    offer = listed(member, edc, asset)

    begun = member.ask("POST", "/negotiations", provider=edc.did, dataset=asset, offer=offer)
    ended = member.settled(f"/negotiations/{begun['id']}", *ENDS)

    assert ended["state"] == "FINALIZED", ended
    agreement = member.ask("GET", f"/agreements/{ended['agreement']}")
    assert "contractAgreement+3650d" in str(agreement["policy"]["permission"])
    assert [rule["action"] for rule in agreement["policy"]["obligation"]] == ["odrl:attribute"]


def test_a_refusal_by_renkei_is_read_at_edc(edc: Connector, node: Node, fresh: str) -> None:
    offering = provider(node, fresh, automatic=False)
    begun = edc.negotiate(offering.did, offering.address, offered(edc, offering), target=offering.dataset)
    edc.settled(f"/contractnegotiations/{begun}", "REQUESTED")
    waiting = offering.member.ask("GET", "/negotiations")["items"][0]

    offering.member.ask(
        "POST", f"/negotiations/{waiting['id']}/termination", reason="The sensors are being replaced."
    )
    why = edc.told_why(f"/contractnegotiations/{begun}")

    assert why.splitlines() == ["exchange.refused-by-provider", "The sensors are being replaced."]


def test_what_renkei_will_not_agree_to_is_read_at_edc(edc: Connector, node: Node, fresh: str) -> None:
    offering = provider(node, fresh)
    offer = offered(edc, offering)
    purpose = {"leftOperand": "purpose", "operator": "eq", "rightOperand": "advertising"}
    offer["permission"][0]["constraint"] = [purpose, *offer["permission"][0]["constraint"][1:]]

    begun = edc.negotiate(offering.did, offering.address, offer, target=offering.dataset)
    code, in_english, in_japanese = edc.told_why(f"/contractnegotiations/{begun}").splitlines()

    assert code == "exchange.purpose-not-offered"
    assert all(word in said for said in (in_english, in_japanese) for word in ("advertising", "research"))


def test_a_termination_by_edc_is_read_at_renkei(edc: Connector, node: Node, fresh: str) -> None:
    offering = provider(node, fresh, automatic=False)
    begun = edc.negotiate(offering.did, offering.address, offered(edc, offering), target=offering.dataset)
    edc.settled(f"/contractnegotiations/{begun}", "REQUESTED")
    waiting = offering.member.ask("GET", "/negotiations")["items"][0]

    edc.ask(
        "POST",
        f"/contractnegotiations/{begun}/terminate",
        {"@type": "TerminateNegotiation", "@id": begun, "reason": "The budget was cut."},
    )
    ended = offering.member.settled(f"/negotiations/{waiting['id']}", "TERMINATED")

    assert "The budget was cut." in ended["reasons"]
