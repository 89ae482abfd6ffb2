"""Terms beside terms: what was added, removed and changed, also where nobody here can evaluate them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.exchange import api as exchange
from renkei.exchange.rules.comparing import lines
from renkei.exchange.types import Basis, Change
from tests.factories.exchange import CELL, END, GROUP, MAY, PURPOSES, TERMS, constraint, table, terms

RESEARCH = constraint("purpose", "eq", "research")
STRANGE = constraint("spatial", "eq", "https://example.org/tokyo")


def changes(now, before):
    return [
        (line.change.value, line.now and line.now.en, line.before and line.before.en)
        for line in lines(now, before)[0]
        if line.change is not Change.SAME
    ]


def test_the_same_terms_however_spelled_have_no_difference():
    spelled = {"odrl:permission": {"odrl:action": "odrl:use", "constraint": [CELL, GROUP, END, PURPOSES]},
               "prohibition": {"action": "distribute"}}  # fmt: skip

    assert changes(spelled, TERMS) == []


def test_each_point_says_how_it_changed():
    now = terms(RESEARCH, constraint("rk:withholdColumn", "eq", "counter"), CELL, GROUP, no_distribution=True)
    before = terms(PURPOSES, END, CELL, GROUP, constraint("recipient", "eq", "did:web:friend"))

    assert changes(now, before) == [
        (
            "changed",
            "The data may be used only for research.",
            "The data may be used only for education or research.",
        ),
        ("removed", None, "Only did:web:friend may receive the data."),
        (
            "changed",
            "There is no end date: the data can be read until the provider ends the agreement.",
            "The data can be read until 31 March 2027, 00:00 UTC; any later read is refused.",
        ),
        ("added", "This column is not provided: “counter”.", None),
    ]


def test_terms_that_nobody_here_can_evaluate_stand_as_odrl_on_both_sides():
    found, obstacle = lines(terms(RESEARCH, STRANGE), TERMS)

    assert obstacle is not None
    assert "spatial" in obstacle.en
    assert (
        'permission.constraint: {"leftOperand": "spatial", "operator": "eq", "rightOperand": "https://example.org/tokyo"}'
        in [line.now.en for line in found if line.change is Change.ADDED]
    )
    assert 'prohibition: {"action": "distribute"}' in [
        line.now.en for line in found if line.change is Change.SAME
    ]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=False),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
            st.sampled_from(["permission", "prohibition", "constraint", "action", "@value", "x"]), inner, max_size=3
        ),
        max_leaves=12,
    ).map(lambda value: value if isinstance(value, dict) else {"permission": value})
)  # fmt: skip
def test_whatever_a_peer_writes_for_terms_can_be_shown(policy):
    for found, _ in (lines(policy, TERMS), lines(TERMS, policy), lines(policy, policy)):
        assert all(line.now or line.before for line in found)


@pytest.mark.django_db
class TestWhatTheTermsAreComparedWith:
    def test_the_provider_sees_a_request_beside_the_offer_that_it_names(self):
        at = table(automatic=False)
        wanted = at.request(purpose="research")
        at.deliver()

        found = exchange.compare(at.theirs(wanted))

        assert (found.basis, found.before, found.withdrawn_at) == (Basis.PUBLISHED, at.offer.terms, None)
        assert [line.change for line in found.lines if line.change is not Change.SAME] == [Change.CHANGED]

    def test_an_offer_that_was_withdrawn_since_is_still_what_was_asked_for(self):
        at = table(automatic=False)
        wanted = at.request()
        at.deliver()
        exchange.withdraw_offer(offer=at.offer.id, actor=at.provider.actor, now=MAY)

        found = exchange.compare(at.theirs(wanted))

        assert (found.basis, found.withdrawn_at, found.differs) == (Basis.PUBLISHED, MAY, False)

    def test_through_counter_offers_each_side_is_shown_what_it_has_to_judge_by(self):
        at = table(automatic=False)
        wanted = at.request(purpose="research")
        at.deliver()
        narrow = terms(END, CELL, GROUP, RESEARCH)

        assert exchange.compare(at.ours(wanted)).basis is Basis.PUBLISHED
        self.counter(at, wanted, terms(RESEARCH, CELL, GROUP))
        offered = exchange.compare(at.ours(wanted))
        assert (offered.basis, offered.before["permission"], offered.differs) == (
            Basis.OURS,
            narrow["permission"],
            True,
        )
        exchange.counter_offer(
            org=at.consumer.id, negotiation=wanted.id, offer=narrow, actor=at.consumer.actor, now=MAY
        )
        at.deliver()
        assert exchange.compare(at.ours(wanted)).basis is Basis.THEIRS
        assert exchange.compare(at.theirs(wanted)).before == at.offer.terms
        assert [each.by.value for each in at.ours(wanted).earlier] == ["consumer", "provider"]
        assert [each.offer for each in at.theirs(wanted).earlier] == [
            each.offer for each in at.ours(wanted).earlier
        ]

    def test_an_offer_that_nobody_asked_for_has_nothing_beside_it(self):
        at = table()
        made = exchange.propose_offer(
            org=at.provider.id, consumer=at.consumer.participant, address="http://consumer.test/dsp",
            dataset=at.dataset.id, terms=TERMS, actor=at.provider.actor, now=MAY,
        )  # fmt: skip
        at.deliver()
        (theirs,) = exchange.negotiations(org=at.consumer.id)

        assert exchange.compare(made).basis is None
        assert (exchange.compare(theirs).basis, theirs.proposed_by) == (None, exchange.Role.PROVIDER)

    def counter(self, at, wanted, said):
        exchange.counter(
            org=at.provider.id, negotiation=at.theirs(wanted).id, terms=said, actor=at.provider.actor, now=MAY
        )
        at.deliver()
