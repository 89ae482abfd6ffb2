"""The yardstick of `bench.negotiation`: a server that passes signed messages on, one SQLite commit for each.

`POST /relay?to=<url>&hops=<n>` lets it send `n` messages one after the other to `POST <url>/take`; each is signed as a
node signs (ES256), verified there, and stored by one commit with `synchronous=FULL`. Nothing else is done with it.
"""

import os
import sqlite3
import threading
import time
import uuid

import httpcore
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

KEY = ec.derive_private_key(int.from_bytes(b"bench"), ec.SECP256R1())
BODY = b'{"offer":"' + b"x" * 1000 + b'"}'
_pool = httpcore.ConnectionPool()
_own = threading.local()


async def take(request: Request) -> Response:
    """Verify one message and store it."""
    body = await request.body()
    await run_in_threadpool(_store, request.headers["authorization"].removeprefix("Bearer "), body)
    return Response(b"{}", media_type="application/json")


async def relay(request: Request) -> Response:
    """Send the messages, one after the other."""
    await run_in_threadpool(_send, request.query_params["to"], int(request.query_params["hops"]))
    return Response()


def _store(token: str, body: bytes) -> None:
    claims = jwt.decode(token, KEY.public_key(), algorithms=["ES256"], audience="bench")
    with _connection() as connection:
        connection.execute("INSERT INTO message VALUES (?, ?)", (claims["jti"], body))


def _send(to: str, hops: int) -> None:
    for _ in range(hops):
        now = int(time.time())
        claims = {"iss": "bench", "aud": "bench", "jti": str(uuid.uuid4()), "iat": now, "exp": now + 60}
        token = jwt.encode(claims, KEY, algorithm="ES256")
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        answer = _pool.request("POST", f"{to}/take", headers=headers, content=BODY)
        if answer.status != 200:
            raise ConnectionError(f"{to} answered {answer.status}")


def _connection() -> sqlite3.Connection:
    if not hasattr(_own, "connection"):
        _own.connection = sqlite3.connect(os.environ["BENCH_DATABASE"])
        _own.connection.execute("PRAGMA journal_mode=WAL")
        _own.connection.execute("PRAGMA synchronous=FULL")
        _own.connection.execute("CREATE TABLE IF NOT EXISTS message (id TEXT PRIMARY KEY, body BLOB)")
    connection: sqlite3.Connection = _own.connection
    return connection


app = Starlette(routes=[Route("/take", take, methods=["POST"]), Route("/relay", relay, methods=["POST"])])
