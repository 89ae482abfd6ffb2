"""An EDC runtime out of its published artifacts, with the identity extension of `integrations/edc`."""

import hashlib
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parents[3]
PROJECT = ROOT / "integrations" / "edc"
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
    """Return a runtime, resolved and compiled by Maven the first time and after every change of the project."""
    version = edc_version()
    place = BUILT / f"{version}-{identity}"
    wanted, kept = _fingerprint(version), place / "fingerprint"
    if not kept.exists() or kept.read_text() != wanted:
        place.mkdir(parents=True, exist_ok=True)
        _maven(version, identity, place)
        kept.write_text(wanted)
    classpath = (place / "classpath").read_text().strip()
    if identity == "did":
        classpath = f"{place / 'classes'}{os.pathsep}{classpath}"
    return Runtime(version, identity, classpath)


def _maven(version: str, identity: Identity, place: Path) -> None:
    goals = ["dependency:build-classpath", f"-Dmdep.outputFile={place / 'classpath'}"]
    goals += ["-Pmock"] if identity == "mock" else ["compile"]
    done = subprocess.run(
        ["mvn", "--quiet", "--batch-mode", f"-Dedc.version={version}", f"-Dbuild.to={place}", *goals],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"Maven could not put EDC {version} together:\n{done.stdout}{done.stderr}"


def _fingerprint(version: str) -> str:
    found = hashlib.sha256(version.encode())
    for path in sorted(PROJECT.rglob("*")):
        if path.is_file() and "target" not in path.relative_to(PROJECT).parts:
            found.update(path.read_bytes())
    return found.hexdigest()
