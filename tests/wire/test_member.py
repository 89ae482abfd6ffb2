from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from delta_sharing.protocol import DeltaSharingProfile

from renkei.kernel.texts import Text
from renkei.wire import member as wire

AT = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
ADDRESS = wire.DataAddress(endpoint_type="https", endpoint="https://node.example/sharing", token="rt_1")
TRANSFER = wire.Transfer(
    id="urn:uuid:1",
    role="consumer",
    peer="did:web:p.example",
    state="STARTED",
    agreement="urn:uuid:2",
    dataset="urn:uuid:3",
    format="DeltaSharing-PULL",
    data_address=ADDRESS,
    waiting_for=Text(ja="判断", en="a decision"),
    created_at=AT,
    updated_at=AT,
)


def test_an_answer_comes_back_as_it_was_sent():
    assert msgspec.json.decode(msgspec.json.encode(TRANSFER), type=wire.Transfer) == TRANSFER


def test_names_are_in_camel_case_and_times_in_rfc_3339():
    sent = msgspec.json.decode(msgspec.json.encode(TRANSFER))

    assert sent["dataAddress"] == {"endpointType": "https", "endpoint": ADDRESS.endpoint, "token": "rt_1"}
    assert (sent["createdAt"], sent["waitingFor"]) == (
        "2026-05-01T09:00:00Z",
        {"ja": "判断", "en": "a decision"},
    )


def test_members_that_a_reader_does_not_know_are_ignored():
    sent: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(TRANSFER)) | {"somethingNew": {"deep": 1}}

    assert msgspec.json.decode(msgspec.json.encode(sent), type=wire.Transfer) == TRANSFER


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"provider": "p", "dataset": "", "offer": "o"}', "$.dataset"),
        (b'{"provider": "p", "dataset": "d", "offer": []}', "$.offer"),
        (b'{"provider": "p", "dataset": "d", "offer": "o", "purpose": ""}', "$.purpose"),
        (b'{"provider": "' + b"p" * 3000 + b'", "dataset": "d", "offer": "o"}', "$.provider"),
    ],
)
def test_a_request_that_does_not_fit_is_refused_with_its_place(body: bytes, place: str):
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.json.decode(body, type=wire.NegotiationRequest)

    assert f"`{place}`" in str(refused.value)


def test_the_profile_is_what_the_standard_client_reads():
    read = DeltaSharingProfile.from_json(msgspec.json.encode(wire.sharing_profile(ADDRESS, expires=AT)))

    assert (read.endpoint, read.bearer_token, read.expiration_time) == (
        "https://node.example/sharing",
        "rt_1",
        "2026-05-01T09:00:00Z",
    )
    assert "expirationTime" not in wire.sharing_profile(ADDRESS)
