"""Negotiation and transfer over the door, each message as a peer would send it."""

from dataclasses import replace
from typing import Any

import pytest

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import NegotiationId
from renkei.parties import api as parties
from renkei.servers.dsp.addresses import base_url
from tests.servers.dsp.conftest import Speaker, offered, publish

pytestmark = pytest.mark.django_db(transaction=True)


def ended(provider_pid: str, consumer_pid: str) -> dict[str, Any]:
    return {
        "providerPid": provider_pid,
        "consumerPid": consumer_pid,
        "code": "E1",
        "reason": ["enough", "終わり"],
    }


def finalized(
    consumer: Speaker, provider: parties.Organisation, offer: exchange.Offer
) -> exchange.Negotiation:
    """Lead a negotiation to its end, as the consumer's node would."""
    pid = consumer.request(provider, offer).json()["providerPid"]
    consumer.say(
        provider,
        f"/negotiations/{pid}/agreement/verification",
        "ContractAgreementVerificationMessage",
        providerPid=pid,
        consumerPid="urn:consumer:1",
    )
    return exchange.negotiation(NegotiationId(pid), org=provider.id)


def test_a_request_that_fits_an_automatic_offer_is_agreed_and_finalized(
    consumer: Speaker, provider: parties.Organisation, offer: exchange.Offer
) -> None:
    answered = consumer.request(provider, offer)
    pid = answered.json()["providerPid"]
    told = consumer.get(provider, f"/negotiations/{pid}")
    after = finalized(consumer, provider, offer)

    assert answered.status_code == 201
    assert (answered.json()["@type"], answered.json()["consumerPid"]) == (
        "ContractNegotiation",
        "urn:consumer:1",
    )
    assert (told.status_code, told.json()["state"]) == (200, "AGREED")
    assert (after.id, after.state) == (pid, exchange.NegotiationState.FINALIZED)


def test_a_repeated_request_is_answered_as_the_first_was(
    consumer: Speaker, provider: parties.Organisation, offer: exchange.Offer
) -> None:
    first, second = consumer.request(provider, offer), consumer.request(provider, offer)

    assert (second.status_code, second.json()["providerPid"]) == (201, first.json()["providerPid"])
    assert len(exchange.negotiations(org=provider.id)) == 1


def test_a_request_for_a_purpose_that_is_not_offered_ends_with_the_reason(
    consumer: Speaker, provider: parties.Organisation, offer: exchange.Offer
) -> None:
    other = {"leftOperand": "purpose", "operator": "eq", "rightOperand": "advertising"}

    answered = consumer.request(provider, offer, permission=[{"action": "use", "constraint": [other]}])

    pid = answered.json()["providerPid"]

    after = exchange.negotiation(NegotiationId(pid), org=provider.id)
    assert (after.state, after.code) == (exchange.NegotiationState.TERMINATED, "exchange.purpose-not-offered")
    assert len(after.reasons) == 2


UNEVALUABLE = {"leftOperand": "mood", "operator": "eq", "rightOperand": "good"}


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"@id": "urn:nowhere"}, (404, "exchange.offer-missing")),
        ({"permission": [{"action": "fly"}]}, (400, "exchange.action-unknown")),
        (
            {"permission": [{"action": "use", "constraint": [UNEVALUABLE]}]},
            (400, "exchange.operand-unknown"),
        ),
    ],
)
def test_an_offer_that_cannot_be_had_is_refused_with_its_reason(
    consumer: Speaker,
    provider: parties.Organisation,
    offer: exchange.Offer,
    changed: dict[str, Any],
    refusal: tuple[int, str],
) -> None:
    answered = consumer.request(provider, offer, **changed)

    assert (answered.status_code, answered.json()["code"]) == refusal
    assert (answered.json()["@type"], answered.json()["consumerPid"]) == (
        "ContractNegotiationError",
        "urn:consumer:1",
    )


def test_a_token_serves_for_one_message_even_when_that_is_refused(
    consumer: Speaker, provider: parties.Organisation, offer: exchange.Offer
) -> None:
    signed = parties.sign_token(org=consumer.org.id, audience=provider.participant, now=utc_now())
    consumer.token = {"Authorization": f"Bearer {signed}"}

    refused = consumer.request(provider, offer, **{"@id": "urn:nowhere"})
    again = consumer.request(provider, offer)

    assert (refused.status_code, refused.json()["code"]) == (404, "exchange.offer-missing")
    assert (again.status_code, again.json()["code"]) == (401, "parties.peer-token-replayed")
    assert exchange.negotiations(org=provider.id) == ()


