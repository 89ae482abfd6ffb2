"""Catalogues as DCAT-AP: read back with rdflib, asked with SPARQL for what the profile demands."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import Graph, Literal, URIRef
from rdflib.compare import isomorphic

from renkei.federation import api as federation
from renkei.kernel.places import Box, Place
from renkei.kernel.texts import Text
from renkei.wire.dcat import CatalogPage, Form, Item, Publisher, is_iri, write_catalog, write_dataset
from tests.factories.federation import MAY, described

HOME = "https://node.example/orgs/lab"
LAB = Publisher("did:web:node.example:orgs:lab", Text(ja="研究所", en="Laboratory"))
TERMS: dict[str, Any] = {
    "@id": "urn:uuid:offer",
    "@type": "Offer",
    "profile": "https://w3id.org/renkei/terms/v1",
    "permission": [
        {
            "action": "use",
            "constraint": [
                {"leftOperand": "purpose", "operator": "isAnyOf", "rightOperand": ["research", "education"]},
                {
                    "leftOperand": "rk:minimumGroup",
                    "operator": "gteq",
                    "rightOperand": "2",
                    "rk:entity": "device",
                },
                {"or": [{"leftOperand": "rk:cell", "operator": "eq", "rightOperand": {"@id": "urn:cell"}}]},
            ],
        }
    ],
    "prohibition": [{"action": "distribute"}],
}
ENVI = "http://publications.europa.eu/resource/authority/data-theme/ENVI"
FULL = replace(
    described(
        "urn:uuid:1",
        title="River levels",
        title_ja="河川の水位",
        description=Text(ja="毎分の水位。", en="Levels by the minute."),
        themes=(ENVI, "水位"),
        licence="CC-BY-4.0",
        formats=("HttpData-PULL", "DeltaSharing-PULL"),
        place=Place(name=Text(ja="名古屋", en="Nagoya"), box=Box(136, 34, 137, 36)),
        first=MAY - timedelta(days=30),
        last=MAY,
        issued=MAY,
        modified=MAY + timedelta(days=1),
    ),
    offers=(federation.Offer(policy=TERMS, recipients=None),),
)
PREFIXES = """
PREFIX dcat: <http://www.w3.org/ns/dcat#>
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX hydra: <http://www.w3.org/ns/hydra/core#>
PREFIX odrl: <http://www.w3.org/ns/odrl/2/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
"""
MANDATORY = {
    "dcat:Catalog": ("dct:title", "dct:description", "dct:publisher"),
    "dcat:Dataset": ("dct:title", "dct:description"),
    "dcat:Distribution": ("dcat:accessURL",),
    "dcat:DataService": ("dct:title", "dcat:endpointURL"),
    "foaf:Agent": ("foaf:name",),
}
"""What DCAT-AP 3.0 demands of each class that we write."""


def item(said: federation.Described = FULL) -> Item:
    return Item(
        iri=f"{HOME}/dcat/datasets/{said.dataset}", publisher=LAB, base=f"{HOME}/dsp/2025-1", described=said
    )


def page(*items: Item, following: str | None = None) -> CatalogPage:
    return CatalogPage(
        iri=f"{HOME}/dcat/catalog",
        title=Text(ja="研究所のカタログ", en="Catalogue of Laboratory"),
        description=Text(ja="公開データ", en="Open data"),
        publisher=LAB,
        items=items,
        here=f"{HOME}/dcat/catalog.ttl",
        first=f"{HOME}/dcat/catalog.ttl",
        next=following,
    )


def read(body: bytes, form: Form) -> Graph:
    return Graph().parse(data=body, format=form.value[2])


def ask(graph: Graph, pattern: str) -> list[tuple[str, ...]]:
    """Return what the variables of a pattern stand for, in the order in which they are named."""
    names = " ".join(f"?{name}" for name in dict.fromkeys(re.findall(r"\?(\w+)", pattern)))
    rows = graph.query(f"{PREFIXES} SELECT {names} {{ {pattern} }}")
    return sorted(tuple(str(each) for each in row) for row in rows)  # type: ignore[union-attr]  # a SELECT gives rows


def lacking(graph: Graph) -> list[str]:
    """Return each thing that lacks a property which DCAT-AP demands of its class."""
    return [
        f"{thing} {name}"
        for kind, names in MANDATORY.items()
        for name in names
        for (thing,) in ask(graph, f"?thing a {kind} FILTER NOT EXISTS {{ ?thing {name} [] }}")
    ]


@pytest.mark.parametrize("form", Form)
def test_every_form_holds_what_dcat_ap_demands(form: Form) -> None:
    graph = read(write_catalog(page(item()), form=form), form)

    assert lacking(graph) == []
    assert {kind: len(ask(graph, f"?a a {kind}")) for kind in MANDATORY} == {
        "dcat:Catalog": 1,
        "dcat:Dataset": 1,
        "dcat:Distribution": 2,
        "dcat:DataService": 1,
        "foaf:Agent": 1,
    }


def test_the_forms_say_the_same() -> None:
    whole = page(item(), following=f"{HOME}/dcat/catalog.ttl?after=1")
    graphs = [read(write_catalog(whole, form=form), form) for form in Form]

    assert isomorphic(graphs[0], graphs[1])
    assert isomorphic(graphs[0], graphs[2])


@pytest.mark.parametrize("form", Form)
def test_the_same_page_is_written_in_the_same_bytes(form: Form) -> None:
    whole = page(item(), item(replace(FULL, dataset="urn:uuid:2")))

    assert write_catalog(whole, form=form) == write_catalog(whole, form=form)


def test_a_dataset_is_told_with_all_that_is_known() -> None:
    graph = read(write_dataset(item(), form=Form.TURTLE), Form.TURTLE)
    dataset = f"<{HOME}/dcat/datasets/urn:uuid:1>"

    assert lacking(graph) == []
    assert ask(graph, f"{dataset} dct:title ?t BIND(LANG(?t) AS ?l)") == [
        ("River levels", "en"),
        ("河川の水位", "ja"),
    ]
    assert ask(graph, f"{dataset} dcat:theme ?t") == [(ENVI,)]
    assert ask(graph, f"{dataset} dcat:keyword ?t") == [("水位",)]
    assert ask(graph, f"{dataset} dct:identifier ?t") == [("urn:uuid:1",)]
    assert ask(graph, f"{dataset} dct:issued ?a; dct:modified ?b") == [
        ("2026-05-01T09:00:00+00:00", "2026-05-02T09:00:00+00:00")
    ]
    assert ask(
        graph, f"{dataset} dct:temporal [ a dct:PeriodOfTime; dcat:startDate ?a; dcat:endDate ?b ]"
    ) == [("2026-04-01T09:00:00+00:00", "2026-05-01T09:00:00+00:00")]
    assert ask(
        graph, f'{dataset} dct:spatial [ a dct:Location; dcat:bbox ?b; skos:prefLabel "名古屋"@ja ]'
    ) == [("POLYGON((136 34, 137 34, 137 36, 136 36, 136 34))",)]
    assert ask(graph, f"{dataset} dct:publisher [ foaf:name ?n ]") == [("Laboratory",), ("研究所",)]
    assert ask(
        graph,
        f"{dataset} dcat:distribution [ dct:title ?t; dcat:accessURL ?u; dct:license ?l; dct:format ?f ]",
    ) == [
        (
            name,
            f"{HOME}/dsp/2025-1/catalog/datasets/urn:uuid:1",
            "https://creativecommons.org/licenses/by/4.0/",
            f"https://w3id.org/renkei/formats/{name}",
        )
        for name in ("DeltaSharing-PULL", "HttpData-PULL")
    ]
    assert ask(graph, f"?s dcat:servesDataset {dataset}; dcat:endpointURL ?e") == [
        (f"{LAB.iri}#dataspace", f"{HOME}/dsp/2025-1")
    ]


def test_terms_are_told_as_odrl() -> None:
    graph = read(write_dataset(item(), form=Form.RDF_XML), Form.RDF_XML)
    offer = "<urn:uuid:offer> odrl:permission [ odrl:action odrl:use; odrl:constraint ?c ]"

    assert [
        row[-1] for row in ask(graph, f"{offer} . ?c odrl:leftOperand odrl:purpose; odrl:rightOperand ?v")
    ] == ["education", "research"]
    assert ask(graph, "?c odrl:leftOperand <rk:minimumGroup>; <rk:entity> ?e")[0][-1] == "device"
    assert ask(graph, "?c odrl:or [ odrl:leftOperand <rk:cell>; odrl:rightOperand ?v ]")[0][-1] == "urn:cell"
    assert ask(graph, "<urn:uuid:offer> odrl:prohibition [ odrl:action ?a ]") == [
        ("http://www.w3.org/ns/odrl/2/distribute",)
    ]


def test_pages_lead_on_as_hydra_has_it() -> None:
    more = read(write_catalog(page(following=f"{HOME}/next"), form=Form.TURTLE), Form.TURTLE)
    last = read(write_catalog(page(), form=Form.TURTLE), Form.TURTLE)

    assert ask(more, "?p a hydra:PagedCollection; hydra:next ?n") == [
        (f"{HOME}/dcat/catalog.ttl", f"{HOME}/next")
    ]
    assert ask(last, "?p hydra:next ?n") == []


@pytest.mark.parametrize(
    ("licence", "iri"),
    [
        ("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/"),
        ("CC-BY-NC-SA-3.0", "https://creativecommons.org/licenses/by-nc-sa/3.0/"),
        ("CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
        ("ODbL-1.0", "http://spdx.org/licenses/ODbL-1.0"),
        ("https://data.go.jp/terms", "https://data.go.jp/terms"),
    ],
)
def test_a_licence_is_named_by_its_iri(licence: str, iri: str) -> None:
    graph = read(write_dataset(item(replace(FULL, licence=licence)), form=Form.TURTLE), Form.TURTLE)

    assert {row for (row,) in ask(graph, "[] a dcat:Distribution; dct:license ?l")} == {iri}


def test_a_dataset_of_which_little_is_known_is_still_whole() -> None:
    bare = item(replace(described("urn:a"), offers=(), formats=("x y",), licence="ask us"))
    graph = read(write_dataset(bare, form=Form.RDF_XML), Form.RDF_XML)

    assert lacking(graph) == []
    assert (None, URIRef("http://www.w3.org/2000/01/rdf-schema#label"), Literal("ask us")) in graph


anything = st.text(max_size=12)
policy = st.recursive(
    st.none() | st.booleans() | st.integers() | anything,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "@id",
                    "@value",
                    "permission",
                    "action",
                    "constraint",
                    "leftOperand",
                    "rightOperand",
                    "or",
                    "rk:x",
                ]
            )
            | anything,
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(
    text=anything,
    name=anything,
    base=anything,
    policies=st.lists(st.dictionaries(st.sampled_from(["@id", "profile", "permission"]), policy), max_size=2),
)
@settings(max_examples=50)
def test_whatever_a_peer_says_can_be_written_and_read_in_every_form(
    text: str, name: str, base: str, policies: list[dict[str, Any]]
) -> None:
    said = federation.Described(
        dataset=name,
        title=Text(ja=text, en=text),
        description=Text(ja=text, en=text),
        offers=tuple(federation.Offer(policy=each, recipients=None) for each in policies),
        themes=(name, text),
        licence=text,
        formats=(name,),
        place=Place(name=Text(ja=text, en=text)),
    )
    hostile = Item(
        iri=name if is_iri(name) else "urn:x",
        publisher=Publisher("did:web:x", Text(text, text)),
        base=base,
        described=said,
    )

    for form in Form:
        assert lacking(read(write_catalog(page(hostile), form=form), form)) == []
