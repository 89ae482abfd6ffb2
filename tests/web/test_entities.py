"""The pages about entities: found, drawn, shown with their history; subscriptions and their health; questions built."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from renkei.context import api as context
from renkei.context.models import LaneRow, NotificationRow, SubscriptionRow
from renkei.kernel.clock import format_utc, utc_now
from renkei.parties import api as parties
from tests.factories import parties as make
from tests.factories import subscriptions as subscribe
from tests.factories.context import SPEED, VEHICLE, entity, geo, prop, rel
from tests.web.scenes import signed_in

pytestmark = pytest.mark.django_db

LOCATION = "https://uri.etsi.org/ngsi-ld/location"
READS = frozenset({parties.Scope.EXCHANGE, parties.Scope.CONTEXT_READ})
LOOKS = frozenset({parties.Scope.EXCHANGE})


@pytest.fixture
def org() -> parties.Organisation:
    return make.organisation(slug="town")


def keep(org: parties.Organisation, *made: context.Document, now: datetime | None = None) -> None:
    for each in made:
        context.create_entity(org.id, each, actor=org.actor, now=now or utc_now())


def car(number: int, speed: float = 50, **more: Any) -> context.Document:
    made = entity(f"urn:ngsi-ld:Vehicle:{number}", VEHICLE, speed=prop(speed, unitCode="KMH"), **more)
    made["attrs"][LOCATION] = [geo(139.7 + number / 2, 35.6 + number / 20)]
    return made


def text(browser: Client, path: str, *, status: int = 200) -> str:
    answer = browser.get(path)
    assert answer.status_code == status, answer.content.decode()
    return answer.content.decode()


PAGES = ("/entities", "/entities/question?ask=yes&local=yes", "/entities/subscriptions")


@pytest.mark.parametrize("path", [*PAGES, "/entity/urn:ngsi-ld:Vehicle:1"])
def test_a_stranger_is_led_to_the_sign_in(path: str, org: parties.Organisation) -> None:
    keep(org, car(1))

    assert Client().get(path).headers["location"].startswith("/sign-in")


def test_another_organisation_finds_nothing_of_it(org: parties.Organisation) -> None:
    keep(org, car(1))
    context.create_subscription(org.id, subscribe.NAME, subscribe.members(), actor=org.actor, now=utc_now())
    other = signed_in(make.organisation(slug="other"))

    shown = [text(other, path) for path in PAGES]

    assert [word in page for page in shown for word in ("Vehicle", "receiver.example")] == [False] * 6
    assert other.get("/entity/urn:ngsi-ld:Vehicle:1").status_code == 404
    assert other.get("/entity/urn:ngsi-ld:Vehicle:1?as=json").status_code == 404
    assert other.post(f"/entities/subscriptions/{subscribe.NAME}/redeliver").status_code == 404
    assert other.get(f"/entities/subscriptions?org={org.id}").content.decode().count("receiver.example") == 0


def test_entities_are_read_with_the_same_scope_as_over_the_api(org: parties.Organisation) -> None:
    keep(org, car(1))
    looker, reader = signed_in(org, scopes=LOOKS), signed_in(org, scopes=READS)

    assert {looker.get(path).status_code for path in [*PAGES, "/entity/urn:ngsi-ld:Vehicle:1"]} == {403}
    assert "urn:ngsi-ld:Vehicle:1" in text(reader, "/entities")


def test_the_operator_is_shown_nobodys_entities(org: parties.Organisation) -> None:
    keep(org, car(1))
    operator = signed_in(None)

    for path in PAGES[:2]:
        shown = text(operator, path)
        assert "shown only to the organisation" in shown
        assert "Vehicle" not in shown
    assert operator.get("/entity/urn:ngsi-ld:Vehicle:1").status_code == 404


def _queries(browser: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        text(browser, path)
    return len(asked)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_takes_as_many_queries_for_three_as_for_one(path: str, org: parties.Organisation) -> None:
    def add(number: int) -> None:
        keep(org, car(number))
        name = f"{subscribe.NAME}{number}"
        context.create_subscription(org.id, name, subscribe.members(), actor=org.actor, now=utc_now())

    add(1)
    browser = signed_in(org)
    text(browser, path)  # what is looked up once in a process is known from here on
    one = _queries(browser, path)
    add(2)
    add(3)

    assert _queries(browser, path) == one


def test_a_list_is_narrowed_by_each_filter(org: parties.Organisation) -> None:
    keep(
        org,
        car(1, 30) | {"scope": ["/japan/tokyo"]},
        car(2, 60),
        entity("urn:ngsi-ld:Bus:1", "https://example.org/Bus"),
    )
    browser = signed_in(org)

    def found(**asked: str) -> list[str]:
        answer = browser.get("/entities", asked)
        assert answer.status_code == 200
        return re.findall(r'href="/entity/([^"]+)"', answer.content.decode())

    assert found() == ["urn:ngsi-ld:Vehicle:1", "urn:ngsi-ld:Vehicle:2", "urn:ngsi-ld:Bus:1"]
    assert found(type="https://example.org/Bus") == ["urn:ngsi-ld:Bus:1"]
    assert found(id="cle:2") == ["urn:ngsi-ld:Vehicle:2"]
    assert found(scope="/japan/#") == ["urn:ngsi-ld:Vehicle:1"]
    assert found(q=f"{SPEED}>50") == ["urn:ngsi-ld:Vehicle:2"]
    assert found(type=VEHICLE, q=f"{SPEED}>90") == []
    assert "No entity fits" in text(browser, "/entities?id=nowhere")


def test_a_filter_that_cannot_be_read_is_said_so_beside_it_and_keeps_what_was_written(
    org: parties.Organisation,
) -> None:
    shown = text(signed_in(org), "/entities?q=speed%3E%3E&scope=/a", status=400)

    assert ('role="alert"' in shown, 'value="speed&gt;&gt;"' in shown, 'value="/a"' in shown) == (True,) * 3
    assert re.search(r'<input id="q"[^>]+aria-invalid="true"', shown)
    assert not re.search(r'<input id="scope"[^>]+aria-invalid="true"', shown)


def test_a_long_list_is_read_page_by_page_with_its_filter(
    org: parties.Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    from renkei.web.views import listing

    monkeypatch.setattr(listing, "ON_A_PAGE", 2)
    keep(org, *(car(number) for number in range(1, 4)))
    browser = signed_in(org)

    first = text(browser, f"/entities?type={VEHICLE}")
    following = re.search(r'rel="next" href="([^"]+)"', first)

    assert following is not None
    second = text(browser, "/entities" + following.group(1).replace("&amp;", "&"))
    assert re.findall(r'href="/entity/([^"]+)"', second) == ["urn:ngsi-ld:Vehicle:3"]
    assert ('rel="prev"' in second, 'rel="next"' in second) == (True, False)


def test_the_map_marks_each_entity_with_its_number_and_tells_its_name_to_a_reader(
    org: parties.Organisation,
) -> None:
    keep(org, car(1), car(2, name=prop("<b>Bus stop</b>")), entity("urn:ngsi-ld:Nowhere:1"))

    shown = text(signed_in(org), "/entities")

    assert re.findall(r"<g class=\"mark\"><title>([^<]+)</title>", shown) == [
        "1: urn:ngsi-ld:Vehicle:1",
        "2: &lt;b&gt;Bus stop&lt;/b&gt;",
    ]
    assert 'role="img" aria-labelledby="map-title map-desc"' in shown
    assert "National Land Numerical Information" in shown


def test_an_entity_is_shown_with_all_that_is_said_of_it(org: parties.Organisation) -> None:
    keep(
        org,
        car(
            1,
            name={"type": "LanguageProperty", "languageMap": {"ja": "市バス", "en": "City bus"}},
            owner=rel("urn:ngsi-ld:Person:7", attrs={"https://example.org/since": [prop("2026-01-01")]}),
            mass=[prop(900), prop(905, datasetId="urn:ngsi-ld:Dataset:scale")],
            seen=prop(True, observedAt="2026-05-01T08:59:00Z"),
            notes={"type": "JsonProperty", "json": {"<script>": [1]}},
        ),
    )

    shown = text(signed_in(org), "/entity/urn:ngsi-ld:Vehicle:1")

    said = ("KMH", "市バス", 'lang="ja"', "urn:ngsi-ld:Dataset:scale", "2026-05-01 08:59:00", "2026-01-01")
    assert {word: word in shown for word in said} == dict.fromkeys(said, True)
    assert 'href="/entity/urn:ngsi-ld:Person:7"' in shown
    assert "<script" not in shown


def test_an_entity_as_json_is_the_one_that_the_api_tells(org: parties.Organisation) -> None:
    keep(org, car(1))

    answer = signed_in(org).get("/entity/urn:ngsi-ld:Vehicle:1?as=json")

    told = json.loads(answer.content)
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert told[SPEED] | {"createdAt": "", "modifiedAt": ""} == {
        "type": "Property",
        "value": 50,
        "unitCode": "KMH",
        "createdAt": "",
        "modifiedAt": "",
    }
    assert told["@context"].startswith("https://uri.etsi.org/ngsi-ld/")


@pytest.mark.parametrize("uri", ["https://example.org/a?b=c#d", "urn:x:日本/a;b"])
def test_any_id_has_a_page(uri: str, org: parties.Organisation) -> None:
    keep(org, entity(uri))
    browser = signed_in(org)

    found = re.search(r'href="(/entity/[^"]+)"', text(browser, "/entities"))

    assert found is not None
    assert uri in text(browser, found.group(1))


def _subscribed(org: parties.Organisation) -> SubscriptionRow:
    uri = "https://receiver.example/hook?key=secret"
    told = subscribe.members(notification={"endpoint": {"uri": uri}})
    context.create_subscription(org.id, subscribe.NAME, told, actor=org.actor, now=utc_now())
    return SubscriptionRow.objects.get(uri=subscribe.NAME)


def test_a_subscription_tells_how_its_notifications_fare_without_its_secrets(
    org: parties.Organisation,
) -> None:
    row, now = _subscribed(org), utc_now()
    SubscriptionRow.objects.update(
        times_sent=1234,
        times_failed=5,
        last_failure=now,
        last_error="https://receiver.example/hook?key=secret answered 503",
    )
    queue = "https://receiver.example/hook?key=secret"
    for failed in (None, None, now):
        NotificationRow.objects.create(
            subscription=row, endpoint=queue, body="[]", made_at=now, due_at=now, failed_at=failed
        )

    shown = text(signed_in(org), "/entities/subscriptions")

    assert {
        word: word in shown for word in ("1,234 / 5", "answered 503", "https://receiver.example/hook")
    } == {
        "1,234 / 5": True,
        "answered 503": True,
        "https://receiver.example/hook": True,
    }
    assert "secret" not in shown
    assert "working" in shown


def test_an_endpoint_that_fails_is_said_to_be_left_alone_until_when(org: parties.Organisation) -> None:
    _subscribed(org)
    from renkei.context.rules.subscribing.delivery import queue_of

    queue = queue_of("https://receiver.example/hook?key=secret")
    lane = LaneRow.objects.create(
        endpoint=queue, lease="", failures=3, retry_at=utc_now() + timedelta(minutes=5)
    )
    browser = signed_in(org)

    left_alone = text(browser, "/entities/subscriptions")
    lane.retry_at = utc_now() - timedelta(minutes=5)
    lane.save()
    tried = text(browser, "/entities/subscriptions")

    assert ("left alone" in left_alone, "3 failures in a row" in left_alone) == (True, True)
    assert ("being tried" in tried, "left alone" in tried) == (True, False)


def test_what_was_given_up_is_sent_again_by_one_click(org: parties.Organisation) -> None:
    row, now = _subscribed(org), utc_now()
    NotificationRow.objects.create(
        subscription=row, endpoint="x", body="[]", made_at=now, due_at=now, failed_at=now, attempts=9
    )
    browser, reader = signed_in(org), signed_in(org, scopes=READS)
    act = f"/entities/subscriptions/{subscribe.NAME}/redeliver"

    assert (
        "Send again" in text(browser, "/entities/subscriptions"),
        "Send again" in text(reader, PAGES[2]),
    ) == (
        True,
        False,
    )
    assert reader.post(act).status_code == 403
    answer = browser.post(act)

    assert (answer.status_code, answer["location"]) == (302, "/entities/subscriptions?redelivered=1")
    assert "1 notifications wait to be sent again" in text(browser, answer["location"])
    assert NotificationRow.objects.get().failed_at is None


def test_the_operator_chooses_whose_subscriptions_to_see_and_sends_again_for_them(
    org: parties.Organisation,
) -> None:
    row, now = _subscribed(org), utc_now()
    NotificationRow.objects.create(
        subscription=row, endpoint="x", body="[]", made_at=now, due_at=now, failed_at=now
    )
    operator = signed_in(None)

    found = re.search(r'href="(\?org=[^"]+)"', text(operator, "/entities/subscriptions"))
    assert found is not None
    shown = text(operator, f"/entities/subscriptions{found.group(1)}")
    act = re.search(r'action="(/entities/subscriptions/[^"]+)"', shown)
    assert act is not None
    answer = operator.post(act.group(1).replace("&amp;", "&"))

    assert (answer.status_code, NotificationRow.objects.get().failed_at) == (302, None)
    assert operator.post(f"/entities/subscriptions/{subscribe.NAME}/redeliver").status_code == 404


def asked(browser: Client, *, status: int = 200, **fields: str) -> str:
    answer = browser.get("/entities/question", {"ask": "yes", **fields})
    assert answer.status_code == status, answer.content.decode()
    return answer.content.decode()


def test_a_question_shows_the_request_that_it_makes_and_the_answer(org: parties.Organisation) -> None:
    keep(org, car(1, 30), car(2, 60))

    shown = asked(
        signed_in(org),
        **{"type": VEHICLE, "attribute-0": SPEED, "operator-0": ">", "value-0": "50", "form": "simplified"},
    )

    line = re.search(r"GET (/ngsi-ld/v1/entities\S+)", shown)
    assert line is not None
    assert line.group(1) == (
        "/ngsi-ld/v1/entities?type=https:%2F%2Fexample.org%2FVehicle"
        "&amp;q=https:%2F%2Fexample.org%2Fspeed%3E50&amp;format=simplified"
    ).replace("%2F", "/")
    assert "Authorization: Bearer $TOKEN" in shown
    assert ("Vehicle:2" in shown, "Vehicle:1&" in shown) == (True, False)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"type": "A;;"}, "type"),
        ({"type": "A", "scope": "//"}, "scope"),
        ({"type": "A", "georel": "near", "place": "here"}, "place"),
        ({"type": "A", "georel": "within", "place": "0,0,999,1"}, "place"),
        ({"type": "A", "limit": "none"}, "limit"),
        ({"type": "A", "order": "a;sideways"}, "order"),
        ({"type": "A", "id": "no uri"}, "id"),
    ],
)
def test_what_the_standard_refuses_is_said_beside_its_field(
    fields: dict[str, str], field: str, org: parties.Organisation
) -> None:
    shown = asked(signed_in(org), status=400, **fields)

    assert f'id="{field}-error" role="alert"' in shown
    assert re.search(rf'id="{field}"[^>]+aria-invalid="true"', shown)
    assert "errors/BadRequestData" in shown


def test_the_history_is_asked_for_and_what_is_refused_of_it_is_said(org: parties.Organisation) -> None:
    keep(org, car(1))
    _told(org, 3, every=timedelta(minutes=10))
    browser = signed_in(org)
    asked_for = {"type": VEHICLE, "when": "past", "since": "2020-01-01"}

    values = asked(browser, **asked_for, past_form="temporalValues", shown=SPEED)
    sums = asked(browser, **asked_for, past_form="aggregatedValues", method="max", period="P1D")
    wrong = [
        asked(browser, status=400, **(asked_for | {"since": "yesterday"})),
        asked(browser, status=400, **asked_for, past_form="aggregatedValues", method="most"),
        asked(browser, status=400, **asked_for, last="few"),
    ]

    assert "GET /ngsi-ld/v1/temporal/entities?type=" in values
    assert values.count("urn:ngsi-ld:Vehicle:1") == 1
    assert "&quot;max&quot;" in sums
    assert [re.findall(r'id="(\w+)-error" role="alert"', page) for page in wrong] == [
        ["since"],
        ["method"],
        ["last"],
    ]


def test_a_condition_that_is_refused_is_marked_among_the_others(org: parties.Organisation) -> None:
    fields = {
        "type": "A",
        "attribute-0": "a",
        "value-0": "1",
        "attribute-1": "b",
        "value-1": "(",
        "operator-1": "~=",
        "attribute-2": "c",
        "operator-2": "exists",
    }

    shown = asked(signed_in(org), status=400, **fields)

    assert re.findall(r'id="row-(\d)-error"', shown) == ["1"]
    assert shown.count('aria-describedby="row-1-error"') == 2


def test_the_form_keeps_what_was_written_and_offers_one_more_condition(org: parties.Organisation) -> None:
    keep(org, car(1))

    shown = text(signed_in(org), "/entities/question?add=yes&type=A&attribute-0=a&value-0=1&metres=7")

    assert ('id="attribute-1"' in shown, 'id="attribute-2"' in shown, 'value="7"' in shown) == (
        True,
        False,
        True,
    )
    assert "The answer" not in shown
    assert f'<option value="{SPEED}">' in shown


def test_an_own_context_names_what_the_core_cannot(org: parties.Organisation) -> None:
    keep(org, car(1))
    body = json.dumps({"@context": {"speed": SPEED, "Vehicle": VEHICLE}})
    stored = context.host_context(
        org.id, body, base="http://127.0.0.1:8000/ngsi-ld/v1/jsonldContexts", actor=org.actor, now=utc_now()
    )
    browser = signed_in(org)

    shown = browser.get("/entities", {"context": stored.url, "q": "speed==50"}).content.decode()
    built = asked(browser, context=stored.url, type="Vehicle", form="simplified")

    assert "urn:ngsi-ld:Vehicle:1" in shown
    assert f"Link: &lt;{stored.url}&gt;" in built
    assert "&quot;speed&quot;: 50" in built


def _told(org: parties.Organisation, values: int, *, every: timedelta) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    start = now - every * values
    for number in range(values):
        at = format_utc(start + every * number)
        changed = {"attrs": {SPEED: [prop(number, observedAt=at, unitCode="KMH")]}}
        context.append_attributes(
            org.id, context.EntityId("urn:ngsi-ld:Vehicle:1"), changed, actor=org.actor, now=utc_now()
        )


def test_the_history_of_a_number_is_drawn_with_its_values_beside_it(org: parties.Organisation) -> None:
    keep(org, car(1))
    _told(org, 5, every=timedelta(minutes=10))
    browser = signed_in(org)

    shown = text(browser, "/entity/urn:ngsi-ld:Vehicle:1?span=day")
    nothing = text(browser, "/entity/urn:ngsi-ld:Vehicle:1?span=own&since=2020-01-01&until=2020-01-02")

    assert "speed: 5 points, least 0, greatest 4, latest 4." in shown
    assert shown.count('<circle class="dot"') == 5
    assert shown.count("<tr><td><time") == 5
    assert "There are no values in this span." in nothing


def test_many_values_are_summed_up_by_periods(
    org: parties.Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    from renkei.web.views import histories

    monkeypatch.setattr(histories, "MOST", 4)
    keep(org, car(1))
    _told(org, 8, every=timedelta(minutes=5))

    shown = text(signed_in(org), "/entity/urn:ngsi-ld:Vehicle:1?span=hour")

    assert "their mean by periods of PT1M" in shown
    assert '<th scope="col" class="number">Greatest</th>' in shown


def test_a_span_that_cannot_be_read_is_said_so(org: parties.Organisation) -> None:
    keep(org, car(1))

    shown = text(signed_in(org), "/entity/urn:ngsi-ld:Vehicle:1?span=own&since=yesterday")

    assert 'id="history-error" role="alert"' in shown
    assert 'value="yesterday"' in shown
