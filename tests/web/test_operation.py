"""What a member sees of a process that runs, and the steps that it takes by hand: each exactly where it may."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from renkei.exchange import api as exchange
from renkei.exchange.models import NegotiationRow, TransferRow
from renkei.exchange.types import SILENCE
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import NODE
from renkei.parties import api as parties
from tests.factories import parties as members
from tests.factories.exchange import CELL, END, GROUP, MAY, TERMS, Table, constraint, table, terms
from tests.web.scenes import signed_in

pytestmark = pytest.mark.django_db

READER = frozenset({parties.Scope.EXCHANGE})
N, R, T = exchange.NegotiationState, exchange.Role, exchange.TransferState
ACTS = {
    (N.REQUESTED, R.PROVIDER): {"agree", "counter", "refuse"},
    (N.REQUESTED, R.CONSUMER): {"refuse"},
    (N.OFFERED, R.PROVIDER): {"refuse"},
    (N.OFFERED, R.CONSUMER): {"agree", "counter", "refuse"},
    (N.ACCEPTED, R.PROVIDER): {"agree", "refuse"},
    (N.ACCEPTED, R.CONSUMER): {"refuse"},
    (N.AGREED, R.PROVIDER): {"refuse"},
    (N.AGREED, R.CONSUMER): {"verify", "refuse"},
    (N.VERIFIED, R.PROVIDER): {"finalize", "refuse"},
    (N.VERIFIED, R.CONSUMER): {"refuse"},
    (N.FINALIZED, R.PROVIDER): set(),
    (N.FINALIZED, R.CONSUMER): set(),
    (N.TERMINATED, R.PROVIDER): set(),
    (N.TERMINATED, R.CONSUMER): set(),
}
TRANSFER_ACTS = {
    (T.REQUESTED, R.PROVIDER): {"start", "terminate"},
    (T.REQUESTED, R.CONSUMER): {"terminate"},
    (T.STARTED, R.PROVIDER): {"suspend", "complete", "terminate"},
    (T.STARTED, R.CONSUMER): {"suspend", "complete", "terminate"},
    (T.SUSPENDED, R.PROVIDER): {"start", "terminate"},
    (T.SUSPENDED, R.CONSUMER): {"start", "terminate"},
    (T.COMPLETED, R.PROVIDER): set(),
    (T.COMPLETED, R.CONSUMER): set(),
    (T.TERMINATED, R.PROVIDER): set(),
    (T.TERMINATED, R.CONSUMER): set(),
}
EVERY_ACT = [
    *((f"/negotiations/{{}}/{act}") for act in ("agree", "refuse", "counter", "verify", "finalize", "retry")),
    *((f"/transfers/{{}}/{act}") for act in ("start", "suspend", "complete", "terminate", "retry")),
]


def text_of(browser: Client, page: str) -> str:
    answer = browser.get(page)
    assert answer.status_code == 200, page
    return answer.content.decode()


def acts_on(text: str) -> set[str]:
    return set(re.findall(r'action="/(?:negotiations|transfers)/[^/"]+/(\w+)', text))


def by_hand() -> tuple[Table, exchange.Negotiation]:
    """Seat two members, both of whom take every step by hand, with the consumer's request delivered."""
    at = table(automatic=False)
    offered = exchange.offer(
        dataset=at.dataset.id, terms=TERMS, automatic=False, by_hand=True, actor=NODE, now=MAY
    )
    wanted = exchange.request_negotiation(
        org=at.consumer.id, provider=at.provider.participant, address="http://provider.test/dsp",
        dataset=at.dataset.id, offer=offered.policy(), by_hand=True, actor=at.consumer.actor, now=MAY,
    )  # fmt: skip
    at.deliver()
    return at, wanted


