"""Finding data on the pages: the search, an entry with its offers, asking for it, and the known nodes."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from renkei.exchange import api as exchange
from renkei.federation import api as federation
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import NODE
from renkei.kernel.places import Box, Place
from renkei.kernel.texts import Text
from renkei.parties import api as parties
from tests.factories import parties as make
from tests.factories.federation import FAR, Shelf, Watch, crawler, described, known
from tests.servers.loopback import loopback
from tests.servers.test_peers import did, document, page, publish, versions
from tests.web.scenes import TERMS, signed_in

pytestmark = pytest.mark.django_db
OFFER = {"@id": "urn:offer", "@type": "Offer", **TERMS}


@pytest.fixture
def org() -> parties.Organisation:
    return make.organisation(slug="near")


def shelve(org: parties.Organisation, *said: federation.Described, shared: bool = True) -> list[int]:
    """Crawl a known node that describes these; return the entries' ids, newest first."""
    node = known(org, shared=shared, now=utc_now())
    crawler(Shelf(pages=[list(said)]), watch=Watch(utc_now())).crawl(node.id)
    return [each.id for each in federation.search(federation.Query(), viewer=None, now=utc_now())]


def offered(name: str = "urn:a", **more: Any) -> federation.Described:
    said = described(name, **more)
    return federation.Described(
        **{each: getattr(said, each) for each in said.__slots__ if each != "offers"},
        offers=(federation.Offer(policy=OFFER, recipients=None),),
    )


def text(browser: Client, path: str, *, status: int = 200) -> str:
    answer = browser.get(path)
    assert answer.status_code == status, answer.content.decode()
    return answer.content.decode()


def test_a_member_finds_a_dataset_by_its_words_in_either_language(org: parties.Organisation) -> None:
    shelve(
        org, offered("urn:a", title="River levels", title_ja="河川の水位"), offered("urn:b", title="Gates")
    )
    browser = signed_in(org)

    english, japanese = text(browser, "/find?text=river"), text(browser, "/find?text=水位&lang=ja")

    assert ("River levels" in english, "Gates" in english, "Far laboratory" in english) == (True, False, True)
    assert ("河川の水位" in japanese, "遠くの研究所" in japanese, "現行" in japanese) == (True, True, True)
    assert 'value="水位"' in japanese


def test_every_filter_of_the_form_is_one_of_the_search(org: parties.Organisation) -> None:
    shelve(org)
    form = text(signed_in(org), "/find")

    assert [name for name in federation.QUERY_PARTS if f'name="{name}"' not in form] == []


def test_a_question_that_cannot_be_read_keeps_what_was_written(org: parties.Organisation) -> None:
    shown = text(signed_in(org), "/find?box=here&text=river", status=400)

    assert 'role="alert"' in shown
    assert ('value="here"' in shown, 'value="river"' in shown, "<details open>" in shown) == (
        True,
        True,
        True,
    )


def test_what_a_stranger_wrote_is_shown_as_text(org: parties.Organisation) -> None:
    evil = "<script>alert(1)</script>"
    (entry,) = shelve(
        org,
        offered(
            "urn:a",
            title=evil,
            description=Text(ja=evil, en=evil),
            themes=(evil,),
            licence="javascript:alert(1)",
            formats=(evil,),
            place=Place(name=Text(ja=evil, en=evil), box=Box(1, 2, 3, 4)),
        ),
    )
    browser = signed_in(org)

    for path in ("/find", f"/find/{entry}"):
        shown = text(browser, path)
        assert "<script" not in shown
        assert "&lt;script&gt;" in shown
        assert 'href="javascript' not in shown


