"""Merkle tree arithmetic of RFC 9162, section 2.1: hashes, proofs and their verification, without any storage."""

import hashlib
from collections.abc import Sequence


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of one entry (RFC 9162, 2.1.1: `SHA-256(0x00 || entry)`)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees side by side (RFC 9162, 2.1.1: `SHA-256(0x01 || left || right)`)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def subtree_hash(hashes: bytes) -> bytes:
    """Return the root over neighbouring subtrees of one size, their hashes laid end to end.

    There must be a power of two of them; this is `node_hash` over each pair, level by level, without taking them apart.
    """
    while len(hashes) > 32:
        pairs = range(0, len(hashes), 64)
        hashes = b"".join([hashlib.sha256(b"\x01" + hashes[at : at + 64]).digest() for at in pairs])
    return hashes


def empty_root() -> bytes:
    """Return the root of a tree with no entries: the hash of nothing (RFC 9162, 2.1.1)."""
    return hashlib.sha256(b"").digest()


def verify_inclusion(*, leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Tell whether a leaf hash stands at `index` in the tree of `size` leaves with this root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    position, last, computed = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if position & 1 or position == last:
            computed = node_hash(sibling, computed)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            computed = node_hash(computed, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and computed == root


def verify_consistency(
    *, first_size: int, first_root: bytes, second_size: int, second_root: bytes, path: Sequence[bytes]
) -> bool:
    """Tell whether the larger tree only added to the smaller one (RFC 9162, 2.1.4.2)."""
    if not 0 <= first_size <= second_size:
        return False
    if first_size == second_size:
        return not path and first_root == second_root
    if first_size == 0:
        return not path
    nodes = list(path)
    if first_size & (first_size - 1) == 0:
        nodes.insert(0, first_root)
    if not nodes:
        return False
    position, last = first_size - 1, second_size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    first = second = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            first, second = node_hash(node, first), node_hash(node, second)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            second = node_hash(second, node)
        position, last = position >> 1, last >> 1
    return last == 0 and first == first_root and second == second_root
