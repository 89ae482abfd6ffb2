"""A standard client reads another organisation's entities under an agreement, and gets nothing that it may not have."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from renkei.config.asgi import app
from renkei.context import api as context
from renkei.exchange import api as exchange
from renkei.exchange.services import entities as reading
from renkei.kernel.clock import utc_now
from renkei.parties import api as parties
from renkei.wire.receipt import read_receipt
from renkei.wire.rows import RECEIPT_HEADER
from tests.factories import delivery
from tests.factories import parties as members
from tests.factories.shared import BATTERY, MAY, constraint, published, sensor, terms, uri

pytestmark = pytest.mark.django_db(transaction=True)
HASH = constraint("rk:mask", "entity=hash")
ROUND = constraint("rk:mask", "temperature=round:0.5")
AT = "2026-05-01T09:00:00.000000Z"


@pytest.fixture(autouse=True)
def _fresh() -> None:
    reading.forget_filters()


@pytest.fixture
def provider() -> parties.Organisation:
    return members.organisation(slug="provider")


def opened(
    provider: parties.Organisation, *constraints: dict[str, Any], slug: str = "", count: int = 3
) -> delivery.Opened:
    dataset = published(provider, [sensor(number) for number in range(1, count + 1)])
    return delivery.opened(
        org=provider, published=dataset, form=exchange.NGSI_LD, offered=terms(*constraints)
    )


def ask(
    at: delivery.Opened, path: str, *, secret: str | None = None, method: str = "GET", **more: Any
) -> Any:
    client = TestClient(app, base_url="http://127.0.0.1")
    headers = {"Authorization": f"Bearer {secret or at.secret}", **more.pop("headers", {})}
    where = f"/shared/{at.transfer.id}/ngsi-ld/v1/{path}"
    return client.request(method, where, headers=headers, **more)


def test_the_address_of_the_transfer_is_the_base_of_a_standard_client(provider):
    at = opened(provider)

    found = exchange.transfer(at.transfer.id, org=provider.id)

    assert found.format == "NGSI-LD-PULL"
    answer = ask(at, "entities?type=Sensor")
    assert (answer.status_code, [each["id"] for each in answer.json()]) == (200, [uri(1), uri(2), uri(3)])


def test_an_entity_is_read_in_the_form_that_is_asked_for(provider):
    at = opened(provider, HASH, ROUND)
    (first, *_) = ask(at, "entities?type=Sensor&limit=1").json()

    one = ask(at, f"entities/{first['id']}")
    short = ask(at, f"entities/{first['id']}?options=keyValues&attrs=temperature")

    assert one.json() == {
        "id": first["id"],
        "type": "Sensor",
        "temperature": {"type": "Property", "value": 21.5, "observedAt": AT},
        "battery": {"type": "Property", "value": 90, "observedAt": AT},
        "state": {"type": "Property", "value": "ok", "observedAt": AT},
        "room": {"type": "Relationship", "object": "urn:ngsi-ld:Room:1", "observedAt": AT},
        "location": {
            "type": "GeoProperty",
            "value": {"type": "Point", "coordinates": [139.767125, 35.681236]},
            "observedAt": AT,
        },
    }
    assert short.json() == {"id": first["id"], "type": "Sensor", "temperature": 21.5}
    assert ask(at, f"entities/{uri(1)}").status_code == 404


def test_an_answer_comes_with_its_receipt_which_names_its_bytes(provider):
    at = opened(provider)

    answer = ask(at, "entities?type=Sensor&count=true&limit=2")

    receipt = read_receipt(answer.headers[RECEIPT_HEADER])
    assert receipt.said.answer == hashlib.sha256(answer.content).hexdigest()
    assert (receipt.said.rows, receipt.said.channel, receipt.said.number) == (2, "ngsi-ld", 1)
    assert answer.headers["NGSILD-Results-Count"] == "3"
    assert f"/shared/{at.transfer.id}/ngsi-ld/v1/entities?" in answer.headers["Link"]
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_pages_are_followed_by_their_links(provider):
    at = opened(provider)
    answer = ask(at, "entities?type=Sensor&limit=2")

    (following,) = [
        part.partition(">")[0].strip("<")
        for part in answer.headers["Link"].split(",")
        if 'rel="next"' in part
    ]
    client = TestClient(app, base_url="http://127.0.0.1")
    rest = client.get(following, headers={"Authorization": f"Bearer {at.secret}"})

    assert [each["id"] for each in rest.json()] == [uri(3)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=temperature==22.25", [uri(2)]),
        ('q=temperature>21.5;state=="ok"', [uri(2), uri(3)]),
        ("q=room==urn:ngsi-ld:Room:1", [uri(1), uri(2), uri(3)]),
        ("type=Sensor&orderBy=temperature;desc", [uri(3), uri(2), uri(1)]),
        ("type=Sensor&idPattern=2$", [uri(2)]),
        (
            "georel=near;maxDistance==10&geometry=Point&coordinates=[139.767125,35.681236]",
            [uri(1), uri(2), uri(3)],
        ),
        ("q=temperature<0", []),
    ],
)
def test_questions_are_answered(provider, query, found):
    assert [each["id"] for each in ask(opened(provider), f"entities?{query}").json()] == found


def test_a_question_can_come_in_a_body(provider):
    body = {"type": "Query", "entities": [{"type": "Sensor"}], "q": "temperature==22.25"}

    answer = ask(opened(provider), "entityOperations/query", method="POST", json=body)

    assert [each["id"] for each in answer.json()] == [uri(2)]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("q=temperature>21", "https://uri.etsi.org/ngsi-ld/default-context/temperature"),
        ("q=secret", "https://uri.etsi.org/ngsi-ld/default-context/secret"),
        ("attrs=secret", "https://uri.etsi.org/ngsi-ld/default-context/secret"),
        ("type=Person", "https://uri.etsi.org/ngsi-ld/default-context/Person"),
        ("type=Sensor&idPattern=1", "idPattern"),
        ("type=Sensor&orderBy=temperature", "https://uri.etsi.org/ngsi-ld/default-context/temperature"),
        ("type=Sensor&scopeQ=/a", "scopeQ"),
    ],
)
def test_a_question_about_what_is_kept_back_is_refused(provider, query, named):
    answer = ask(opened(provider, HASH, ROUND), f"entities?{query}")

    told = answer.json()
    assert (answer.status_code, told["code"], told["facts"]["asked"]) == (
        403,
        "exchange.question-hidden",
        named,
    )
    assert told["type"] == "https://uri.etsi.org/ngsi-ld/errors/OperationNotSupported"


def test_types_and_attributes_tell_what_can_be_shown_and_are_no_use(provider):
    at = opened(provider, constraint("rk:withholdColumn", "battery"), constraint("count", "1", "lteq"))

    assert ask(at, "types").json()["typeList"] == ["Sensor"]
    told = ask(at, "types/Sensor").json()
    assert [each["attributeName"] for each in told["attributeDetails"]] == [
        "temperature",
        "state",
        "room",
        "location",
    ]
    assert "entityCount" not in told
    assert ask(at, "types?details=true").json()[0]["attributeNames"] == [
        "temperature",
        "state",
        "room",
        "location",
    ]
    assert ask(at, "attributes").json()["attributeList"] == ["temperature", "state", "room", "location"]
    assert ask(at, "types/Person").status_code == 404
    assert ask(at, "entities?type=Sensor").status_code == 200
    assert ask(at, "entities?type=Sensor").json()["code"] == "exchange.uses-exhausted"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "entities"),
        ("DELETE", f"entities/{uri(1)}"),
        ("PATCH", f"entities/{uri(1)}/attrs"),
        ("POST", "entityOperations/upsert"),
        ("GET", "temporal/entities"),
        ("GET", "jsonldContexts"),
    ],
)
def test_nothing_else_is_there(provider, method, path):
    assert ask(opened(provider), path, method=method).status_code in {404, 405}


def test_who_may_not_come_in(provider):
    at = opened(provider)
    other = members.organisation(slug="other")
    theirs = delivery.opened(
        org=other,
        published=published(other, [sensor(1)]),
        form=exchange.NGSI_LD,
        offered=terms(),
    )
    own = members.token(org=provider, now=utc_now()).secret

    client = TestClient(app, base_url="http://127.0.0.1")
    nobody = client.get(f"/shared/{at.transfer.id}/ngsi-ld/v1/entities?type=Sensor")

    assert (nobody.status_code, nobody.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert ask(at, "entities?type=Sensor", secret="rk_wrong").status_code == 401
    assert ask(at, "entities?type=Sensor", secret=own).status_code == 401
    crossed = ask(at, "entities?type=Sensor", secret=theirs.secret)
    assert (crossed.status_code, crossed.json()["code"]) == (403, "servers.transfer-of-another-token")
    assert ask(at, "entities?type=Sensor", headers={"NGSILD-Tenant": "other"}).status_code in {403, 404}
    assert ask(at, "entities?type=Sensor&unheard=1").status_code == 400


def test_the_end_of_the_agreement_is_the_end_of_the_reading(provider):
    at = opened(provider)
    assert ask(at, "entities?type=Sensor").status_code == 200

    exchange.end_agreement(
        org=provider.id, agreement=at.agreement.id, reason="it is over", actor=provider.actor, now=utc_now()
    )

    for path in ("entities?type=Sensor", f"entities/{uri(1)}", "types"):
        answer = ask(at, path)
        assert (answer.status_code, answer.json()["code"]) == (403, "exchange.agreement-ended"), path


def test_the_end_of_the_transfer_is_the_end_of_the_reading(provider):
    at = opened(provider)
    exchange.terminate_transfer(
        org=provider.id, transfer=at.transfer.id, reason="enough", actor=provider.actor, now=utc_now()
    )

    assert ask(at, "entities?type=Sensor").status_code in {401, 403, 409}


def test_json_ld_and_geojson_are_spoken(provider):
    at = opened(provider, count=1)

    linked = ask(at, "entities?type=Sensor", headers={"Accept": "application/ld+json"})
    placed = ask(at, "entities?type=Sensor", headers={"Accept": "application/geo+json"})

    assert "@context" in linked.json()[0]
    assert (placed.json()["type"], placed.json()["features"][0]["geometry"]["type"]) == (
        "FeatureCollection",
        "Point",
    )


@pytest.mark.parametrize("question", ["type=Sensor&id={hidden}", "q=temperature>22", "type=Sensor"])
def test_a_receipt_tells_nothing_of_entities_that_are_not_shown(provider, question):
    """Else its counts answer, one question after the other, what the terms keep back."""
    since = {"leftOperand": "rk:observedFrom", "operator": "gteq", "rightOperand": "2026-01-01T00:00:00Z"}
    dataset = published(provider, [sensor(1), sensor(2, at=MAY - timedelta(days=400))])
    at = delivery.opened(org=provider, published=dataset, form=exchange.NGSI_LD, offered=terms(since))

    answer = ask(at, f"entities?{question.format(hidden=uri(2))}")

    assert [each["id"] for each in answer.json() if each["id"] == uri(2)] == []
    assert read_receipt(answer.headers[RECEIPT_HEADER]).said.withheld == ()


def test_that_there_is_no_such_entity_is_an_answer_with_a_receipt_and_a_use(provider):
    at = opened(provider, constraint("count", "1", "lteq"))

    first, second = (ask(at, f"entities/{uri(number)}") for number in (77, 78))

    assert (first.status_code, first.json()["code"]) == (404, "context.entity-missing")
    assert read_receipt(first.headers[RECEIPT_HEADER]).said.rows == 0
    assert second.json()["code"] == "exchange.uses-exhausted"


def test_a_receipt_does_not_tell_whether_a_withheld_column_is_filled(provider):
    earlier = MAY - timedelta(hours=1)
    withheld = constraint("rk:withholdColumn", "battery")
    documents = [sensor(1), sensor(2, battery=None), sensor(3)]
    [battery] = documents[2]["attrs"][BATTERY]
    battery["observedAt"] = earlier.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    at = delivery.opened(
        org=provider, published=published(provider, documents), form=exchange.NGSI_LD, offered=terms(withheld)
    )

    answers = [ask(at, f"entities/{uri(number)}") for number in (1, 2, 3)]

    said = [read_receipt(answer.headers[RECEIPT_HEADER]).said for answer in answers]
    assert len({(each.rows, each.columns, each.withheld, each.loss) for each in said}) == 1
    assert 0 < said[0].loss < 1000


INLINE = {"x": "https://example.org/x"}


@pytest.mark.parametrize("given", [INLINE, [INLINE], ["https://example.org/a", "https://example.org/b"]])
@pytest.mark.parametrize("path", ["entityOperations/query", "subscriptions"])
def test_a_consumers_inline_context_is_not_kept_among_the_owners(provider, path, given):
    form = exchange.NGSI_LD if path == "entityOperations/query" else exchange.NGSI_LD_NOTICES
    at = delivery.opened(org=provider, published=published(provider, [sensor(1)]), form=form, offered=terms())
    body = {
        "entityOperations/query": {"type": "Query", "entities": [{"type": "Sensor"}]},
        "subscriptions": {
            "type": "Subscription",
            "entities": [{"type": "Sensor"}],
            "notification": {"endpoint": {"uri": "https://consumer.example/told"}},
        },
    }[path]
    core = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld"

    def post(said: Any) -> Any:
        sent = json.dumps(body | {"@context": said})
        headers = {"Content-Type": "application/ld+json", "Accept": "application/json"}
        return ask(at, path, method="POST", content=sent, headers=headers)

    refused, taken = post(given), post([core])

    assert (refused.status_code, refused.json()["code"]) == (400, "context.ld-context-invalid")
    assert taken.status_code in {200, 201}, taken.text
    assert context.stored_contexts(provider.id) == []
