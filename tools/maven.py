"""Finds what Java programs of the tests need, with Maven, and remembers it."""

import hashlib
import subprocess
import sys
from pathlib import Path


def class_path(pom: Path, *, build: Path, **properties: str) -> str:
    """Return the class path that a pom asks for, with its properties changed as said.

    Maven is asked once; the answer is kept in the folder `build` until the pom or the properties change.
    Raises SystemExit with Maven's own words when it cannot be had.
    """
    build.mkdir(parents=True, exist_ok=True)
    said = repr((pom.read_bytes(), sorted(properties.items())))
    kept = build / f"{hashlib.sha256(said.encode()).hexdigest()[:16]}.classpath"
    if kept.exists() and all(Path(jar).exists() for jar in kept.read_text().split(":")):
        return kept.read_text()
    fresh = kept.with_suffix(".new")
    changed = [f"-D{name}={value}" for name, value in properties.items()]
    command = [
        "mvn",
        "-q",
        "-B",
        "-f",
        str(pom),
        *changed,
        "dependency:build-classpath",
        f"-Dmdep.outputFile={fresh}",
    ]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    except FileNotFoundError:
        sys.exit("Maven is needed here (Debian: apt-get install maven openjdk-17-jre-headless)")
    if done.returncode:
        sys.exit(f"Maven could not find what {pom.name} asks for:\n{done.stdout}{done.stderr}")
    fresh.replace(kept)
    return kept.read_text()
