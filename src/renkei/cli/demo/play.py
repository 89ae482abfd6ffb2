"""The stage of the demo: a broker, two nodes, the story, and an end in good order."""

import shutil
import signal
import threading
from pathlib import Path

from renkei.cli import output
from renkei.cli.demo import story
from renkei.cli.demo.nodes import NodeProcess
from renkei.cli.demo.telling import Telling
from renkei.cli.demo.uplinks import find_recordings
from renkei.kernel.texts import Lang
from renkei.servers.broker import free_port, throw_away_broker


def play(*, folder: Path, data: Path, keep: bool, as_json: bool, lang: Lang) -> None:
    """Play the story from beginning to end; with `keep`, leave the stage standing until Ctrl-C."""
    telling = Telling(lang, quiet=as_json)
    shutil.rmtree(folder, ignore_errors=True)
    with throw_away_broker() as broker:
        provider = NodeProcess(
            "provider",
            folder / "provider",
            free_port(),
            settings={"RENKEI_MQTT_URL": broker.url, "RENKEI_CONTEXT_FEED_SECONDS": "1"},
        )
        consumer = NodeProcess("consumer", folder / "consumer", free_port())
        stage = story.Stage(provider, consumer, broker, find_recordings(data), folder, telling)
        try:
            story.tell(stage)
            if as_json:
                output.show(telling.figures, as_json=True)
            if keep:
                story.say_where_to_look(stage)
                _wait_for_ctrl_c()
        finally:
            for node in (provider, consumer):
                node.stop()


def _wait_for_ctrl_c() -> None:
    done = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: done.set())
    done.wait()