def test_a_message_out_of_turn_is_refused_and_changes_nothing(
    consumer: Speaker, provider: parties.Organisation, dataset: exchange.Dataset
) -> None:
    waiting = offered(provider, dataset, automatic=False)
    pid = consumer.request(provider, waiting).json()["providerPid"]

    answered = consumer.say(
        provider,
        f"/negotiations/{pid}/events",
        "ContractNegotiationEventMessage",
        providerPid=pid,
        consumerPid="urn:consumer:1",
        eventType="ACCEPTED",
    )

    assert (answered.status_code, answered.json()["code"]) == (400, "exchange.transition-illegal")
    assert (answered.json()["providerPid"], answered.json()["consumerPid"]) == (pid, "urn:consumer:1")
    assert consumer.get(provider, f"/negotiations/{pid}").json()["state"] == "REQUESTED"


def test_the_consumers_reasons_for_ending_a_negotiation_are_kept_whole(
    consumer: Speaker, provider: parties.Organisation, dataset: exchange.Dataset
) -> None:
    waiting = offered(provider, dataset, automatic=False)
    pid = consumer.request(provider, waiting).json()["providerPid"]

    answered = consumer.say(
        provider,
        f"/negotiations/{pid}/termination",
        "ContractNegotiationTerminationMessage",
        **ended(pid, "urn:consumer:1"),
    )

    after = exchange.negotiation(NegotiationId(pid), org=provider.id)
    assert (answered.status_code, answered.json()["state"]) == (200, "TERMINATED")
    assert (after.code, after.reasons) == ("E1", ("enough", "終わり"))


def test_an_unasked_offer_opens_a_negotiation_on_the_consumers_side(
    consumer: Speaker, provider: parties.Organisation
) -> None:
    ours = offered(consumer.org, publish(consumer.org, name="ours"), automatic=False)

    answered = consumer.say(
        provider,
        "/negotiations/offers",
        "ContractOfferMessage",
        providerPid="urn:provider:9",
        callbackAddress=base_url(consumer.org),
        offer=ours.policy(target=True),
    )

    assert (answered.status_code, answered.json()["state"]) == (201, "OFFERED")
    assert answered.json()["providerPid"] == "urn:provider:9"


def test_data_is_had_by_a_transfer_and_ends_with_the_agreement(
    consumer: Speaker, provider: parties.Organisation, offer: exchange.Offer
) -> None:
    agreement = finalized(consumer, provider, offer).agreement
    members = {
        "consumerPid": "urn:transfer:1",
        "agreementId": agreement,
        "format": "HttpData-PULL",
        "callbackAddress": base_url(consumer.org),
    }

    opened = consumer.say(provider, "/transfers/request", "TransferRequestMessage", **members)
    pid = opened.json()["providerPid"]
    state = consumer.get(provider, f"/transfers/{pid}").json()["state"]
    both = {"providerPid": pid, "consumerPid": "urn:transfer:1"}
    paused = consumer.say(provider, f"/transfers/{pid}/suspension", "TransferSuspensionMessage", **both)
    early = consumer.say(provider, f"/transfers/{pid}/completion", "TransferCompletionMessage", **both)
    resumed = consumer.say(provider, f"/transfers/{pid}/start", "TransferStartMessage", **both)
    done = consumer.say(provider, f"/transfers/{pid}/completion", "TransferCompletionMessage", **both)
    again = consumer.say(
        provider,
        f"/transfers/{pid}/termination",
        "TransferTerminationMessage",
        **ended(pid, "urn:transfer:1"),
    )

    assert (opened.status_code, opened.json()["@type"], state) == (201, "TransferProcess", "STARTED")
    assert (paused.json()["state"], resumed.json()["state"], done.json()["state"]) == (
        "SUSPENDED",
        "STARTED",
        "COMPLETED",
    )
    assert (early.status_code, early.json()["@type"], early.json()["code"]) == (
        400,
        "TransferError",
        "exchange.transition-illegal",
    )
    assert again.status_code == 400


@pytest.mark.parametrize(("format_", "status"), [("HttpData-PUSH", 400), ("HttpData-PULL", 404)])
def test_a_transfer_without_an_agreement_or_in_no_known_form_is_refused(
    consumer: Speaker, provider: parties.Organisation, offer: exchange.Offer, format_: str, status: int
) -> None:
    agreement = finalized(consumer, provider, offer).agreement if status == 400 else "urn:nowhere"

    answered = consumer.say(
        provider,
        "/transfers/request",
        "TransferRequestMessage",
        consumerPid="urn:transfer:1",
        agreementId=agreement,
        format=format_,
        callbackAddress=base_url(consumer.org),
    )

    assert (answered.status_code, answered.json()["@type"]) == (status, "TransferError")


def test_a_transfer_under_an_ended_agreement_is_refused_with_the_reason(
    consumer: Speaker, provider: parties.Organisation, offer: exchange.Offer
) -> None:
    agreement = finalized(consumer, provider, offer).agreement
    assert agreement is not None
    exchange.end_agreement(
        org=provider.id,
        agreement=agreement,
        reason="the project is over",
        actor=provider.actor,
        now=utc_now(),
    )

    answered = consumer.say(
        provider,
        "/transfers/request",
        "TransferRequestMessage",
        consumerPid="urn:transfer:1",
        agreementId=agreement,
        format="HttpData-PULL",
        callbackAddress=base_url(consumer.org),
    )

    assert answered.status_code == 400
    assert "the project is over" in "".join(answered.json()["reason"])