def test_a_dataset_is_asked_for_under_its_offer(org: parties.Organisation) -> None:
    (entry,) = shelve(org, offered())
    browser = signed_in(org)
    shown = text(browser, f"/find/{entry}")

    answer = browser.post(f"/find/{entry}/ask", {"offer": "urn:offer", "purpose": "research"})

    assert "Request this offer" in shown
    (begun,) = exchange.negotiations(org=org.id)
    assert (answer.status_code, answer["location"]) == (302, f"/negotiations/{begun.id}")
    assert (begun.peer, begun.dataset, begun.state.value) == (FAR, "urn:a", "REQUESTED")
    assert {"leftOperand": "purpose", "operator": "eq", "rightOperand": "research"} in begun.offer[
        "permission"
    ][0]["constraint"]
    (waiting,) = exchange.outbox(org=org.id)
    assert waiting.peer == FAR


def test_what_is_wrong_with_an_offer_is_said_beside_the_form(org: parties.Organisation) -> None:
    said, unprintable = offered(), "urn:\u200eoffer"
    (entry,) = shelve(
        org,
        federation.Described(
            **{each: getattr(said, each) for each in said.__slots__ if each != "offers"},
            offers=(federation.Offer(policy=OFFER | {"@id": unprintable}, recipients=None),),
        ),
    )

    answer = signed_in(org).post(f"/find/{entry}/ask", {"offer": unprintable, "purpose": "research"})

    shown = answer.content.decode()
    assert answer.status_code == 400
    assert ('value="research"' in shown, 'role="alert"' in shown) == (True, True)
    assert exchange.negotiations(org=org.id) == ()


def test_who_may_ask(org: parties.Organisation) -> None:
    (entry,) = shelve(org, offered())
    looker = signed_in(org, scopes=frozenset([parties.Scope.PUBLISH]))
    operator = signed_in(None)
    asked = {"offer": "urn:offer"}

    answers = [each.post(f"/find/{entry}/ask", asked).status_code for each in (looker, operator)]

    assert answers == [403, 403]
    assert ["Request this offer" in text(each, f"/find/{entry}") for each in (looker, operator)] == [
        False,
        False,
    ]
    assert exchange.negotiations(org=None) == ()


def test_an_offer_that_is_not_made_to_the_reader_cannot_be_asked_for(org: parties.Organisation) -> None:
    other = make.organisation(slug="other")
    said = offered()
    hidden = federation.Offer(policy=OFFER | {"@id": "urn:hidden"}, recipients=frozenset([org.participant]))
    both = federation.Described(
        **{each: getattr(said, each) for each in said.__slots__ if each != "offers"},
        offers=(*said.offers, hidden),
    )
    (entry,) = shelve(org, both)
    browser = signed_in(other)

    assert "urn:hidden" not in text(browser, f"/find/{entry}")
    assert browser.post(f"/find/{entry}/ask", {"offer": "urn:hidden"}).status_code == 404
    assert exchange.negotiations(org=None) == ()


def test_a_private_entry_is_not_there_for_another_member(org: parties.Organisation) -> None:
    (entry,) = shelve(org, offered(), shared=False)

    assert signed_in(make.organisation(slug="other")).get(f"/find/{entry}").status_code == 404
    assert signed_in(org).get(f"/find/{entry}").status_code == 200


def test_a_withdrawn_dataset_is_shown_as_such_and_cannot_be_asked_for(org: parties.Organisation) -> None:
    (entry,) = shelve(org, offered())
    (node,) = federation.nodes(None, now=utc_now())
    crawler(Shelf(pages=[[]]), watch=Watch(utc_now())).crawl(node.id)
    browser = signed_in(org)

    assert "withdrawn" in text(browser, "/find")
    assert (
        "no more" in text(browser, f"/find/{entry}"),
        "Request this offer" in text(browser, f"/find/{entry}"),
    ) == (
        True,
        False,
    )
    assert browser.post(f"/find/{entry}/ask", {"offer": "urn:offer"}).status_code == 404


