"""Runs the kit against a node started for it, and says how many of its tests passed."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from renkei.cli.demo.nodes import NodeProcess
from renkei.kernel.did import did_of
from renkei.servers.broker import free_port
from tools.maven import class_path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
SLUG = "under-test"
TESTS = 67
"""What the kit has, and what has to pass."""
PATIENCE = 15 * 60
MAIN = "org.junit.platform.console.ConsoleLauncher"
PACKAGE = "org.eclipse.dataspacetck.dsp.verification"


class NodeUnderTest(NodeProcess):
    """The product's application with the script of the kit."""

    def environment(self) -> dict[str, str]:
        """Return the node's environment, in which the tests can be imported."""
        return super().environment() | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}

    def start_command(self) -> list[str]:
        """Serve the application with the script, as `renkei serve` serves the product's."""
        options = ["--interface", "asgi", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1"]
        app = "tests.conformance.dsp_kit.node:app"
        return [sys.executable, "-m", "granian", *options, "--log-level", "warning", app]

    def seed(self) -> dict[str, str]:
        """Make what the kit expects to find, and return what it has to be told of that."""
        told: dict[str, str] = json.loads(
            self._run([sys.executable, "-m", "tests.conformance.dsp_kit.seeds"])
        )
        return told


def properties(node: NodeProcess, *, tests: dict[str, str], kit_port: int) -> dict[str, str]:
    """Return the kit's settings for this node; `tests` are those of its single tests."""
    prefix, root = "dataspacetck", f"{node.url}/orgs/{SLUG}"
    said = {
        f"{prefix}.launcher": "org.eclipse.dataspacetck.dsp.system.DspSystemLauncher",
        f"{prefix}.host": "127.0.0.1",
        f"{prefix}.port": str(kit_port),
        f"{prefix}.callback.address": f"http://127.0.0.1:{kit_port}",
        f"{prefix}.dsp.local.connector": "false",
        f"{prefix}.dsp.connector.agent.id": did_of(root),
        f"{prefix}.dsp.connector.http.url": f"{root}/dsp/2025-1",
        f"{prefix}.dsp.connector.http.base.url": root,
        f"{prefix}.dsp.connector.negotiation.initiate.url": f"{node.url}/kit/negotiations",
        f"{prefix}.dsp.connector.transfer.initiate.url": f"{node.url}/kit/transfers",
        f"{prefix}.dsp.default.wait": "15",
    }
    return said | tests


def main() -> int:
    """Print what the kit says, then `N passed, N failed`; 0 only when all of its tests passed, in every run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kit-version", help="another version of the kit than the one in pom.xml")
    parser.add_argument("--runs", type=int, default=1, help="how often, each time with a new node")
    options = parser.parse_args()
    wanted = {"kit": options.kit_version} if options.kit_version else {}
    jars = class_path(HERE / "pom.xml", build=ROOT / "build" / "dsp-kit", **wanted)
    for _ in range(options.runs):
        passed, failed = _run(jars)
        print(f"{passed} passed, {failed} failed", flush=True)
        if (passed, failed) != (TESTS, 0):
            return 1
    return 0


def _run(jars: str) -> tuple[int, int]:
    """Run the kit once against a new node; return how many tests passed and failed."""
    with tempfile.TemporaryDirectory(prefix="renkei-kit-") as folder:
        home = Path(folder)
        node = NodeUnderTest("under-test", home / "node", free_port())
        node.prepare()
        tests = node.seed()
        outcome = (0, TESTS)
        try:
            node.start()
            outcome = _run_kit(jars, node, tests, reports=home / "reports")
        finally:
            node.stop()
            if outcome != (TESTS, 0):
                print((node.home / "node.log").read_text()[-20_000:], file=sys.stderr)
    return outcome


def _run_kit(jars: str, node: NodeProcess, tests: dict[str, str], *, reports: Path) -> tuple[int, int]:
    said = properties(node, tests=tests, kit_port=free_port())
    command = [
        "java",
        "-cp",
        jars,
        MAIN,
        "execute",
        "--details=tree",
        "--disable-banner",
        "--disable-ansi-colors",
    ]
    command += [f"--select-package={PACKAGE}", "--include-classname=.*", f"--reports-dir={reports}"]
    command += [f"--config={name}={value}" for name, value in said.items()]
    # The kit leaves two of its tests out, those of a consumer that suspends and resumes; ours has to pass them too.
    command.append("--config=junit.jupiter.conditions.deactivate=org.junit.*DisabledCondition")
    subprocess.run(command, check=False, timeout=PATIENCE)
    return _count(reports / "TEST-junit-jupiter.xml")


def _count(report: Path) -> tuple[int, int]:
    """Return how many tests passed and how many did not, skipped ones among these."""
    suite = ElementTree.parse(report).getroot()  # noqa: S314 - written by the kit's own launcher
    whole = int(suite.get("tests", "0"))
    failed = sum(int(suite.get(name, "0")) for name in ("failures", "errors", "skipped"))
    return whole - failed, failed


if __name__ == "__main__":
    sys.exit(main())
