"""The DCAT-AP export over its door: without a token, only what is for everybody, in pages and forms that CKAN harvests."""

import subprocess
import sys
from typing import Any

import pytest
from rdflib import RDF, Graph, URIRef
from starlette.applications import Starlette
from starlette.testclient import TestClient

from renkei.exchange import api as exchange
from renkei.federation import api as federation
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import NODE
from renkei.kernel.texts import Text
from renkei.parties import api as parties
from renkei.servers import dcat
from renkei.servers.dsp.addresses import base_url, root_url
from tests.factories import exchange as deals
from tests.factories import parties as make
from tests.factories.federation import Shelf, Watch, crawler, described, known

pytestmark = pytest.mark.django_db(transaction=True)
DATASET = URIRef("http://www.w3.org/ns/dcat#Dataset")
NEXT = URIRef("http://www.w3.org/ns/hydra/core#next")


@pytest.fixture
def door() -> TestClient:
    return TestClient(Starlette(routes=dcat.ROUTES))


@pytest.fixture
def owner() -> parties.Organisation:
    return make.organisation(slug="owner")


def publish(owner: parties.Organisation, name: str, *, to: str | None = None) -> exchange.Dataset:
    published = deals.dataset(owner=owner, name=name, title=Text(ja=name, en=name))
    named = (deals.constraint("recipient", "eq", to),) if to else ()
    deals.offer(of=published, said=deals.terms(deals.PURPOSES, deals.CELL, deals.GROUP, *named))
    federation.index_own(base_of=base_url, now=utc_now())
    return published


def told(answer: Any) -> Graph:
    assert answer.status_code == 200, answer.text
    form = answer.headers["content-type"].partition(";")[0]
    return Graph().parse(data=answer.content, format=form)


def datasets(graph: Graph) -> set[str]:
    return {str(each) for each in graph.subjects(RDF.type, DATASET)}


def test_what_is_offered_to_everybody_is_told_to_anybody(
    door: TestClient, owner: parties.Organisation
) -> None:
    published = publish(owner, "open")
    publish(owner, "named", to="did:web:friend.example")
    other = publish(make.organisation(slug="other"), "others")

    own, node = (told(door.get(path)) for path in ("/orgs/owner/dcat/catalog.ttl", "/dcat/catalog.ttl"))

    iri = f"{root_url(owner)}/dcat/datasets/{published.id}"
    assert datasets(own) == {iri}
    assert datasets(node) == {iri, f"{root_url(owner).replace('owner', 'other')}/dcat/datasets/{other.id}"}


def test_an_offer_to_some_by_name_is_not_told_beside_one_to_everybody(
    door: TestClient, owner: parties.Organisation
) -> None:
    published = publish(owner, "both")
    named = deals.constraint("recipient", "eq", "did:web:friend.example")
    deals.offer(of=published, said=deals.terms(deals.PURPOSES, deals.CELL, deals.GROUP, named))
    federation.index_own(base_of=base_url, now=utc_now())

    text = door.get("/dcat/catalog.ttl").text

    assert published.id in text
    assert "friend.example" not in text


@pytest.mark.parametrize(
    ("path", "accept", "media_type"),
    [
        ("/dcat/catalog", "", "text/turtle"),
        ("/dcat/catalog", "*/*", "text/turtle"),
        ("/dcat/catalog", "text/html, application/rdf+xml;q=0.9, text/turtle;q=0.2", "application/rdf+xml"),
        ("/dcat/catalog", "application/ld+json", "application/ld+json"),
        ("/dcat/catalog", "application/ld+json;q=x, text/turtle;q=0.1", "text/turtle"),
        ("/dcat/catalog.ttl", "application/ld+json", "text/turtle"),
        ("/dcat/catalog.rdf", "", "application/rdf+xml"),
        ("/orgs/owner/dcat/catalog.jsonld", "", "application/ld+json"),
        ("/orgs/owner/dcat/catalog", "application/rdf+xml", "application/rdf+xml"),
    ],
)
def test_the_form_is_chosen_by_the_ending_or_by_what_the_caller_likes(
    door: TestClient, owner: parties.Organisation, path: str, accept: str, media_type: str
) -> None:
    published = publish(owner, "open")

    answer = door.get(path, headers={"accept": accept})

    assert answer.headers["content-type"].partition(";")[0] == media_type
    assert answer.headers["vary"] == "Accept"
    assert {each.rsplit("/", 1)[-1] for each in datasets(told(answer))} == {published.id}


