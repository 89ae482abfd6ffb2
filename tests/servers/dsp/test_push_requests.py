"""Requests for a push over the door: which address is taken, and which is refused by name."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from renkei.exchange import api as exchange
from renkei.kernel.ids import NegotiationId
from renkei.parties import api as parties
from renkei.servers.dsp.addresses import base_url
from tests.servers.dsp.conftest import Speaker

pytestmark = pytest.mark.django_db(transaction=True)
EDC = "https://w3id.org/edc/v0.0.1/ns/"
STANDARD = {"authorization": "s3cret", "authType": "bearer"}
OF_EDC = {
    f"{EDC}baseUrl": "https://sink.example/in",
    f"{EDC}authKey": "X-Api-Key",
    f"{EDC}authCode": "s3cret",
    f"{EDC}method": "PUT",
}

Ask = Callable[..., Any]


@pytest.fixture
def ask(consumer: Speaker, provider: parties.Organisation, offer: exchange.Offer) -> Ask:
    """Ask for the data of an agreement, with this data address."""
    pid = consumer.request(provider, offer).json()["providerPid"]
    told = {"providerPid": pid, "consumerPid": "urn:consumer:1"}
    kind = "ContractAgreementVerificationMessage"
    consumer.say(provider, f"/negotiations/{pid}/agreement/verification", kind, **told)
    agreement = exchange.negotiation(NegotiationId(pid), org=provider.id).agreement

    def ask(
        properties: dict[str, str] | None,
        *,
        form: str = "HttpData-PUSH",
        endpoint: str | None = "https://sink.example/in",
    ) -> Any:
        address: dict[str, Any] = {"@type": "DataAddress", "endpointType": "HttpData"}
        address |= {"endpoint": endpoint} if endpoint else {}
        listed = [
            {"@type": "EndpointProperty", "name": name, "value": value}
            for name, value in (properties or {}).items()
        ]
        address |= {"endpointProperties": listed} if listed else {}
        return consumer.say(
            provider,
            "/transfers/request",
            "TransferRequestMessage",
            consumerPid="urn:consumer:transfer",
            agreementId=agreement,
            format=form,
            callbackAddress=base_url(consumer.org),
            **({} if properties is None else {"dataAddress": address}),
        )

    return ask


@pytest.mark.parametrize(
    ("properties", "endpoint"),
    [
        (STANDARD, "https://sink.example/in"),
        ({"authorization": "s3cret", "format": "csv"}, "https://sink.example/in?signature=x"),
        ({"contentType": "application/x-ndjson"}, "https://sink.example/in"),
        (OF_EDC, None),
        ({"baseUrl": "https://sink.example", "path": "in", "method": "post"}, None),
    ],
)
def test_an_address_that_can_be_pushed_to_starts_the_transfer(
    ask: Ask, provider: parties.Organisation, properties: dict[str, str], endpoint: str | None
) -> None:
    answered = ask(properties, endpoint=endpoint)

    assert (answered.status_code, answered.json()["state"]) == (201, "STARTED")
    [waiting] = [each for each in exchange.outbox(org=provider.id) if "transfer" in each.kind]
    assert waiting.kind is exchange.MessageKind.TRANSFER_START
    [row] = exchange.transfers(org=provider.id)
    assert row.format == "HttpData-PUSH"


@pytest.mark.parametrize(
    ("properties", "endpoint", "named"),
    [
        ({}, "ftp://sink.example/in", "endpoint"),
        ({}, "https://name:word@sink.example/in", "endpoint"),
        ({}, "https://sink.example/a b", "endpoint"),
        ({}, "https:///in", "endpoint"),
        ({}, "https://sink.example:x/in", "endpoint"),
        ({}, None, "baseUrl"),
        (STANDARD | {"authType": "basic"}, "https://sink.example/in", "authType"),
        ({"authorization": "two\r\nlines"}, "https://sink.example/in", "authorization"),
        ({"authKey": "Host", "authCode": "x"}, "https://sink.example/in", "authKey"),
        ({"authKey": "a b", "authCode": "x"}, "https://sink.example/in", "authKey"),
        ({"authKey": "X-Key", "secretName": "mine"}, "https://sink.example/in", "authCode"),
        ({"method": "DELETE"}, "https://sink.example/in", "method"),
        ({"header:X-Tenant": "7"}, "https://sink.example/in", "header:X-Tenant"),
        ({"format": "xlsx"}, "https://sink.example/in", "format"),
        ({"contentType": "image/png"}, "https://sink.example/in", "contentType"),
    ],
)
def test_an_address_that_cannot_be_pushed_to_is_refused_by_the_name_of_what_is_wrong(
    ask: Ask,
    provider: parties.Organisation,
    properties: dict[str, str],
    endpoint: str | None,
    named: str,
) -> None:
    answered = ask(properties, endpoint=endpoint)

    assert (answered.status_code, answered.json()["code"]) == (400, "wire.dsp-destination-unusable")
    assert f"its `{named}`" in answered.json()["reason"][0]
    assert "s3cret" not in json.dumps(answered.json())
    assert exchange.transfers(org=provider.id) == ()


def test_plain_http_is_taken_only_where_peers_may_be_inside(ask: Ask, settings: Any) -> None:
    settings.RENKEI = replace(settings.RENKEI, inside_peers=False)
    refused = ask(STANDARD, endpoint="http://127.0.0.1/in")
    settings.RENKEI = replace(settings.RENKEI, inside_peers=True)
    taken = ask(STANDARD, endpoint="http://127.0.0.1/in")

    assert (refused.status_code, refused.json()["code"]) == (400, "wire.dsp-destination-unusable")
    assert taken.status_code == 201


@pytest.mark.parametrize("form", ["HttpData-PULL", "DeltaSharing-PULL"])
def test_an_address_with_a_format_that_is_pulled_is_refused_by_name(ask: Ask, form: str) -> None:
    answered = ask(STANDARD, form=form)

    assert (answered.status_code, answered.json()["code"]) == (400, "exchange.destination-unwanted")
    assert f"“{form}”" in answered.json()["reason"][0]


def test_a_push_without_an_address_is_refused_by_name(ask: Ask) -> None:
    answered = ask(None)

    assert (answered.status_code, answered.json()["code"]) == (400, "exchange.destination-missing")
    assert "“HttpData-PUSH”" in answered.json()["reason"][0]


def test_the_same_request_again_is_answered_as_the_first_was(ask: Ask) -> None:
    assert ask(STANDARD).json() == ask(STANDARD).json()
