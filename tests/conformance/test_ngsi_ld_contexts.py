"""Our contexts beside the published ones, and beside what a JSON-LD processor makes of them."""

import json
import os
from pathlib import Path

import pytest
from pyld import jsonld

from renkei.wire.ngsild.core import CORE_URL, PREFIXES, TERMS, as_document
from renkei.wire.ngsild.jsonld import compile_context

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("RENKEI_SHARED", ROOT.parent / "shared")) / "conformance"
CORE_FILE = SHARED / "ngsi-ld" / "ngsi-ld-core-context-v1.9.jsonld"
SUBJECTS = ("Device", "Energy", "Weather")

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(
        not CORE_FILE.exists(),
        reason=f"THE PUBLISHED NGSI-LD CONTEXTS ARE NOT HERE ({SHARED}): agreement with them is NOT checked in this run; "
        "name the folder that holds `conformance/ngsi-ld` in RENKEI_SHARED",
    ),
]


def published(subject):
    """Return the context of a subject of the Smart Data Models."""
    return json.loads((SHARED / "smart-data-models" / subject / "context.jsonld").read_text())


def whole(said):
    """Return a published definition with its compact IRIs written out, and without the context within it."""
    if isinstance(said, str):
        prefix, colon, rest = said.partition(":")
        if said == "DateTime":
            return PREFIXES["ngsi-ld"] + said
        return PREFIXES[prefix] + rest if colon and prefix in PREFIXES else said
    return {keyword: whole(value) for keyword, value in said.items() if keyword != "@context"}


def test_the_table_of_core_terms_is_the_published_one():
    theirs = json.loads(CORE_FILE.read_text())["@context"]
    ours = as_document()["@context"]
    keywords = ("@version", "@protected", "@vocab")

    assert {keyword: ours[keyword] for keyword in keywords} == {key: theirs[key] for key in keywords}
    assert set(TERMS) == {term for term in theirs if not term.startswith("@")}
    for term in TERMS:
        said = whole(theirs[term])
        assert ours[term] == (said["@id"] if term == "ngsildproof" else said)


def loader(url, _options):
    """Give PyLD the published core context, without the one within a term that lies elsewhere."""
    assert url == CORE_URL
    document = json.loads(CORE_FILE.read_text())
    del document["@context"]["ngsildproof"]["@context"]
    return {"contextUrl": None, "documentUrl": url, "document": document}


def expanded(context, terms):
    """Return what PyLD makes of each name as the name of a property, in the context and the core's after it."""
    document = {"@context": [context, CORE_URL], **{term: [{"@id": f"x:{term}"}] for term in terms}}
    (result,) = jsonld.expand(document, {"documentLoader": loader})
    return {values[0]["@id"].removeprefix("x:"): iri for iri, found in result.items() for values in [found]}


@pytest.mark.parametrize("subject", SUBJECTS)
def test_names_mean_what_a_json_ld_processor_says(subject):
    theirs = published(subject)["@context"]
    names = [
        term
        for term, said in theirs.items()
        if term not in TERMS
        and isinstance(said, str)
        and not said.startswith("@")
        and not said.endswith(("/", "#"))
    ]
    context = compile_context(theirs, load=lambda url: pytest.fail(f"nothing else is named: {url}"))
    found = expanded(theirs, [*names, "nobody-knows-this"])

    assert len(found) > 50
    assert {term: context.expand(term) for term in found} == found


@pytest.mark.parametrize("subject", SUBJECTS)
def test_meanings_are_called_what_a_json_ld_processor_calls_them(subject):
    theirs = published(subject)["@context"]
    context = compile_context(theirs, load=lambda url: pytest.fail(f"nothing else is named: {url}"))
    meanings = [
        iri for iri in context.terms.values() if iri[0] != "@" and iri not in {m.iri for m in TERMS.values()}
    ]
    for iri in meanings:
        compacted = jsonld.compact({iri: [{"@value": 1}]}, [theirs, CORE_URL], {"documentLoader": loader})
        (name,) = (key for key in compacted if key != "@context")
        assert context.expand(name) == iri
        assert context.expand(context.compact(iri)) == iri
        assert context.compact(iri) == name or len(context.compact(iri)) <= len(name)
