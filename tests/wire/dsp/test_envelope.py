"""A message is read only where it belongs, and what cannot be read is refused with its place."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renkei.kernel.refusals import Refusal
from renkei.kernel.texts import Text
from renkei.wire.dsp import catalog, envelope, negotiation, version
from renkei.wire.dsp.errors import ContextMissing, MessageMalformed, TypeUnexpected
from tests.wire.dsp.messages import MESSAGES, SHAPES

VERIFICATION = {
    "@context": [envelope.CONTEXT],
    "@type": "ContractAgreementVerificationMessage",
    "providerPid": "urn:p",
    "consumerPid": "urn:c",
}
REQUEST: dict[str, Any] = {
    "@context": [envelope.CONTEXT],
    "@type": "ContractRequestMessage",
    "consumerPid": "urn:c",
    "callbackAddress": "https://peer.example/dsp",
    "offer": {"@id": "o", "@type": "Offer", "target": "d", "permission": [{"action": "use"}]},
}


def read_verification(**changed: Any) -> negotiation.ContractAgreementVerificationMessage:
    body = {name: value for name, value in {**VERIFICATION, **changed}.items() if value is not ...}
    return envelope.read(json.dumps(body).encode(), negotiation.ContractAgreementVerificationMessage)


def refused_request(offer: dict[str, Any]) -> str:
    whole = {name: value for name, value in {**REQUEST["offer"], **offer}.items() if value is not ...}
    with pytest.raises(MessageMalformed) as refused:
        envelope.read(json.dumps({**REQUEST, "offer": whole}).encode(), negotiation.ContractRequestMessage)
    return str(refused.value.facts["why"])


@pytest.mark.parametrize("name", sorted(MESSAGES))
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_what_is_written_is_read_back_equal(name: str, data: st.DataObject) -> None:
    message = data.draw(MESSAGES[name][0])

    assert envelope.read(envelope.write(message), SHAPES[name]) == message


@pytest.mark.parametrize("name", sorted(MESSAGES))
@given(
    body=st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.text() | st.integers(),
        lambda v: st.lists(v) | st.dictionaries(st.text(), v),
    ).map(lambda value: json.dumps(value).encode())
)
@settings(max_examples=30, deadline=None)
def test_nothing_but_a_refusal_comes_of_any_bytes(name: str, body: bytes) -> None:
    with pytest.raises(Refusal):
        envelope.read(body, SHAPES[name])


def test_members_that_the_protocol_does_not_name_are_tolerated() -> None:
    assert read_verification(**{"edc:extra": {"a": 1}}) == read_verification()


@pytest.mark.parametrize(
    "context",
    [
        ...,
        None,
        envelope.CONTEXT,
        [],
        ["https://w3id.org/dspace/2024/1/context.json"],
        [envelope.CONTEXT, {}],
    ],
)
def test_a_message_without_the_protocols_context_is_refused(context: Any) -> None:
    with pytest.raises(ContextMissing):
        read_verification(**{"@context": context})


@pytest.mark.parametrize(
    ("given_type", "told"),
    [(..., "null"), ("TransferStartMessage", "TransferStartMessage"), (["X"], '["X"]')],
)
def test_a_message_of_another_type_is_refused_by_name(given_type: Any, told: str) -> None:
    with pytest.raises(TypeUnexpected) as refused:
        read_verification(**{"@type": given_type})

    assert refused.value.facts == {"expected": "ContractAgreementVerificationMessage", "got": told}


@pytest.mark.parametrize("wrong", [..., None, 7, "", "x" * 256, ["urn:c"]])
def test_a_wrong_process_id_is_refused_with_its_place(wrong: Any) -> None:
    with pytest.raises(MessageMalformed) as refused:
        read_verification(consumerPid=wrong)

    assert "consumerPid" in str(refused.value.facts["why"])


def test_a_character_that_no_database_holds_is_refused() -> None:
    with pytest.raises(MessageMalformed) as refused:
        read_verification(consumerPid="urn:\0")

    assert refused.value.facts["why"] == "a text contains the character U+0000"
    assert read_verification(consumerPid="urn:\\u0000").consumer_pid == "urn:\\u0000"


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_a_deeply_nested_body_is_refused_and_breaks_nothing(opening: bytes) -> None:
    with pytest.raises(MessageMalformed):
        envelope.read(opening * 100_000, negotiation.ContractRequestMessage)

    deep = json.dumps({**REQUEST, "offer": "HERE"}).encode().replace(b'"HERE"', opening * 5000)
    with pytest.raises(MessageMalformed):
        envelope.read(deep, negotiation.ContractRequestMessage)


@pytest.mark.parametrize(
    ("offer", "place"),
    [
        ({"@id": ...}, "offer.@id"),
        ({"@id": 5}, "offer.@id"),
        ({"@type": "Agreement"}, "offer.@type"),
        ({"target": 5}, "offer.target"),
        ({"weight": 2**53}, "a number beyond 2^53 - 1"),
        ({"permission": ...}, "neither permission nor prohibition"),
        ({"permission": []}, "offer.permission: empty"),
        ({"permission": {"action": "use"}}, "offer.permission: has to be an array"),
        ({"permission": ["use"]}, "offer.permission[0]: has to be an object"),
        ({"permission": [{"action": {"@id": "use"}}]}, "offer.permission[0].action"),
        ({"permission": [{"action": "use", "constraint": "x"}]}, "offer.permission[0].constraint"),
        ({"permission": [{"action": "use", "constraint": [{}]}]}, "offer.permission[0].constraint[0]"),
        (
            {"permission": [{"action": "use", "constraint": [{"and": [{"or": [{"leftOperand": "a"}]}]}]}]},
            "offer.permission[0].constraint[0].and[0].or[0]",
        ),
        (
            {
                "prohibition": [
                    {
                        "action": "use",
                        "constraint": [{"leftOperand": "a", "operator": "like", "rightOperand": "b"}],
                    }
                ]
            },
            "offer.prohibition[0].constraint[0].operator",
        ),
        (
            {
                "permission": [
                    {
                        "action": "use",
                        "constraint": [{"leftOperand": "a", "operator": "eq", "rightOperand": 5}],
                    }
                ]
            },
            "offer.permission[0].constraint[0].rightOperand",
        ),
        ({"obligation": [{}]}, "offer.obligation[0].action"),
        ({"profile": 7}, "offer.profile"),
        ({"weight": 0.5}, "a number with a fraction"),
        ({"deep": json.loads("[" * 40 + "]" * 40)}, "nested more than 32 deep"),
    ],
)
def test_a_policy_that_is_not_built_right_is_refused_with_its_place(
    offer: dict[str, Any], place: str
) -> None:
    assert place in refused_request(offer)


@pytest.mark.parametrize("timestamp", ["yesterday", "2026-13-01T00:00:00Z", 5])
def test_an_agreement_signed_at_no_time_is_refused(timestamp: Any) -> None:
    agreement = {
        **REQUEST["offer"],
        "@type": "Agreement",
        "assigner": "a",
        "assignee": "b",
        "timestamp": timestamp,
    }
    body = {**VERIFICATION, "@type": "ContractAgreementMessage", "agreement": agreement}

    with pytest.raises(MessageMalformed, match=r"agreement\.timestamp"):
        envelope.read(json.dumps(body).encode(), negotiation.ContractAgreementMessage)


@pytest.mark.parametrize("extra", [{}, {"callbackAddress": "https://a.example", "providerPid": "urn:p"}])
def test_a_request_needs_exactly_one_of_callback_and_provider_pid(extra: dict[str, str]) -> None:
    body = {name: value for name, value in REQUEST.items() if name != "callbackAddress"} | extra

    with pytest.raises(MessageMalformed, match="exactly one of callbackAddress and providerPid"):
        envelope.read(json.dumps(body).encode(), negotiation.ContractRequestMessage)


@pytest.mark.parametrize(
    "address", ["ftp://peer.example", "peer.example", "https://a b", "file:///etc/passwd"]
)
def test_a_callback_address_is_http(address: str) -> None:
    with pytest.raises(MessageMalformed, match="callbackAddress"):
        envelope.read(
            json.dumps({**REQUEST, "callbackAddress": address}).encode(), negotiation.ContractRequestMessage
        )


def test_reasons_of_any_form_reach_the_reader_whole() -> None:
    long = "x" * 5000

    told = envelope.reason_texts([long, {"@value": "理由", "@language": "ja"}, {"why": 1}, 7])

    assert told == (long, "理由", '{"why":1}', "7")


@pytest.mark.parametrize(
    ("given_labels", "text"),
    [
        (None, Text(ja="", en="")),
        ("Uplinks", Text(ja="Uplinks", en="Uplinks")),
        (catalog.LanguageValue("通信", "ja-JP"), Text(ja="通信", en="通信")),
        (catalog.labels(Text(ja="通信", en="Uplinks")), Text(ja="通信", en="Uplinks")),
        (["Uplinks", catalog.LanguageValue("通信", "ja")], Text(ja="通信", en="Uplinks")),
    ],
)
def test_a_title_is_read_in_both_languages_however_it_is_written(
    given_labels: catalog.Labels | None, text: Text
) -> None:
    assert catalog.text_of(given_labels) == text


def test_the_version_that_we_speak_is_found_among_others() -> None:
    document = msgspec.json.encode(
        {
            "protocolVersions": [
                {"version": v, "path": "/" + v, "binding": "HTTPS"} for v in ("2024-1", "2025-1")
            ]
        }
    )

    read = envelope.read_plain(document, version.VersionResponse)

    assert read.speaking("2025-1") == version.Version(version="2025-1", path="/2025-1", binding="HTTPS")
    assert read.speaking("2030-1") is None
    with pytest.raises(MessageMalformed):
        envelope.read_plain(b'{"protocolVersions":[]}', version.VersionResponse)


def test_only_a_providers_offer_has_to_name_its_target() -> None:
    offer = {name: value for name, value in REQUEST["offer"].items() if name != "target"}
    proposed = {**REQUEST, "@type": "ContractOfferMessage", "providerPid": "urn:p", "offer": offer}
    del proposed["consumerPid"]

    asked = envelope.read(
        json.dumps({**REQUEST, "offer": offer}).encode(), negotiation.ContractRequestMessage
    )
    with pytest.raises(MessageMalformed, match=r"offer\.target"):
        envelope.read(json.dumps(proposed).encode(), negotiation.ContractOfferMessage)

    assert asked.offer == offer


@pytest.mark.parametrize("depth", [40, 400, 900, 950, 980])
def test_reasons_and_types_of_any_depth_are_refused_or_told(depth: int) -> None:
    deep = "[" * depth + "]" * depth
    ended = {**VERIFICATION, "@type": "ContractNegotiationTerminationMessage", "reason": "HERE"}
    body = json.dumps(ended).replace('"HERE"', f"[{deep}]").encode()

    with pytest.raises(MessageMalformed, match="nested"):
        envelope.read(body, negotiation.ContractNegotiationTerminationMessage)
    with pytest.raises(Refusal):
        envelope.read(
            json.dumps({**VERIFICATION, "@type": "HERE"}).replace('"HERE"', deep).encode(),
            negotiation.ContractAgreementVerificationMessage,
        )