def test_pages_lead_through_every_dataset_once_in_the_same_form(
    door: TestClient, owner: parties.Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dcat, "PAGE", 2)
    published = {publish(owner, f"t{number}").id for number in range(5)}

    seen: list[str] = []
    path: str | None = "/orgs/owner/dcat/catalog.rdf"
    while path:
        graph = told(door.get(path))
        seen += [each.rsplit("/", 1)[-1] for each in datasets(graph)]
        following = next(iter(graph.objects(None, NEXT)), None)
        path = (
            None
            if following is None
            else str(following).partition("/orgs")[1] + str(following).partition("/orgs")[2]
        )

    assert len(seen) == 5
    assert set(seen) == published


def test_the_iri_of_a_dataset_leads_to_it(door: TestClient, owner: parties.Organisation) -> None:
    published, hidden = publish(owner, "open"), publish(owner, "named", to="did:web:friend.example")

    found = told(door.get(f"/orgs/owner/dcat/datasets/{published.id}"))

    assert datasets(found) == {f"{root_url(owner)}/dcat/datasets/{published.id}"}
    assert [
        door.get(f"/orgs/owner/dcat/datasets/{each}").status_code for each in (hidden.id, "urn:none")
    ] == [404] * 2


def test_an_unchanged_catalogue_is_not_written_again(door: TestClient, owner: parties.Organisation) -> None:
    published = publish(owner, "open")
    first = door.get("/dcat/catalog.ttl")

    again = door.get("/dcat/catalog.ttl", headers={"if-none-match": first.headers["etag"]})
    whatever = door.get("/dcat/catalog.ttl", headers={"if-none-match": "*"})
    other_form = door.get("/dcat/catalog.rdf", headers={"if-none-match": first.headers["etag"]})
    exchange.refresh_dataset(owner=owner.id, dataset=published.id, actor=NODE, now=utc_now())
    exchange.withdraw_offer(offer=exchange.offers(dataset=published.id)[0].id, actor=NODE, now=utc_now())
    federation.index_own(base_of=base_url, now=utc_now())
    changed = door.get("/dcat/catalog.ttl", headers={"if-none-match": first.headers["etag"]})

    assert (again.status_code, again.content, other_form.status_code) == (304, b"", 200)
    assert (whatever.status_code, whatever.content) == (304, b"")
    assert (changed.status_code, datasets(told(changed))) == (200, set())


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/dcat/catalog.csv", 404, "servers.export-form-unknown"),
        ("/dcat/catalog.ttl?after=x", 400, "servers.query-malformed"),
        ("/dcat/catalog.ttl?after=" + "9" * 30, 400, "servers.query-malformed"),
        ("/orgs/nobody/dcat/catalog.ttl", 404, "parties.organisation-missing"),
    ],
)
def test_what_makes_no_sense_is_refused(door: TestClient, path: str, status: int, code: str) -> None:
    answer = door.get(path)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("switch", "expected"), [(False, set()), (True, {"urn:open", "did:web:far.example:orgs:far#no%20iri"})]
)
def test_what_known_nodes_offer_is_told_only_if_the_operator_says_so(
    door: TestClient, owner: parties.Organisation, settings: Any, switch: bool, expected: set[str]
) -> None:
    from dataclasses import replace

    settings.RENKEI = replace(settings.RENKEI, export_crawled=switch)
    node = known(owner, now=utc_now())
    shelf = Shelf(
        pages=[
            [described("urn:open"), described("no iri"), described("urn:named", to=frozenset(["did:web:x"]))]
        ]
    )
    crawler(shelf, watch=Watch(utc_now())).crawl(node.id)

    assert datasets(told(door.get("/dcat/catalog.ttl"))) == expected
    assert datasets(told(door.get("/orgs/owner/dcat/catalog.ttl"))) == set()


def test_a_node_that_is_never_harvested_never_loads_rdflib() -> None:
    code = "import django, sys; django.setup(); import renkei.config.wiring; print('rdflib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
