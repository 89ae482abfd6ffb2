"""Merkle arithmetic against the recursive definitions of RFC 9162, written out here a second time."""

import hashlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.kernel import merkle

SHA = hashlib.sha256

ROOTS_OF_THE_KNOWN_ENTRIES = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""The roots over the first n of the entries below, as certificate-transparency implementations publish them."""
KNOWN_ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]

entries = st.lists(st.binary(max_size=8), min_size=1, max_size=70)


def split(count: int) -> int:
    half = 1
    while half * 2 < count:
        half *= 2
    return half


def mth(data: list[bytes]) -> bytes:
    if not data:
        return SHA(b"").digest()
    if len(data) == 1:
        return SHA(b"\x00" + data[0]).digest()
    k = split(len(data))
    return SHA(b"\x01" + mth(data[:k]) + mth(data[k:])).digest()


def inclusion(m: int, data: list[bytes]) -> list[bytes]:
    if len(data) == 1:
        return []
    k = split(len(data))
    if m < k:
        return [*inclusion(m, data[:k]), mth(data[k:])]
    return [*inclusion(m - k, data[k:]), mth(data[:k])]


def consistency(m: int, data: list[bytes], *, whole: bool = True) -> list[bytes]:
    if m == len(data):
        return [] if whole else [mth(data)]
    k = split(len(data))
    if m <= k:
        return [*consistency(m, data[:k], whole=whole), mth(data[k:])]
    return [*consistency(m - k, data[k:], whole=False), mth(data[:k])]


@pytest.mark.parametrize("size", range(9))
def test_the_definition_written_here_gives_the_published_roots(size: int) -> None:
    assert mth(KNOWN_ENTRIES[:size]).hex() == ROOTS_OF_THE_KNOWN_ENTRIES[size]


def test_the_empty_root_is_the_hash_of_nothing() -> None:
    assert merkle.empty_root().hex() == ROOTS_OF_THE_KNOWN_ENTRIES[0]


def test_a_leaf_cannot_pass_for_a_node() -> None:
    left, right = merkle.leaf_hash(b"a"), merkle.leaf_hash(b"b")

    assert merkle.leaf_hash(left + right) != merkle.node_hash(left, right)


@given(entries)
def test_every_entry_is_proven_by_the_path_of_the_definition(data: list[bytes]) -> None:
    root = mth(data)
    for index, entry in enumerate(data):
        assert merkle.verify_inclusion(
            leaf=merkle.leaf_hash(entry), index=index, size=len(data), path=inclusion(index, data), root=root
        )


@given(entries, st.data())
def test_a_proof_holds_for_no_other_leaf_place_size_or_path(data: list[bytes], draw: st.DataObject) -> None:
    index = draw.draw(st.integers(0, len(data) - 1))
    leaf, path, root = merkle.leaf_hash(data[index]), inclusion(index, data), mth(data)

    def holds(**changed: object) -> bool:
        said = {"leaf": leaf, "index": index, "size": len(data), "path": path, "root": root} | changed
        return merkle.verify_inclusion(**said)  # type: ignore[arg-type]  # one keyword is changed at a time

    assert holds()
    assert not holds(leaf=merkle.leaf_hash(b"something else"))
    assert not holds(path=[*path, root])
    assert not holds(root=SHA(root).digest())
    assert not holds(index=-1)
    assert not holds(index=len(data))
    if path:
        assert not holds(path=path[:-1])
        broken = draw.draw(st.integers(0, len(path) - 1))
        assert not holds(path=[*path[:broken], SHA(path[broken]).digest(), *path[broken + 1 :]])
        other = draw.draw(st.integers(0, len(data) - 1).filter(lambda place: place != index))
        assert not holds(index=other) or data[other] == data[index]


@given(entries, st.data())
def test_a_larger_tree_proves_that_it_only_added_to_each_smaller_one(
    data: list[bytes], draw: st.DataObject
) -> None:
    first = draw.draw(st.integers(1, len(data)))

    assert merkle.verify_consistency(
        first_size=first,
        first_root=mth(data[:first]),
        second_size=len(data),
        second_root=mth(data),
        path=consistency(first, data),
    )


@given(entries, st.data())
def test_a_rewritten_log_is_not_consistent_with_what_was_seen_before(
    data: list[bytes], draw: st.DataObject
) -> None:
    first = draw.draw(st.integers(1, len(data)))
    place = draw.draw(st.integers(0, first - 1))
    rewritten = [*data[:place], data[place] + b"!", *data[place + 1 :]]

    assert not merkle.verify_consistency(
        first_size=first,
        first_root=mth(data[:first]),
        second_size=len(data),
        second_root=mth(rewritten),
        path=consistency(first, rewritten),
    )


@given(entries, st.data())
def test_a_consistency_proof_holds_for_no_other_path(data: list[bytes], draw: st.DataObject) -> None:
    first = draw.draw(st.integers(1, len(data)))
    path = consistency(first, data)

    def holds(path: list[bytes]) -> bool:
        return merkle.verify_consistency(
            first_size=first,
            first_root=mth(data[:first]),
            second_size=len(data),
            second_root=mth(data),
            path=path,
        )

    assert not holds([*path, mth(data)])
    for place in range(len(path)):
        assert not holds([*path[:place], *path[place + 1 :]])
        assert not holds([*path[:place], SHA(path[place]).digest(), *path[place + 1 :]])


def test_every_tree_continues_the_empty_one_and_none_shrinks() -> None:
    empty, one = merkle.empty_root(), merkle.leaf_hash(b"a")
    check: Callable[..., bool] = merkle.verify_consistency

    assert check(first_size=0, first_root=empty, second_size=1, second_root=one, path=[])
    assert not check(first_size=0, first_root=empty, second_size=1, second_root=one, path=[one])
    assert not check(first_size=1, first_root=one, second_size=0, second_root=empty, path=[])
    assert not check(first_size=-1, first_root=one, second_size=1, second_root=one, path=[])
    assert check(first_size=1, first_root=one, second_size=1, second_root=one, path=[])
    assert not check(first_size=1, first_root=one, second_size=1, second_root=empty, path=[])
