"""The member API over a real server: two organisations of one node deal with each other through the protocol."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.parties import api as parties
from renkei.servers import members
from tests.factories import delivery
from tests.factories import parties as make
from tests.servers.running import delivering, running

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class Member:
    """An organisation, and its way to speak to the node."""

    org: parties.Organisation
    node: str
    secret: str

    def ask(self, path: str, *, method: str = "GET", **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.secret}"}
        return httpx.request(
            method, f"{self.node}/api/v1{path}", headers=headers, trust_env=False, timeout=30, **more
        )

    def tell(self, path: str, **body: Any) -> httpx.Response:
        return self.ask(path, method="POST", json=body)


@pytest.fixture
def node(settings: Any) -> Iterator[str]:
    with running(settings) as url:
        yield url


@pytest.fixture
def provider(node: str) -> Member:
    return member(node, "provider")


@pytest.fixture
def consumer(node: str) -> Member:
    return member(node, "consumer")


@pytest.fixture
def stranger(node: str) -> Member:
    return member(node, "stranger")


@pytest.fixture
def offer(provider: Member) -> exchange.Offer:
    return offered(provider, automatic=True)


def member(node: str, slug: str, **token: Any) -> Member:
    org = make.organisation(slug=slug)
    return Member(org, node, make.token(org=org, now=utc_now(), **token).secret)


def offered(provider: Member, *, automatic: bool) -> exchange.Offer:
    published = delivery.dataset(provider.org)
    return exchange.offer(
        dataset=published.id,
        terms=delivery.terms(),
        automatic=automatic,
        actor=provider.org.actor,
        now=utc_now(),
    )


def negotiated(consumer: Member, provider: Member, offer: exchange.Offer, **more: Any) -> httpx.Response:
    return consumer.tell(
        "/negotiations", provider=provider.org.participant, dataset=offer.dataset, offer=offer.id, **more
    )


def test_a_catalogue_tells_datasets_and_terms_in_both_languages(
    consumer: Member, provider: Member, offer: exchange.Offer
):
    found = consumer.tell("/catalog", provider=provider.org.participant).json()

    assert (found["provider"], found["next"]) == (provider.org.participant, None)
    (listing,) = found["listings"]
    assert (listing["id"], listing["title"]) == (
        offer.dataset,
        {"ja": "気温の計測", "en": "Temperature readings"},
    )
    assert (listing["licence"], listing["formats"]) == ("CC-BY-4.0", list(exchange.TABLE_FORMATS))
    assert (listing["quality"]["rows"], listing["quality"]["completeness"]["reading"]) == (12, 1000)
    assert [column["name"] for column in listing["columns"]] == [c.name for c in delivery.tables.COLUMNS]
    (told,) = listing["offers"]
    assert (told["id"], told["obstacle"]) == (offer.id, None)
    assert told["terms"] == [{"ja": t.ja, "en": t.en} for t in exchange.describe_terms(offer.terms)]


def test_a_provider_is_found_by_its_address_as_well(
    consumer: Member, provider: Member, offer: exchange.Offer
):
    found = consumer.tell("/catalog", provider=f"{provider.node}/orgs/provider").json()

    assert found["provider"] == provider.org.participant


def test_negotiation_and_transfer_come_to_rest_while_the_caller_waits(
    consumer: Member, provider: Member, offer: exchange.Offer
):
    with delivering():
        begun = negotiated(consumer, provider, offer, purpose="research")
        settled = consumer.ask(f"/negotiations/{begun.json()['id']}?wait=10").json()
        transfer = consumer.tell("/transfers", agreement=settled["agreement"], format="HttpData-PULL")
        started = consumer.ask(f"/transfers/{transfer.json()['id']}?wait=10").json()

    assert (begun.status_code, begun.json()["role"], transfer.status_code) == (201, "consumer", 201)
    assert (settled["state"], settled["waitingFor"], settled["peer"]) == (
        "FINALIZED",
        None,
        provider.org.participant,
    )
    assert (started["state"], started["agreement"]) == ("STARTED", settled["agreement"])
    address = started["dataAddress"]
    data = httpx.get(
        address["endpoint"],
        headers={"Authorization": f"Bearer {address['token']}"},
        params={"format": "jsonl"},
        trust_env=False,
    )
    assert len(data.content.splitlines()) == 12
    signed = consumer.ask(f"/agreements/{settled['agreement']}").json()
    assert (signed["inForce"], signed["role"], signed["peer"]) == (True, "consumer", provider.org.participant)
    assert "研究" in signed["terms"][0]["ja"]
    assert consumer.ask("/agreements").json()["items"] == [signed]
    listed = consumer.ask("/transfers", params={"agreement": settled["agreement"]}).json()["items"]
    assert [(each["id"], each["dataAddress"]) for each in listed] == [(started["id"], None)]


def test_a_purpose_that_is_not_offered_comes_back_with_the_reason(
    consumer: Member, provider: Member, offer: exchange.Offer
):
    with delivering():
        begun = negotiated(consumer, provider, offer, purpose="advertising")
        ended = consumer.ask(f"/negotiations/{begun.json()['id']}?wait=10").json()

    assert (ended["state"], ended["code"], ended["agreement"]) == (
        "TERMINATED",
        "exchange.purpose-not-offered",
        None,
    )
    assert any("advertising" in reason and "research" in reason for reason in ended["reasons"])


def test_a_wait_ends_although_nothing_was_decided(consumer: Member, provider: Member):
    waiting = offered(provider, automatic=False)
    with delivering():
        begun = negotiated(consumer, provider, waiting)
        held = consumer.ask(f"/negotiations/{begun.json()['id']}?wait=0.4").json()

    assert (held["state"], held["waitingFor"]["en"]) == ("REQUESTED", "the provider's decision")


def test_a_wait_ends_at_once_when_the_provider_decides(consumer: Member, provider: Member):
    waiting = offered(provider, automatic=False)
    with delivering():
        begun = negotiated(consumer, provider, waiting)
        consumer.ask(f"/negotiations/{begun.json()['id']}?wait=0.3")
        (incoming,) = exchange.negotiations(org=provider.org.id)
        exchange.refuse(
            org=provider.org.id,
            negotiation=incoming.id,
            reason="今年は見送ります",
            actor=provider.org.actor,
            now=utc_now(),
        )
        ended = consumer.ask(f"/negotiations/{begun.json()['id']}?wait=10").json()

    assert ended["state"] == "TERMINATED"
    assert "今年は見送ります" in ended["reasons"]


def test_a_negotiation_can_be_given_up(consumer: Member, provider: Member):
    waiting = offered(provider, automatic=False)
    begun = negotiated(consumer, provider, waiting).json()

    ended = consumer.tell(f"/negotiations/{begun['id']}/termination", reason="no longer needed").json()

    assert (ended["state"], ended["reasons"]) == ("TERMINATED", ["no longer needed"])


def test_a_transfer_can_be_ended(consumer: Member, provider: Member, offer: exchange.Offer):
    with delivering():
        begun = negotiated(consumer, provider, offer).json()
        agreement = consumer.ask(f"/negotiations/{begun['id']}?wait=10").json()["agreement"]
        transfer = consumer.tell("/transfers", agreement=agreement, format="HttpData-PULL").json()
        consumer.ask(f"/transfers/{transfer['id']}?wait=10")
        ended = consumer.tell(f"/transfers/{transfer['id']}/termination", reason="done").json()

    assert ended["state"] == "TERMINATED"


def test_an_offer_that_is_not_listed_is_refused(consumer: Member, provider: Member, offer: exchange.Offer):
    answer = consumer.tell(
        "/negotiations", provider=provider.org.participant, dataset=offer.dataset, offer="urn:uuid:other"
    )

    assert (answer.status_code, answer.json()["code"]) == (404, "servers.offer-not-listed")


DOORS = sorted(
    (method, route.path.replace("{id}", "urn:x").replace("{id:path}", "urn:x").replace("{part}", "head"))
    for route in members.ROUTES
    for method in sorted((route.methods or set()) - {"HEAD"})  # type: ignore[attr-defined] # all are plain routes
)


@pytest.mark.parametrize(("method", "path"), DOORS)
def test_no_door_opens_without_a_members_token(node: str, method: str, path: str):
    opened = delivery.opened()
    for header, code in [
        ({}, "servers.token-missing"),
        ({"Authorization": "Basic eDp5"}, "servers.token-missing"),
        ({"Authorization": "Bearer rk_none_guessed"}, "parties.token-unknown"),
        ({"Authorization": f"Bearer {opened.secret}"}, "parties.token-unknown"),
    ]:
        answer = httpx.request(method, node + path, headers=header, trust_env=False)
        assert (answer.status_code, answer.json()["code"]) == (401, code)
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(("method", "path"), DOORS)
def test_a_token_for_something_else_opens_no_door(node: str, method: str, path: str):
    sensor = member(node, "sensor", scopes=frozenset({parties.Scope.INGEST}))

    answer = sensor.ask(path.removeprefix("/api/v1"), method=method)

    assert (answer.status_code, answer.json()["code"]) == (403, "parties.scope-missing")


def test_members_see_nothing_of_each_others_dealings(
    consumer: Member, provider: Member, stranger: Member, offer: exchange.Offer
):
    with delivering():
        begun = negotiated(consumer, provider, offer).json()
        agreement = consumer.ask(f"/negotiations/{begun['id']}?wait=10").json()["agreement"]
        transfer = consumer.tell("/transfers", agreement=agreement, format="HttpData-PULL").json()
        consumer.ask(f"/transfers/{transfer['id']}?wait=10")

    for answer in (
        stranger.ask(f"/negotiations/{begun['id']}?wait=5"),
        stranger.tell(f"/negotiations/{begun['id']}/termination", reason="mine now"),
        stranger.tell(f"/negotiations/{begun['id']}/acceptance"),
        stranger.ask(f"/agreements/{agreement}"),
        stranger.ask(f"/agreements/{agreement}/duties"),
        stranger.tell(f"/agreements/{agreement}/duties", duty=1, statement="done"),
        stranger.tell("/transfers", agreement=agreement, format="HttpData-PULL"),
        stranger.ask(f"/transfers/{transfer['id']}?wait=5"),
        stranger.tell(f"/transfers/{transfer['id']}/termination", reason="mine now"),
        *(
            stranger.tell(f"/negotiations/{begun['id']}/{act}", terms={})
            for act in ("agreement", "counter", "verification", "finalization", "retry")
        ),
        *(
            stranger.tell(f"/transfers/{transfer['id']}/{act}", reason="mine now")
            for act in ("start", "suspension", "resumption", "completion", "retry")
        ),
    ):
        assert answer.status_code == 404, answer.text
    for kind in ("negotiations", "agreements", "transfers"):
        assert stranger.ask(f"/{kind}").json() == {"items": [], "next": None}
    assert consumer.ask(f"/transfers/{transfer['id']}").json()["state"] == "STARTED"


def test_a_provider_sees_its_side_without_the_consumers_secret(
    consumer: Member, provider: Member, offer: exchange.Offer
):
    with delivering():
        begun = negotiated(consumer, provider, offer).json()
        agreement = consumer.ask(f"/negotiations/{begun['id']}?wait=10").json()["agreement"]
        transfer = consumer.tell("/transfers", agreement=agreement, format="HttpData-PULL").json()
        consumer.ask(f"/transfers/{transfer['id']}?wait=10")

    (listed,) = provider.ask("/transfers").json()["items"]
    shown = provider.ask(f"/transfers/{listed['id']}").json()
    assert (shown["role"], shown["state"], shown["dataAddress"]) == ("provider", "STARTED", None)


@pytest.mark.parametrize("wait", ["-1", "11", "soon", "nan", "inf"])
def test_a_wait_that_cannot_be_is_refused(consumer: Member, wait: str):
    answer = consumer.ask(f"/negotiations/urn:x?wait={wait}")

    assert (answer.status_code, answer.json()["code"]) == (400, "servers.wait-malformed")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/catalog", b""),
        ("/catalog", b"{"),
        ("/catalog", b"{}"),
        ("/catalog", b'{"provider": 5}'),
        ("/catalog", b'{"provider": ""}'),
        ("/negotiations", b'{"provider": "did:web:x", "dataset": "d"}'),
        ("/negotiations", b'{"provider": "did:web:x", "dataset": "d", "offer": 7}'),
        ("/negotiations/urn:x/termination", b'{"reason": ""}'),
        ("/transfers", b'{"agreement": "a"}'),
        ("/transfers", b'{"agreement": "' + b"a" * 300 + b'", "format": "HttpData-PULL"}'),
        ("/transfers", b"\xff\xfe"),
    ],
)
def test_a_broken_body_is_refused_with_its_place(consumer: Member, path: str, body: bytes):
    answer = consumer.ask(path, method="POST", content=body)

    assert (answer.status_code, answer.json()["code"]) == (400, "servers.body-malformed")


@pytest.mark.parametrize(
    "provider", ["nonsense", "did:web:", "did:key:z6Mk", "file:///etc/passwd", "http://127.0.0.1:1/orgs/none"]
)
def test_a_provider_that_cannot_be_spoken_to_is_refused_with_the_reason(consumer: Member, provider: str):
    answer = consumer.tell("/catalog", provider=provider)

    assert answer.status_code in {400, 403, 404, 409, 503}
    assert answer.json()["code"].startswith("servers.")


def test_an_unknown_part_of_a_log_is_refused(consumer: Member, provider: Member):
    answer = consumer.ask("/log/entries", params={"provider": provider.org.participant})

    assert (answer.status_code, answer.json()["code"]) == (404, "servers.log-part-unknown")


def test_a_log_of_nobody_is_refused(consumer: Member):
    assert consumer.ask("/log/head").json()["code"] == "servers.address-malformed"


ACTS = [
    *((f"/negotiations/{{negotiation}}/{act}") for act in (
        "acceptance", "agreement", "counter", "verification", "finalization", "termination", "retry")),
    *((f"/transfers/{{transfer}}/{act}") for act in (
        "start", "suspension", "resumption", "completion", "termination", "retry")),
]  # fmt: skip


@pytest.mark.parametrize("path", ACTS)
def test_a_token_that_may_not_decide_does_nothing_in_what_the_organisation_provides(
    node: str, provider: Member, path: str
) -> None:
    held = delivery.opened(org=provider.org)
    looking = make.token(org=provider.org, scopes=frozenset({parties.Scope.EXCHANGE}))
    looker = Member(provider.org, node, looking.secret)
    own = path.format(negotiation=held.agreement.negotiation, transfer=held.transfer.id)

    refused = looker.tell(own, reason="no more", terms={})

    assert (refused.status_code, refused.json()["code"]) == (403, "parties.scope-missing")
    assert exchange.transfer(held.transfer.id, org=provider.org.id).state is exchange.TransferState.STARTED


def test_a_token_that_may_not_decide_proposes_nothing(node: str, consumer: Member, provider: Member) -> None:
    looking = make.token(org=provider.org, scopes=frozenset({parties.Scope.EXCHANGE}))
    looker = Member(provider.org, node, looking.secret)

    refused = looker.tell("/proposals", consumer=consumer.org.participant, dataset="urn:x", terms={})

    assert (refused.status_code, refused.json()["code"]) == (403, "parties.scope-missing")


def test_every_step_is_taken_by_hand_over_the_api(consumer: Member, provider: Member) -> None:
    published = delivery.dataset(provider.org)
    made = exchange.offer(
        dataset=published.id,
        terms=delivery.terms(),
        automatic=False,
        by_hand=True,
        actor=provider.org.actor,
        now=utc_now(),
    )
    with delivering():
        begun = negotiated(consumer, provider, made, byHand=True).json()
        consumer.ask(f"/negotiations/{begun['id']}?wait=0.2")
        theirs = _until(provider, "/negotiations", lambda each: each["decisionDue"])
        assert (theirs["turn"], theirs["byHand"], theirs["may"]) == (
            "ours",
            True,
            ["offer", "agreement", "termination"],
        )
        provider.tell(f"/negotiations/{theirs['id']}/agreement")
        agreed = consumer.ask(f"/negotiations/{begun['id']}?wait=10").json()
        assert (agreed["state"], agreed["decisionDue"], agreed["may"]) == (
            "AGREED",
            True,
            ["verification", "termination"],
        )
        consumer.tell(f"/negotiations/{begun['id']}/verification")
        provider.ask(f"/negotiations/{theirs['id']}?wait=10")
        provider.tell(f"/negotiations/{theirs['id']}/finalization")
        final = consumer.ask(f"/negotiations/{begun['id']}?wait=10").json()
        asked = consumer.tell("/transfers", agreement=final["agreement"], format="HttpData-PULL").json()
        waiting = _until(provider, "/transfers", lambda each: each["decisionDue"])
        started = provider.tell(f"/transfers/{waiting['id']}/start").json()
        running = consumer.ask(f"/transfers/{asked['id']}?wait=10").json()
        consumer.tell(f"/transfers/{asked['id']}/suspension", reason="A pause.")
        suspended = _until(provider, "/transfers", lambda each: each["state"] == "SUSPENDED")

    assert (final["state"], started["state"], running["state"]) == ("FINALIZED", "STARTED", "STARTED")
    assert (suspended["turn"], suspended["reasons"]) == ("peer", ["A pause."])


def test_an_offer_is_proposed_countered_and_agreed(consumer: Member, provider: Member) -> None:
    published = delivery.dataset(provider.org)
    with delivering():
        made = provider.tell(
            "/proposals", consumer=consumer.org.participant, dataset=published.id, terms=delivery.terms()
        )
        heard = _until(consumer, "/negotiations", lambda each: each["decisionDue"])
        narrower = delivery.terms() | {"prohibition": []}
        consumer.tell(f"/negotiations/{heard['id']}/counter", terms=narrower)
        asked = _until(provider, "/negotiations", lambda each: each["state"] == "REQUESTED")
        provider.tell(f"/negotiations/{asked['id']}/agreement")
        final = consumer.ask(f"/negotiations/{heard['id']}?wait=10").json()

    assert (made.status_code, made.json()["role"], heard["state"]) == (201, "provider", "OFFERED")
    assert (final["state"], "prohibition" in final["offer"]) == ("FINALIZED", False)


def test_a_message_that_fails_is_told_with_its_attempts_and_tried_at_once(
    consumer: Member, provider: Member, offer: exchange.Offer
) -> None:
    begun = negotiated(consumer, provider, offer).json()

    class Down:
        def send(self, _message: exchange.Outgoing) -> exchange.Sent:
            raise exchange.PeerUnavailable("no route to host")

    exchange.deliver_due(Down(), now=utc_now())
    failing = consumer.ask(f"/negotiations/{begun['id']}").json()
    tried = consumer.tell(f"/negotiations/{begun['id']}/retry")

    assert (begun["turn"], begun["unsent"]["attempts"], begun["unsent"]["givesUpAt"]) == ("node", 0, None)
    assert failing["turn"] == "peer"
    assert (
        failing["unsent"]["message"],
        failing["unsent"]["attempts"],
        failing["unsent"]["failure"]["en"],
    ) == (
        "contract-request",
        1,
        "no route to host",
    )
    assert failing["unsent"]["givesUpAt"] > failing["unsent"]["nextAt"] > failing["unsent"]["queuedAt"]
    assert (tried.status_code, tried.json()["unsent"]["attempts"]) == (200, 1)
    assert tried.json()["unsent"]["nextAt"] < failing["unsent"]["givesUpAt"]
    with delivering():
        settled = consumer.ask(f"/negotiations/{begun['id']}?wait=10").json()
    nothing = consumer.tell(f"/negotiations/{begun['id']}/retry")
    assert (settled["state"], settled["unsent"]) == ("FINALIZED", None)
    assert (nothing.status_code, nothing.json()["code"]) == (409, "exchange.nothing-to-send")


def _until(who: Member, path: str, found: Callable[[Any], bool]) -> Any:
    """Ask for a list until one of its items is as wanted."""
    for _ in range(500):
        those = [each for each in who.ask(path).json()["items"] if found(each)]
        if those:
            return those[0]
        threading.Event().wait(0.02)
    raise AssertionError(f"it never came: {who.ask(path).json()}")


def test_what_a_provider_pushed_is_listed_and_handed_out_to_the_member_alone(
    consumer: Member, provider: Member, stranger: Member, offer: exchange.Offer
):
    with delivering():
        begun = negotiated(consumer, provider, offer, purpose="research").json()
        settled = consumer.ask(f"/negotiations/{begun['id']}?wait=10").json()
        asked = consumer.tell(
            "/transfers", agreement=settled["agreement"], format="HttpData-PUSH", form="csv"
        ).json()
        over = consumer.ask(f"/transfers/{asked['id']}?wait=10").json()

    path = f"/transfers/{asked['id']}/deliveries"
    [part] = consumer.ask(path).json()["items"]
    whole = consumer.ask(f"{path}/{part['id']}")
    refused = [stranger.ask(path), stranger.ask(f"{path}/{part['id']}"), consumer.ask(f"{path}/urn:none")]

    assert (asked["state"], over["state"], over["dataAddress"]) == ("REQUESTED", "COMPLETED", None)
    assert (part["mediaType"], part["size"]) == (
        "text/csv; charset=utf-8; header=present",
        len(whole.content),
    )
    assert hashlib.sha256(whole.content).hexdigest() == part["sha256"]
    assert whole.content.splitlines()[0] == b"device,at,cell,reading,counter"
    assert (whole.headers["content-type"], whole.headers["content-disposition"]) == (
        "application/octet-stream",
        f'attachment; filename="{part["sha256"][:16]}.csv"',
    )
    assert [(each.status_code, each.json()["code"]) for each in refused] == [
        (404, "exchange.transfer-missing"),
        (404, "exchange.delivery-missing"),
        (404, "exchange.delivery-missing"),
    ]


def test_a_form_that_nobody_writes_is_refused(consumer: Member):
    answer = consumer.tell("/transfers", agreement="urn:a", format="HttpData-PUSH", form="xlsx")

    assert (answer.status_code, answer.json()["code"]) == (400, "servers.body-malformed")


def test_a_form_is_chosen_with_a_push_and_with_nothing_else(consumer: Member):
    answer = consumer.tell("/transfers", agreement="urn:a", format="HttpData-PULL", form="csv")

    assert (answer.status_code, answer.json()["code"]) == (400, "exchange.form-unwanted")
