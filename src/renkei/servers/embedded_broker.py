"""The MQTT broker that stands in for Mosquitto where none is installed; run as a process by `servers.broker`.

amqtt keeps messages for an absent client only when that client is not anonymous. Who reaches the loopback is let in
here and not called anonymous, so that an ingestion process that was away finds what it missed. What amqtt has sent
and nobody acknowledged within five seconds it forgets, so it is for demonstrations, not for service.
"""

import asyncio
import os
import signal
import sys
from dataclasses import dataclass

from amqtt.broker import Broker
from amqtt.plugins.base import BaseAuthPlugin
from amqtt.session import Session


class LetIn(BaseAuthPlugin):  # type: ignore[misc]  # amqtt comes without types
    """Lets everybody in."""

    async def authenticate(self, *, session: Session) -> bool:
        """Let a client in and treat it as somebody known."""
        session.is_anonymous = False
        return True

    @dataclass
    class Config:
        """Nothing to configure."""


async def run(host: str, port: int) -> None:
    """Serve until SIGTERM, or until the process that started this one is gone."""
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"{host}:{port}"}},
            "plugins": {"renkei.servers.embedded_broker.LetIn": {}},
        }
    )
    await broker.start()
    done = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, done.set)
    parent = os.getppid()
    while not done.is_set() and os.getppid() == parent:
        try:
            await asyncio.wait_for(done.wait(), 1)
        except TimeoutError:
            continue
    await broker.shutdown()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], int(sys.argv[2])))
