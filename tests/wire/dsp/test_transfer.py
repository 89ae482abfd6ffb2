"""Data addresses, wherever their endpoint stands."""

import pytest

from renkei.wire.dsp.transfer import DataAddress, EndpointProperty


@pytest.mark.parametrize(
    ("endpoint", "named", "where"),
    [
        ("https://a.example/data", None, "https://a.example/data"),
        (None, "https://b.example/data", "https://b.example/data"),
        ("https://a.example/data", "https://b.example/data", "https://a.example/data"),
        (None, None, ""),
    ],
)
def test_the_endpoint_stands_by_itself_or_among_the_properties(
    endpoint: str | None, named: str | None, where: str
) -> None:
    said = {"authType": "bearer"} | ({"endpoint": named} if named else {})
    properties = [EndpointProperty(type="EndpointProperty", name=name, value=said[name]) for name in said]

    address = DataAddress(type="DataAddress", endpoint_type="https", endpoint=endpoint, properties=properties)

    assert address.where == where
