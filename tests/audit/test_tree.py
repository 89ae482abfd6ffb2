"""The tree in tiles against the recursive definition of RFC 9162."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renkei.audit import tree
from renkei.kernel.merkle import verify_consistency, verify_inclusion

sizes = st.integers(0, 20_000) | st.integers(0, 600) | st.sampled_from([63, 64, 65, 4_095, 4_096, 4_097])


def leaves(start: int, end: int) -> list[bytes]:
    return [hashlib.sha256(number.to_bytes(4, "big")).digest() for number in range(start, end)]


def mth(hashes: list[bytes]) -> bytes:
    """The root of RFC 9162, 2.1.1, level by level from leaf hashes; an odd one out goes up as it is."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    row = hashes
    while len(row) > 1:
        pairs = [hashlib.sha256(b"\x01" + a + b).digest() for a, b in zip(row[::2], row[1::2], strict=False)]
        row = pairs + row[len(row) & ~1 :]
    return row[0]


def grown(batches: list[int]) -> dict[tree.Tile, bytes]:
    tiles: dict[tree.Tile, bytes] = {}
    size = 0
    for batch in batches:
        edge = {tile: tiles[tile] for tile in tree.right_edge(size)}
        tiles |= tree.grow(edge=edge, size=size, leaves=leaves(size, size + batch))
        size += batch
    return tiles


@settings(deadline=None, max_examples=40)
@given(sizes)
def test_a_tree_in_tiles_has_the_root_of_the_definition(size: int) -> None:
    assert tree.Hashes(grown([size])).of(tree.Span(0, size)) == mth(leaves(0, size))


@settings(deadline=None)
@given(st.lists(st.integers(0, 700), max_size=8))
def test_it_does_not_matter_in_which_batches_a_tree_grew(batches: list[int]) -> None:
    assert grown(batches) == grown([sum(batches)])


@settings(deadline=None, max_examples=40)
@given(sizes.filter(bool), st.data())
def test_each_entry_is_proven_against_each_size_of_the_tree(size: int, draw: st.DataObject) -> None:
    index = draw.draw(st.integers(0, size - 1))
    tiles = grown([size, 300])  # the tree has grown since; the proof is for the size asked for
    spans = tree.inclusion_spans(index=index, size=size)

    read = {tile: tiles[tile] for tile in tree.tiles_for(spans)}
    path = [tree.Hashes(read).of(span) for span in spans]

    root = mth(leaves(0, size))
    leaf = leaves(index, index + 1)[0]
    assert verify_inclusion(leaf=leaf, index=index, size=size, path=path, root=root)


@settings(deadline=None, max_examples=40)
@given(sizes, st.data())
def test_each_tree_proves_that_it_continues_each_smaller_one(second: int, draw: st.DataObject) -> None:
    first = draw.draw(st.integers(0, second) | st.just(second))
    hashes = tree.Hashes(grown([second]))

    path = [hashes.of(span) for span in tree.consistency_spans(first=first, second=second)]

    assert verify_consistency(
        first_size=first,
        first_root=mth(leaves(0, first)),
        second_size=second,
        second_root=mth(leaves(0, second)),
        path=path,
    )


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2_000) | st.just(4_097))
def test_a_frontier_knows_the_root_and_every_hash_that_tiles_keep(size: int) -> None:
    frontier = tree.Frontier()
    seen: dict[tree.Tile, dict[int, bytes]] = {}
    for leaf in leaves(0, size):
        for tile, place, value in frontier.add(leaf):
            seen.setdefault(tile, {})[place] = value

    assert (frontier.size, frontier.root()) == (size, mth(leaves(0, size)))
    assert {tile: b"".join(kept[place] for place in sorted(kept)) for tile, kept in seen.items()} == grown(
        [size]
    )


def test_a_tree_whose_edge_was_lost_or_cut_is_not_continued() -> None:
    edge = tree.grow(edge={}, size=0, leaves=leaves(0, 3))

    with pytest.raises(KeyError):
        tree.grow(edge={}, size=3, leaves=leaves(3, 4))
    with pytest.raises(KeyError):
        tree.grow(edge={tree.Tile(0, 0): edge[tree.Tile(0, 0)][:-32]}, size=3, leaves=leaves(3, 4))


def test_a_root_is_not_computed_from_a_tile_that_was_cut() -> None:
    tiles = tree.grow(edge={}, size=0, leaves=leaves(0, 3))

    with pytest.raises(KeyError):
        tree.Hashes({tile: hashes[:-32] for tile, hashes in tiles.items()}).of(tree.Span(0, 3))
