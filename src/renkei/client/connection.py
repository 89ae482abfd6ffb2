"""HTTP to nodes: a token on every call, refusals as exceptions."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx
import msgspec

from renkei.client.errors import NodeAnswered, NodeUnreachable, refusal_in

T = TypeVar("T")
TIMEOUT = httpx.Timeout(60, connect=5)


class Connection:
    """Calls to one's own node, and reads of data that lie on another."""

    def __init__(self, url: str, token: str) -> None:
        """Speak to the node at `url`, root of the node, with an organisation's token."""
        self.url = url.rstrip("/")
        self._token = token
        self._http = httpx.Client(timeout=TIMEOUT)

    def get(self, path: str, shape: type[T], *, params: Mapping[str, str] | None = None) -> T:
        """Ask the own node and decode its answer. Raises Refused, client.node-unreachable, client.node-answered."""
        return self._decoded(self._call("GET", path, params=params), shape)

    def get_bytes(self, path: str, *, params: Mapping[str, str] | None = None) -> bytes:
        """Ask the own node and return the body as it is. Raises what `get` raises."""
        return self._call("GET", path, params=params).content

    def post(self, path: str, body: msgspec.Struct | None, shape: type[T]) -> T:
        """Tell the own node and decode its answer. Raises Refused, client.node-unreachable, client.node-answered."""
        sent = msgspec.json.encode(body) if body is not None else b""
        return self._decoded(self._call("POST", path, body=sent), shape)

    @contextmanager
    def stream(
        self, url: str, *, token: str | None, params: Mapping[str, str]
    ) -> Iterator[tuple[Mapping[str, str], Iterator[bytes]]]:
        """Fetch a body in parts from any address, with its headers and with the token that opens it.

        Raises Refused, client.node-unreachable, client.node-answered, also while parts are read.
        """
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            with self._http.stream("GET", url, params=params, headers=headers) as answer:
                if not answer.is_success:
                    answer.read()
                    raise _refused(answer)
                yield answer.headers, answer.iter_bytes()
        except httpx.TransportError as why:
            raise NodeUnreachable(url=url, why=_said(why)) from why

    @contextmanager
    def download(self, path: str) -> Iterator[Iterator[bytes]]:
        """Fetch a body in parts from the own node. Raises what `stream` raises."""
        with self.stream(self.url + path, token=self._token, params={}) as (_, pieces):
            yield pieces

    def fetch(
        self, url: str, *, token: str | None, params: Mapping[str, str], limit: int = 16 * 1024 * 1024
    ) -> bytes:
        """Fetch a body of at most `limit` bytes from any address, whole. Raises what `stream` raises."""
        with self.stream(url, token=token, params=params) as (_, pieces):
            body = bytearray()
            for piece in pieces:
                body += piece
                if len(body) > limit:
                    raise NodeAnswered(url=url, status=200)
        return bytes(body)

    def head(self, url: str, *, token: str | None, params: Mapping[str, str]) -> Mapping[str, str]:
        """Ask any address for its headers alone. Raises client.node-unreachable, client.node-answered."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            answer = self._http.head(url, params=params, headers=headers)
        except httpx.TransportError as why:
            raise NodeUnreachable(url=url, why=_said(why)) from why
        if not answer.is_success:
            raise _refused(answer)
        return answer.headers

    def ask(self, url: str, body: Any, *, token: str | None) -> tuple[bytes, Mapping[str, str]]:
        """Post to any address, with the token that opens it; return the answer as it came, and its headers.

        Raises what `post` raises.
        """
        headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {token}"} if token else {}
        )
        try:
            answer = self._http.post(url, content=msgspec.json.encode(body), headers=headers)
        except (httpx.TransportError, httpx.InvalidURL) as why:
            raise NodeUnreachable(url=url, why=_said(why)) from why
        if not answer.is_success:
            raise _refused(answer)
        return answer.content, answer.headers

    def close(self) -> None:
        """Close the kept connections."""
        self._http.close()

    def _decoded(self, answer: httpx.Response, shape: type[T]) -> T:
        try:
            return msgspec.json.decode(answer.content, type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError) as why:
            raise NodeAnswered(url=str(answer.url), status=answer.status_code) from why

    def _call(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        try:
            answer = self._http.request(method, self.url + path, params=params, content=body, headers=headers)
        except (httpx.TransportError, httpx.InvalidURL) as why:
            raise NodeUnreachable(url=self.url, why=_said(why)) from why
        if not answer.is_success:
            raise _refused(answer)
        return answer


def _refused(answer: httpx.Response) -> Exception:
    return refusal_in(answer.content) or NodeAnswered(url=str(answer.url), status=answer.status_code)


def _said(why: Exception) -> str:
    return str(why) or type(why).__name__
