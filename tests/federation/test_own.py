"""This node's own catalogues are found among the others."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from renkei.exchange import api as exchange
from renkei.federation import api as federation
from renkei.federation.errors import NodeMissing, NodeOwn, NodeTaken
from renkei.kernel.ids import NODE, OrgId
from renkei.kernel.places import Box, Place
from renkei.kernel.refusals import Refusal
from renkei.kernel.texts import Text
from renkei.parties import api as parties
from tests.factories import exchange as deals
from tests.factories import parties as make
from tests.factories.federation import FAR, MAY, Shelf, crawler, known, titles, viewer

pytestmark = pytest.mark.django_db
NAGOYA = Place(name=Text(ja="名古屋", en="Nagoya"), box=Box(136, 34, 137, 36))


def index() -> int:
    return federation.index_own(base_of=lambda org: f"https://near.example/{org.slug}", now=MAY)


def test_a_dataset_on_offer_is_found_with_all_that_its_owner_said() -> None:
    owner = make.organisation(slug="owner")
    published = deals.dataset(owner=owner, place=NAGOYA)
    offer = deals.offer(of=published)

    assert index() == 1

    (found,) = federation.search(federation.Query(text="屋外"), viewer=None, now=MAY)
    assert (found.participant, found.provider, found.base, found.own) == (
        owner.participant,
        owner.name,
        "https://near.example/owner",
        True,
    )
    assert found.described == federation.Described(
        dataset=published.id,
        title=published.title,
        description=published.description,
        offers=(federation.Offer(policy=offer.policy(), recipients=None),),
        themes=published.themes,
        licence=published.licence,
        formats=exchange.TABLE_FORMATS,
        place=NAGOYA,
        first=published.quality.first,
        last=published.quality.last,
        issued=published.published_at,
    )


def test_an_index_that_is_up_to_date_costs_two_queries() -> None:
    deals.offer()
    index()

    with CaptureQueriesContext(connection) as queries:
        assert index() == 0

    assert len(queries) == 2


def test_a_revision_and_a_withdrawal_are_followed() -> None:
    owner = make.organisation(slug="owner")
    first, second = (deals.dataset(owner=owner, name=name) for name in ("first", "second"))
    offers = [deals.offer(of=each) for each in (first, second)]
    index()
    exchange.withdraw_offer(offer=offers[0].id, actor=NODE, now=MAY)
    exchange.revise_dataset(
        owner=owner.id,
        dataset=second.id,
        table=second.table,
        title=Text(ja="新しい題名", en="New title"),
        description=second.description,
        licence=second.licence,
        classes=second.classes,
        actor=NODE,
        now=MAY,
    )

    assert index() == 1

    found = federation.search(federation.Query(), viewer=None, now=MAY)
    assert [(each.described.title.en, each.standing.value) for each in found] == [
        ("New title", "current"),
        ("Outdoor readings", "withdrawn"),
    ]


def test_own_entries_are_never_stale() -> None:
    deals.offer()
    index()

    (found,) = federation.search(
        federation.Query(current_only=True), viewer=None, now=MAY + timedelta(days=365)
    )

    assert found.standing is federation.Standing.CURRENT


def test_an_offer_to_one_member_is_found_by_it_and_by_its_owner_alone() -> None:
    owner, named, other = (make.organisation(slug=slug) for slug in ("owner", "named", "other"))
    published = deals.dataset(owner=owner)
    terms = deals.terms(
        deals.constraint("recipient", "eq", named.participant), deals.CELL, deals.GROUP, deals.PURPOSES
    )
    deals.offer(of=published, said=terms)
    index()

    found = [
        titles(federation.search(federation.Query(), viewer=viewer(who), now=MAY))
        for who in (owner, named, other)
    ]

    assert found == [["Outdoor readings"], ["Outdoor readings"], []]
    assert federation.open_entries(org=owner.id, crawled=False, now=MAY) == ((), None)


def test_open_entries_are_told_by_organisation_and_in_pages() -> None:
    owner, other = (make.organisation(slug=slug) for slug in ("owner", "other"))
    for who, name in ((owner, "a"), (owner, "b"), (other, "c")):
        deals.offer(of=deals.dataset(owner=who, name=name, title=Text(ja=name, en=name)))
    index()

    first, after = federation.open_entries(org=owner.id, crawled=False, limit=1, now=MAY)
    second, end = federation.open_entries(org=owner.id, crawled=False, after=after, limit=1, now=MAY)
    everyones, _ = federation.open_entries(org=None, crawled=False, now=MAY)

    assert (titles(first), titles(second), end) == (["a"], ["b"], None)
    assert sorted(titles(everyones)) == ["a", "b", "c"]


def test_own_organisations_are_no_known_nodes() -> None:
    deals.offer()
    index()
    (own,) = parties.organisations()

    with pytest.raises(NodeOwn):
        known(own, participant=own.participant)
    assert federation.nodes(None, now=MAY) == ()


def test_a_node_is_added_once_and_removed_with_what_was_found_there() -> None:
    org = make.organisation(slug="near")
    node = known(org)
    with pytest.raises(NodeTaken) as taken:
        known(make.organisation(slug="other"))
    crawler(Shelf()).crawl(node.id)

    removed = federation.remove_node(node=node.id, actor=NODE, now=MAY)

    assert taken.value.facts == {"participant": FAR, "node": node.id}
    assert removed.participant == FAR
    with pytest.raises(NodeMissing):
        federation.remove_node(node=node.id, actor=NODE, now=MAY)


def test_a_node_is_asked_in_the_name_of_an_organisation_that_is_there() -> None:
    with pytest.raises(Refusal) as refused:
        federation.add_node(
            found=federation.Found(FAR, "https://far.example"),
            org=OrgId("urn:none"),
            shared=True,
            actor=NODE,
            now=MAY,
        )

    assert refused.value.code == "parties.organisation-missing"
