"""`/jsonldContexts`, and what requests get to name as their context."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from renkei.context import api as context
from renkei.kernel.clock import utc_now
from renkei.servers.ngsild import resolving
from renkei.servers.ngsild.api import ROUTES
from renkei.servers.outgoing import shared_outgoing
from renkei.wire.ngsild.core import CORE_URL, DEFAULT_VOCABULARY
from tests.factories import parties as make
from tests.servers.loopback import Loopback, loopback

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/ngsi-ld/v1/jsonldContexts"
NODE = "http://testserver"
OWN = {"@context": {"A1": "urn:ngsi-ld:attributes:A1"}}
ERRORS = "https://uri.etsi.org/ngsi-ld/errors/"


@pytest.fixture(autouse=True)
def _alone(settings: Any) -> Iterator[None]:
    settings.RENKEI = replace(settings.RENKEI, public_url=NODE, inside_peers=True)
    for kept in (resolving.source, shared_outgoing):
        kept.cache_clear()
    resolving.forget_all()
    yield
    for kept in (resolving.source, shared_outgoing):
        kept.cache_clear()
    resolving.forget_all()


@pytest.fixture
def elsewhere() -> Iterator[Loopback]:
    with loopback() as server:
        server.says("/cars.jsonld", body=b'{"@context": {"speed": "https://example.org/v"}}')
        yield server


class Member:
    """A member of the node, and what its token opens."""

    def __init__(self, slug: str) -> None:
        self.org = make.organisation(slug=slug)
        secret = make.token(org=self.org, now=utc_now()).secret
        self.door = TestClient(Starlette(routes=ROUTES), headers={"Authorization": f"Bearer {secret}"})

    def __getattr__(self, method: str) -> Any:
        return getattr(self.door, method)

    def add(self, body: Any = OWN) -> str:
        """Host a context and return its address on this node, without the node's own."""
        answer = self.door.post(PATH, json=body)
        assert (answer.status_code, answer.content) == (201, b"")
        return str(answer.headers["Location"])

    def resolve(self, source: Any, *, after: timedelta = timedelta()) -> Any:
        """Use a context as a request does."""
        return resolving.resolve(source, tenant=self.org.id, now=utc_now() + after)


@pytest.fixture
def member() -> Member:
    return Member("tokai-lab")


def problem(answer: Any) -> tuple[int, str]:
    """Return the status of an answer and the standard's name of its error."""
    said = answer.json()
    assert said["status"] == answer.status_code
    assert said["title"]
    return answer.status_code, said["type"].removeprefix(ERRORS)


def test_a_hosted_context_is_served_as_it_came(member: Member) -> None:
    location = member.add()

    answer = member.get(location)

    assert location.startswith(f"{PATH}/")
    assert (answer.status_code, answer.json()) == (200, OWN)
    assert answer.headers["Content-Type"] == "application/json"
    as_ld = member.get(location, headers={"Accept": "application/ld+json"})
    assert as_ld.headers["Content-Type"] == "application/ld+json"


def test_what_is_known_of_a_context_is_told_on_request(member: Member) -> None:
    location = member.add()

    known = member.get(location, params={"details": "true"}).json()

    assert known.pop("createdAt")
    assert known == {
        "URL": NODE + location,
        "localId": location.rpartition("/")[2],
        "kind": "Hosted",
        "numberOfHits": 0,
    }


@pytest.mark.parametrize("kind", [None, "Hosted"])
def test_contexts_are_listed_by_address_or_in_detail(member: Member, kind: str | None) -> None:
    locations = [member.add(), member.add({"@context": {"B1": "urn:b"}})]
    asked = {"kind": kind} if kind else {}

    plain = member.get(PATH, params=asked).json()
    detailed = member.get(PATH, params={**asked, "details": "true"}).json()

    assert plain == [one["URL"] for one in detailed] == [NODE + location for location in locations]
    assert member.get(PATH, params={"kind": "Cached"}).json() == []


@pytest.mark.parametrize(
    "body", [b'{"A1": "urn:a"}', b'{"A1": "urn:a" "B1": 1}', b"[]", b'"https://example.org/a"', b""]
)
def test_what_holds_no_context_is_an_invalid_request(member: Member, body: bytes) -> None:
    answer = member.post(PATH, content=body, headers={"Content-Type": "application/json"})

    assert problem(answer) == (400, "InvalidRequest")
    assert member.get(PATH).json() == []


