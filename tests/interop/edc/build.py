"""An EDC runtime out of its published artifacts, with the identity extension of `integrations/edc`."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tools.maven import class_path

ROOT = Path(__file__).resolve().parents[3]
PROJECT = ROOT / "integrations" / "edc"
SOURCES = PROJECT / "src" / "main"
BUILT = ROOT / "build" / "edc"
Identity = Literal["did", "mock"]
"""How its runtimes know peers: by did:web, or, among EDC alone, by what each claims to be."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """What `java -cp` needs."""

    version: str
    identity: Identity
    classpath: str


def edc_version() -> str:
    """Return the version of EDC: `EDC_VERSION`, or the one that the project's pom names."""
    named = os.environ.get("EDC_VERSION")
    if named:
        return named
    found = re.search(r"<edc\.version>([^<]+)</edc\.version>", (PROJECT / "pom.xml").read_text())
    assert found, "the pom names no edc.version"
    return found[1]


def runtime(identity: Identity = "did") -> Runtime:
    """Return a runtime: Maven is asked once for each version, and the extension compiled when it has changed.

    Raises SystemExit where Maven or a compiler is missing, or does not do it.
    """
    version = edc_version()
    said = {"edc.version": version, "identity": identity}
    found = class_path(PROJECT / "pom.xml", build=BUILT, **said).strip()
    if identity == "did":
        found = f"{_compiled(version, found)}{os.pathsep}{found}"
    return Runtime(version, identity, found)


def _compiled(version: str, classpath: str) -> Path:
    sources, services = sorted(SOURCES.rglob("*.java")), SOURCES / "resources"
    said = hashlib.sha256(version.encode())
    for path in sorted(path for path in SOURCES.rglob("*") if path.is_file()):
        said.update(path.read_bytes())
    classes = BUILT / f"{said.hexdigest()[:16]}.classes"
    if classes.exists():
        return classes
    with tempfile.TemporaryDirectory(dir=BUILT) as fresh:
        command = ["javac", "--release", "17", "-cp", classpath, "-d", fresh, *map(str, sources)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            sys.exit("a Java compiler is needed here (Debian: apt-get install openjdk-17-jdk-headless)")
        if done.returncode:
            sys.exit(f"the extension does not compile with EDC {version}:\n{done.stderr}")
        shutil.copytree(services, fresh, dirs_exist_ok=True)
        shutil.copytree(fresh, classes)
    return classes
