"""What we send means the same to readers of JSON-LD: no member is lost, and each expands to the protocol's own term.

The contexts come from the published files; nothing is fetched.
"""

import json
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from pyld import jsonld

from renkei.lake import api as lake
from renkei.servers.dsp.addresses import data_service
from renkei.servers.dsp.descriptions import describe_dataset
from renkei.wire.dsp import envelope
from tests.conformance.schemas import PUBLISHED, SHARED
from tests.factories import exchange as deals
from tests.wire.dsp.messages import MESSAGES

pytestmark = PUBLISHED
DSPACE, DCT, DCAT, ODRL = (
    "https://w3id.org/dspace/2025/1/",
    "http://purl.org/dc/terms/",
    "http://www.w3.org/ns/dcat#",
    "http://www.w3.org/ns/odrl/2/",
)
CONTEXTS = {envelope.CONTEXT: "dspace.jsonld", f"{DSPACE}odrl-profile.jsonld": "odrl.jsonld"}
TERMS = {
    "dataset": DCAT + "dataset", "catalog": DCAT + "catalog", "service": DCAT + "service",
    "distribution": DCAT + "distribution", "hasPolicy": ODRL + "hasPolicy", "format": DCT + "format",
}  # fmt: skip
ELSEWHERE = {("DatasetRequestMessage", "dataset"): DSPACE + "dataset"}


@cache
def context(address: str) -> dict[str, Any]:
    return dict(json.loads((SHARED / "context" / CONTEXTS[address]).read_text()))


def published(address: str, _options: Any) -> dict[str, Any]:
    """Answer with a published context; any other address is a KeyError."""
    return {"contextUrl": None, "documentUrl": address, "document": context(address)}


def expanded(message: dict[str, Any]) -> dict[str, Any]:
    known = message | {"@context": [envelope.CONTEXT]}
    (node,) = jsonld.expand(known, {"documentLoader": published})
    return dict(node)


def expected(message: dict[str, Any]) -> set[str]:
    """Return the terms to which the members of a message have to expand."""
    kind, terms = message["@type"], set[str]()
    for name, value in message.items():
        prefix, _, local = name.partition(":")
        if name == "@context" or value == []:
            continue
        if name.startswith("@"):
            terms.add(name)
        elif local:
            terms.add({"dct": DCT, "dcat": DCAT, "rk": "rk:"}[prefix] + local)
        else:
            terms.add(ELSEWHERE.get((kind, name)) or TERMS.get(name, DSPACE + name))
    return terms


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_every_member_of_every_message_that_we_write_is_a_term_of_the_protocol(name: str) -> None:
    @given(MESSAGES[name][0])
    @settings(max_examples=8, deadline=None, database=None)
    def keeps_its_meaning(message: msgspec.Struct) -> None:
        written = json.loads(envelope.write(message))
        node = expanded(written)
        assert expected(written) - node.keys() <= EMPTY.get(name, set())
        assert node["@type"] == [(DCAT if name in {"Catalog", "Dataset"} else DSPACE) + name]

    keeps_its_meaning()


# An empty list of titles or themes says nothing, and JSON-LD drops it.
EMPTY = {name: {DCT + "title", DCT + "description", DCAT + "theme"} for name in ("Catalog", "Dataset")}

EXAMPLES = [
    path
    for path in sorted(SHARED.glob("*/example/*.json"))
    if "did-service" not in path.name and path.name != "protocol-version.json"
]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_published_examples_expand_to_the_same_terms(path: Any) -> None:
    example = json.loads(path.read_text())

    assert expected(example) <= expanded(example).keys()


@pytest.mark.django_db
def test_a_dataset_of_this_node_expands_with_all_that_it_says() -> None:
    at = deals.table()
    (listing,) = deals.exchange.catalogue(at.provider.id).listings
    described = describe_dataset(
        listing,
        service=data_service(at.provider),
        columns=lake.table(listing.dataset.table).columns,
        context=envelope.dspace_context(),
    )

    node = expanded(json.loads(envelope.write(described)))

    assert {
        "@id",
        "@type",
        ODRL + "hasPolicy",
        DCAT + "distribution",
        DCT + "title",
        "rk:columns",
        "rk:quality",
    } <= set(node)
    assert node[DCT + "title"] == [
        {"@value": listing.dataset.title.ja, "@language": "ja"},
        {"@value": listing.dataset.title.en, "@language": "en"},
    ]
    (permission,) = node[ODRL + "hasPolicy"][0][ODRL + "permission"]
    assert permission[ODRL + "action"] == [{"@id": ODRL + "use"}]
    assert len(permission[ODRL + "constraint"]) == 4
