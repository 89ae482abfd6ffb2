"""Stands where the suite calls `docker`: its MQTT cases ask it for a broker in a container, and this starts Mosquitto itself.

The suite knows two configurations by name and expects each on port 1883 and on its other port at once; the container that it
names is not published. `run … -e CONF=<name>` starts the broker and returns when it listens, `rm` ends it.
"""

import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from signal import SIGTERM

from renkei.servers.broker import find_mosquitto

FOLDER, OTHER_PORT = "NGSI_LD_SUITE_BROKER", "NGSI_LD_SUITE_BROKER_PORT"
"""Environment variables: where the broker's files lie, and its port beside the usual one."""
USUAL_PORT = 1883
USER, PASSWORD = "user_with_password", "password"
"""Stated in the suite's own cases (058_01_04)."""
PATIENCE = 10.0


def main(words: list[str], *, folder: Path) -> int:
    """Do what `docker` would have done with these words, as far as the suite uses them; `folder`: where files lie."""
    if words[:1] == ["run"]:
        return _run(folder, configuration=_after(words, "-e").removeprefix("CONF="))
    if "rm" in words:
        return _remove(folder)
    print(f"not known here: {' '.join(words)}", file=sys.stderr)
    return 2


def _after(words: list[str], name: str) -> str:
    return words[words.index(name) + 1] if name in words[:-1] else ""


def _run(folder: Path, *, configuration: str) -> int:
    program = find_mosquitto()
    if program is None:
        print("Mosquitto is needed for the MQTT cases (Debian: apt-get install mosquitto)", file=sys.stderr)
        return 1
    _remove(folder)
    ports = (USUAL_PORT, int(os.environ[OTHER_PORT]))
    rows = [f"listener {port} 127.0.0.1" for port in ports]
    rows += ["persistence false", "log_type error", f"log_dest file {folder / 'mosquitto.log'}"]
    if configuration == "mosquitto_with_user.conf":
        kept = folder / "passwords"
        kept.unlink(missing_ok=True)
        subprocess.run(["mosquitto_passwd", "-b", "-c", str(kept), USER, PASSWORD], check=True)
        kept.chmod(0o644)
        rows += ["allow_anonymous false", f"password_file {kept}"]
    else:
        rows.append("allow_anonymous true")
    written = folder / configuration
    written.write_text("\n".join([*rows, ""]))
    broker = subprocess.Popen(
        [program, "-c", str(written)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    (folder / "pid").write_text(str(broker.pid))
    return 0 if all(_listens(port) for port in ports) else 1


def _remove(folder: Path) -> int:
    kept = folder / "pid"
    if not kept.exists():
        return 0
    with suppress(ProcessLookupError):
        os.kill(int(kept.read_text()), SIGTERM)
    kept.unlink()
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and _answers(USUAL_PORT):
        time.sleep(0.02)
    return 0


def _listens(port: int) -> bool:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if _answers(port):
            return True
        time.sleep(0.02)
    return False


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], folder=Path(os.environ[FOLDER])))
