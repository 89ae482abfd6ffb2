"""The tree's shape in tiles: which hashes a root or a proof needs, where they stand, how they grow; no storage.

A tile holds up to 64 neighbouring hashes of one level out of six: tile level 0 holds leaf hashes, tile level 1 the
hashes of subtrees of 64 leaves, and so on; hashes in between are computed from a tile. The scheme is C2SP tlog-tiles',
which takes 256: here a proof is computed on the fly, and smaller tiles need a quarter of the hashing.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from renkei.kernel.merkle import empty_root, node_hash, subtree_hash

HEIGHT = 6
WIDTH = 1 << HEIGHT
HASH = 32
_FULL = WIDTH * HASH


class Node(NamedTuple):
    """A complete subtree of 2**level leaves, the `number`-th from the left, from 0."""

    level: int
    number: int


class Tile(NamedTuple):
    """Where a run of hashes is kept."""

    level: int
    number: int


class Span(NamedTuple):
    """The leaves from `start` up to, not including, `end`."""

    start: int
    end: int


def inclusion_spans(*, index: int, size: int) -> list[Span]:
    """Return the spans whose roots prove a leaf, from the leaf upwards (RFC 9162, 2.1.3.1)."""
    spans: list[Span] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _left_half(end - start)
        if index < middle:
            spans.append(Span(middle, end))
            end = middle
        else:
            spans.append(Span(start, middle))
            start = middle
    return spans[::-1]


def consistency_spans(*, first: int, second: int) -> list[Span]:
    """Return the spans whose roots prove that the larger tree only added to the smaller (RFC 9162, 2.1.4.1)."""
    if first in {0, second}:
        return []
    spans: list[Span] = []
    start, end = 0, second
    while first != end:
        middle = start + _left_half(end - start)
        if first <= middle:
            spans.append(Span(middle, end))
            end = middle
        else:
            spans.append(Span(start, middle))
            start = middle
    if start:
        spans.append(Span(start, end))
    return spans[::-1]


def subtrees(span: Span) -> list[Node]:
    """Return the complete subtrees that make up a span, from left to right.

    The span must start where a proof's or a tree's spans start: at a multiple of its largest subtree.
    """
    nodes: list[Node] = []
    start = span.start
    while start < span.end:
        level = (span.end - start).bit_length() - 1
        nodes.append(Node(level, start >> level))
        start += 1 << level
    return nodes


def tile_of(node: Node) -> Tile:
    """Return the tile from which a subtree's hash can be computed."""
    level, above = divmod(node.level, HEIGHT)
    return Tile(level, node.number << above >> HEIGHT)


def right_edge(size: int) -> list[Tile]:
    """Return the tiles that are not yet full in a tree of this size, lowest level first."""
    edge: list[Tile] = []
    level, count = 0, size
    while count:
        if count % WIDTH:
            edge.append(Tile(level, count >> HEIGHT))
        level, count = level + 1, count >> HEIGHT
    return edge


def grow(*, edge: Mapping[Tile, bytes], size: int, leaves: Sequence[bytes]) -> dict[Tile, bytes]:
    """Append leaf hashes to a tree of `size` leaves and return the tiles that are new or longer.

    `edge` holds the tiles of `right_edge(size)`. Raises KeyError when one is absent or too short.
    """
    changed: dict[Tile, bytes] = {}
    level, count, arriving = 0, size, list(leaves)
    while arriving:
        first = count >> HEIGHT
        run = _begun(edge, Tile(level, first), count % WIDTH) + b"".join(arriving)
        arriving = []
        for offset in range(0, len(run), _FULL):
            hashes = run[offset : offset + _FULL]
            changed[Tile(level, first + offset // _FULL)] = hashes
            if len(hashes) == _FULL:
                arriving.append(subtree_hash(hashes))
        level, count = level + 1, count >> HEIGHT
    return changed


class Hashes:
    """The hashes of subtrees, computed from the tiles at hand and remembered."""

    def __init__(self, tiles: Mapping[Tile, bytes]) -> None:
        self._tiles = tiles
        self._known: dict[Node, bytes] = {}

    def of(self, span: Span) -> bytes:
        """Return the root over a span. Raises KeyError when a tile is absent or too short."""
        nodes = subtrees(span)
        if not nodes:
            return empty_root()
        root = self._of_node(nodes[-1])
        for node in reversed(nodes[:-1]):
            root = node_hash(self._of_node(node), root)
        return root

    def _of_node(self, node: Node) -> bytes:
        known = self._known.get(node)
        if known is None:
            known = self._known[node] = self._compute(node)
        return known

    def _compute(self, node: Node) -> bytes:
        above = node.level % HEIGHT
        offset = (node.number << above) % WIDTH * HASH
        hashes = self._tiles[tile_of(node)][offset : offset + (HASH << above)]
        if len(hashes) != HASH << above:
            raise KeyError(node)
        return subtree_hash(hashes)


class Frontier:
    """A tree that grows leaf by leaf and remembers only its right edge: some 20 hashes for a million leaves."""

    def __init__(self) -> None:
        self.size = 0
        self._edge: list[bytes] = []

    def add(self, leaf: bytes) -> list[tuple[Tile, int, bytes]]:
        """Append a leaf and return each hash that tiles keep and that is now known: its tile, place and value."""
        kept = [(*_place(0, self.size), leaf)]
        node, level, index = leaf, 0, self.size
        while index & 1:
            node = node_hash(self._edge.pop(), node)
            level, index = level + 1, index >> 1
            if level % HEIGHT == 0:
                kept.append((*_place(level // HEIGHT, index), node))
        self._edge.append(node)
        self.size += 1
        return kept

    def root(self) -> bytes:
        """Return the root over all leaves so far."""
        if not self._edge:
            return empty_root()
        root = self._edge[-1]
        for node in reversed(self._edge[:-1]):
            root = node_hash(node, root)
        return root


def tiles_for(spans: Iterable[Span]) -> set[Tile]:
    """Return the tiles that the roots of these spans are computed from."""
    return {tile_of(node) for span in spans for node in subtrees(span)}


def _begun(edge: Mapping[Tile, bytes], tile: Tile, count: int) -> bytes:
    if not count:
        return b""
    hashes = edge[tile][: count * HASH]
    if len(hashes) != count * HASH:
        raise KeyError(tile)
    return hashes


def _place(level: int, index: int) -> tuple[Tile, int]:
    return Tile(level, index >> HEIGHT), index % WIDTH


def _left_half(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1