def test_a_context_that_makes_no_sense_is_not_taken(member: Member) -> None:
    assert problem(member.post(PATH, json={"@context": {"a": "b:c", "b": "a:c"}})) == (400, "BadRequestData")
    assert problem(member.post(PATH, json={"@context": {"a": "urn:\x00"}})) == (400, "BadRequestData")
    assert member.get(PATH).json() == []


@pytest.mark.parametrize(
    "asked", [{"kind": "other"}, {"details": "other"}, {"details": "true", "kind": "other"}]
)
def test_a_question_in_other_words_is_refused(member: Member, asked: dict[str, str]) -> None:
    assert problem(member.get(PATH, params=asked)) == (400, "BadRequestData")


@pytest.mark.parametrize(
    ("reload", "expected"),
    [
        (None, (404, "ResourceNotFound")),
        ("false", (404, "ResourceNotFound")),
        ("true", (400, "BadRequestData")),
        ("xxx", (400, "BadRequestData")),
    ],
)
def test_a_context_that_is_not_there_is_not_deleted(
    member: Member, reload: str | None, expected: tuple[int, str]
) -> None:
    asked = {"reload": reload} if reload else {}

    assert problem(member.delete(f"{PATH}/1234567890123456", params=asked)) == expected
    assert problem(member.get(f"{PATH}/1234567890123456")) == (404, "ResourceNotFound")


def test_a_hosted_context_is_deleted_and_never_reloaded(member: Member) -> None:
    location = member.add()

    assert problem(member.delete(location, params={"reload": "true"})) == (400, "BadRequestData")
    answer = member.delete(location)

    assert (answer.status_code, answer.content) == (204, b"")
    assert member.get(location).status_code == 404


@pytest.mark.parametrize("version", ["1.6", "1.9"])
def test_the_core_context_is_served_reloaded_and_never_deleted(member: Member, version: str) -> None:
    core = f"{PATH}/https%3A%2F%2Furi.etsi.org%2Fngsi-ld%2Fv1%2Fngsi-ld-core-context-v{version}.jsonld"

    assert member.get(core).json()["@context"]["@protected"] is True
    assert member.get(core, params={"details": "true"}).json()["URL"] == CORE_URL
    assert problem(member.delete(core)) == (400, "BadRequestData")
    assert problem(member.delete(core, params={"reload": "false"})) == (400, "BadRequestData")
    assert member.delete(core, params={"reload": "true"}).status_code == 204


def test_no_member_sees_or_uses_what_another_hosts(member: Member) -> None:
    other = Member("kansai-lab")
    location = member.add()

    assert member.resolve(NODE + location).expand("A1") == "urn:ngsi-ld:attributes:A1"
    assert other.get(PATH).json() == []
    assert problem(other.get(location)) == (404, "ResourceNotFound")
    assert problem(other.delete(location)) == (404, "ResourceNotFound")
    with pytest.raises(context.LdContextUnavailable):
        other.resolve(NODE + location)


def test_contexts_that_a_hosted_one_names_are_fetched_when_it_is_added(
    member: Member, elsewhere: Loopback
) -> None:
    url = f"{elsewhere.url}/cars.jsonld"

    location = member.add({"@context": [url]})

    assert member.get(PATH, params={"kind": "Cached"}).json() == [url]
    assert member.resolve(NODE + location).expand("speed") == "https://example.org/v"
    assert len(elsewhere.asked) == 1


def test_a_context_that_names_one_that_cannot_be_fetched_is_not_taken(
    member: Member, elsewhere: Loopback
) -> None:
    answer = member.post(PATH, json={"@context": [f"{elsewhere.url}/nothing"]})

    assert problem(answer) == (503, "LdContextNotAvailable")
    assert member.get(PATH).json() == []


def test_a_context_is_fetched_once_and_known_to_the_process_from_then_on(
    member: Member, elsewhere: Loopback, django_assert_num_queries: Any
) -> None:
    url = f"{elsewhere.url}/cars.jsonld"
    first = member.resolve(url)

    with django_assert_num_queries(0):
        for source in (url, [url], [url, CORE_URL], [CORE_URL, url]):
            assert member.resolve(source) is first

    assert len(elsewhere.asked) == 1


