"""The present of a type of entity under an agreement: what is shown is what the plan lets leave, and nothing else."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from renkei.context import api as context
from renkei.exchange import api as exchange
from renkei.exchange.rules.presenting import Face, presented, rows_of
from renkei.exchange.services import entities as reading
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import TableId
from renkei.kernel.refusals import Refusal
from renkei.parties import api as parties
from renkei.privacy import api as privacy
from tests.factories import delivery
from tests.factories import parties as members
from tests.factories.shared import (
    BATTERY,
    COLUMNS,
    LOCATION,
    MAY,
    ROOM,
    SECRET,
    SENSOR,
    SOURCE,
    STATE,
    TEMPERATURE,
    TOKYO,
    VOCABULARY,
    constraint,
    everything,
    known,
    published,
    sensor,
    terms,
    uri,
)

pytestmark = pytest.mark.django_db
HASH = constraint("rk:mask", "entity=hash")
CELL = constraint("rk:cell", "jis-mesh:2")
GROUP = constraint("rk:minimumGroup", "2", "gteq", **{"rk:entity": "entity"})
AT = "2026-05-01T09:00:00.000000Z"


@pytest.fixture(autouse=True)
def _fresh() -> None:
    reading.forget_filters()


@pytest.fixture
def provider() -> parties.Organisation:
    return members.organisation(slug="provider")


def opened(
    provider: parties.Organisation,
    *constraints: dict[str, Any],
    documents: tuple[context.Document, ...] = (sensor(1), sensor(2)),
    form: str = exchange.NGSI_LD,
) -> delivery.Opened:
    dataset = published(provider, documents)
    return delivery.opened(org=provider, published=dataset, form=form, offered=terms(*constraints))


def read(
    at: delivery.Opened,
    query: context.EntityQuery | None = None,
    *,
    limit: int = 20,
    offset: int = 0,
    counted: bool = False,
) -> exchange.Presented:
    granted = exchange.access(at.secret, now=utc_now())
    return exchange.read_entities(
        granted,
        query or everything(),
        context.Page(limit, offset, counted),
        asked=b"GET entities",
        write=lambda found, _more, _total: json.dumps(list(found)).encode(),
        now=utc_now(),
    )


def ids(shown: exchange.Presented) -> list[str]:
    return [each["id"] for each in shown.entities]


def about(path: str, *values: Any, subs: tuple[str, ...] = ()) -> context.EntityQuery:
    compared = context.Compare(
        context.Path(path, subs), context.Comparison.EQUAL, tuple(map(context.Literal, values))
    )
    return context.EntityQuery(q=compared)


# ---- what is shown


def test_without_masks_an_entity_is_shown_as_its_columns_have_it_and_nothing_else(provider):
    at = opened(provider, documents=(sensor(1),))

    assert read(at).entities == (
        {
            "id": uri(1),
            "type": [SENSOR],
            "attrs": {
                TEMPERATURE: [{"type": "Property", "value": 21.25, "observedAt": AT}],
                BATTERY: [{"type": "Property", "value": 90, "observedAt": AT}],
                STATE: [{"type": "Property", "value": "ok", "observedAt": AT}],
                ROOM: [{"type": "Relationship", "object": "urn:ngsi-ld:Room:1", "observedAt": AT}],
                LOCATION: [
                    {
                        "type": "GeoProperty",
                        "value": {"type": "Point", "coordinates": [TOKYO[1], TOKYO[0]]},
                        "observedAt": AT,
                    }
                ],
            },
        },
    )


def test_masks_cells_and_steps_of_time_change_what_is_shown(provider):
    at = opened(
        provider,
        HASH,
        constraint("rk:mask", "temperature=round:0.5"),
        constraint("rk:withholdColumn", "battery"),
        constraint("rk:timeResolution", "PT1H"),
        CELL,
        GROUP,
        documents=(sensor(1, at=MAY + timedelta(minutes=7)), sensor(2, at=MAY + timedelta(minutes=8))),
    )

    shown = read(at).entities[0]

    dated = {"observedAt": AT}
    assert shown["id"].startswith("urn:ngsi-ld:Pseudonym:")
    assert len(shown["id"]) == len("urn:ngsi-ld:Pseudonym:") + 32
    assert shown["attrs"] == {
        TEMPERATURE: [{"type": "Property", "value": 21.5, **dated}],
        STATE: [{"type": "Property", "value": "ok", **dated}],
        ROOM: [{"type": "Relationship", "object": "urn:ngsi-ld:Room:1", **dated}],
        exchange.CELL: [{"type": "Property", "value": "533946", **dated}],
    }


def test_a_pseudonym_stays_the_same_and_is_the_one_of_the_table(provider):
    at = opened(provider, HASH)
    plan = exchange.access(at.secret, now=utc_now()).plan

    first, again = ids(read(at)), ids(read(at))

    release = privacy.release(plan, now=utc_now())
    names = {row["entity"] for row in _released(release)}
    assert first == again
    assert {name.removeprefix(exchange.PSEUDONYM) for name in first} == names


def _released(release: privacy.Release) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    return [row for file in release.files for row in pq.read_table(file.path).to_pylist()]


def test_two_agreements_have_pseudonyms_that_cannot_be_matched(provider):
    dataset = published(provider, [sensor(1)])
    first, second = (
        delivery.opened(org=provider, published=dataset, form=exchange.NGSI_LD, offered=terms(HASH))
        for _ in range(2)
    )

    assert ids(read(first)) != ids(read(second))


def test_a_cell_with_too_few_entities_in_it_is_not_told(provider):
    far = (43.06, 141.35)
    at = opened(provider, CELL, GROUP, documents=(sensor(1), sensor(2), sensor(3, place=far)))

    cells = {each["id"]: each["attrs"].get(exchange.CELL) is not None for each in read(at).entities}

    assert cells == {uri(1): True, uri(2): True, uri(3): False}


def test_an_attribute_observed_outside_the_window_is_not_shown(provider):
    old = sensor(1, at=MAY - timedelta(days=3))
    at = opened(
        provider, constraint("rk:observedFrom", "2026-04-30T00:00:00Z", "gteq"), documents=(old, sensor(2))
    )
    known(provider, {**sensor(1), "attrs": {BATTERY: sensor(1)["attrs"][BATTERY]}})

    found = {each["id"]: set(each["attrs"]) for each in read(at).entities}

    assert found[uri(1)] == {BATTERY, LOCATION}  # each row of the table says where the sensor was last
    assert found[uri(2)] == {TEMPERATURE, BATTERY, STATE, ROOM, LOCATION}


def test_entities_of_which_nothing_may_leave_are_not_there_and_not_counted(provider):
    at = opened(
        provider,
        constraint("rk:observedFrom", "2026-04-30T00:00:00Z", "gteq"),
        documents=(sensor(1, at=MAY - timedelta(days=3)), sensor(2)),
    )

    shown = read(at, counted=True)

    assert (ids(shown), shown.total) == ([uri(2)], 1)


def test_another_type_of_the_owner_and_another_owner_are_not_there(provider):
    other = members.organisation(slug="other")
    known(provider, {**sensor(7), "type": [VOCABULARY + "Person"]})
    known(other, sensor(8))

    assert ids(read(opened(provider))) == [uri(1), uri(2)]


# ---- what may be asked


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (about(TEMPERATURE, 22.25), [uri(2)]),
        (about(STATE, "ok"), [uri(1), uri(2)]),
        (about("id", uri(1)), [uri(1)]),
        (about("type", SENSOR), [uri(1), uri(2)]),
        (context.EntityQuery(selectors=(context.Selector(ids=(uri(2), uri(9))),)), [uri(2)]),
        (context.EntityQuery(selectors=(context.Selector(pattern="Sensor:1$"),)), [uri(1)]),
        (context.EntityQuery(attributes=(BATTERY,)), [uri(1), uri(2)]),
        (
            context.EntityQuery(order=(context.Order(context.Path(TEMPERATURE), context.Direction.DESC),)),
            [uri(2), uri(1)],
        ),
        (
            context.EntityQuery(
                geo=context.GeoQuery(
                    context.GeoRelation.NEAR,
                    {"type": "Point", "coordinates": [TOKYO[1], TOKYO[0]]},
                    LOCATION,
                    most=100,
                )
            ),
            [uri(1), uri(2)],
        ),
    ],
)
def test_what_leaves_as_it_is_can_be_asked_about(provider, query, found):
    at = opened(provider)
    assert sorted(ids(read(at, query))) == sorted(found)
    if query.order:
        assert ids(read(at, query)) == found


HIDDEN = [
    (about(TEMPERATURE, 21.5), (constraint("rk:mask", "temperature=round:0.5"),), TEMPERATURE),
    (about(BATTERY, 90), (constraint("rk:withholdColumn", "battery"),), BATTERY),
    (about(SECRET, "never leaves"), (), SECRET),
    (about("createdAt", "2026"), (), "createdAt"),
    (about("modifiedAt", "2026"), (), "modifiedAt"),
    (about("scope", "/a"), (), "scope"),
    (about("id", uri(1)), (HASH,), "id"),
    (about(STATE, "x", subs=("unitCode",)), (), f"{STATE}.unitCode"),
    (
        about(STATE, "x", subs=("observedAt",)),
        (constraint("rk:timeResolution", "PT1H"),),
        f"{STATE}.observedAt",
    ),
    (context.EntityQuery(selectors=(context.Selector(pattern="1"),)), (HASH,), "idPattern"),
    (context.EntityQuery(attributes=(SECRET,)), (), SECRET),
    (context.EntityQuery(order=(context.Order(context.Path(SECRET)),)), (), SECRET),
    (context.EntityQuery(scopes=context.ScopeQuery((("/a",),))), (), "scopeQ"),
    (
        context.EntityQuery(q=context.Exists(context.Path(LOCATION))),
        (CELL, GROUP),
        LOCATION,
    ),
    (
        context.EntityQuery(
            geo=context.GeoQuery(
                context.GeoRelation.NEAR, {"type": "Point", "coordinates": [0, 0]}, LOCATION, most=1
            )
        ),
        (CELL, GROUP),
        LOCATION,
    ),
    (
        context.EntityQuery(
            q=context.All((context.Exists(context.Path(STATE)), context.Exists(context.Path(SECRET))))
        ),
        (),
        SECRET,
    ),
    (
        context.EntityQuery(
            selectors=(context.Selector(types=context.TypeSelection(((VOCABULARY + "Person",),))),)
        ),
        (),
        VOCABULARY + "Person",
    ),
]


@pytest.mark.parametrize(("query", "constraints", "named"), HIDDEN)
def test_a_question_about_what_is_kept_back_is_refused_by_name(provider, query, constraints, named):
    at = opened(provider, *constraints)

    with pytest.raises(Refusal) as refused:
        read(at, query)

    assert (refused.value.code, refused.value.facts["asked"]) == ("exchange.question-hidden", named)
    assert exchange.issued(org=provider.id) == ()


def test_pages_follow_one_another_without_gaps(provider):
    at = opened(provider, documents=tuple(sensor(number) for number in range(5)))

    pages = [read(at, limit=2, offset=offset, counted=True) for offset in (0, 2, 4)]

    assert [ids(page) for page in pages] == [[uri(0), uri(1)], [uri(2), uri(3)], [uri(4)]]
    assert [(page.more, page.total) for page in pages] == [(True, 5), (True, 5), (False, 5)]


# ---- what remains of it, and when it ends


def test_each_read_is_a_use_with_a_receipt_that_says_what_was_kept_back(provider):
    at = opened(provider, HASH, constraint("rk:withholdColumn", "battery"), constraint("count", "2", "lteq"))

    said = read(at).receipt.said

    assert (said.channel, said.rows, said.number, said.plan) == (
        "ngsi-ld",
        2,
        1,
        exchange.access(at.secret, now=utc_now()).plan.digest(),
    )
    assert {(each.term, each.rows, each.columns) for each in said.withheld} == {
        ("rk:mask", 2, ("entity",)),
        ("rk:withholdColumn", 2, ("battery",)),
    }
    assert read(at).receipt.said.number == 2
    with pytest.raises(Refusal) as refused:
        read(at)
    assert refused.value.code == "exchange.uses-exhausted"


def test_a_receipt_tells_nothing_of_entities_that_are_not_shown(provider):
    at = opened(
        provider,
        constraint("rk:observedFrom", "2026-04-30T00:00:00Z", "gteq"),
        documents=(sensor(1, at=MAY - timedelta(days=3)), sensor(2)),
    )
    hidden = context.EntityQuery(selectors=(context.Selector(ids=(uri(1),)),))
    nobody = context.EntityQuery(selectors=(context.Selector(ids=(uri(9),)),))

    said = [read(at, query).receipt.said for query in (hidden, nobody)]

    told = [(each.rows, each.columns, each.withheld, each.smallest_group, each.loss) for each in said]
    assert told[0] == told[1] == (0, 8, (), None, 1000)


def test_a_transfer_that_is_over_or_suspended_shows_nothing(provider):
    at = opened(provider)
    granted = exchange.access(at.secret, now=utc_now())
    exchange.suspend_transfer(
        org=provider.id, transfer=at.transfer.id, reason="a pause", actor=provider.actor, now=utc_now()
    )

    with pytest.raises(Refusal) as refused:
        exchange.read_entities(
            granted, everything(), context.Page(1), asked=b"", write=lambda *_: b"", now=utc_now()
        )
    assert refused.value.code == "exchange.transfer-not-started"


def test_a_transfer_of_another_format_shows_no_entities(provider):
    at = opened(provider, form=exchange.HTTP_DATA)

    with pytest.raises(Refusal) as refused:
        read(at)

    assert refused.value.code == "exchange.format-differs"


# ---- in which formats


def formats(provider: parties.Organisation, *constraints: dict[str, Any]) -> tuple[str, ...]:
    dataset = published(provider, [sensor(1), sensor(2)])
    offer = exchange.offer(
        dataset=dataset.id, terms=terms(*constraints), automatic=True, actor=provider.actor, now=MAY
    )
    return exchange.formats_under([offer], dataset=dataset)


def test_entities_are_offered_where_rows_leave_with_an_id(provider):
    assert formats(provider, HASH) == (*exchange.TABLE_FORMATS, *exchange.ENTITY_FORMATS)


@pytest.mark.parametrize("kept", ["entity=redact", "entity=truncate:20"])
def test_entities_are_not_offered_where_their_ids_stay(provider, kept):
    assert formats(provider, constraint("rk:mask", kept)) == exchange.TABLE_FORMATS


def test_entities_are_not_offered_where_their_ids_are_withheld(provider):
    assert formats(provider, constraint("rk:withholdColumn", "entity")) == exchange.TABLE_FORMATS


def test_a_table_that_is_no_history_of_entities_is_offered_as_before(provider):
    at = delivery.opened(org=provider)

    assert exchange.formats_under([at.offer], dataset=at.dataset) == exchange.TABLE_FORMATS
    with pytest.raises(Refusal) as refused:
        delivery.opened(org=provider, published=at.dataset, form=exchange.NGSI_LD)
    assert refused.value.code == "exchange.not-an-entity-type"


def test_a_transfer_under_terms_that_keep_ids_back_is_refused(provider):
    with pytest.raises(Refusal) as refused:
        opened(provider, constraint("rk:withholdColumn", "entity"))

    assert refused.value.code == "exchange.entities-kept-back"


# ---- the property: the present is what the live filter says of its rows

TYPES = {column.name: column.type for column in COLUMNS}
MASKS = st.lists(
    st.sampled_from(
        ["temperature=round:0.5", "battery=redact", "state=truncate:1", "entity=hash", "room=hash"]
    ),
    unique=True,
)


PLANS = st.fixed_dictionaries(
    {
        "masks": MASKS,
        "dropped": st.lists(st.sampled_from(["temperature", "battery", "state", "latitude"]), unique=True),
        "step": st.sampled_from([None, privacy.TimeStep.HOUR, privacy.TimeStep.DAY]),
        "since": st.sampled_from([None, MAY]),
    }
)
VALUES = st.fixed_dictionaries(
    {
        "temperature": st.one_of(st.none(), st.floats(-50, 50), st.text(max_size=3)),
        "battery": st.one_of(st.none(), st.integers(0, 100), st.booleans(), st.just(7.0)),
        "state": st.one_of(st.none(), st.text(max_size=4), st.integers()),
    }
)


def _plan(*, masks: list[str], dropped: list[str], step: Any, since: Any) -> privacy.Plan:
    return privacy.Plan(
        table=TableId("urn:uuid:0"),
        columns=(
            *(privacy.ColumnClass(name) for name in TYPES if name != "observed_at"),
            privacy.ColumnClass("observed_at", role=privacy.Role.TIME),
        ),
        dropped=tuple(dropped),
        masks=tuple(privacy.Mask.parse(each) for each in masks if each.split("=")[0] not in dropped),
        time_step=step,
        since=since,
        pseudonyms="an agreement",
    )


def test_a_number_that_no_double_reaches_is_missing_as_in_the_table():
    plan = _plan(masks=[], dropped=[], step=None, since=None)
    face = Face(SOURCE, plan, TYPES, frozenset(TYPES))

    [row] = rows_of(sensor(1, temperature=10**400), face)

    assert row["temperature"] is None


@given(said=PLANS, minutes=st.integers(-200, 200), values=VALUES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=150)
def test_whatever_the_plan_the_present_is_what_the_filter_says(said, minutes, values):
    plan = _plan(**said)
    live = privacy.LiveFilter(plan, None, _key())
    face = Face(SOURCE, plan, TYPES, frozenset(column.name for column in privacy.leaving(plan)))
    document = sensor(1, at=MAY + timedelta(minutes=minutes), **values)

    rows = rows_of(document, face)
    shown = [made for row in rows if (made := live.shown(row)) is not None]
    found = presented(document, shown, face)

    assert (found is None) == (not shown)
    if found is not None:
        assert _values(found, face) == {
            name: value
            for name, value in shown[0].items()
            if value is not None and name not in {"observed_at", "entity", "latitude", "longitude"}
        }
        assert (LOCATION in found["attrs"]) == ("latitude" not in said["dropped"])


def _values(found: context.Document, face: Face) -> dict[str, Any]:
    columns = {iri: column for column, iri in face.source.attributes}
    return {
        columns[iri]: instances[0].get("value", instances[0].get("object"))
        for iri, instances in found["attrs"].items()
        if iri in columns
    }


def _key() -> Any:
    from renkei.privacy.masks import pseudonym_key

    return pseudonym_key(b"secret", "an agreement")
