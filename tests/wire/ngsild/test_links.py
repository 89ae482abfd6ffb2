from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.context.types import LdContextInvalid
from renkei.wire.ngsild.links import context_link, linked_context

URL = "https://example.org/a,b;c.jsonld"


def test_what_is_written_is_read_again():
    assert context_link(URL) == (
        f'<{URL}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
    )
    assert linked_context(context_link(URL)) == URL


@pytest.mark.parametrize(
    "header", [None, "", '<https://example.org/next>; rel="next"', "<https://example.org/>"]
)
def test_links_to_other_things_name_no_context(header):
    assert linked_context(header) is None


def test_a_context_is_found_among_other_links_however_it_is_written():
    header = (
        '<https://example.org/2>; title="a, b; c"; rel="next", '
        f"<{URL}> ;REL=http://www.w3.org/ns/json-ld#context, <https://example.org/3>;rel=prev"
    )

    assert linked_context(header) == URL


def test_the_same_context_twice_is_one():
    assert linked_context(f"{context_link(URL)}, {context_link(URL)}") == URL


def test_two_contexts_are_refused():
    with pytest.raises(LdContextInvalid):
        linked_context(f"{context_link(URL)}, {context_link('https://example.org/other')}")


@pytest.mark.parametrize("header", ["https://example.org/", "<https://example.org/", "<a> x", "x" * 9000])
def test_what_is_no_list_of_links_is_refused(header):
    with pytest.raises(LdContextInvalid):
        linked_context(header)


@given(st.text(alphabet='<>;,=" relabc#', max_size=60))
def test_whatever_is_sent_is_read_or_refused(header):
    with suppress(LdContextInvalid):
        linked_context(header)


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("https://example.org/文脈", "https://example.org/%E6%96%87%E8%84%88"),
        ('https://example.org/a>; rel="next', "https://example.org/a%3E;%20rel=%22next"),
        ("https://example.org/a%20b?c=d#e", "https://example.org/a%20b?c=d#e"),
    ],
)
def test_an_address_is_written_in_what_a_header_can_hold(address, written):
    assert context_link(address).partition(">")[0] == f"<{written}"
