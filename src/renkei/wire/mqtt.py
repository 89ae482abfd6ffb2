"""The packets of MQTT 3.1.1 that a subscriber needs (OASIS Standard, 29 October 2014), without I/O.

Written by hand because this is the busiest place of a node: whole reads of the socket are cut into packets at once,
and the acknowledgements of a batch are one write. A client library that reads packet by packet needs ten times the
processor time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from struct import pack
from typing import NamedTuple

PING = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"
CONNACK, PUBLISH, SUBACK, PINGRESP = 2, 3, 9, 13
REFUSALS = {
    1: "it does not speak MQTT 3.1.1",
    2: "it does not take the client's id",
    3: "it is not available",
    4: "the user name or password is wrong",
    5: "the user may not connect",
}
"""Return codes of CONNACK (table 3.1)."""
_SUBSCRIPTION_REFUSED = 0x80


class PacketMalformedError(ValueError):
    """The other side does not speak MQTT, or sent what a subscriber is never sent."""


class Message(NamedTuple):
    """An application message; `number` is None when it needs no acknowledgement."""

    topic: str
    body: bytes | None
    """None when it was larger than is taken, and passed over."""
    size: int
    number: int | None


@dataclass(frozen=True, slots=True)
class Answer:
    """CONNACK, SUBACK or PINGRESP."""

    kind: int
    refused: str = ""
    """Why the other side does nothing of what was asked, else empty."""
    refused_topics: tuple[int, ...] = ()
    """Places, in the order asked for, of the topics that may not be subscribed to."""


def connect_packet(*, client_id: str, keepalive: int, username: str | None, password: str | None) -> bytes:
    """Write CONNECT for a session that the server keeps (section 3.1); `keepalive` is in seconds."""
    flags = (0x80 if username is not None else 0) | (0x40 if password is not None else 0)
    fields = [client_id, *(part for part in (username, password) if part is not None)]
    return _packet(0x10, b"\x00\x04MQTT\x04" + pack("!BH", flags, keepalive) + b"".join(map(_text, fields)))


def subscribe_packet(topics: Iterable[str], *, number: int) -> bytes:
    """Write SUBSCRIBE with QoS 1 (section 3.8)."""
    return _packet(0x82, pack("!H", number) + b"".join(_text(topic) + b"\x01" for topic in topics))


def acknowledgements(numbers: Sequence[int]) -> bytes:
    """Write one PUBACK for each message (section 3.4)."""
    return b"".join([b"\x40\x02" + number.to_bytes(2, "big") for number in numbers])


class Reader:
    """Cuts what arrives into packets; keeps what is not yet whole.

    A message of more than `largest` bytes is not kept: it is passed over, and told of as soon as its head is there.
    """

    def __init__(self, *, largest: int) -> None:
        self._largest = largest
        self._rest = b""
        self._passing_over = 0

    def feed(self, data: bytes) -> list[Message | Answer]:
        """Return the packets that are whole now. Raises PacketMalformedError."""
        if self._passing_over:
            over = min(self._passing_over, len(data))
            self._passing_over -= over
            data = data[over:]
        buffer = self._rest + data if self._rest else data
        found: list[Message | Answer] = []
        at = 0
        while (head := _fixed_head(buffer, at)) is not None:
            start, length = head
            end = start + length
            whole = end <= len(buffer)
            if not whole and length <= self._largest:
                break
            packet = self._read(buffer, at, start, end)
            if packet is None:
                break
            found.append(packet)
            if not whole:
                self._passing_over = end - len(buffer)
                end = len(buffer)
            at = end
        self._rest = buffer[at:]
        return found

    def _read(self, buffer: bytes, at: int, start: int, end: int) -> Message | Answer | None:
        first = buffer[at]
        if first >> 4 == PUBLISH:
            return self._message(buffer, first, start, end)
        if end > len(buffer):
            raise PacketMalformedError(f"a packet of {end - start} bytes that is no message")
        return _answer(first >> 4, buffer[start:end])

    def _message(self, buffer: bytes, first: int, start: int, end: int) -> Message | None:
        """Return a message, or None while not even its head is there."""
        if len(buffer) < start + 2:
            return None
        quality = (first >> 1) & 3
        topic_end = start + 2 + (buffer[start] << 8 | buffer[start + 1])
        body_start = topic_end + (2 if quality else 0)
        if quality > 1 or body_start > end:
            raise PacketMalformedError("a message that no subscription asked for")
        if len(buffer) < body_start:
            return None
        number = (buffer[topic_end] << 8 | buffer[topic_end + 1]) if quality else None
        topic = buffer[start + 2 : topic_end].decode("utf-8", "replace")
        size = end - body_start
        return Message(
            topic,
            buffer[body_start:end] if size <= self._largest and end <= len(buffer) else None,
            size,
            number,
        )


def _fixed_head(buffer: bytes, at: int) -> tuple[int, int] | None:
    """Return where a packet's content starts and its length (section 2.2.3), or None while that is not there."""
    length = shift = 0
    for place in range(at + 1, min(at + 5, len(buffer))):
        digit = buffer[place]
        length |= (digit & 0x7F) << shift
        if digit < 0x80:
            return place + 1, length
        shift += 7
    if len(buffer) >= at + 5:
        raise PacketMalformedError("a packet whose length does not end")
    return None


def _answer(kind: int, content: bytes) -> Answer:
    if kind == CONNACK and len(content) == 2:
        code = content[1]
        return Answer(kind, "" if code == 0 else REFUSALS.get(code, f"return code {code}"))
    if kind == SUBACK and len(content) > 2:
        codes = content[2:]
        refused = tuple(place for place, code in enumerate(codes) if code == _SUBSCRIPTION_REFUSED)
        everything = len(refused) == len(codes)
        return Answer(kind, "the user may not subscribe to any of the topics" if everything else "", refused)
    if kind == PINGRESP:
        return Answer(kind)
    raise PacketMalformedError(f"a packet of kind {kind}, which a subscriber is never sent")


def _packet(first: int, content: bytes) -> bytes:
    digits, left = bytearray(), len(content)
    while True:
        left, digit = divmod(left, 128)
        digits.append(digit | (0x80 if left else 0))
        if not left:
            return bytes([first]) + bytes(digits) + content


def _text(text: str) -> bytes:
    encoded = text.encode()
    return pack("!H", len(encoded)) + encoded