def test_a_search_takes_as_many_queries_for_three_as_for_one(org: parties.Organisation) -> None:
    shelve(org, offered("urn:a"))
    browser = signed_in(org)
    with CaptureQueriesContext(connection) as one:
        text(browser, "/find?text=readings")
    (node,) = federation.nodes(None, now=utc_now())
    crawler(
        Shelf(pages=[[offered("urn:a"), offered("urn:b"), offered("urn:c")]]), watch=Watch(utc_now())
    ).crawl(node.id)
    with CaptureQueriesContext(connection) as three:
        text(browser, "/find?text=readings")

    assert len(one) == len(three)


@pytest.mark.parametrize("operator", [False, True])
def test_the_list_of_nodes_takes_as_many_queries_for_three_as_for_one(
    org: parties.Organisation, operator: bool
) -> None:
    browser = signed_in(None if operator else org)
    known(org, participant="did:web:one.example", now=utc_now())
    with CaptureQueriesContext(connection) as one:
        assert "did:web:one.example" in text(browser, "/nodes")
    for name in ("two", "three"):
        known(org, participant=f"did:web:{name}.example", now=utc_now())
    with CaptureQueriesContext(connection) as three:
        assert "did:web:three.example" in text(browser, "/nodes")

    assert len(one) == len(three)


@pytest.mark.django_db(transaction=True)
def test_the_operator_adds_a_node_crawls_and_removes_it(org: parties.Organisation, settings: Any) -> None:
    from dataclasses import replace

    from renkei.servers.did import shared_documents
    from renkei.servers.outgoing import shared_outgoing

    settings.RENKEI = replace(settings.RENKEI, inside_peers=True)
    shared_outgoing.cache_clear()
    shared_documents.cache_clear()
    operator = signed_in(None)
    with loopback() as far:
        publish(far, "/orgs/far/did.json", document(far))
        publish(far, "/orgs/far/.well-known/dspace-version", versions(serviceId=did(far)))
        publish(far, "/orgs/far/dsp/2025-1/catalog/request", page(far))
        given = {"address": f"{far.url}/orgs/far", "org": org.id}

        added = operator.post("/nodes/add", given)
        again = operator.post("/nodes/add", given)
        missing = operator.post("/nodes/add", {"address": ""})
        (node,) = federation.nodes(None, now=utc_now())
        soon = operator.post(f"/nodes/{node.id}/crawl")
    shared_outgoing.cache_clear()
    shared_documents.cache_clear()

    assert (added.status_code, again.status_code, missing.status_code, soon.status_code) == (
        302,
        409,
        400,
        302,
    )
    assert f'value="{far.url}/orgs/far"' in again.content.decode()
    assert (node.participant, node.shared) == (did(far), True)
    assert operator.post(f"/nodes/{node.id}/remove").status_code == 302
    assert federation.nodes(None, now=utc_now()) == ()


def test_a_member_sees_nodes_and_may_not_change_them(org: parties.Organisation) -> None:
    node = known(org, now=utc_now())
    browser = signed_in(org)

    shown = text(browser, "/nodes")
    answers = [
        browser.post(path, {"address": FAR, "org": org.id}).status_code
        for path in ("/nodes/add", f"/nodes/{node.id}/crawl", f"/nodes/{node.id}/remove")
    ]

    assert FAR in shown
    assert "<select" not in shown
    assert answers == [403, 403, 403]
    assert [each.id for each in federation.nodes(None, now=utc_now())] == [node.id]


def test_the_reason_of_a_failure_is_shown_in_the_readers_language(org: parties.Organisation) -> None:
    from renkei.servers.errors import PeerUnreachable

    node = known(org, now=utc_now())
    down = PeerUnreachable(url="https://far.example", why="no route")
    crawler(Shelf(trouble=down), watch=Watch(utc_now())).crawl(node.id)
    browser = signed_in(org)

    assert down.said("en").split("(")[0] in text(browser, "/nodes")
    assert "に届きません" in text(browser, "/nodes?lang=ja")
    assert federation.remove_node(node=node.id, actor=NODE, now=utc_now()).failures == 1
