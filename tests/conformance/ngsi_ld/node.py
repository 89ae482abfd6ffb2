"""The node under test: started afresh for each group, with an organisation, its token, and the contexts that cases name."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from renkei.cli.demo.nodes import NodeProcess
from renkei.servers.broker import free_port
from tests.conformance.ngsi_ld.bearer import bearer_proxy
from tests.conformance.ngsi_ld.suite import Addresses

SLUG = "under-test"
BASE = "/ngsi-ld/v1"
SCOPES = ("context-read", "context-write")
INSTANCES = 30
"""How many instances of a history go into one answer: the cases expect 40 to be too many and 20 not to be."""
OWN = Path(__file__).parent / "contexts"
_CARRIED = Path("resources") / "jsonld-contexts"
_FORGE = "https://forge.etsi.org/rep/cim/ngsi-ld-test-suite/-/raw/develop/resources/jsonld-contexts"
CARRIED = {
    f"{_FORGE}/ngsi-ld-test-suite.jsonld": "ngsi-ld-test-suite.jsonld",
    f"{_FORGE}/ngsi-ld-test-suite-compound.jsonld": "ngsi-ld-test-suite-compound.jsonld",
    "https://easy-global-market.github.io/ngsild-api-data-models/ngsildTestSuite/ngsildTestSuiteV1.8-compound.jsonld": "ngsi-ld-test-suite-compound.jsonld",
}
"""Contexts that the cases name by URL, and the files of the suite that hold them. The last one is an older place of the same
terms."""
STAND_INS = (
    "http://smartdatamodels.org/context.jsonld",
    "https://fiware.github.io/data-models/context.jsonld",
    "https://fiware.github.io/NGSI-LD_TestSuite/ldContext/testContext.jsonld",
)
"""Contexts that the cases name but the suite does not carry. No case looks at their terms, only at whether they are kept: an
empty context stands at their URL, so that a run depends on no network."""


@contextmanager
def node_under_test(home: Path, *, suite: Path, database: str | None) -> Iterator[Addresses]:
    """Start a node, and a proxy before it that shows its token; stop both at the end.

    `database`: URL of an empty PostgreSQL database, or None for SQLite. Raises DemoBroken when it does not start.
    """
    proxy = free_port()
    public = f"http://127.0.0.1:{proxy}"
    settings = {"RENKEI_PUBLIC_URL": public, "RENKEI_CONTEXT_INSTANCES": str(INSTANCES)} | (
        {"RENKEI_DATABASE_URL": database} if database else {}
    )
    node = NodeProcess("under-test", home, free_port(), settings)
    node.prepare()
    token = seed(node, suite)
    try:
        node.start()
        with bearer_proxy(port=proxy, node_port=node.port, token=token):
            yield Addresses(f"{public}{BASE}", free_port(), free_port(), free_port(), free_port())
    except BaseException:
        print(
            (home / "node.log").read_text()[-10_000:] if (home / "node.log").exists() else "", file=sys.stderr
        )
        raise
    finally:
        node.stop()


def seed(node: NodeProcess, suite: Path) -> str:
    """Make an organisation and lay in the contexts; return the secret of a token that may do what the cases do."""
    node.command("org", "add", SLUG, "--name", "Under test")
    words = [word for scope in SCOPES for word in ("--scope", scope)]
    token = node.command("org", "token", SLUG, "--label", "ngsi-ld-suite", *words)
    for url, name in CARRIED.items():
        node.words("context", "load", "--url", url, str(suite / _CARRIED / name))
    for url in STAND_INS:
        node.words("context", "load", "--url", url, str(OWN / "nothing.jsonld"))
    secret: str = token["secret"]
    return secret