def test_uses_are_counted_and_serving_is_one(member: Member, elsewhere: Loopback) -> None:
    url = f"{elsewhere.url}/cars.jsonld"
    named = f"{PATH}/{url.replace(':', '%3A').replace('/', '%2F')}"

    member.resolve(url)
    assert member.get(named, params={"details": "true"}).json()["numberOfHits"] == 1
    member.resolve(url)
    known = member.get(named, params={"details": "true"}).json()

    assert (known["numberOfHits"], known["kind"], known["URL"]) == (3, "Cached", url)
    assert known["lastUsage"] > known["createdAt"]


def test_a_reload_that_fails_says_so_and_leaves_the_context(member: Member, elsewhere: Loopback) -> None:
    url = f"{elsewhere.url}/cars.jsonld"
    named = f"{PATH}/{url.replace(':', '%3A').replace('/', '%2F')}"
    member.resolve(url)
    elsewhere.says("/cars.jsonld", status=500)

    assert problem(member.delete(named, params={"reload": "true"})) == (503, "LdContextNotAvailable")
    assert member.get(named).json() == {"@context": {"speed": "https://example.org/v"}}


def test_a_reloaded_context_means_what_it_says_now(member: Member, elsewhere: Loopback) -> None:
    url = f"{elsewhere.url}/cars.jsonld"
    named = f"{PATH}/{url.replace(':', '%3A').replace('/', '%2F')}"
    member.resolve(url)
    elsewhere.says("/cars.jsonld", body=b'{"@context": {"speed": "https://example.org/newer"}}')

    assert member.delete(named, params={"reload": "true"}).status_code == 204
    assert member.resolve(url).expand("speed") == "https://example.org/newer"


def test_a_context_that_was_laid_in_is_listed_once_it_is_used_and_outlives_its_deletion(
    member: Member,
) -> None:
    url = "https://far.example/cars.jsonld"
    context.lay_in_context(url, '{"@context": {"speed": "https://example.org/v"}}', now=utc_now())
    assert member.get(PATH).json() == []

    assert member.resolve(url).expand("speed") == "https://example.org/v"
    assert member.get(PATH).json() == [url]

    named = f"{PATH}/{url.replace(':', '%3A').replace('/', '%2F')}"
    assert member.delete(named).status_code == 204
    assert member.get(PATH).json() == []
    assert member.resolve(url).expand("speed") == "https://example.org/v"


def test_another_process_learns_within_a_minute(member: Member) -> None:
    location = member.add()
    assert member.resolve(NODE + location).expand("A1") == "urn:ngsi-ld:attributes:A1"
    context.delete_context(  # as another process does it: nothing here is told
        member.org.id, NODE + location, actor=member.org.actor, now=utc_now()
    )

    assert member.resolve(NODE + location).expand("A1") == "urn:ngsi-ld:attributes:A1"
    with pytest.raises(context.LdContextUnavailable):
        member.resolve(NODE + location, after=resolving.FRESH + timedelta(seconds=1))


def test_a_context_without_an_address_is_hosted_where_one_is_needed(member: Member) -> None:
    used = member.resolve([{"speed": "https://example.org/v"}])
    before = utc_now()

    url = resolving.address(used, tenant=member.org.id, now=before)

    assert resolving.address(used, tenant=member.org.id, now=before) == url
    assert member.get(PATH, params={"kind": "ImplicitlyCreated"}).json() == [url]
    assert member.get(url.removeprefix(NODE)).json() == {"@context": used.source}
    assert member.resolve(url).expand("speed") == "https://example.org/v"
    assert problem(member.delete(url.removeprefix(NODE), params={"reload": "true"})) == (
        400,
        "BadRequestData",
    )


def test_contexts_with_an_address_are_not_hosted(member: Member) -> None:
    assert resolving.address(resolving.core(), tenant=member.org.id, now=utc_now()) == CORE_URL
    assert member.get(PATH).json() == []


def test_names_without_a_context_are_in_the_default_vocabulary() -> None:
    assert resolving.core().expand("speed") == DEFAULT_VOCABULARY + "speed"
