"""Whoever owns a domain can make participants without end; what they open together is bounded."""

import pytest

from renkei.exchange import api as exchange
from renkei.kernel.ids import ParticipantId
from renkei.parties import api as parties
from renkei.servers.dsp import negotiations, pace
from renkei.servers.dsp.errors import SiteTooBusy
from renkei.servers.dsp.pace import Pace, site_of
from tests.servers.dsp.conftest import Speaker
from tests.servers.dsp.scenes import everything


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def taken(by: Pace, *participants: str) -> list[bool]:
    """Return for each opening whether it may be."""
    answers = []
    for each in participants:
        try:
            by.check(ParticipantId(each))
        except SiteTooBusy:
            answers.append(False)
        else:
            answers.append(True)
    return answers


def test_all_participants_of_a_domain_share_one_measure() -> None:
    bound = Pace(per_hour=3600, at_once=3, clock=Clock())

    endless = [f"did:web:n{number}.flood.example:orgs:x{number}" for number in range(6)]

    assert taken(bound, *endless) == [True, True, True, False, False, False]
    assert taken(bound, "did:web:node.other.example") == [True]


def test_the_measure_fills_again_steadily_and_no_further_than_it_was() -> None:
    clock = Clock()
    bound = Pace(per_hour=3600, at_once=3, clock=clock)
    flood = ["did:web:flood.example"] * 5
    taken(bound, *flood)

    clock.now += 2.5
    after_a_while = taken(bound, *flood)
    clock.now += 10_000
    after_long = taken(bound, *flood)

    assert after_a_while == [True, True, False, False, False]
    assert after_long == [True, True, True, False, False]


def test_only_so_many_sites_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "KEPT", 2)
    bound = Pace(per_hour=3600, at_once=1, clock=Clock())

    taken(bound, "did:web:a.example", "did:web:b.test", "did:web:c.invalid")

    assert taken(bound, "did:web:c.invalid", "did:web:b.test", "did:web:a.example") == [False, False, True]


@pytest.mark.parametrize(
    ("participant", "site"),
    [
        ("did:web:node.example", "node.example"),
        ("did:web:a.b.c.node.example:orgs:x", "node.example"),
        ("did:web:NODE.Example%3A8443:orgs:x", "node.example"),
        ("did:web:lab.univ.ac.jp", "univ.ac.jp"),
        ("did:web:a.lab.univ.ac.jp:orgs:x", "univ.ac.jp"),
        ("did:web:shop.com.au", "shop.com.au"),
        ("did:web:localhost%3A8000:orgs:x", "localhost"),
        ("did:web:192.0.2.7%3A8000:orgs:x", "192.0.2.7"),
        ("did:web:", ""),
        ("did:key:z6Mk", "key"),
    ],
)
def test_a_site_is_what_one_owner_can_fill(participant: str, site: str) -> None:
    assert site_of(participant) == site


@pytest.mark.django_db(transaction=True)
def test_an_opening_beyond_the_measure_is_refused_for_now_and_what_runs_goes_on(
    consumer: Speaker,
    provider: parties.Organisation,
    offer: exchange.Offer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(negotiations, "openings", Pace(at_once=1, clock=Clock()))
    pid = consumer.request(provider, offer).json()["providerPid"]
    before = everything()

    refused = consumer.request(provider, offer)
    going_on = consumer.get(provider, f"/negotiations/{pid}")

    assert (refused.status_code, refused.json()["code"]) == (503, "servers.dsp-site-too-busy")
    assert (going_on.status_code, going_on.json()["state"]) == (200, "AGREED")
    assert everything() == before