def negotiation_messages(pid: str, policy: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    both = {"providerPid": pid, "consumerPid": "urn:consumer:1"}
    agreement = policy | {"@type": "Agreement", "assigner": "did:a", "assignee": "did:b"}
    return [
        ("request", "ContractRequestMessage", {**both, "offer": policy}),
        ("agreement/verification", "ContractAgreementVerificationMessage", both),
        ("events", "ContractNegotiationEventMessage", {**both, "eventType": "ACCEPTED"}),
        ("termination", "ContractNegotiationTerminationMessage", both),
        (
            "agreement",
            "ContractAgreementMessage",
            {"consumerPid": pid, "providerPid": "urn:consumer:1", "agreement": agreement},
        ),
        (
            "offers",
            "ContractOfferMessage",
            {"consumerPid": pid, "providerPid": "urn:consumer:1", "offer": policy},
        ),
    ]


def test_a_strangers_token_opens_nobodys_negotiation(
    consumer: Speaker, stranger: Speaker, provider: parties.Organisation, offer: exchange.Offer
) -> None:
    pid = consumer.request(provider, offer).json()["providerPid"]

    answers = [stranger.get(provider, f"/negotiations/{pid}")]
    for path, kind, members in negotiation_messages(pid, offer.policy(target=True)):
        answers.append(stranger.say(provider, f"/negotiations/{pid}/{path}", kind, **members))

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {
        (404, "exchange.negotiation-missing")
    }
    assert consumer.get(provider, f"/negotiations/{pid}").json()["state"] == "AGREED"


def test_a_negotiation_is_not_found_at_another_organisations_door(
    consumer: Speaker, stranger: Speaker, provider: parties.Organisation, offer: exchange.Offer
) -> None:
    pid = consumer.request(provider, offer).json()["providerPid"]

    assert consumer.get(stranger.org, f"/negotiations/{pid}").status_code == 404


def test_a_strangers_token_opens_nobodys_transfer(
    consumer: Speaker, stranger: Speaker, provider: parties.Organisation, offer: exchange.Offer
) -> None:
    agreement = finalized(consumer, provider, offer).agreement
    members = {
        "consumerPid": "urn:transfer:1",
        "agreementId": agreement,
        "format": "HttpData-PULL",
        "callbackAddress": base_url(consumer.org),
    }
    pid = consumer.say(provider, "/transfers/request", "TransferRequestMessage", **members).json()[
        "providerPid"
    ]
    both = {"providerPid": pid, "consumerPid": "urn:transfer:1"}

    answers = [
        stranger.get(provider, f"/transfers/{pid}"),
        stranger.say(provider, "/transfers/request", "TransferRequestMessage", **members),
        *(
            stranger.say(provider, f"/transfers/{pid}/{path}", f"Transfer{path.capitalize()}Message", **both)
            for path in ("start", "completion", "suspension", "termination")
        ),
    ]

    assert [answer.status_code for answer in answers] == [404] * 6
    assert consumer.get(provider, f"/transfers/{pid}").json()["state"] == "STARTED"


def test_a_repeated_message_does_no_harm(
    consumer: Speaker, provider: parties.Organisation, offer: exchange.Offer
) -> None:
    pid = consumer.request(provider, offer).json()["providerPid"]
    both = {"providerPid": pid, "consumerPid": "urn:consumer:1"}

    answers = [
        consumer.say(
            provider,
            f"/negotiations/{pid}/agreement/verification",
            "ContractAgreementVerificationMessage",
            **both,
        )
        for _ in range(2)
    ]

    assert [(answer.status_code, answer.json()["state"]) for answer in answers] == [(200, "FINALIZED")] * 2


@pytest.mark.parametrize(
    "endpoint",
    [
        "file:///etc/passwd",
        "http://data.example/",
        "https://data.example/a b",
        "https://data.example/\r\nX: y",
        "s3://x/y",
        "",
    ],
)
def test_a_start_with_an_address_where_no_member_should_be_sent_is_refused(
    *,
    settings: Any,
    provider: parties.Organisation,
    consumer: Speaker,
    dataset: exchange.Dataset,
    offer: exchange.Offer,
    endpoint: str,
) -> None:
    settings.RENKEI = replace(settings.RENKEI, inside_peers=False)
    answered = Speaker(provider, consumer.door).say(
        consumer.org,
        "/transfers/urn:consumer:transfer/start",
        "TransferStartMessage",
        providerPid="urn:provider:transfer",
        consumerPid="urn:consumer:transfer",
        dataAddress={"@type": "DataAddress", "endpointType": "https", "endpoint": endpoint},
    )

    assert (answered.status_code, answered.json()["code"]) == (400, "servers.dsp-data-address-unusable")
