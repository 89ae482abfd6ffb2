from datetime import timedelta

import pytest

from renkei.audit import api as audit
from renkei.context import api as context
from renkei.context.services import contexts as acts
from renkei.kernel.refusals import Refusal
from tests.factories.context import ACTOR, OTHER, TENANT

pytestmark = pytest.mark.django_db

URL = "https://example.org/cars.jsonld"
BASE = "https://node.example/ngsi-ld/v1/jsonldContexts"
BODY = '{"@context": {"speed": "https://example.org/v"}}'
NEWER = '{"@context": {"speed": "https://example.org/newer"}}'


class Published:
    """What is published elsewhere; without a document it cannot be reached."""

    def __init__(self, **documents):
        self.documents = documents
        self.asked = []

    def fetch(self, url):
        self.asked.append(url)
        if url not in self.documents:
            raise context.LdContextUnavailable(url=url, why="nobody answers")
        return self.documents[url]


@pytest.fixture
def published():
    return Published(**{URL: BODY})


def fetched(published, now, tenant=TENANT):
    return context.context_at(tenant, URL, source=published, now=now)


def test_a_context_is_fetched_once_until_it_expires(published, now):
    assert fetched(published, now).body == BODY
    assert fetched(published, now + acts.KEPT - timedelta(seconds=1)).body == BODY
    assert published.asked == [URL]

    published.documents[URL] = NEWER
    assert fetched(published, now + acts.KEPT).body == NEWER
    assert published.asked == [URL, URL]


def test_what_has_expired_serves_on_while_it_cannot_be_fetched(published, now):
    fetched(published, now)
    del published.documents[URL]

    later = now + acts.KEPT
    assert fetched(published, later).body == BODY
    assert fetched(published, later + timedelta(seconds=1)).body == BODY
    assert published.asked == [URL, URL]

    fetched(published, later + acts.KEPT_STALE)
    assert published.asked == [URL, URL, URL]


def test_what_was_never_fetched_is_refused_while_it_cannot_be(now):
    with pytest.raises(context.LdContextUnavailable):
        fetched(Published(), now)

    assert context.stored_contexts(TENANT) == []


def test_what_the_operator_laid_in_serves_everybody_and_no_call_is_made(now):
    context.lay_in_context(URL, BODY, now=now)
    nobody = Published()

    assert fetched(nobody, now).body == fetched(nobody, now, OTHER).body == BODY
    assert nobody.asked == []


def test_what_is_laid_in_anew_replaces_what_tenants_have(now):
    context.lay_in_context(URL, BODY, now=now)
    fetched(Published(), now)

    context.lay_in_context(URL, NEWER, now=now)

    assert fetched(Published(), now).body == NEWER
    assert [laid_in.body for laid_in in context.laid_in_contexts()] == [NEWER]


def test_what_is_forgotten_is_fetched_by_everybody(published, now):
    context.lay_in_context(URL, NEWER, now=now)
    fetched(published, now)

    context.forget_context(URL, now=now)

    assert fetched(published, now).body == BODY
    assert published.asked == [URL]
    with pytest.raises(context.LdContextMissing):
        context.forget_context(URL, now=now)


def test_a_member_hosts_a_context_and_the_log_says_so(now):
    stored = context.host_context(TENANT, BODY, base=BASE, actor=ACTOR, now=now)

    assert (stored.kind, stored.url) == (context.ContextKind.HOSTED, f"{BASE}/{stored.local_id}")
    assert context.stored_context(TENANT, stored.local_id) == stored
    assert context.stored_context(TENANT, stored.url) == stored
    assert audit.trail(stored.local_id) == ["context.ld-context-hosted"]


def test_no_tenant_sees_what_another_has(published, now):
    hosted = context.host_context(TENANT, BODY, base=BASE, actor=ACTOR, now=now)
    implicit = context.keep_implicit(TENANT, BODY, base=BASE, now=now)
    fetched(published, now)

    assert context.stored_contexts(OTHER) == []
    for named in (hosted.local_id, hosted.url, implicit.local_id, URL):
        assert context.stored_context(OTHER, named) is None
        with pytest.raises(context.LdContextMissing):
            context.delete_context(OTHER, named, actor=ACTOR, now=now)
        with pytest.raises(context.LdContextNotReloadable):
            context.reload_context(OTHER, named, source=published, now=now)


def test_the_same_implicit_context_is_kept_once_for_each_tenant(now):
    first = context.keep_implicit(TENANT, BODY, base=BASE, now=now)
    again = context.keep_implicit(TENANT, BODY, base=BASE, now=now + timedelta(days=1))
    theirs = context.keep_implicit(OTHER, BODY, base=BASE, now=now)

    assert again == first
    assert theirs.url != first.url


