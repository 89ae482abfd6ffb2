"""Questions in SQL answer as the rules do."""

from datetime import datetime
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from renkei.context import api as context
from renkei.context.errors import QueryTooComplex
from renkei.context.queries import driving, places
from renkei.context.queries.finding import find
from renkei.context.queries.limits import limited
from renkei.context.rules.asking import parse_q
from renkei.context.rules.fitting import fits
from renkei.context.types import All, AnyOf, Compare, Comparison, EntityQuery, Literal, Page, Path
from tests.context import questions
from tests.context.test_asking import BUILDING, FITTING, NOT_FITTING, iri
from tests.factories.context import ACTOR, TENANT

pytestmark = pytest.mark.django_db


def told(q: str) -> EntityQuery:
    return EntityQuery(q=parse_q(q, expand=iri))


def stored(now: datetime, *documents: context.Document) -> list[context.Document]:
    for document in documents:
        given_one = {key: document[key] for key in ("id", "type", "scope", "attrs") if key in document}
        context.create_entity(TENANT, given_one, actor=ACTOR, now=now)
    return [context.entity(TENANT, document["id"], now=now) for document in documents]


def found(query: EntityQuery, now: datetime) -> list[str]:
    return [entity["id"] for entity in find(TENANT, query, Page(1000), now=now).entities]


QUERIES = [*FITTING, *NOT_FITTING]


def test_every_question_about_the_building_is_answered_as_the_rules_answer(now: datetime):
    (building,) = stored(now, BUILDING)

    answered = {q: bool(found(told(q), now)) for q in QUERIES}

    assert answered == {q: fits(told(q), building) for q in QUERIES}


@pytest.mark.parametrize(
    "limits",
    [
        pytest.param((1000, 10_000), id="by what few have"),
        pytest.param((0, 10_000), id="walking along"),
        pytest.param((0, -1), id="by what many have"),
    ],
)
@settings(
    max_examples=80,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(
    given_ones=st.lists(questions.documents(), min_size=1, max_size=4),
    asked=st.lists(
        questions.queries | questions.terms.map(lambda term: EntityQuery(q=term)), min_size=1, max_size=6
    ),
)
def test_sql_answers_as_the_rules_do(
    given_ones: list[context.Document],
    asked: list[EntityQuery],
    limits: tuple[int, int],
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few, far = limits
    monkeypatch.setattr(driving, "FEW", few)
    monkeypatch.setattr(driving, "_FAR", far)
    monkeypatch.setattr(places, "FEW", few)
    monkeypatch.setattr(places, "_FIRST", 1 if few == 0 else 64)
    entities = [{"id": f"urn:e:{place}", **document} for place, document in enumerate(given_ones)]
    context.create_entities(TENANT, entities, actor=ACTOR, now=now)
    documents = [context.entity(TENANT, entity["id"], now=now) for entity in entities]
    try:
        for query in asked:
            assert found(query, now) == [one["id"] for one in documents if fits(query, one)], query
    finally:
        context.delete_entities(TENANT, [entity["id"] for entity in entities], actor=ACTOR, now=now)


def test_a_question_that_takes_too_long_is_stopped(now: datetime):
    value: object = "leaf"
    for _ in range(4):
        value = {str(key): value for key in range(10)}
    name = questions.NAMES[0]
    instance = {"type": "JsonProperty", "json": value}
    stored(now, {"id": "urn:e:wide", "type": [questions.TYPES[0]], "attrs": {name: [instance]}})
    everywhere = Path(name, members=("*",) * 4)
    nowhere = [Compare(everywhere, Comparison.EQUAL, (Literal(f"none {n}"),)) for n in range(60)]

    with pytest.raises(QueryTooComplex):
        find(TENANT, EntityQuery(q=AnyOf(tuple(nowhere))), Page(20), now=now, seconds=0.02)

    assert found(EntityQuery(), now) == ["urn:e:wide"]


def test_the_statements_of_a_question_share_its_time():
    with pytest.raises(QueryTooComplex), limited(seconds=0.05) as cursor:
        all(cursor.execute("SELECT %s", [1]) is None for _ in count())


def test_what_is_done_with_rows_outside_the_database_counts_as_well():
    with pytest.raises(QueryTooComplex), limited(seconds=0.05) as cursor:
        all(cursor.each(count(1)))


def test_an_entity_with_a_value_above_and_one_below_is_found_between_two_limits(now: datetime):
    name = questions.NAMES[0]
    for uri, value in (("urn:e:both", [1, 9]), ("urn:e:within", 5), ("urn:e:above", 9)):
        instance = {"type": "Property", "value": value}
        stored(now, {"id": uri, "type": [questions.TYPES[0]], "attrs": {name: [instance]}})

    limits = [
        Compare(Path(name), operator, (Literal(value),))
        for operator, value in ((Comparison.GREATER, 4), (Comparison.LESS, 6))
    ]

    assert found(EntityQuery(q=All(tuple(limits))), now) == ["urn:e:both", "urn:e:within"]
