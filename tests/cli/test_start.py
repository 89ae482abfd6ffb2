"""What the start of a command costs: only what it needs is loaded."""

import os
import subprocess
import sys
from pathlib import Path

HEAVY = {"duckdb", "pyarrow", "deltalake", "numpy", "cryptography", "pydantic", "granian"}
LIST = f"""
import sys
from renkei.cli.main import run
sys.argv = ["renkei", "org", "list", "--json"]
try:
    run()
finally:
    print("loaded:", *sorted({HEAVY} & set(sys.modules)), file=sys.stderr)
"""


def test_a_command_that_only_lists_loads_no_engine(tmp_path: Path) -> None:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RENKEI_")}
    node = {**inherited, "RENKEI_HOME": str(tmp_path), "DJANGO_SETTINGS_MODULE": "renkei.config.settings"}
    subprocess.run([sys.executable, "-m", "django", "migrate", "--verbosity", "0"], env=node, check=True)

    done = subprocess.run([sys.executable, "-c", LIST], env=node, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "loaded:\n")


def test_late_doors_hold_all_their_names() -> None:
    from renkei.audit import api as audit
    from renkei.lake import api as lake
    from renkei.parties import api as parties
    from renkei.privacy import api as privacy

    for door in (audit, lake, parties, privacy):
        assert [name for name in door.__all__ if not hasattr(door, name)] == []
        assert not hasattr(door, "nothing_of_the_kind")