def test_contexts_are_listed_by_kind(published, now):
    hosted = context.host_context(TENANT, BODY, base=BASE, actor=ACTOR, now=now)
    implicit = context.keep_implicit(TENANT, BODY, base=BASE, now=now)
    cached = fetched(published, now)

    assert context.stored_contexts(TENANT) == [hosted, implicit, cached]
    assert [context.stored_contexts(TENANT, kind=kind) for kind in context.ContextKind] == [
        [cached],
        [hosted],
        [implicit],
    ]


def test_a_deleted_context_is_gone_and_one_that_was_fetched_is_fetched_again(published, now):
    hosted = context.host_context(TENANT, BODY, base=BASE, actor=ACTOR, now=now)
    fetched(published, now)

    for named in (hosted.local_id, URL):
        context.delete_context(TENANT, named, actor=ACTOR, now=now)

    assert context.stored_contexts(TENANT) == []
    assert audit.trail(hosted.local_id) == ["context.ld-context-hosted", "context.ld-context-deleted"]
    assert fetched(published, now).body == BODY


def test_a_reloaded_context_is_fetched_at_once_under_the_same_id(published, now):
    before = fetched(published, now)
    published.documents[URL] = NEWER

    after = context.reload_context(TENANT, before.local_id, source=published, now=now)

    assert (after.local_id, after.body) == (before.local_id, NEWER)


def test_a_reload_that_fails_leaves_what_there_was(published, now):
    before = fetched(published, now)
    del published.documents[URL]

    with pytest.raises(context.LdContextUnavailable):
        context.reload_context(TENANT, URL, source=published, now=now)

    assert context.stored_context(TENANT, URL) == before


def test_only_what_was_fetched_is_reloaded(published, now):
    hosted = context.host_context(TENANT, BODY, base=BASE, actor=ACTOR, now=now)

    for named in (hosted.local_id, "unknown"):
        with pytest.raises(context.LdContextNotReloadable):
            context.reload_context(TENANT, named, source=published, now=now)


def test_of_too_many_the_one_used_longest_ago_goes(monkeypatch, now):
    monkeypatch.setitem(acts.MOST, context.ContextKind.CACHED, 2)
    urls = [f"https://example.org/{number}" for number in range(3)]
    source = Published(**dict.fromkeys(urls, BODY))

    for url in urls[:2]:
        context.context_at(TENANT, url, source=source, now=now)
        context.count_uses(TENANT, [url], now=now)
        now += timedelta(seconds=1)
    context.count_uses(TENANT, [urls[0]], now=now)
    context.write_uses()
    context.count_uses(TENANT, [urls[2]], now=now)
    context.context_at(TENANT, urls[2], source=source, now=now)

    kept = {stored.url for stored in context.stored_contexts(TENANT)}
    assert kept == {urls[0], urls[2]}


def test_uses_are_counted_in_memory_and_written_about_once_a_minute(
    published, now, django_assert_num_queries
):
    fetched(published, now)
    with django_assert_num_queries(0):
        for second in range(60):
            context.count_uses(TENANT, [URL], now=now + timedelta(seconds=second))

    with django_assert_num_queries(1):
        context.count_uses(TENANT, [URL], now=now + timedelta(seconds=60))

    stored = context.stored_context(TENANT, URL)
    assert (stored.used, stored.last_used_at) == (61, now + timedelta(seconds=60))


def test_what_was_counted_of_a_deleted_context_is_not_the_next_ones(now):
    first = context.keep_implicit(TENANT, BODY, base=BASE, now=now)
    context.count_uses(TENANT, [first.url], now=now)
    context.delete_context(TENANT, first.local_id, actor=ACTOR, now=now)

    again = context.keep_implicit(TENANT, BODY, base=BASE, now=now)
    context.write_uses()

    assert again.url == first.url
    assert [one.used for one in context.stored_contexts(TENANT)] == [0]


def test_every_refusal_of_the_room_says_what_to_do_in_both_languages():
    refusals = [
        context.LdContextAbsent(),
        context.LdContextMissing(named="x"),
        context.LdContextNotReloadable(named="x"),
        context.LdContextProtected(),
        context.LdContextUnavailable(url=URL, why="nobody answers"),
        context.LdContextInvalid(why="it is none"),
    ]

    assert all(isinstance(one, Refusal) and one.said("ja") and one.said("en") for one in refusals)
    assert '{"@context": …}' in context.LdContextAbsent().said("en")
