import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.kernel.canonical import canonical_json, digest

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_keys_are_sorted_and_japanese_stays_readable() -> None:
    assert canonical_json({"名": "連携", "a": [1, None, True], "A": {}}) == (
        '{"A":{},"a":[1,null,true],"名":"連携"}'.encode()
    )


@given(values)
def test_a_value_is_read_back_as_it_was(value: object) -> None:
    assert json.loads(canonical_json(value)) == value


@given(st.dictionaries(st.text(), st.integers(), min_size=2))
def test_the_order_in_which_keys_were_set_does_not_matter(value: dict[str, int]) -> None:
    assert canonical_json(dict(reversed(value.items()))) == canonical_json(value)


def test_the_digest_is_sha_256_of_the_canonical_json() -> None:
    assert digest({"b": 1, "a": 2}) == hashlib.sha256(b'{"a":2,"b":1}').hexdigest()


@pytest.mark.parametrize("value", [1.0, {"a": 0.5}, [[float("nan")]], ({"a": (1.5,)},)])
def test_a_float_is_refused_wherever_it_stands(value: object) -> None:
    with pytest.raises(TypeError, match="float"):
        canonical_json(value)
