"""The suite's own side: a copy of its files, its Python environment, its groups, and how one of them is run."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.conformance.ngsi_ld import container

ROOT = Path(__file__).parents[3]
BUILD = ROOT / "build" / "ngsi-ld-suite"
LOCK = ROOT / "requirements" / "ngsi-ld-suite.txt"
CASES = Path("TP") / "NGSI-LD"
GROUPS = (
    "ContextInformation/Subscription",
    "ContextInformation/Consumption/Entity",
    "ContextInformation/Consumption/TemporalEntity",
    "ContextInformation/Consumption/Discovery",
    "ContextInformation/Provision/Entities",
    "ContextInformation/Provision/EntityAttributes",
    "ContextInformation/Provision/BatchEntities",
    "ContextInformation/Provision/PurgeEntities",
    "ContextInformation/Provision/TemporalEntity",
    "ContextInformation/Provision/TemporalEntityAttributes",
    "CommonBehaviours",
    "jsonldContext",
)
"""What is run, the longest first; the groups of federation are left out as the node does not federate yet."""
ALONE = ("051_05", "053_06")
"""Files that Robot runs by themselves. 053_05 leaves the global variable `uri` behind: 053_06 takes it for its own and adds
an address to what is one already, and 051_05, which forgot to state one, lives from it."""
_LONGEST_GROUP = 45 * 60.0
_VARIABLES = Path("resources") / "variables.py"


class SuiteUnusable(Exception):
    """What was named is no checkout of the suite, or has no such cases; the text says why."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where one run of Robot finds the node, and where it listens itself."""

    node: str
    """Base URL of the API, without a slash at its end."""
    notifications: int
    context_source: int
    contexts: int
    broker: int
    """Port of the MQTT broker beside 1883, which the cases name themselves."""

    def variables(self) -> dict[str, str]:
        """Return them under the names that the suite's resources/variables.py gives them."""
        return {
            "url": self.node,
            "temporal_api_url": self.node,
            "notification_server_host": "127.0.0.1",
            "notification_server_port": str(self.notifications),
            "context_source_host": "127.0.0.1",
            "context_source_port": str(self.context_source),
            "context_server_host": "127.0.0.1",
            "context_server_port": str(self.contexts),
            "mqtt_broker_host": "127.0.0.1",
            "mqtt_broker_non_default_port": str(self.broker),
        }

    def context_file(self) -> str:
        """Return where the suite serves a context itself."""
        return f"http://127.0.0.1:{self.contexts}/api/v1/context.jsonld"


@dataclass(frozen=True, slots=True)
class Suite:
    """A copy of the suite, ready to be run."""

    folder: Path
    python: Path

    def run(self, cases: Path, addresses: Addresses, *, into: Path) -> list[Path]:
        """Run the cases of a folder or file against a node and return where Robot wrote how they went.

        Raises SuiteUnusable when Robot says nothing of them, its own words included.
        """
        files = [cases] if cases.is_file() else sorted(cases.rglob("*.robot"))
        together = [file for file in files if file.stem not in ALONE]
        alone = [file for file in files if file.stem in ALONE]
        written = [self._run(together, addresses, {}, into=into)] if together else []
        for file in alone:
            own = {"uri": addresses.context_file()} if file.stem == "051_05" else {}
            written.append(self._run([file], addresses, own, into=into / file.stem))
        return written

    def _run(self, files: list[Path], addresses: Addresses, own: Mapping[str, str], *, into: Path) -> Path:
        into.mkdir(parents=True, exist_ok=True)
        options = ["--outputdir", str(into), "--report", "NONE", "--console", "quiet"]
        for name, value in {**addresses.variables(), **own}.items():
            options += ["--variable", f"{name}:{value}"]
        command = [str(self.python), "-m", "robot", *options, *map(str, files)]
        written = into / "output.xml"
        written.unlink(missing_ok=True)
        with (into / "robot.log").open("wb") as log:
            subprocess.run(
                command,
                cwd=self.folder,
                env=self._environment(addresses, into),
                stdout=log,
                stderr=log,
                timeout=_LONGEST_GROUP,
                check=False,
            )
        container.main(["rm"], folder=into)
        if not written.exists():
            raise SuiteUnusable(f"Robot has run nothing: {(into / 'robot.log').read_text()[-2000:]}")
        return written

    def _environment(self, addresses: Addresses, into: Path) -> dict[str, str]:
        programs = BUILD / "bin"
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("RENKEI_")}
        return inherited | {
            "PATH": os.pathsep.join([str(programs), os.environ.get("PATH", "")]),
            "PYTHONPATH": str(self.folder / "libraries" / "robotframework-httpctrl" / "src"),
            "NO_PROXY": "127.0.0.1,localhost",
            container.FOLDER: str(into),
            container.OTHER_PORT: str(addresses.broker),
        }

    def cases_of(self, group: str) -> Path:
        """Return the folder or file that a group's name stands for, also where it is only the end of a path.

        Raises SuiteUnusable when there is none, or more than one.
        """
        top = self.folder / CASES
        if (top / group).exists():
            return top / group
        named = group.removesuffix(".robot")
        run = [place for part in GROUPS for place in ((top / part), *(top / part).rglob("*"))]
        found = [place for place in run if place.with_suffix("").as_posix().endswith(f"/{named}")]
        if len(found) != 1:
            raise SuiteUnusable(f"{group} names {len(found)} groups or files of the suite")
        return found[0]


def prepare(checkout: Path) -> Suite:
    """Copy a checkout as it is and make its environment. Raises SuiteUnusable when it is no checkout of the suite."""
    missing = [str(part) for part in (CASES, _VARIABLES) if not (checkout / part).exists()]
    if missing:
        raise SuiteUnusable(f"{checkout} is no checkout of the suite: it has no {' and no '.join(missing)}")
    _check_variables((checkout / _VARIABLES).read_text())
    folder = BUILD / "suite"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(checkout, folder, ignore=shutil.ignore_patterns(".git"))
    _write_container(BUILD / "bin" / "docker")
    return Suite(folder=folder, python=_environment_of_its_own())


def _check_variables(said: str) -> None:
    """Every address goes to Robot as a variable of its command line, which is stronger than the suite's file."""
    stated = set(re.findall(r"^(\w+) *=", said, re.MULTILINE))
    unknown = Addresses("", 0, 0, 0, 0).variables().keys() - stated
    if unknown:
        raise SuiteUnusable(
            f"resources/variables.py of the suite no longer states {', '.join(sorted(unknown))}"
        )


def _write_container(program: Path) -> None:
    program.parent.mkdir(parents=True, exist_ok=True)
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH="{paths}" exec "{sys.executable}" -m tests.conformance.ngsi_ld.container "$@"\n'
    )
    program.chmod(0o755)


def _environment_of_its_own() -> Path:
    """Return the Python of the suite's environment, made anew when the locked requirements have changed."""
    folder, uv = BUILD / "venv", Path(sys.executable).with_name("uv")
    python, kept = folder / "bin" / "python", folder / "locked"
    locked = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if kept.exists() and kept.read_text() == locked:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    _uv([str(uv), "venv", "--quiet", "--python", sys.executable, str(folder)])
    only_locked = ["--require-hashes", "--build-constraints", str(LOCK)]
    _uv([str(uv), "pip", "sync", "--quiet", "--python", str(python), *only_locked, str(LOCK)])
    kept.write_text(locked)
    return python


def _uv(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SuiteUnusable(f"the suite's Python environment could not be made: {done.stderr}")