@pytest.mark.parametrize(("state", "role"), ACTS)
def test_a_negotiations_page_offers_exactly_what_its_state_and_role_allow(state: N, role: R) -> None:
    at = table(automatic=False)
    wanted = at.request()
    at.deliver()
    NegotiationRow.objects.filter(pk=wanted.id).update(state=state.value, role=role.value)

    text = text_of(signed_in(at.consumer), f"/negotiations/{wanted.id}")

    assert acts_on(text) == ACTS[state, role]
    assert acts_on(text_of(signed_in(at.consumer, scopes=READER), f"/negotiations/{wanted.id}")) == set()


@pytest.mark.parametrize(("state", "role"), TRANSFER_ACTS)
def test_a_transfers_page_offers_exactly_what_its_state_and_role_allow(state: T, role: R) -> None:
    at = table()
    opened = at.transferred()
    TransferRow.objects.filter(pk=opened.id).update(state=state.value, role=role.value)

    text = text_of(signed_in(at.consumer), f"/transfers/{opened.id}")

    assert acts_on(text) == TRANSFER_ACTS[state, role]
    assert acts_on(text_of(signed_in(at.consumer, scopes=READER), f"/transfers/{opened.id}")) == set()
    assert opened.data_address is not None
    assert opened.data_address.secret not in text


@pytest.mark.parametrize("path", EVERY_ACT)
def test_no_act_is_open_to_a_stranger_another_member_or_one_who_may_only_look(path: str) -> None:
    at, wanted = by_hand()
    number = wanted.id if "negotiations" in path else table_transfer(at).id
    said = {"reason": "because", "terms": "{}"}

    anonymous = Client().post(path.format(number), said)
    other = signed_in(members.organisation(slug="other")).post(path.format(number), said)
    reader = signed_in(at.consumer, scopes=READER).post(path.format(number), said)

    assert anonymous.headers.get("Location", "").startswith("/sign-in") or anonymous.status_code in {401, 302}
    assert (other.status_code, reader.status_code) == (404, 403)
    assert signed_in(at.consumer).get(path.format(number)).status_code == 405


def table_transfer(at: Table) -> exchange.Transfer:
    """Open a transfer under an agreement that is concluded by itself at the same table."""
    made = exchange.offer(dataset=at.dataset.id, terms=TERMS, automatic=True, actor=NODE, now=MAY)
    asked = at.request(policy=made.policy())
    at.deliver()
    agreed = at.ours(asked).agreement
    assert agreed is not None
    return exchange.request_transfer(
        org=at.consumer.id, agreement=agreed, format="HttpData-PULL", actor=at.consumer.actor, now=MAY
    )


def test_every_step_is_taken_by_hand_from_the_pages_of_both_sides() -> None:
    at, wanted = by_hand()
    provider, consumer = signed_in(at.provider), signed_in(at.consumer)
    theirs = at.theirs(wanted).id
    assert "every step by hand" in text_of(provider, f"/negotiations/{theirs}")

    def act(browser: Client, path: str) -> None:
        assert browser.post(path).status_code == 302
        at.deliver(now=utc_now())

    act(provider, f"/negotiations/{theirs}/agree")
    assert "you to verify the agreement" in text_of(consumer, f"/negotiations/{wanted.id}")
    act(consumer, f"/negotiations/{wanted.id}/verify")
    assert "you to finalize" in text_of(provider, f"/negotiations/{theirs}")
    act(provider, f"/negotiations/{theirs}/finalize")
    agreed = at.ours(wanted)
    assert (agreed.state, agreed.agreement is not None) == (N.FINALIZED, True)

    asked = exchange.request_transfer(
        org=at.consumer.id,
        agreement=agreed.agreement,  # type: ignore[arg-type]  # just seen
        format="HttpData-PULL",
        actor=at.consumer.actor,
        now=utc_now(),
    )
    at.deliver(now=utc_now())
    (waiting,) = exchange.transfers(org=at.provider.id, due=True)
    overview = text_of(provider, "/")
    assert "Transfers that wait for you to start them" in overview
    assert f'href="/transfers/{waiting.id}"' in overview
    act(provider, f"/transfers/{waiting.id}/start")
    assert exchange.transfer(asked.id, org=at.consumer.id).state is T.STARTED
    assert "Transfers that wait" not in text_of(provider, "/")


