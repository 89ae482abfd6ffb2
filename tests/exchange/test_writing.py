"""The form of an owner's wishes: what it writes, and that it reads back what it wrote."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.exchange import api as exchange
from renkei.exchange.errors import DutyUnknown, OperandValue
from renkei.kernel.clock import format_utc
from tests.factories.exchange import constraint, terms

WISHES = exchange.Wishes(
    purpose=("education", "research"),
    recipient=("did:web:peer.example:orgs:far-lab",),
    membership=("LPWA 研究会",),
    place=("JP",),
    starts="2026-04-01T00:00:00Z",
    until="2027-03-31T14:59:59Z",
    lasting="P90D",
    count="1000",
    rate="10/PT1H",
    cell="jis-mesh:2",
    time_resolution="PT15M",
    minimum_group="5",
    entity="device",
    group_by=("cell",),
    withhold=("payload",),
    mask=("device=hash", "reading=round:0.5"),
    observed_from="2026-01-01T00:00:00Z",
    observed_until="2026-04-01T00:00:00Z",
    delivery="aggregates",
    duty=("attribute:City of X", "compensate:5000:JPY:P30D", "delete:P30D", "first inform", "log"),
    forbid=("derive", "sell"),
)


def test_every_field_is_written_and_read_back():
    read = exchange.read_back(exchange.write_terms(WISHES))

    assert read == exchange.ReadBack(WISHES, ())


def test_what_is_written_says_what_is_wished():
    assert exchange.write_terms(
        exchange.Wishes(
            purpose=("research",),
            until="2027-03-31T23:59:59+09:00",
            minimum_group="5",
            entity="device",
            cell="h3:5",
            duty=("first compensate:5000:JPY", "delete:2027-04-30T00:00:00+09:00"),
            forbid=("sell",),
        )
    ) == {
        "profile": exchange.PROFILE,
        "permission": [
            {
                "action": "use",
                "constraint": [
                    constraint("purpose", "isAnyOf", ["research"]),
                    constraint("dateTime", "lteq", "2027-03-31T14:59:59Z"),
                    constraint("rk:cell", "eq", "h3:5"),
                    constraint("rk:minimumGroup", "gteq", "5", **{"rk:entity": "device"}),
                ],
                "duty": [
                    {
                        "action": "compensate",
                        "constraint": [constraint("payAmount", "eq", "5000", unit="JPY")],
                    }
                ],
            }
        ],
        "prohibition": [{"action": "distribute"}, {"action": "sell"}],
        "obligation": [
            {"action": "delete", "constraint": [constraint("dateTime", "lteq", "2027-04-29T15:00:00Z")]}
        ],
    }


def test_no_wish_forbids_only_passing_the_data_on():
    assert exchange.write_terms(exchange.Wishes()) == {
        "profile": exchange.PROFILE,
        "permission": [{"action": "use"}],
        "prohibition": [{"action": "distribute"}],
    }
    assert exchange.write_terms(exchange.Wishes(onward_allowed=True)) == {
        "profile": exchange.PROFILE,
        "permission": [{"action": "use"}],
    }


@pytest.mark.parametrize("field", ["starts", "until", "observed_from", "observed_until"])
def test_a_time_that_is_none_is_refused_by_the_name_of_its_operand(field):
    written = exchange.write_terms(replace(exchange.Wishes(), **{field: "soon"}))

    with pytest.raises(OperandValue):
        exchange.describe_terms(written)


@pytest.mark.parametrize("duty", ["dance", "", "first ", "first dance:P1D", "rk:log"])
def test_a_duty_that_the_form_does_not_know_is_refused(duty):
    with pytest.raises(DutyUnknown):
        exchange.write_terms(exchange.Wishes(duty=(duty,)))


def test_what_the_form_cannot_say_is_told_in_sentences():
    policy = terms(
        constraint("purpose", "eq", "research"),
        constraint("dateTime", "lt", "2027-03-31T00:00:00Z"),
        {"or": [constraint("spatial", "eq", "JP"), constraint("rk:membership", "eq", "LPWA")]},
        {"and": [constraint("count", "lteq", "5")]},
    )

    read = exchange.read_back(policy)

    assert read.wishes == exchange.Wishes(purpose=("research",), count="5")
    assert [text.en for text in read.untold] == [
        "The data can be read only before 31 March 2027, 00:00 UTC; any later read is refused.",
        "The data may be used only if at least one of these holds: (1) the recipient belongs to “LPWA”; (2) the recipient is in Japan (JP).",
    ]


def test_a_duty_with_two_deadlines_is_told_and_not_bent():
    policy = terms() | {
        "obligation": [
            {
                "action": "delete",
                "constraint": [
                    constraint("elapsedTime", "lteq", "P30D"),
                    constraint("dateTime", "lteq", "2027-03-31T00:00:00Z"),
                ],
            }
        ]
    }

    read = exchange.read_back(policy)

    assert read.wishes == exchange.Wishes()
    assert [text.en for text in read.untold] == [
        "The recipient has to delete the data received within 30 days of the last delivery by 31 March 2027, 00:00 UTC."
    ]


WORDS = st.from_regex(r"[a-z][a-z-]{0,12}", fullmatch=True)
COLUMNS = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True).map(lambda name: f"c_{name}")
SPANS = st.builds(
    "P{}".format, st.one_of(st.integers(1, 9999).map("{}D".format), st.integers(1, 9999).map("T{}H".format))
)
TIMES = st.datetimes(datetime(2021, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)).map(format_utc)  # noqa: DTZ001 — aware by `timezones`
LATER = st.one_of(SPANS, TIMES)
CREDITS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20)
DUTIES = st.one_of(
    st.sampled_from(["log", "inform"]),
    CREDITS.map("attribute:{}".format),
    st.builds("delete:{}".format, LATER),
    st.builds("inform:{}".format, LATER),
    st.builds("compensate:{}:{}".format, st.integers(1, 10**9), st.sampled_from(["JPY", "EUR"])),
    st.builds("compensate:{}:JPY:{}".format, st.integers(1, 10**9), LATER),
)


def some(of, most=3):
    return st.sets(of, max_size=most).map(lambda values: tuple(sorted(values)))


def or_nothing(of):
    return st.one_of(st.just(""), of)


def is_possible(duty):
    """Nothing can be deleted before it is received."""
    return not duty.startswith("first delete")


@st.composite
def wishes(draw):
    """Return wishes that agree with themselves, each list sorted and without repetition."""
    group = draw(st.booleans())
    grouped = draw(some(COLUMNS)) if group else ()
    delivery = draw(st.sampled_from(["", "in-place", *(["aggregates"] if grouped else [])])) if group else ""
    return exchange.Wishes(
        purpose=draw(some(WORDS)),
        recipient=draw(some(WORDS.map("did:web:{}".format))),
        membership=draw(some(CREDITS)),
        place=draw(some(st.sampled_from(["JP", "JP-13", "DE", "US-CA"]))),
        starts=draw(or_nothing(st.just("2020-01-01T00:00:00Z"))),
        until=draw(or_nothing(TIMES)),
        lasting=draw(or_nothing(SPANS)),
        count=draw(or_nothing(st.integers(1, 10**9).map(str))),
        rate=draw(or_nothing(st.builds("{}/{}".format, st.integers(1, 10**6), SPANS))),
        cell="h3:5" if group and not grouped else "",
        time_resolution=draw(st.sampled_from(["", "PT1H", "P1Y"])),
        minimum_group="5" if group else "",
        entity="device" if group else "",
        group_by=grouped,
        withhold=draw(some(st.sampled_from(["payload", "note"]))),
        mask=draw(some(st.sampled_from(["born=year", "reading=round:0.5", "device=hash"]))),
        observed_from=draw(or_nothing(st.just("2019-01-01T00:00:00Z"))),
        observed_until=draw(or_nothing(TIMES)),
        delivery=delivery,
        privacy_budget="1.5" if delivery == "in-place" else "",
        duty=draw(
            some(st.builds("{}{}".format, st.sampled_from(["", "first "]), DUTIES).filter(is_possible))
        ),
        forbid=draw(some(st.sampled_from(["sell", "commercialize", "derive", "reproduce"]))),
        onward_allowed=draw(st.booleans()),
    )


@given(wishes())
def test_the_form_reads_back_whatever_it_can_say(wished):
    assert exchange.read_back(exchange.write_terms(wished)) == exchange.ReadBack(wished, ())
