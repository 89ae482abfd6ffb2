"""Crawling over the wire: by GET and tags where the peer knows them, by POST else, and never further than it should."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from renkei.federation import api as federation
from renkei.kernel.ids import NODE
from renkei.kernel.places import Box, Place
from renkei.kernel.texts import Text
from renkei.parties import api as parties
from renkei.servers.catalogues import DspCatalogues
from renkei.servers.did import HttpDidDocuments
from renkei.servers.outgoing import Outgoing
from renkei.servers.peers import Peers
from renkei.wire.dsp import envelope
from tests.factories import parties as make
from tests.factories.federation import MAY, crawler, titles
from tests.servers.loopback import Asked, Conversation, Loopback, loopback
from tests.servers.test_peers import base, did, document, page, publish, versions

pytestmark = pytest.mark.django_db
OFFER = {"@id": "urn:o", "@type": "Offer", "permission": [{"action": "use"}]}


@pytest.fixture
def far() -> Iterator[Loopback]:
    with loopback() as running:
        publish(running, "/orgs/far/did.json", document(running))
        publish(running, "/orgs/far/.well-known/dspace-version", versions(serviceId=did(running)))
        yield running


@pytest.fixture
def catalogues() -> Iterator[DspCatalogues]:
    calls = Outgoing(inside_peers=True)
    yield DspCatalogues(Peers(outgoing=calls, documents=HttpDidDocuments(calls, inside_peers=True)))
    calls.close()


@pytest.fixture
def own() -> parties.Organisation:
    return make.organisation(slug="own")


@pytest.fixture
def node(far: Loopback, own: parties.Organisation, catalogues: DspCatalogues) -> federation.KnownNode:
    found = catalogues.find(f"{far.url}/orgs/far")
    return federation.add_node(found=found, org=own.id, shared=True, actor=NODE, now=MAY)


class Shop:
    """A peer's catalogue with one page after the other, by GET with tags where it knows them."""

    def __init__(self, far: Loopback, *pages: list[dict[str, Any]], by_get: bool, **members: Any) -> None:
        self.far, self.pages, self.by_get, self.members = far, pages, by_get, members
        for place in range(len(pages)):
            far.does(self.path(place), self.answer)

    def path(self, place: int) -> str:
        return "/orgs/far/dsp/2025-1/catalog/request" + (f"?page={place}" if place else "")

    def answer(self, conversation: Conversation, asked: Asked) -> None:
        if asked.method == "GET" and not self.by_get:
            conversation.answer(405, b"", {})
            return
        place = int(asked.path.partition("page=")[2] or 0)
        body = json.dumps(page(self.far, dataset=self.pages[place], **self.members)).encode()
        tag = f'"{hash(body)}"'
        if self.by_get and asked.headers.get("if-none-match") == tag:
            conversation.answer(304, b"", {"ETag": tag})
            return
        more = place + 1 < len(self.pages)
        link = {"Link": f'<{self.far.url}{self.path(place + 1)}>; rel="next"'} if more else {}
        conversation.answer(200, body, ({"ETag": tag} if self.by_get else {}) | link)

    def asked(self) -> list[str]:
        asked = [f"{each.method} {each.path}" for each in self.far.asked if "/catalog/" in each.path]
        self.far.asked.clear()
        return [each.replace("/orgs/far/dsp/2025-1/catalog/request", "…") for each in asked]


def dataset(name: str, **members: Any) -> dict[str, Any]:
    plain = {
        "@id": name,
        "@type": "Dataset",
        "dct:title": name,
        "hasPolicy": [OFFER],
        "distribution": [{"@type": "Distribution", "format": "HttpData-PULL", "accessService": "urn:s"}],
    }
    return plain | members


def found() -> list[federation.Entry]:
    return list(federation.search(federation.Query(), viewer=None, now=MAY))


def test_a_peer_that_knows_tags_is_asked_by_get_and_not_read_again(
    far: Loopback, node: federation.KnownNode, catalogues: DspCatalogues
) -> None:
    shop = Shop(far, [dataset("urn:a")], [dataset("urn:b")], by_get=True, **{"rk:revision": "1"})
    crawl = crawler(catalogues).crawl

    first, asked_first = crawl(node.id), shop.asked()
    second, asked_second = crawl(node.id), shop.asked()

    assert (first.pages, first.new, second.unchanged) == (2, 2, True)
    assert (asked_first, asked_second) == (["GET …", "GET …?page=1"], ["GET …"])


