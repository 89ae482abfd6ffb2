"""An agreement, and the data that it opens: in pandas, Arrow, DuckDB or a file."""

import contextlib
import hashlib
import importlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from renkei.client import deliveries, receipts
from renkei.client.connection import Connection
from renkei.client.errors import ExtraMissing, NodeAnswered, refusal_in, refused_by_peer, undecided
from renkei.kernel.clock import utc_now
from renkei.kernel.texts import Text
from renkei.wire import member as wire
from renkei.wire import rows
from renkei.wire.queries import QueryAnswer, QueryRequest
from renkei.wire.receipt import ReceiptLacking, SignedReceipt, check_answer, read_receipt


class Agreement:
    """What two organisations signed. The first read opens a transfer; later ones use it again."""

    def __init__(self, connection: Connection, signed: wire.Agreement, *, new: bool = False) -> None:
        """Wrap an agreement of the node behind `connection`; a `new` one was just concluded: no transfer of it runs."""
        self._connection = connection
        self._new = new
        self._opened: dict[str, str] = {}
        self.signed = signed
        self._receipt = ""

    @property
    def id(self) -> str:
        """The agreement's id, the same on both sides."""
        return self.signed.id

    @property
    def receipt(self) -> SignedReceipt | None:
        """The signed receipt of what `save`, `to_arrow`, `to_duckdb`, `parts` or `answer` read last, not yet verified.

        None before the first read, and where the provider sends none. Raises receipt.malformed, receipt.wrong-type.
        """
        return read_receipt(self._receipt) if self._receipt else None

    def __repr__(self) -> str:
        state = "in force" if self.signed.in_force else "not in force"
        return f"<Agreement {self.id} with {self.signed.peer} on {self.signed.dataset}, {state}>"

    def to_pandas(self, *, limit: int | None = None) -> Any:
        """Read into a pandas DataFrame with the standard Delta Sharing client, `limit` rows at most.

        Raises Refused, client.undecided, client.extra-missing.
        """
        sharing = _extra("delta_sharing")
        with self._profile_file() as path, _sharing_refusals():
            client = sharing.SharingClient(path)
            table = next(iter(client.list_all_tables()))
            address = f"{path}#{table.share}.{table.schema}.{table.name}"
            try:
                return sharing.load_as_pandas(address, limit=limit)
            except (OSError, _extra("aiohttp").ClientError):
                # The standard client does not tell why a file was refused: the share itself does, when asked again.
                client.list_all_tables()
                raise

    def to_arrow(self, *, purpose: str | None = None) -> pa.Table:
        """Read into an Arrow table. `purpose` states what for, and is refused where it was not agreed.

        Raises Refused, client.undecided.
        """
        with tempfile.TemporaryDirectory(prefix="renkei-") as folder:
            return pq.read_table(self.save(Path(folder) / "data.parquet", purpose=purpose))

    def to_duckdb(self, connection: Any = None, *, purpose: str | None = None) -> Any:
        """Read into memory and return it as a DuckDB relation, on `connection` or on one of its own.

        Raises Refused, client.undecided, client.extra-missing.
        """
        duckdb = _extra("duckdb")
        return (connection or duckdb.connect()).from_arrow(self.to_arrow(purpose=purpose))

    def save(
        self,
        path: Path | str,
        *,
        format: str = "parquet",  # noqa: A002 — the word of the door's own parameter
        purpose: str | None = None,
        progress: Callable[[int, int | None], None] | None = None,
    ) -> Path:
        """Write the data to a file: `parquet`, `csv` or `jsonl`. The file appears when it is whole.

        `progress` is told the bytes so far, and all bytes where they are known. Raises Refused, client.undecided.
        """
        target = Path(path)
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            with part.open("wb") as file:
                for piece, total in self.parts(format=format, purpose=purpose):
                    file.write(piece)
                    if progress is not None:
                        progress(file.tell(), total)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return target

    def parts(
        self,
        *,
        format: str = "parquet",  # noqa: A002 — as above
        purpose: str | None = None,
    ) -> Iterator[tuple[bytes, int | None]]:
        """Yield the data piece by piece, each with the size of the whole in bytes where it is known."""
        address = self._address(wire.HTTP_DATA)
        params = {"format": format} | ({"purpose": purpose} if purpose is not None else {})
        with self._connection.stream(address.endpoint, token=address.token, params=params) as (
            headers,
            pieces,
        ):
            self._receipt = headers.get(rows.RECEIPT_HEADER, "")
            length = headers.get("content-length")
            for piece in pieces:
                yield piece, int(length) if length else None

    def receive(self, folder: Path | str, *, form: wire.Form = "parquet", timeout: float = 600) -> list[Path]:
        """Let the provider push the data to the own node, and write what arrives into a folder.

        For when the provider cannot be read from, or is no renkei node; `form` is heeded by one. `timeout` is in
        seconds. Raises Refused with the provider's reasons when it cannot push, client.undecided when the time is up;
        what arrives later is still taken by the node.
        """
        request = wire.TransferRequest(agreement=self.id, format=wire.HTTP_PUSH, form=form)
        begun = self._connection.post(f"{wire.ROOT}/transfers", request, wire.Transfer)
        self._awaited(begun.id, {"COMPLETED"}, timeout=timeout)
        return deliveries.save_all(self._connection, begun.id, Path(folder))

    def duties(self) -> tuple[wire.Duty, ...]:
        """Return what the agreement asks, until when, and how each duty stands now. Raises Refused."""
        return self._owed().items

    def uses(self) -> wire.Uses:
        """Return how often the data may be used, and on the provider's side how often they were. Raises Refused."""
        return self._owed().uses

    def fulfil(self, duty: int, statement: str, *, document: Path | str | None = None) -> wire.Duty:
        """State that a duty is fulfilled; the node signs it and tells the other side.

        `document` shows it: only its SHA-256 leaves this machine. Raises Refused.
        """
        evidence = hashlib.sha256(Path(document).read_bytes()).hexdigest() if document is not None else None
        said = wire.DutyFulfilment(duty=duty, statement=statement, evidence=evidence)
        return self._connection.post(self._duties_path(), said, wire.Duty)

    def _owed(self) -> wire.Duties:
        return self._connection.get(self._duties_path(), wire.Duties)

    def _duties_path(self) -> str:
        return f"{wire.ROOT}/agreements/{quote(self.id, safe=':')}/duties"

    def query(self, sql: str, *, purpose: str | None = None, **asked: Any) -> Any:
        """Let the provider answer a query inside its node: a pandas DataFrame, or a list of dicts without pandas.

        `sql` is one SELECT from `data`. Where answers get noise, `epsilon`, `bounds`, `groups` and `groups_each` may be
        given (`wire.queries.QueryRequest`). Raises what `answer` raises.
        """
        told = self.answer(sql, purpose=purpose, **asked)
        try:
            pandas = importlib.import_module("pandas")
        except ImportError:
            return [dict(zip(told.columns, row, strict=True)) for row in told.rows]
        return pandas.DataFrame(list(told.rows), columns=list(told.columns))

    def answer(self, sql: str, *, purpose: str | None = None, **asked: Any) -> QueryAnswer:
        """Ask as `query` does, and return all that the provider told.

        `receipt` is then the receipt of this answer, whose bytes were compared with it already. Raises Refused,
        client.undecided, receipt.another-answer for an answer that is not the one its receipt was signed for.
        """
        address = self._address(wire.SQL_QUERY)
        request = QueryRequest(sql=sql, purpose=purpose, **asked)
        body, headers = self._connection.ask(address.endpoint, request, token=address.token)
        self._keep_receipt(headers, body)
        try:
            return msgspec.json.decode(body, type=QueryAnswer)
        except msgspec.DecodeError:
            raise NodeAnswered(url=address.endpoint, status=200) from None

    def entities(
        self,
        type: str | None = None,  # noqa: A002 - the standard's word
        *,
        purpose: str | None = None,
        **asked: str | int,
    ) -> list[dict[str, Any]]:
        """Read entities as they are now, by NGSI-LD; one answer is one use, of a page of at most `limit` entities.

        `asked` are the parameters of the standard's `GET /entities`: `q`, `attrs`, `limit`, `offset`, `options` and so on.
        `receipt` is then the receipt of this answer, whose bytes were compared with it already. Raises Refused, also for a
        question about what the terms keep back, client.undecided, receipt.another-answer.
        """
        params = {name: str(value) for name, value in asked.items()} | (
            {"type": type} if type else {"local": "true"}
        )
        found: list[dict[str, Any]] = self._read_entities("entities", params, purpose=purpose)
        return found

    def entity(self, uri: str, *, purpose: str | None = None, **asked: str) -> dict[str, Any]:
        """Read one entity as it is now, by NGSI-LD. Raises what `entities` raises."""
        path = f"entities/{quote(uri, safe=':')}"
        found: dict[str, Any] = self._read_entities(path, dict(asked), purpose=purpose)
        return found

    def subscribe(self, subscription: Mapping[str, Any], *, purpose: str | None = None) -> str:
        """Take an NGSI-LD subscription (the standard's JSON) at the provider, and return the address where it stands.

        Notifications come to the endpoint that it names, filtered as the terms say, each with a receipt. Raises Refused,
        also for what the terms keep back, client.undecided.
        """
        address = self._address(wire.NGSI_LD_NOTICES)
        told = {"purpose": purpose} if purpose is not None else {}
        url = str(httpx.URL(f"{address.endpoint}/subscriptions", params=told))
        _, headers = self._connection.ask(url, {"type": "Subscription", **subscription}, token=address.token)
        return str(httpx.URL(address.endpoint).join(headers["location"]))

    def _read_entities(self, path: str, params: dict[str, str], *, purpose: str | None) -> Any:
        address = self._address(wire.NGSI_LD)
        params |= {"purpose": purpose} if purpose is not None else {}
        url = f"{address.endpoint}/{path}"
        with self._connection.stream(url, token=address.token, params=params) as (headers, pieces):
            body = b"".join(pieces)
        self._keep_receipt(headers, body)
        try:
            return msgspec.json.decode(body)
        except msgspec.DecodeError:
            raise NodeAnswered(url=url, status=200) from None

    def _keep_receipt(self, headers: Mapping[str, str], body: bytes) -> None:
        """Keep the receipt of an answer that came whole. Raises receipt.another-answer for one of other bytes."""
        self._receipt = headers.get(rows.RECEIPT_HEADER, "")
        if self.receipt is not None:
            check_answer(self.receipt, sha256=hashlib.sha256(body).hexdigest(), parquet=False)

    def withheld(self, *, purpose: str | None = None) -> rows.WithheldTerms:
        """Return what the terms keep back: the term, in how many rows, of which columns (none: whole rows).

        Raises Refused, client.undecided.
        """
        address = self._address(wire.HTTP_DATA)
        params = {"purpose": purpose} if purpose is not None else {}
        headers = self._connection.head(address.endpoint, token=address.token, params=params)
        return rows.read_withheld(headers.get(rows.WITHHELD_HEADER, "[]"))

    def receipts(self) -> tuple[SignedReceipt, ...]:
        """Fetch the receipts of every read by the agreement's transfers, unverified.

        The oldest transfer comes first, and of each the oldest receipt; those that are over are asked for, too, as long as
        their address is known, and none is opened for it. So those of a Delta Sharing read are had, whose standard client
        does not show them. Raises Refused, receipt.lacking where no transfer can be asked, receipt.malformed.
        """
        formats = {wire.HTTP_DATA, wire.DELTA_SHARING, wire.SQL_QUERY, wire.NGSI_LD, wire.NGSI_LD_NOTICES}
        listed = [each for each in self._listed() if each.role == "consumer" and each.format in formats]
        known = [self._transfer(each.id, wait=0) for each in reversed(listed)]
        readable = [each for each in known if each.data_address is not None]
        if not readable:
            raise ReceiptLacking(where=self.id)
        return receipts.fetch_all(self._connection, readable)

    def verify_receipt(
        self,
        receipt: SignedReceipt | None = None,
        *,
        data: Path | str | None = None,
        document: Mapping[str, Any] | None = None,
        now: datetime | None = None,
    ) -> SignedReceipt:
        """Verify a receipt, that of the last read unless told otherwise, and return it.

        It must be signed by this agreement's provider, be of this agreement and its very terms, and not come from the
        future; with `data`, a file as it was saved, be of these data. `document` is the provider's DID document where it
        was kept; it is fetched from the provider otherwise. Raises receipt.lacking and what `renkei.wire.receipt` refuses.
        """
        found = receipt or self.receipt
        if found is None:
            raise ReceiptLacking(where=self.id)
        return receipts.verify(
            self._connection, found, agreement=self.signed, data=data, document=document, now=now or utc_now()
        )

    def profile(self) -> dict[str, Any]:
        """Return the profile with which any Delta Sharing client reads the data. It holds a secret."""
        return wire.sharing_profile(self._address(wire.DELTA_SHARING), expires=self.signed.ends_at)

    def save_profile(self, path: Path | str) -> Path:
        """Write the profile to a file that only its owner can read."""
        target = Path(path)
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            os.fchmod(file.fileno(), 0o600)
            json.dump(self.profile(), file)
        return target

    def transfer(self, format: str, *, timeout: float = 60) -> wire.Transfer:  # noqa: A002 — as above
        """Return a transfer that has started, one that runs already or a new one.

        `timeout` is in seconds. Raises Refused, client.undecided.
        """
        known = self._opened.get(format) or (None if self._new else self._running(format))
        if known is not None:
            found = self._transfer(known, wait=0)
            if found.state == "STARTED":
                self._opened[format] = known
                return found
        request = wire.TransferRequest(agreement=self.id, format=format)
        begun = self._connection.post(f"{wire.ROOT}/transfers", request, wire.Transfer)
        self._opened[format] = begun.id
        return self._awaited(begun.id, {"STARTED"}, timeout=timeout)

    def _running(self, format: str) -> str | None:  # noqa: A002 — as above
        wanted = (format, "STARTED", "consumer")
        found = (each.id for each in self._listed() if (each.format, each.state, each.role) == wanted)
        return next(found, None)

    def _listed(self) -> Iterator[wire.Transfer]:
        """List the agreement's transfers, the newest first."""
        params = {"agreement": self.id}
        while True:
            part = self._connection.get(f"{wire.ROOT}/transfers", wire.Transfers, params=params)
            yield from part.items
            if part.next is None:
                return
            params["after"] = part.next

    def _awaited(self, transfer: str, states: set[str], *, timeout: float) -> wire.Transfer:
        until = time.monotonic() + timeout
        while True:
            left = until - time.monotonic()
            now = self._transfer(transfer, wait=max(0.0, min(left, wire.LONGEST_WAIT)))
            if now.state in states:
                return now
            if now.state in {"TERMINATED", "COMPLETED"}:
                raise refused_by_peer(now.code, now.reasons)
            if left <= 0:
                what = Text(ja="転送", en="transfer")
                raise undecided(what, transfer, after=timeout, waiting_for=now.waiting_for)

    def _transfer(self, transfer: str, *, wait: float) -> wire.Transfer:
        path = f"{wire.ROOT}/transfers/{quote(transfer, safe=':')}"
        return self._connection.get(path, wire.Transfer, params={"wait": f"{wait:.3f}"})

    def _address(self, format: str) -> wire.DataAddress:  # noqa: A002 — as above
        address = self.transfer(format).data_address
        if address is None:
            raise refused_by_peer(
                "client.no-data-address", ("The transfer has started without a data address.",)
            )
        return address

    @contextlib.contextmanager
    def _profile_file(self) -> Iterator[str]:
        with tempfile.TemporaryDirectory(prefix="renkei-") as folder:
            yield str(self.save_profile(Path(folder) / "profile.share"))


@contextlib.contextmanager
def _sharing_refusals() -> Iterator[None]:
    requests = _extra("requests")
    try:
        yield
    except requests.exceptions.HTTPError as why:
        refusal = refusal_in(why.response.content) if why.response is not None else None
        if refusal is None:
            raise
        raise refusal from None


def _extra(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise ExtraMissing(module=module) from None
