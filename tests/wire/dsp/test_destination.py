"""A consumer's data address, read in both vocabularies, whatever stands in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.wire.dsp.destination import EDC, FORMS, Destination, read_destination
from renkei.wire.dsp.errors import DestinationUnusable
from renkei.wire.dsp.transfer import DataAddress, EndpointProperty

NAMES = (
    "authorization",
    "authType",
    "baseUrl",
    "path",
    "method",
    "authKey",
    "authCode",
    "secretName",
    "format",
    "mediaType",
    "contentType",
    "header:X",
    "keyName",
)
VALUES = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["https://sink.example/in", "bearer", "POST", "put", "csv", "text/csv", "X-Key", "a\r\nb: c"]
    ),
)


def address(endpoint: str | None, properties: dict[str, str]) -> DataAddress:
    listed = [
        EndpointProperty(type="EndpointProperty", name=name, value=value)
        for name, value in properties.items()
    ]
    return DataAddress(
        type="DataAddress", endpoint_type="HttpData", endpoint=endpoint, properties=listed or None
    )


def test_both_vocabularies_say_the_same() -> None:
    protocol = {"authorization": "s3cret", "authType": "Bearer", "mediaType": "text/csv; charset=utf-8"}
    edc = {
        "baseUrl": "https://sink.example/",
        "path": "/in",
        "authKey": "Authorization",
        "authCode": "Bearer s3cret",
        "contentType": "text/csv",
    }

    found = [
        read_destination(address("https://sink.example/in", protocol), secure=True),
        read_destination(address(None, edc), secure=True),
        read_destination(
            address(None, protocol | {f"{EDC}endpoint": "https://sink.example/in"}), secure=True
        ),
        read_destination(address(None, {f"{EDC}{name}": value for name, value in edc.items()}), secure=True),
    ]

    assert (
        found
        == [
            Destination(
                url="https://sink.example/in",
                method="POST",
                authorization=("Authorization", "Bearer s3cret"),
                form="csv",
            )
        ]
        * 4
    )


def test_the_secret_is_in_no_representation_and_the_query_in_none_that_is_shown() -> None:
    found = read_destination(
        address("https://sink.example/in?signature=hidden", {"authorization": "s3cret"}), secure=True
    )

    assert "s3cret" not in repr(found)
    assert found.shown == "https://sink.example/in"


@given(
    endpoint=st.none() | st.text(max_size=40) | st.just("https://sink.example/in"),
    said=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5),
)
def test_whatever_stands_in_it_is_usable_or_refused(endpoint: str | None, said: dict[str, str]) -> None:
    try:
        found = read_destination(address(endpoint, said), secure=True)
    except DestinationUnusable:
        return

    assert found.url.startswith("https://")
    assert found.url.isascii()
    assert not set(found.url) & set(" \r\n\t\0#@")
    assert (found.method in {"POST", "PUT"}, found.form in FORMS) == (True, True)
    name, value = found.authorization or ("X", "x")
    assert (name + value).isascii()
    assert (name + value).isprintable()


@pytest.mark.parametrize("secure", [True, False])
def test_plain_http_is_read_only_where_it_may_be(secure: bool) -> None:
    plain = address("http://sink.example/in", {})

    if secure:
        with pytest.raises(DestinationUnusable):
            read_destination(plain, secure=secure)
    else:
        assert read_destination(plain, secure=secure).url == "http://sink.example/in"
