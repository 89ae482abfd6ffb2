"""Shows the node who calls, as the suite cannot: a proxy that adds a token to each request and changes nothing else.

It parses only as much as it takes to find where a request ends: the head is passed on as the bytes that came, with one line
more, and bodies, whether counted or chunked, follow untouched. Answers are not looked at at all, so that header names, reason
phrases, repeated headers and query strings arrive as they were sent.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_HEAD_LIMIT = 1 << 20
_PIECE = 1 << 16


class _Broken(Exception):
    """What came is no HTTP/1.1 request."""


@contextmanager
def bearer_proxy(*, port: int, node_port: int, token: str) -> Iterator[None]:
    """Listen on a loopback port and pass requests on to the node's, until the end of the block."""
    loop = asyncio.new_event_loop()
    line = f"Authorization: Bearer {token}\r\n".encode()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Connections that are still open at the end are cut; asyncio would report each one as an error.
        with suppress(asyncio.CancelledError):
            await _carry(reader, writer, node_port=node_port, line=line)

    server = loop.run_until_complete(asyncio.start_server(take, "127.0.0.1", port, limit=_HEAD_LIMIT))
    thread = threading.Thread(target=loop.run_forever, name=f"bearer-{port}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _end(server: asyncio.Server) -> None:
    server.close()
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


async def _carry(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, node_port: int, line: bytes
) -> None:
    """Carry one connection to a connection of its own, until either side closes."""
    with suppress(OSError, _Broken, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        from_node, to_node = await asyncio.open_connection("127.0.0.1", node_port, limit=_HEAD_LIMIT)
        answers = asyncio.create_task(_pour(from_node, writer))
        try:
            while True:
                await _one_request(reader, to_node, line)
        finally:
            # What the node still has to say to the last request goes out before the connection ends.
            with suppress(OSError):
                to_node.write_eof()
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(answers, 30)
            to_node.close()
    writer.close()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(_PIECE):
            writer.write(piece)
            await writer.drain()
        writer.close()


async def _one_request(reader: asyncio.StreamReader, to_node: asyncio.StreamWriter, line: bytes) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    to_node.write(head[:-2] + line + b"\r\n")
    fields = _fields(head)
    if b"chunked" in fields.get(b"transfer-encoding", b"").lower():
        await _pass_chunks(reader, to_node)
    else:
        await _pass_counted(reader, to_node, _count(fields.get(b"content-length", b"0")))
    await to_node.drain()


def _fields(head: bytes) -> dict[bytes, bytes]:
    parted = (row.partition(b":") for row in head.split(b"\r\n")[1:] if row)
    return {name.strip().lower(): value.strip() for name, _, value in parted}


def _count(stated: bytes, *, base: int = 10) -> int:
    try:
        return int(stated, base)
    except ValueError:
        raise _Broken(stated) from None


async def _pass_counted(reader: asyncio.StreamReader, to_node: asyncio.StreamWriter, left: int) -> None:
    while left > 0:
        piece = await reader.read(min(left, _PIECE))
        if not piece:
            raise asyncio.IncompleteReadError(b"", left)
        to_node.write(piece)
        await to_node.drain()
        left -= len(piece)


async def _pass_chunks(reader: asyncio.StreamReader, to_node: asyncio.StreamWriter) -> None:
    while True:
        size = await reader.readuntil(b"\r\n")
        to_node.write(size)
        stated = _count(size.partition(b";")[0].strip(), base=16)
        if stated == 0:
            break
        await _pass_counted(reader, to_node, stated + 2)
    while (row := await reader.readuntil(b"\r\n")) != b"\r\n":
        to_node.write(row)
    to_node.write(b"\r\n")