def test_a_peer_that_names_no_revision_is_read_whole_unless_it_has_one_page(
    far: Loopback, node: federation.KnownNode, catalogues: DspCatalogues
) -> None:
    crawl = crawler(catalogues).crawl
    long = Shop(far, [dataset("urn:a")], [dataset("urn:b")], by_get=True)
    outcomes = [crawl(node.id).unchanged, crawl(node.id).unchanged]
    long.asked()
    Shop(far, [dataset("urn:a")], by_get=True)
    outcomes += [crawl(node.id).unchanged, crawl(node.id).unchanged]

    assert outcomes == [False, False, False, True]


def test_another_connector_is_asked_by_post_and_only_what_changed_is_written(
    far: Loopback, node: federation.KnownNode, catalogues: DspCatalogues
) -> None:
    shop = Shop(far, [dataset("urn:a"), dataset("urn:b")], [dataset("urn:c")], by_get=False)
    crawl = crawler(catalogues).crawl

    first, asked_first = crawl(node.id), shop.asked()
    shop.pages = ([dataset("urn:a"), dataset("urn:b", **{"dct:title": "new"})], [])
    second, asked_second = crawl(node.id), shop.asked()

    assert (first.pages, first.new) == (2, 3)
    assert asked_first == ["GET …", "POST …", "POST …?page=1"]
    assert (second.changed, second.same, second.withdrawn) == (1, 1, 1)
    assert asked_second == ["POST …", "POST …?page=1"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 501])
def test_a_peer_that_refuses_a_get_is_asked_by_post(
    far: Loopback, node: federation.KnownNode, catalogues: DspCatalogues, status: int
) -> None:
    shop = Shop(far, [dataset("urn:a")], by_get=False)
    answer = shop.answer
    far.does(
        shop.path(0),
        lambda conversation, asked: (
            conversation.answer(status, b"", {}) if asked.method == "GET" else answer(conversation, asked)
        ),
    )

    assert crawler(catalogues).crawl(node.id).new == 1


def test_a_peer_that_is_busy_is_not_asked_twice(
    far: Loopback, node: federation.KnownNode, catalogues: DspCatalogues
) -> None:
    shop = Shop(far, [dataset("urn:a")], by_get=True)
    far.says(shop.path(0), status=503)

    done = crawler(catalogues).crawl(node.id)

    assert done.trouble is not None
    assert (done.trouble.code, shop.asked()) == ("servers.peer-faulted", ["GET …"])


def test_what_another_connector_writes_in_its_own_way_is_understood(
    far: Loopback, node: federation.KnownNode, catalogues: DspCatalogues
) -> None:
    Shop(
        far,
        [
            dataset(
                "urn:a",
                **{
                    "dct:title": [
                        {"@value": "水位", "@language": "ja"},
                        {"@value": "Levels", "@language": "en"},
                    ],
                    "dcat:theme": {"@id": "http://publications.europa.eu/resource/authority/data-theme/ENVI"},
                    "dct:license": {"@id": "https://creativecommons.org/licenses/by/4.0/"},
                    "dct:issued": {"@value": "2024-05-01", "@type": "xsd:date"},
                    "dct:temporal": {"dcat:startDate": "2024-01-01"},
                    "dct:spatial": {"dcat:bbox": "POLYGON((139 35, 140 36))", "rdfs:label": "関東"},
                    "edc:unheard-of": {"deep": [1.5, None]},
                },
            ),
            dataset("urn:b", **{"dct:title": 5}),
            dataset("urn:c", **{"dct:title": None, "dct:spatial": 7, "dct:temporal": "then"}),
        ],
        by_get=False,
    )

    done = crawler(catalogues).crawl(node.id)

    assert (done.new, done.unreadable, federation.node(node.id, now=MAY).unreadable) == (2, 1, 1)
    bare, told = found()
    said = told.described
    assert (said.title, said.licence) == (
        Text(ja="水位", en="Levels"),
        "https://creativecommons.org/licenses/by/4.0/",
    )
    assert said.place == Place(name=Text(ja="関東", en="関東"), box=Box(139, 35, 140, 36))
    assert (str(said.first), said.last, str(said.issued)) == (
        "2024-01-01 00:00:00+00:00",
        None,
        "2024-05-01 00:00:00+00:00",
    )
    assert (bare.described.title.en, bare.described.place, bare.described.first) == ("urn:c", None, None)


def test_terms_that_speak_of_recipients_in_an_unknown_way_are_shown_to_the_asker_alone(
    far: Loopback, own: parties.Organisation, node: federation.KnownNode, catalogues: DspCatalogues
) -> None:
    other = make.organisation(slug="other")
    constraint = {"leftOperand": "edc:recipientGroup", "operator": "eq", "rightOperand": "gold"}
    offer = OFFER | {"permission": [{"action": "use", "constraint": [constraint]}]}
    Shop(far, [dataset("urn:a", hasPolicy=[offer])], by_get=False)
    crawler(catalogues).crawl(node.id)

    def shown(who: parties.Organisation) -> list[str]:
        seen = federation.Viewer(org=who.id, participant=who.participant)
        return titles(federation.search(federation.Query(), viewer=seen, now=MAY))

    assert (shown(own), shown(other)) == (["urn:a"], [])


