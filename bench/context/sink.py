"""Where notifications of the bench go: counts what it is sent and answers 204. In a process of its own.

    python -m bench.context.sink PORT

`GET /` answers with how many notifications came.
"""

import asyncio
import sys


class Sink(asyncio.Protocol):
    """One kept connection."""

    count = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        """Answer each request that has come whole."""
        self._received += data
        while self._answered_one():
            pass

    def _answered_one(self) -> bool:
        head, found, rest = self._received.partition(b"\r\n\r\n")
        if not found:
            return False
        lines = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        if len(rest) < length:
            return False
        self._received = rest[length:]
        assert isinstance(self._transport, asyncio.WriteTransport)
        if head.startswith(b"GET"):
            told = str(Sink.count).encode()
            self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(told), told))
        else:
            Sink.count += 1
            self._transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        return True


async def _main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))
