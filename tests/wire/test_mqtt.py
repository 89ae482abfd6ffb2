"""MQTT packets, cut anywhere."""

from contextlib import suppress
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.wire import mqtt
from renkei.wire.mqtt import Answer, Message, PacketMalformedError, Reader

LARGEST = 300
MESSAGES = st.lists(
    st.builds(
        lambda topic, body, number: (topic, body, number),
        st.text(st.characters(codec="utf-8"), max_size=20),
        st.binary(max_size=600),
        st.none() | st.integers(1, 65_535),
    ),
    max_size=6,
)


def published(topic: str, body: bytes, number: int | None) -> bytes:
    content = pack("!H", len(topic.encode())) + topic.encode()
    content += (b"" if number is None else pack("!H", number)) + body
    length, left = b"", len(content)
    while True:
        left, digit = divmod(left, 128)
        length += bytes([digit | (0x80 if left else 0)])
        if not left:
            return (b"\x30" if number is None else b"\x32") + length + content


@given(messages=MESSAGES, sizes=st.lists(st.integers(1, 900), min_size=1, max_size=40))
def test_messages_are_read_however_the_bytes_arrive(messages, sizes):
    sent = b"".join(published(*message) for message in messages) + b"\xd0\x00"
    reader, found, at, turn = Reader(largest=LARGEST), [], 0, 0
    while at < len(sent):
        size = sizes[turn % len(sizes)]
        found += reader.feed(sent[at : at + size])
        at, turn = at + size, turn + 1

    expected = [
        Message(topic, body if len(body) <= LARGEST else None, len(body), number)
        for topic, body, number in messages
    ]
    assert found == [*expected, Answer(mqtt.PINGRESP)]


def test_a_message_that_is_too_large_is_told_of_at_once_and_not_kept():
    sent = published("helium/x/rx", b"x" * 100_000, 7)
    reader = Reader(largest=LARGEST)

    first = reader.feed(sent[:400])
    rest = [
        packet for start in range(400, len(sent), 400) for packet in reader.feed(sent[start : start + 400])
    ]

    assert first == [Message("helium/x/rx", None, 100_000, 7)]
    assert rest == []
    assert reader.feed(b"\xd0\x00") == [Answer(mqtt.PINGRESP)]


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_raise_anything_but_its_own_error(data):
    with suppress(PacketMalformedError):
        Reader(largest=LARGEST).feed(data)


@pytest.mark.parametrize(
    "data",
    [
        b"\x30\xff\xff\xff\xff",
        b"\x36\x03\x00\x00\x01",
        b"\x34\x05\x00\x01a\x00\x01",
        b"\x32\x03\x00\x05a",
        b"\x10\x00",
        b"\x20\x01\x00",
        b"\x20\xff\xff\xff\x7f",
    ],
    ids=[
        "endless length",
        "QoS 3",
        "QoS 2",
        "topic beyond the end",
        "CONNECT",
        "short CONNACK",
        "huge CONNACK",
    ],
)
def test_what_a_subscriber_is_never_sent_is_refused(data):
    with pytest.raises(PacketMalformedError):
        Reader(largest=LARGEST).feed(data)


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"\x20\x02\x00\x00", Answer(mqtt.CONNACK)),
        (b"\x20\x02\x01\x00", Answer(mqtt.CONNACK)),
        (b"\x20\x02\x00\x05", Answer(mqtt.CONNACK, "the user may not connect")),
        (b"\x20\x02\x00\x63", Answer(mqtt.CONNACK, "return code 99")),
        (b"\x90\x05\x00\x01\x01\x01\x01", Answer(mqtt.SUBACK)),
        (b"\x90\x05\x00\x01\x01\x80\x01", Answer(mqtt.SUBACK, "", (1,))),
        (
            b"\x90\x04\x00\x01\x80\x80",
            Answer(mqtt.SUBACK, "the user may not subscribe to any of the topics", (0, 1)),
        ),
    ],
)
def test_an_answer_tells_why_it_refuses(data, answer):
    assert Reader(largest=LARGEST).feed(data) == [answer]


def test_what_is_said_is_spelt_as_the_standard_spells_it():
    """OASIS MQTT 3.1.1, sections 3.1, 3.4, 3.8."""
    connect = mqtt.connect_packet(client_id="node", keepalive=60, username="u", password="pw")
    anonymous = mqtt.connect_packet(client_id="node", keepalive=60, username=None, password=None)

    assert connect == b"\x10\x17\x00\x04MQTT\x04\xc0\x00\x3c\x00\x04node\x00\x01u\x00\x02pw"
    assert anonymous == b"\x10\x10\x00\x04MQTT\x04\x00\x00\x3c\x00\x04node"
    assert mqtt.subscribe_packet(["a/+", "b"], number=1) == b"\x82\x0c\x00\x01\x00\x03a/+\x01\x00\x01b\x01"
    assert mqtt.acknowledgements([1, 258]) == b"\x40\x02\x00\x01\x40\x02\x01\x02"
