"""The request for a push, whole: in the published schema, and in the words that the Eclipse connector's data plane reads."""

import json

import pytest

from renkei.exchange import api as exchange
from renkei.servers.courier import DspCourier
from renkei.servers.dsp.addresses import base_url
from renkei.servers.outgoing import Outgoing
from tests.conformance.test_dsp_schemas import pytestmark as of_schemas
from tests.conformance.test_dsp_schemas import validator
from tests.factories import exchange as deals
from tests.servers.loopback import loopback

pytestmark = [*of_schemas, pytest.mark.django_db]
EDC = "https://w3id.org/edc/v0.0.1/ns/"


def test_a_request_for_a_push_says_where_the_data_land_in_both_vocabularies() -> None:
    at = deals.table()
    with loopback() as peer:
        agreed = at.agreed()
        asked = exchange.request_transfer(
            org=at.consumer.id,
            agreement=agreed.id,
            format=exchange.HTTP_PUSH,
            actor=at.consumer.actor,
            now=deals.MAY,
        )

        class ToPeer:
            def send(self, message: exchange.Outgoing) -> exchange.Sent:
                moved = exchange.Outgoing(
                    **{name: getattr(message, name) for name in message.__slots__} | {"address": peer.url}
                )
                return DspCourier(Outgoing(inside_peers=True)).send(moved)

        exchange.deliver_due(ToPeer(), now=deals.MAY)
        [sent] = peer.asked

    message = json.loads(sent.body)
    properties = {each["name"]: each["value"] for each in message["dataAddress"]["endpointProperties"]}
    secret = properties["authorization"]
    door = f"http://127.0.0.1:8080/inbox/{asked.id}"
    validator("transfer/transfer-request-message-schema.json").validate(message)
    assert (sent.path, secret[:3], len(secret)) == ("/transfers/request", "rt_", 46)
    assert message == {
        "@context": ["https://w3id.org/dspace/2025/1/context.jsonld"],
        "@type": "TransferRequestMessage",
        "consumerPid": asked.id,
        "agreementId": agreed.id,
        "format": "HttpData-PUSH",
        "callbackAddress": base_url(at.consumer),
        "dataAddress": {
            "@type": "DataAddress",
            "endpointType": "HttpData",
            "endpoint": door,
            "endpointProperties": [
                {"@type": "EndpointProperty", "name": "authorization", "value": secret},
                {"@type": "EndpointProperty", "name": "authType", "value": "bearer"},
                {"@type": "EndpointProperty", "name": f"{EDC}baseUrl", "value": door},
                {"@type": "EndpointProperty", "name": f"{EDC}authKey", "value": "Authorization"},
                {"@type": "EndpointProperty", "name": f"{EDC}authCode", "value": f"Bearer {secret}"},
            ],
        },
    }
