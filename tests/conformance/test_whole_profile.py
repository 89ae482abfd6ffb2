"""Terms that use the whole profile are messages as the protocol's published schemas have them, and mean the same there."""

from renkei.exchange.rules.normal import normal
from renkei.exchange.rules.portable import portable
from renkei.exchange.rules.terms import OPERANDS, DutyAction, parse
from renkei.wire.dsp import policy as wire
from tests.conformance.schemas import PUBLISHED, validator
from tests.factories.exchange import constraint, terms

pytestmark = PUBLISHED

JAPAN = constraint("spatial", "eq", "JP")
EXAMPLES = {
    "purpose": ("isAnyOf", ["research", "education"]),
    "recipient": ("eq", "did:web:lab.example"),
    "rk:membership": ("isAnyOf", ["urn:body:a", "urn:body:b"]),
    "spatial": ("eq", "JP"),
    "dateTime": ("lteq", "2030-01-01T00:00:00Z"),
    "elapsedTime": ("lteq", "P90D"),
    "count": ("lteq", "5"),
    "rk:rate": ("lteq", "10/PT1H"),
    "rk:cell": ("eq", "h3:5"),
    "rk:timeResolution": ("eq", "PT1H"),
    "rk:minimumGroup": ("gteq", "3"),
    "rk:groupBy": ("isAnyOf", ["cell", "port"]),
    "rk:withholdColumn": ("isAnyOf", ["payload", "session"]),
    "rk:mask": ("eq", "device=hash"),
    "rk:observedFrom": ("gteq", "2026-01-01T00:00:00Z"),
    "rk:observedUntil": ("lt", "2026-07-01T00:00:00Z"),
    "rk:delivery": ("eq", "in-place"),
    "rk:privacyBudget": ("lteq", "1.5"),
}
NEEDED = {
    DutyAction.DELETE: [constraint("elapsedTime", "lteq", "P30D")],
    DutyAction.COMPENSATE: [constraint("payAmount", "eq", "5000", unit="JPY")],
    DutyAction.ATTRIBUTE: [constraint("rk:credit", "eq", "City of Tokai")],
}


def whole() -> dict:
    beside = {"rk:minimumGroup": {"rk:entity": "device"}}
    said = terms(
        *(constraint(name, *EXAMPLES[name], **beside.get(name, {})) for name in OPERANDS),
        {
            "xone": [
                JAPAN,
                {"and": [constraint("rk:membership", "eq", "urn:body:a"), constraint("purpose", "eq", "x")]},
            ]
        },
    )
    duties = [
        {"action": action.value} | ({"constraint": NEEDED[action]} if action in NEEDED else {})
        for action in DutyAction
    ]
    first = ("attribute", "compensate")  # to delete is no duty before anything is read
    said["permission"][0]["duty"] = [each for each in duties if each["action"] in first]
    said["obligation"] = [each for each in duties if each["action"] not in first]
    said["prohibition"].append({"action": "use", "constraint": [constraint("purpose", "eq", "education")]})
    return said


def test_an_offer_with_every_operand_duty_and_prohibition_is_a_message_of_the_protocol():
    said = portable(whole())
    offer = {"@id": "urn:offer", "@type": "Offer", "target": "urn:dataset"} | said
    message = {
        "@context": ["https://w3id.org/dspace/2025/1/context.jsonld"],
        "@type": "ContractOfferMessage",
        "providerPid": "urn:provider",
        "consumerPid": "urn:consumer",
        "offer": offer,
    }

    assert [
        each.message
        for each in validator("negotiation/contract-offer-message-schema.json").iter_errors(message)
    ] == []
    wire.check_message_offer(offer)


def test_as_it_is_spelled_for_peers_it_means_what_it_meant():
    said = whole()

    assert normal(portable(said)) == normal(said)
    assert parse(portable(said)) == parse(said)