def test_a_failing_message_shows_its_attempts_and_is_tried_at_once_on_demand() -> None:
    at = table()
    wanted = at.request()

    def down(_message: exchange.Outgoing) -> None:
        raise exchange.PeerUnavailable("no route to host")

    at.post.before = down
    at.deliver()
    browser = signed_in(at.consumer)

    text = text_of(browser, f"/negotiations/{wanted.id}")
    assert "no route to host" in text
    assert '<time datetime="2026-05-01T09:00:01Z">2026-05-01 09:00:01 UTC</time>' in text
    assert '<time datetime="2026-05-02T09:00:00Z">2026-05-02 09:00 UTC</time>' in text
    assert "failing, tried again" in text
    listed = text_of(browser, "/negotiations?stuck=1")
    assert "attempts: 1, the next at" in listed
    assert wanted.id in listed
    assert "Negotiations stuck or failing" in text_of(browser, "/")

    at.post.before = lambda _message: None
    assert browser.post(f"/negotiations/{wanted.id}/retry").status_code == 302
    at.deliver(now=utc_now())

    after = text_of(browser, f"/negotiations/{wanted.id}")
    assert at.ours(wanted).state is N.FINALIZED
    assert "told the node to try again at once" in after
    assert "attempts: 2" in after
    assert "Nothing is stuck or fails." in text_of(browser, "/negotiations?stuck=1")
    assert browser.post(f"/negotiations/{wanted.id}/retry").status_code == 409


def test_a_peer_that_is_silent_for_a_week_is_pointed_out() -> None:
    at = table(automatic=False)
    wanted = at.request()
    at.deliver()
    browser = signed_in(at.consumer)
    NegotiationRow.objects.filter(pk=wanted.id).update(updated_at=utc_now() - SILENCE + timedelta(hours=1))
    assert "has not moved for more than 7 days" not in text_of(browser, f"/negotiations/{wanted.id}")

    NegotiationRow.objects.filter(pk=wanted.id).update(updated_at=utc_now() - SILENCE - timedelta(hours=1))

    assert "has not moved for more than 7 days" in text_of(browser, f"/negotiations/{wanted.id}")
    assert wanted.id in text_of(browser, "/negotiations?stuck=1")
    browser.post(f"/negotiations/{wanted.id}/refuse", {"reason": "No answer for a week."})
    assert at.ours(wanted).reasons == ("No answer for a week.",)


def test_a_termination_shows_its_code_and_every_reason_in_full_whoever_gave_them() -> None:
    at = table(automatic=False)
    wanted = at.request()
    at.deliver()
    said = ["年度の予算が尽きました。<再開は未定>", "y" * 5000]
    theirs = at.theirs(wanted)
    exchange.receive_negotiation_termination(
        org=at.consumer.id, peer=at.provider.participant, pid=wanted.id, peer_pid=theirs.id,
        code="budget:77", reasons=said, now=MAY,
    )  # fmt: skip

    text = text_of(signed_in(at.consumer), f"/negotiations/{wanted.id}")

    assert "年度の予算が尽きました。&lt;再開は未定&gt;" in text
    assert "y" * 5000 in text
    assert "<code>budget:77</code>" in text


def test_what_the_node_gave_up_shows_why_in_full() -> None:
    at = table()
    wanted = at.request()

    def unwilling(_message: exchange.Outgoing) -> None:
        raise exchange.PeerRefused(status=400, code="77", reasons=["会員資格がありません。", "x" * 5000])

    at.post.before = unwilling
    at.deliver()

    text = text_of(signed_in(at.consumer), f"/negotiations/{wanted.id}")

    assert "会員資格がありません。" in text
    assert "x" * 5000 in text
    assert "<code>exchange.peer-refused</code>" in text
    assert "never taken" in text
    assert "given up by the node" in text


