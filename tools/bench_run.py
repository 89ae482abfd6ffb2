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
    for script in sorted(path for path in BENCH.glob("[a-z]*.py") if path.stem not in APART):
        print(f"\n=== {script.stem}", flush=True)
        if subprocess.run([sys.executable, "-m", f"bench.{script.stem}"], check=False).returncode:
            broken.append(script.stem)
    for name in broken:
        print(f"broken: {name}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
