"""Every bench one after the other, each in a process of its own."""

import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parent.parent / "bench"
APART = {"dataspace"}
"""Needs a JDK and Maven: `make bench-dataspace`."""


def main() -> int:
    """Run all benches and return 1 when one of them broke (never because it was slow)."""
    broken = []
    for name in _names():
        print(f"\n=== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode:
            broken.append(name)
    for name in broken:
        print(f"broken: {name}")
    return 1 if broken else 0


def _names() -> list[str]:
    files = {path.stem for path in BENCH.glob("[a-z]*.py")}
    packages = {path.parent.name for path in BENCH.glob("*/__main__.py")}
    return sorted((files | packages) - APART)


if __name__ == "__main__":
    sys.exit(main())