def test_terms_that_nobody_here_can_evaluate_are_shown_as_odrl() -> None:
    at = table(automatic=False)
    wanted = at.request()
    at.deliver()
    strange = terms(constraint("systemDevice", "eq", "x"), END, CELL, GROUP)
    exchange.receive_offer(
        org=at.consumer.id, peer=at.provider.participant, provider_pid=at.theirs(wanted).id,
        consumer_pid=wanted.id, offer=strange, callback=None, now=MAY,
    )  # fmt: skip

    text = text_of(signed_in(at.consumer), f"/negotiations/{wanted.id}")

    assert "something that this node cannot evaluate, so they stand as ODRL" in text
    assert "&quot;leftOperand&quot;: &quot;systemDevice&quot;" in text
    assert '<span class="change">added</span>' in text


def test_the_story_of_a_negotiation_shows_the_terms_of_each_proposal() -> None:
    at = table(automatic=False)
    wanted = at.request()
    at.deliver()
    exchange.counter(
        org=at.provider.id, negotiation=at.theirs(wanted).id, actor=NODE, now=MAY,
        terms=terms(constraint("purpose", "eq", "research"), CELL, GROUP),
    )  # fmt: skip
    at.deliver()

    text = text_of(signed_in(at.consumer), f"/negotiations/{wanted.id}?lang=en")

    story = text[text.index('<ol class="sheet story"') :]
    assert story.count("The terms that were proposed") == 2
    assert re.findall(r'<li class="(\w+)">', story) == ["ours", "theirs"]
    assert "Terms that we proposed before" in text
    assert "proposed by the other side" in text


def test_a_suspension_shows_its_reason_and_the_resumption_ends_it() -> None:
    at = table()
    opened = at.transferred()
    assert opened.peer_pid is not None
    provider = signed_in(at.provider)

    silent = provider.post(f"/transfers/{opened.peer_pid}/suspend", {"reason": ""})
    assert (silent.status_code, "Write a reason" in silent.content.decode()) == (400, True)
    provider.post(f"/transfers/{opened.peer_pid}/suspend", {"reason": "The sensors are being moved."})
    at.deliver(now=utc_now())
    theirs = text_of(signed_in(at.consumer), f"/transfers/{opened.id}")
    assert "The sensors are being moved." in theirs
    assert "the peer to resume the transfer" in theirs

    provider.post(f"/transfers/{opened.peer_pid}/start")
    at.deliver(now=utc_now())
    assert exchange.transfer(opened.id, org=at.consumer.id).state is T.STARTED
    signed_in(at.consumer).post(f"/transfers/{opened.id}/complete")
    at.deliver(now=utc_now())
    assert exchange.transfer(opened.id, org=at.consumer.id).state is T.COMPLETED


@pytest.mark.parametrize("page", ["/negotiations?stuck=1", "/negotiations?due=1", "/transfers?stuck=1", "/"])
def test_a_choice_of_a_list_costs_the_same_queries_however_long_it_is(page: str) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    at = table()

    def down(_message: exchange.Outgoing) -> None:
        raise exchange.PeerUnavailable("no route to host")

    agreed = at.agreed().id
    at.post.before = down
    browser, costs = signed_in(at.consumer), []
    for size in (1, 3):
        for _ in range(size):
            at.request()
            exchange.request_transfer(
                org=at.consumer.id, agreement=agreed, format="HttpData-PULL", actor=NODE, now=MAY
            )
        for _ in range(2 * size):
            at.deliver(now=MAY + timedelta(seconds=len(costs)))
        with CaptureQueriesContext(connection) as queries:
            text_of(browser, page)
        costs.append(len(queries))

    assert costs[0] == costs[1]