ODD: list[dict[str, Any]] = [
    {},
    {"@id": 5},
    {"@id": ""},
    {"@id": "urn:1", "permission": "use"},
    {"@id": "urn:2", "permission": ["use", None, 5]},
    {"@id": "urn:3", "permission": [{"constraint": "x"}]},
    {"@id": "urn:4", "permission": [{"constraint": [[], "y"]}]},
    {"@id": "urn:5", "permission": [{"constraint": [{"or": ["x"]}]}]},
    {"@id": "urn:6", "permission": [{"constraint": [{"rightOperand": 0.5}]}]},
]
EMPTY: dict[str, Any] = {"@id": "urn:open", "permission": [], "prohibition": [], "obligation": []}


def test_an_offer_that_cannot_be_walked_is_left_out_and_an_empty_one_is_not(
    far: Loopback, node: federation.KnownNode, catalogues: DspCatalogues
) -> None:
    Shop(
        far,
        [dataset("urn:a", hasPolicy=[*ODD, EMPTY]), *(dataset("urn:b", hasPolicy=[each]) for each in ODD)],
        by_get=False,
    )

    done = crawler(catalogues).crawl(node.id)

    (kept,) = found()
    assert (done.new, done.unreadable) == (1, len(ODD))
    assert kept.described.offers == (federation.Offer(policy=EMPTY, recipients=None),)


def test_offers_larger_than_anybody_negotiates_about_are_not_kept(
    far: Loopback, node: federation.KnownNode, catalogues: DspCatalogues
) -> None:
    huge = OFFER | {"permission": [{"action": "x" * 70_000}]}
    Shop(far, [dataset("urn:a", hasPolicy=[huge]), dataset("urn:b")], by_get=False)

    done = crawler(catalogues).crawl(node.id)

    assert (done.new, done.unreadable, titles(found())) == (1, 1, ["urn:b"])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"@type": "Catalog"}',
        b"[" * 100_000,
        json.dumps({"@context": [envelope.CONTEXT], "@type": "Catalog", "@id": "a\0b"}).encode(),
    ],
    ids=["empty", "list", "bare", "deep", "nul"],
)
def test_an_answer_that_is_no_catalogue_is_a_failure_with_its_reason(
    far: Loopback, node: federation.KnownNode, catalogues: DspCatalogues, body: bytes
) -> None:
    far.says("/orgs/far/dsp/2025-1/catalog/request", body=body)

    done = crawler(catalogues).crawl(node.id)

    assert done.trouble is not None
    assert done.trouble.code == "servers.peer-answer-malformed"
    assert found() == []


def test_no_token_follows_a_page_that_leads_elsewhere(
    far: Loopback, node: federation.KnownNode, catalogues: DspCatalogues
) -> None:
    with loopback() as thief:
        body = json.dumps(page(far)).encode()
        link = {"Link": f'<{thief.url}/orgs/far/dsp/2025-1/catalog/request>; rel="next"'}
        far.says("/orgs/far/dsp/2025-1/catalog/request", body=body, headers=link)

        crawler(catalogues).crawl(node.id)

        assert thief.asked == []


def test_a_node_that_has_become_somebody_elses_is_not_crawled(
    far: Loopback, node: federation.KnownNode, own: parties.Organisation
) -> None:
    """Its address now proves another identity: the catalogue there is not taken for the one that was added."""
    Shop(far, [dataset("urn:a")], by_get=True)
    publish(far, "/orgs/far/did.json", document(far, id="did:web:somebody.else"))
    calls = Outgoing(inside_peers=True)
    fresh = DspCatalogues(Peers(outgoing=calls, documents=HttpDidDocuments(calls, inside_peers=True)))

    done = crawler(fresh).crawl(node.id)
    calls.close()

    assert done.trouble is not None
    assert done.trouble.code == "servers.did-unusable"
    assert base(far) == node.base


def test_an_address_inside_is_not_crawled_by_a_node_in_service(
    far: Loopback, node: federation.KnownNode
) -> None:
    calls = Outgoing(inside_peers=False)
    guarded = DspCatalogues(Peers(outgoing=calls, documents=HttpDidDocuments(calls, inside_peers=False)))

    done = crawler(guarded).crawl(node.id)
    calls.close()

    assert done.trouble is not None
    assert "127.0.0.1" in done.trouble.text.en
    assert [each for each in far.asked if "/catalog/" in each.path] == []
