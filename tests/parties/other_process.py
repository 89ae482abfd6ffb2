"""Other processes of the same node: each runs a few lines against the test's own database, all starting together."""

import os
import subprocess
import sys

from django.conf import settings
from django.db import connection

_BEGIN = """
import sys
import django
django.setup()
from renkei.parties import api as parties
from renkei.parties.errors import *
from tests.factories.parties import *
print("ready", flush=True)
sys.stdin.readline()
"""


def run_together(lines: str, *, processes: int = 2) -> list[str]:
    """Run the lines in several processes at once and return what each printed last."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", _BEGIN + lines],
            env={
                **os.environ,
                "RENKEI_DATABASE_URL": _url(),
                "RENKEI_NODE_SECRET": settings.RENKEI.node_secret,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(processes)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return [process.communicate(timeout=60)[0].strip() for process in started]


def _url() -> str:
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    return f"postgresql://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
