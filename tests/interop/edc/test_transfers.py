"""Data that goes from one side to the other under a contract."""

import json
from pathlib import Path

import httpx
import pytest

from renkei import client
from tests.interop.edc.conftest import READINGS, Desk, Provider, provider
from tests.interop.edc.connector import Connector
from tests.interop.edc.test_contracts import offered
from tests.journeys.stage import Member, Node

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


def test_edc_pushes_its_data_into_renkei(
    edc: Connector, member: Member, desk: Desk, fresh: str, tmp_path: Path
) -> None:
    asset = f"asset-{fresh}"
    edc.publish(asset, source=desk.source, policy={"permission": [{"action": "use"}]})

    with client.Node(member.node.url, member.token) as own:
        (listing,) = [each for each in own.catalog(edc.did) if each.id == asset]
        landed = own.agree(listing).receive(tmp_path)

    assert [path.read_bytes() for path in landed] == [READINGS]


def test_renkei_pushes_its_rows_to_where_edc_wants_them(
    edc: Connector, node: Node, desk: Desk, fresh: str
) -> None:
    offering = provider(node, fresh)
    sink = {"@type": "DataAddress", "type": "HttpData", "baseUrl": desk.sink, "mediaType": "text/csv"}

    transfer = edc.transfer(
        offering.did, offering.address, agreed(edc, offering), "HttpData-PUSH", dataDestination=sink
    )
    header, *rows = desk.landed.get(timeout=60).decode().splitlines()

    assert "latitude" not in header.split(",")
    assert len(rows) == offering.rows
    assert edc.settled(f"/transferprocesses/{transfer}", "COMPLETED", "TERMINATED")["state"] == "COMPLETED"


def _read(url: str, edr: dict[str, str], **query: str) -> httpx.Response:
    answered = httpx.get(url, params=query, headers=_header(edr), timeout=60, trust_env=False)
    assert answered.status_code == 200, answered.text
    return answered


def _status(edr: dict[str, str]) -> int:
    return httpx.get(edr["endpoint"], headers=_header(edr), timeout=60, trust_env=False).status_code


def _header(edr: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {edr['authorization']}"}
