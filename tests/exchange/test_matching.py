"""How requests stand to offers, and agreements to requests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.exchange.errors import OperandUnknown, PolicyMalformed
from renkei.exchange.rules.matching import Fit, Match, differences, match, narrow
from tests.factories.exchange import CELL, END, GROUP, PURPOSES, TERMS, constraint, terms

WORDS = ["research", "education", "statistics", "contest"]


def anything(*words):
    return terms(END, CELL, GROUP, constraint("purpose", "isAnyOf", list(words)))


@given(asked=st.sets(st.sampled_from(WORDS), min_size=1), offered=st.sets(st.sampled_from(WORDS), min_size=1))
def test_a_request_for_purposes_fits_exactly_when_all_are_offered(asked, offered):
    found = match(requested=anything(*asked), offered=anything(*offered))

    if asked == offered:
        assert found == Match(Fit.SAME)
    elif asked < offered:
        assert found == Match(Fit.NARROWER)
    else:
        assert found == Match(Fit.PURPOSE_NOT_OFFERED, tuple(sorted(asked - offered)), tuple(sorted(offered)))


@pytest.mark.parametrize(
    "asked",
    [
        terms(PURPOSES, END, CELL),
        terms(PURPOSES, CELL, GROUP),
        terms(END, CELL, GROUP),
        terms(PURPOSES, END, CELL, GROUP, no_distribution=False),
        terms(PURPOSES, constraint("dateTime", "lteq", "2030-01-01T00:00:00Z"), CELL, GROUP),
        terms(PURPOSES, END, constraint("rk:cell", "eq", "jis-mesh:3"), GROUP),
    ],
)
def test_any_other_change_is_a_proposal_that_somebody_decides_on(asked):
    assert match(requested=asked, offered=TERMS) == Match(Fit.DIFFERENT)


def test_any_purpose_is_narrower_than_every_purpose():
    assert match(requested=anything("contest"), offered=terms(END, CELL, GROUP)) == Match(Fit.NARROWER)


def test_a_request_that_nobody_can_evaluate_is_refused():
    with pytest.raises(OperandUnknown):
        match(requested=terms(constraint("payAmount", "eq", "0")), offered=TERMS)


def test_narrowing_keeps_everything_else():
    narrowed = narrow(TERMS | {"@id": "urn:offer", "@type": "Offer"}, "education")

    assert (narrowed["@id"], narrowed["@type"]) == ("urn:offer", "Offer")
    assert match(requested=narrowed, offered=anything("education")) == Match(Fit.SAME)


def agreement(**change):
    signed = {
        "@id": "urn:agreement",
        "target": "urn:dataset",
        "assigner": "did:web:p",
        "assignee": "did:web:c",
    }
    return signed | TERMS | change


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({}, []),
        ({"target": "urn:another"}, ["target"]),
        ({"assigner": "did:web:x", "assignee": "did:web:y"}, ["assigner", "assignee"]),
        ({"permission": [{"action": "use"}]}, ["terms"]),
        ({"obligation": [{"action": "compensate"}]}, ["terms"]),
    ],
)
def test_an_agreement_is_compared_with_what_was_requested(change, wrong):
    found = differences(
        agreement=agreement(**change),
        requested=TERMS,
        dataset="urn:dataset",
        assigner="did:web:p",
        assignee="did:web:c",
    )

    assert found == wrong


@pytest.mark.parametrize(
    ("permission", "place"),
    [(["use"], "permission[0]"), ([{"action": "use", "constraint": ["soon"]}], "permission[0].constraint")],
)
def test_terms_that_are_no_objects_are_refused_by_their_place_when_they_are_narrowed(permission, place):
    with pytest.raises(PolicyMalformed) as refused:
        narrow({"@id": "urn:offer", "permission": permission}, "education")

    assert refused.value.facts["place"] == place
