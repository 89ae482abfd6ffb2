"""Data that goes from one side to the other under a contract."""

import json

import httpx
import pytest

from tests.interop.edc.conftest import Desk, Provider, provider
from tests.interop.edc.connector import Connector
from tests.interop.edc.test_contracts import offered
from tests.journeys.stage import Node

pytestmark = pytest.mark.interop


def agreed(edc: Connector, with_: Provider) -> str:
    """Let EDC agree to a renkei provider's offer; returns the agreement's id at EDC."""
    begun = edc.negotiate(with_.did, with_.address, offered(edc, with_), target=with_.dataset)
    ended = edc.settled(f"/contractnegotiations/{begun}", "FINALIZED", "TERMINATED")
    assert ended["state"] == "FINALIZED", ended
    return str(ended["contractAgreementId"])


def test_edc_pulls_the_rows_with_the_address_and_the_token_it_holds(
    edc: Connector, node: Node, desk: Desk, fresh: str
) -> None:
    offering = provider(node, fresh)
    agreement = agreed(edc, offering)

    transfer = edc.transfer(
        offering.did, offering.address, agreement, "HttpData-PULL", callbackAddresses=desk.callback
    )
    edr = desk.edr(transfer)
    answered = _read(edr["endpoint"], edr, format="jsonl")

    rows = [json.loads(line) for line in answered.text.splitlines()]
    assert len(rows) == offering.rows
    assert "latitude" not in rows[0]
    assert edc.settled(f"/transferprocesses/{transfer}", "STARTED")["state"] == "STARTED"


def test_edc_opens_a_delta_share_with_the_address_and_the_token_it_holds(
    edc: Connector, node: Node, desk: Desk, fresh: str
) -> None:
    offering = provider(node, fresh)
    agreement = agreed(edc, offering)

    transfer = edc.transfer(
        offering.did, offering.address, agreement, "DeltaSharing-PULL", callbackAddresses=desk.callback
    )
    edr = desk.edr(transfer)

    assert len(_read(f"{edr['endpoint']}/shares", edr).json()["items"]) == 1


def test_a_transfer_ended_by_renkei_says_why_at_edc(
    edc: Connector, node: Node, desk: Desk, fresh: str
) -> None:
    offering = provider(node, fresh)
    transfer = edc.transfer(
        offering.did,
        offering.address,
        agreed(edc, offering),
        "HttpData-PULL",
        callbackAddresses=desk.callback,
    )
    edr = desk.edr(transfer)
    (own,) = offering.member.ask("GET", "/transfers")["items"]

    offering.member.ask("POST", f"/transfers/{own['id']}/termination", reason="The station was taken down.")
    why = edc.told_why(f"/transferprocesses/{transfer}")

    assert why.splitlines() == ["exchange.terminated-by-provider", "The station was taken down."]
    assert _status(edr) == 403


def test_a_transfer_ended_by_edc_says_why_at_renkei(
    edc: Connector, node: Node, desk: Desk, fresh: str
) -> None:
    offering = provider(node, fresh)
    transfer = edc.transfer(
        offering.did,
        offering.address,
        agreed(edc, offering),
        "HttpData-PULL",
        callbackAddresses=desk.callback,
    )
    edr = desk.edr(transfer)
    (own,) = offering.member.ask("GET", "/transfers")["items"]

    edc.ask(
        "POST",
        f"/transferprocesses/{transfer}/terminate",
        {"@type": "TerminateTransfer", "reason": "The study is over."},
    )
    ended = offering.member.settled(f"/transfers/{own['id']}", "TERMINATED")

    assert "The study is over." in ended["reasons"]
    assert _status(edr) == 403


def _read(url: str, edr: dict[str, str], **query: str) -> httpx.Response:
    answered = httpx.get(url, params=query, headers=_header(edr), timeout=60, trust_env=False)
    assert answered.status_code == 200, answered.text
    return answered


def _status(edr: dict[str, str]) -> int:
    return httpx.get(edr["endpoint"], headers=_header(edr), timeout=60, trust_env=False).status_code


def _header(edr: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {edr['authorization']}"}
