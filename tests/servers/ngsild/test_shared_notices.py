"""A consumer is told of changes under an agreement: filtered as its terms say, with a receipt, and no longer than it lasts."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from renkei.config.asgi import app
from renkei.context import api as context
from renkei.context.models import NotificationRow, SubscriptionRow
from renkei.context.services.delivering import drain
from renkei.context.services.lanes import due_lanes
from renkei.exchange import api as exchange
from renkei.exchange.models import NoticeRow
from renkei.exchange.services import entities as reading
from renkei.exchange.services import notices
from renkei.kernel.clock import utc_now
from renkei.parties import api as parties
from renkei.servers.ngsild.shared_notices import SharedNotices
from renkei.wire.receipt import read_receipt
from renkei.wire.rows import RECEIPT_HEADER
from tests.factories import delivery
from tests.factories import parties as members
from tests.factories.shared import (
    BATTERY,
    LOCATION,
    SECRET,
    STATE,
    TEMPERATURE,
    VOCABULARY,
    constraint,
    known,
    published,
    sensor,
    terms,
    uri,
)
from tests.factories.subscriptions import Carrier

pytestmark = pytest.mark.django_db(transaction=True)
HASH = constraint("rk:mask", "entity=hash")
ROUND = constraint("rk:mask", "temperature=round:0.5")
CELL = constraint("rk:cell", "jis-mesh:2")
GROUP = constraint("rk:minimumGroup", "2", "gteq", **{"rk:entity": "entity"})
HOOK = {"uri": "https://receiver.example/hook"}


@pytest.fixture(autouse=True)
def _fresh() -> None:
    reading.forget_filters()


@pytest.fixture
def provider() -> parties.Organisation:
    return members.organisation(slug="provider")


def opened(
    provider: parties.Organisation, *constraints: dict[str, Any], form: str = exchange.NGSI_LD_NOTICES
) -> delivery.Opened:
    dataset = published(provider, [sensor(1), sensor(2)])
    return delivery.opened(org=provider, published=dataset, form=form, offered=terms(*constraints))


def ask(at: delivery.Opened, method: str, path: str, **more: Any) -> Any:
    client = TestClient(app, base_url="http://127.0.0.1")
    where = f"/shared/{at.transfer.id}/ngsi-ld/v1/{path}"
    return client.request(method, where, headers={"Authorization": f"Bearer {at.secret}"}, **more)


def subscribe(at: delivery.Opened, **given: Any) -> Any:
    told = {"endpoint": HOOK, **given.pop("notification", {})}
    body = {"type": "Subscription", "entities": [{"type": "Sensor"}], "notification": told, **given}
    body = {name: value for name, value in body.items() if value is not None}
    return ask(at, "POST", "subscriptions", json=body)


def deliver(carrier: Carrier) -> int:
    wrapped = SharedNotices(carrier)
    return sum(drain(due, wrapped, clock=utc_now) for due in due_lanes(now=utc_now()))


def change(provider: parties.Organisation, number: int = 1, **values: Any) -> None:
    known(provider, sensor(number, at=utc_now(), **values), now=utc_now())


def test_a_change_is_told_as_the_terms_let_it_be_seen(provider):
    at = opened(provider, HASH, ROUND, CELL, GROUP, constraint("rk:withholdColumn", "battery"))
    made = subscribe(at)
    assert made.status_code == 201
    assert made.headers["Location"].startswith(f"/shared/{at.transfer.id}/ngsi-ld/v1/subscriptions/")

    change(provider, temperature=30.4)
    carrier = Carrier()
    assert deliver(carrier) == 1

    (notice,) = carrier.notices
    (told,) = notice.entities
    assert told["id"].startswith("urn:ngsi-ld:Pseudonym:")
    assert set(told["attrs"]) == {TEMPERATURE, STATE, VOCABULARY + "room", exchange.CELL}
    assert told["attrs"][TEMPERATURE][0]["value"] == 30.5
    receipt = read_receipt(dict(notice.subscription.endpoint.receiver)[RECEIPT_HEADER])
    assert (receipt.said.rows, receipt.said.channel, receipt.said.recipient) == (
        1,
        "ngsi-ld-notices",
        delivery.FAR,
    )
    assert [each.receipt for each in exchange.receipts_for_reader(at.secret, transfer=at.transfer.id)] == [
        receipt.text
    ]


def test_the_subscription_bears_the_consumers_own_name_and_can_be_ended(provider):
    at = opened(provider)
    name = "urn:ngsi-ld:Subscription:mine"
    assert subscribe(at, id=name).status_code == 201
    assert subscribe(at, id=name).status_code == 409

    change(provider)
    carrier = Carrier()
    deliver(carrier)
    assert [notice.subscription.id for notice in carrier.notices] == [name]
    assert ask(at, "GET", f"subscriptions/{name}").json()["id"] == name

    assert ask(at, "DELETE", f"subscriptions/{name}").status_code == 204
    assert ask(at, "GET", f"subscriptions/{name}").status_code == 404


def test_another_consumer_does_not_see_or_end_it(provider):
    at = opened(provider)
    other = delivery.opened(
        org=provider, published=at.dataset, form=exchange.NGSI_LD_NOTICES, offered=terms(), peer=delivery.FAR
    )
    name = "urn:ngsi-ld:Subscription:mine"
    subscribe(at, id=name)

    assert ask(other, "GET", f"subscriptions/{name}").status_code == 404
    assert ask(other, "DELETE", f"subscriptions/{name}").status_code == 404
    assert subscribe(other, id=name).status_code == 201


def test_a_change_of_what_is_not_shown_is_not_told(provider):
    at = opened(provider, constraint("rk:withholdColumn", "battery"))
    subscribe(at)
    dated = sensor(1, at=utc_now())
    only = {**dated, "attrs": {iri: dated["attrs"][iri] for iri in (BATTERY, SECRET)}}

    known(provider, only, now=utc_now())

    assert not NotificationRow.objects.exists()


def test_a_condition_is_put_to_what_is_shown_too(provider):
    at = opened(provider)
    subscribe(at, q="temperature>25", notification={"attributes": ["battery"]})
    hidden = sensor(1, at=utc_now())
    other = {**hidden["attrs"][TEMPERATURE][0], "value": 99, "datasetId": "urn:ngsi-ld:Dataset:other"}
    hidden["attrs"][TEMPERATURE].append(other)

    known(provider, hidden, now=utc_now())
    carrier = Carrier()
    deliver(carrier)
    assert carrier.notices == []
    assert not NotificationRow.objects.exists()

    change(provider, temperature=30.0)
    deliver(carrier)
    assert [set(each["attrs"]) for notice in carrier.notices for each in notice.entities] == [
        {TEMPERATURE, BATTERY}
    ]


@pytest.mark.parametrize(
    ("given", "code", "named"),
    [
        ({"q": "secret"}, "exchange.question-hidden", SECRET),
        ({"q": "temperature>1"}, "exchange.question-hidden", TEMPERATURE),
        ({"entities": [{"type": "Person"}]}, "exchange.question-hidden", VOCABULARY + "Person"),
        ({"entities": [{"type": "Sensor", "id": uri(1)}]}, "exchange.question-hidden", "id"),
        ({"entities": [{"type": "Sensor", "idPattern": "1"}]}, "exchange.question-hidden", "idPattern"),
        ({"q": "cell"}, "exchange.question-hidden", exchange.CELL),
        (
            {"geoQ": {"georel": "near;maxDistance==5", "geometry": "Point", "coordinates": [1, 1]}},
            "exchange.question-hidden",
            LOCATION,
        ),
        ({"watchedAttributes": ["secret"]}, "exchange.subscription-unwanted", SECRET),
        ({"notification": {"attributes": ["secret"]}}, "exchange.subscription-unwanted", SECRET),
        (
            {"notification": {"showChanges": True}},
            "exchange.subscription-unwanted",
            "notification.showChanges",
        ),
        ({"notification": {"sysAttrs": True}}, "exchange.subscription-unwanted", "notification.sysAttrs"),
        ({"notification": {"join": "flat"}}, "exchange.subscription-unwanted", "notification.join"),
        (
            {"notificationTrigger": ["entityDeleted"]},
            "exchange.subscription-unwanted",
            "notificationTrigger: entityDeleted",
        ),
        ({"scopeQ": "/a"}, "exchange.subscription-unwanted", "scopeQ"),
    ],
)
def test_what_may_not_be_watched_is_refused_by_name(provider, given, code, named):
    at = opened(provider, HASH, ROUND, CELL, GROUP)

    answer = subscribe(at, **given)

    told = answer.json()
    assert (answer.status_code, told["code"]) == (403, code), told
    assert named in told["facts"].values()
    assert not SubscriptionRow.objects.exists()


def test_an_address_inside_the_network_is_refused(provider, settings):
    at = opened(provider)
    settings.RENKEI = _outside(settings.RENKEI)

    answer = subscribe(at, notification={"endpoint": {"uri": "http://127.0.0.1:9000/hook"}})

    assert answer.status_code >= 400
    assert answer.json()["code"] in {"servers.address-inside", "servers.address-insecure"}


def _outside(kept: Any) -> Any:
    from dataclasses import replace

    return replace(kept, inside_peers=False)


def test_a_transfer_for_reading_takes_no_subscriptions_and_the_other_way_round(provider):
    pull = opened(provider, form=exchange.NGSI_LD)
    notices = delivery.opened(
        org=provider, published=pull.dataset, form=exchange.NGSI_LD_NOTICES, offered=terms()
    )

    assert subscribe(pull).json()["code"] == "exchange.format-differs"
    assert ask(notices, "GET", "entities?type=Sensor").json()["code"] == "exchange.format-differs"


def act(at: delivery.Opened, name: str) -> None:
    acts: dict[str, Callable[..., Any]] = {
        "suspend": exchange.suspend_transfer,
        "terminate": exchange.terminate_transfer,
    }
    acts[name](org=at.org.id, transfer=at.transfer.id, reason="because", actor=at.org.actor, now=utc_now())


def test_while_the_transfer_is_suspended_notifications_are_set_aside(provider):
    at = opened(provider)
    subscribe(at)
    act(at, "suspend")
    change(provider)
    carrier = Carrier()

    deliver(carrier)

    assert carrier.notices == []
    assert NotificationRow.objects.filter(failed_at__isnull=False).count() == 1
    (row,) = SubscriptionRow.objects.all()
    assert "exchange.transfer-not-started" in row.last_error

    exchange.resume_transfer(org=provider.id, transfer=at.transfer.id, actor=provider.actor, now=utc_now())
    change(provider)
    deliver(carrier)
    assert len(carrier.notices) == 1


@pytest.mark.parametrize("end", ["transfer", "agreement"])
def test_the_end_is_the_end_of_the_subscription(provider, end):
    at = opened(provider)
    subscribe(at)
    if end == "transfer":
        act(at, "terminate")
    else:
        exchange.end_agreement(
            org=provider.id, agreement=at.agreement.id, reason="over", actor=provider.actor, now=utc_now()
        )
    change(provider)
    carrier = Carrier()

    deliver(carrier)

    assert carrier.notices == []
    assert not SubscriptionRow.objects.exists()
    assert not NotificationRow.objects.exists()


def test_a_notification_that_is_sent_again_is_one_use_with_one_receipt(provider):
    at = opened(provider, constraint("count", "2", "lteq"))
    subscribe(at)
    change(provider)
    tries = iter([True, False])

    def fail_once(_notice: context.Notice) -> None:
        if next(tries):
            raise context.ReceiverUnavailable("nobody answers")

    carrier = Carrier(fail_once)
    deliver(carrier)
    assert carrier.notices == []
    later = utc_now() + timedelta(minutes=10)
    sum(drain(due, SharedNotices(carrier), clock=lambda: later) for due in due_lanes(now=later))

    assert len(carrier.notices) == 1
    assert len(exchange.receipts_for_reader(at.secret, transfer=at.transfer.id)) == 1


def test_when_the_uses_are_taken_the_subscription_ends(provider):
    at = opened(provider, constraint("count", "1", "lteq"))
    subscribe(at)
    carrier = Carrier()
    for _ in range(2):
        change(provider)
        deliver(carrier)

    assert len(carrier.notices) == 1
    assert not SubscriptionRow.objects.exists()


def test_nobody_else_is_told_at_a_consumers_cost(provider):
    """A subscription of another member, under the name that a consumer's would have, uses nothing up."""
    at = opened(provider)
    other = members.organisation(slug="other")
    told = {"entities": [{"type": [[VOCABULARY + "Sensor"]]}], "notification": {"endpoint": HOOK}}
    name = f"urn:ngsi-ld:Subscription:shared:{at.transfer.id}#mine"
    context.create_subscription(other.id, name, told, actor=other.actor, now=utc_now())

    change(other, 9)
    carrier = Carrier()
    deliver(carrier)

    assert carrier.notices == []
    assert exchange.receipts_for_reader(at.secret, transfer=at.transfer.id) == ()


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_member_neither_makes_nor_changes_a_consumers_subscription(provider, method):
    at = opened(provider)
    assert subscribe(at, id="urn:ngsi-ld:Subscription:mine").status_code == 201
    row = SubscriptionRow.objects.get()
    secret = members.token(org=provider, now=utc_now()).secret
    client = TestClient(app, headers={"Authorization": f"Bearer {secret}"}, base_url="http://127.0.0.1")
    moved = {"notification": {"endpoint": {"uri": "https://elsewhere.example/hook"}}}
    if method == "POST":
        whole = {"id": f"{row.uri}2", "type": "Subscription", "entities": [{"type": "Sensor"}], **moved}
        answer = client.post("/ngsi-ld/v1/subscriptions", json=whole)
    else:
        answer = client.patch(f"/ngsi-ld/v1/subscriptions/{quote(row.uri, safe=':')}", json=moved)

    assert (answer.status_code, answer.json()["code"]) == (400, "context.request-invalid")
    assert [each.body for each in SubscriptionRow.objects.all()] == [row.body]


