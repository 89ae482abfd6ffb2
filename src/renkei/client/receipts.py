"""Receipts of what was read: fetched again from the provider, and verified."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from renkei.client.connection import Connection
from renkei.client.errors import NodeAnswered
from renkei.wire import member as wire
from renkei.wire import receipt as receipts
from renkei.wire.did import document_url

_NUMBER = re.compile(r"[0-9]{1,15}")
LARGEST = 64 * 1024
"""Bytes that a DID document may have."""


def fetch_all(
    connection: Connection, transfers: Sequence[wire.Transfer]
) -> tuple[receipts.SignedReceipt, ...]:
    """Fetch the receipts of transfers from their providers, the oldest of each transfer first. Raises Refused."""
    return tuple(found for transfer in transfers for found in _fetch(connection, transfer))


def verify(
    connection: Connection,
    receipt: receipts.SignedReceipt,
    *,
    agreement: wire.Agreement,
    data: Path | str | None,
    document: Mapping[str, Any] | None,
    now: datetime,
) -> receipts.SignedReceipt:
    """Verify that a receipt is the provider's, of this agreement and its terms, and of the data where they are given.

    Raises what `renkei.wire.receipt` refuses, and client.node-… where the DID document cannot be had.
    """
    receipts.check_belongs(receipt, provider=agreement.peer, agreement=agreement.id)
    receipts.check_terms(receipt, digest=agreement.terms_digest)
    body = _document(connection, agreement.peer) if document is None else json.dumps(document).encode()
    receipts.check_signature(receipt, receipts.key_in_document(body, receipt))
    receipts.check_time(receipt, now=now)
    if data is not None:
        with Path(data).open("rb") as file:
            parquet = file.read(4) == b"PAR1"
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        receipts.check_answer(receipt, sha256=digest, parquet=parquet)
    return receipt


def _fetch(connection: Connection, transfer: wire.Transfer) -> Iterator[receipts.SignedReceipt]:
    address = transfer.data_address
    if address is None or transfer.peer_pid is None:
        return
    url = f"{_root(address.endpoint)}/data/{quote(transfer.peer_pid, safe=':')}/receipts"
    after = 0
    while True:
        body = connection.fetch(url, token=address.token, params={"after": str(after)} if after else {})
        try:
            part = msgspec.json.decode(body, type=wire.HeldReceipts)
        except msgspec.DecodeError:
            raise NodeAnswered(url=url, status=200) from None
        yield from (receipts.read_receipt(each.receipt) for each in part.items)
        if part.next is None:
            return
        following = int(part.next) if _NUMBER.fullmatch(part.next) else 0
        if not part.items or following <= after:  # it would never end
            raise NodeAnswered(url=url, status=200)
        after = following


def _root(endpoint: str) -> str:
    """Return the root of the node behind a data address, whatever path it lies under itself."""
    if endpoint.endswith("/sharing"):
        return endpoint.removesuffix("/sharing")
    door = max(endpoint.rfind(f"/{each}/") for each in ("data", "query", "shared"))
    return endpoint[:door] if door >= 0 else endpoint


def _document(connection: Connection, did: str) -> bytes:
    """Fetch a DID document over https; over http only from this machine itself, as in a demonstration."""
    url = document_url(did)
    if urlsplit(url).hostname in {"127.0.0.1", "localhost"}:
        url = document_url(did, scheme="http")
    return connection.fetch(url, token=None, params={}, limit=LARGEST)
