"""A type of entity is published: its history flows into a table, and its present is shown as the table's rows say."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from renkei.context import api as context
from renkei.context.rules.feeding import Fed, place_of, wide_rows
from renkei.exchange import api as exchange
from renkei.exchange.rules.presenting import Face, rows_of
from renkei.exchange.services import entities as reading
from renkei.kernel.clock import parse_utc, utc_now
from renkei.kernel.ids import TableId
from renkei.kernel.texts import Text
from renkei.parties import api as parties
from renkei.privacy import api as privacy
from tests.factories import delivery
from tests.factories import parties as members
from tests.factories.shared import (
    CLASSES,
    COLUMNS,
    LOCATION,
    MAY,
    SENSOR,
    SOURCE,
    constraint,
    known,
    sensor,
    terms,
)

pytestmark = pytest.mark.django_db(transaction=True)
TYPES = {column.name: column.type for column in COLUMNS}
FEED = tuple(context.FeedColumn(iri, name, TYPES[name].value) for name, iri in SOURCE.attributes)


@pytest.fixture
def provider() -> parties.Organisation:
    reading.forget_filters()
    return members.organisation(slug="provider")


def fed(provider: parties.Organisation) -> TableId:
    return context.publish_type(
        provider.id, SENSOR, FEED, name="sensors", position=LOCATION, actor=provider.actor, now=MAY
    )


def published(provider: parties.Organisation, table: TableId) -> exchange.Dataset:
    return exchange.publish_dataset(
        owner=provider.id,
        table=table,
        title=Text(ja="室内センサー", en="Indoor sensors"),
        description=Text(ja="室内の測定値です。", en="Readings taken indoors."),
        licence="CC-BY-4.0",
        classes=CLASSES,
        actor=provider.actor,
        now=MAY,
    )


def test_a_feed_is_published_with_its_type_and_read_both_ways(provider):
    known(provider, sensor(1), sensor(2))
    table = fed(provider)
    for _ in range(3):  # PostgreSQL first looks who is still writing, and goes on at the next look
        context.compact_history(now=MAY, recent=timedelta(days=1))

    dataset = published(provider, table)

    assert dataset.entities == SOURCE
    assert dataset.quality.rows == 2
    said = terms(constraint("rk:mask", "entity=hash"), constraint("rk:mask", "temperature=round:1"))
    at = delivery.opened(org=provider, published=dataset, form=exchange.NGSI_LD, offered=said)
    granted = exchange.access(at.secret, now=utc_now())
    shown = exchange.read_entities(
        granted,
        context.EntityQuery(),
        context.Page(10),
        asked=b"",
        write=lambda found, *_: repr(found).encode(),
        now=utc_now(),
    )
    rows = _rows(privacy.release(granted.plan, now=utc_now()))
    present = {
        (
            each["id"].removeprefix(exchange.PSEUDONYM),
            each["attrs"][SOURCE.attributes[0][1]][0]["value"],
        )
        for each in shown.entities
    }
    assert present == {(row["entity"], row["temperature"]) for row in rows}


def _rows(release: privacy.Release) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    return [row for file in release.files for row in pq.read_table(file.path).to_pylist()]


ANY = st.one_of(
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.lists(st.integers(), max_size=2),
    st.just({"@type": "Date", "@value": "2026-05-01"}),
    st.just("2026-05-01T09:00:00Z"),
)


@given(
    temperature=ANY,
    battery=ANY,
    state=ANY,
    minutes=st.integers(0, 5),
    place=st.sampled_from([None, (35.0, 139.0)]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=100)
def test_an_entity_is_the_rows_that_its_feed_makes_of_it(temperature, battery, state, minutes, place):
    document = sensor(1, at=MAY, place=place, temperature=temperature, battery=battery, state=state)
    late = MAY + timedelta(minutes=minutes)
    document["attrs"][SOURCE.attributes[1][1]][0]["observedAt"] = late.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    plan = privacy.Plan(table=TableId("urn:uuid:0"), columns=tuple(CLASSES))
    lines = [
        Fed(document["id"], parse_utc(instance["observedAt"]), iri, instance)
        for iri, (instance,) in document["attrs"].items()
    ]

    made = rows_of(document, Face(SOURCE, plan, TYPES, frozenset()))

    where = {document["id"]: place_of(document["attrs"].get(LOCATION, [None])[0])}
    feed = wide_rows(lines, FEED, LOCATION, where)
    names = ("entity", "observed_at", *(column.name for column in FEED), "latitude", "longitude")
    assert [tuple(row[name] for name in names) for row in made] == sorted(feed, key=lambda row: row[1])