def test_a_transfer_has_so_many_subscriptions_and_another_one_its_own(provider, monkeypatch):
    monkeypatch.setattr(notices, "MOST", 2)
    at, other = opened(provider), opened(members.organisation(slug="other"))
    name = "urn:ngsi-ld:Subscription:first"

    answers = [subscribe(at, id=name), subscribe(at), subscribe(at), subscribe(other)]

    assert [answer.status_code for answer in answers] == [201, 201, 403, 201]
    assert answers[2].json()["code"] == "exchange.subscriptions-too-many"
    assert ask(at, "DELETE", f"subscriptions/{name}").status_code == 204
    assert subscribe(at).status_code == 201


def test_with_the_last_subscription_of_a_transfer_goes_what_was_on_its_way(provider):
    at = opened(provider)
    names = [f"urn:ngsi-ld:Subscription:{number}" for number in range(2)]
    for name in names:
        subscribe(at, id=name)
    change(provider)

    def fail(_notice: context.Notice) -> None:
        raise context.ReceiverUnavailable("nobody answers")

    deliver(Carrier(fail))
    left = []
    for name in names:
        left.append(NoticeRow.objects.filter(transfer=at.transfer.id).exists())
        ask(at, "DELETE", f"subscriptions/{name}")

    assert left == [True, True]
    assert not NoticeRow.objects.exists()
