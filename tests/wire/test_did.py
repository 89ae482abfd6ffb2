import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.wire.did import did_of, document_url, service_endpoint, url_of

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
HOST = st.lists(LABEL, min_size=1, max_size=4).map(".".join)
PORT = st.none() | st.integers(1, 65535)
PATH = st.lists(
    st.from_regex(r"([A-Za-z0-9._-]|%[0-9A-F]{2}){1,12}", fullmatch=True).filter(
        lambda s: s not in {".", ".."}
    ),
    max_size=4,
)


@given(host=HOST, port=PORT, path=PATH, scheme=st.sampled_from(["https", "http"]))
def test_an_address_comes_back_from_its_did(host, port, path, scheme):
    url = "/".join([f"{scheme}://{host}" if port is None else f"{scheme}://{host}:{port}", *path])

    assert url_of(did_of(url), scheme=scheme) == url


@given(st.text(max_size=60) | st.text(max_size=40).map("did:web:".__add__))
def test_any_text_is_a_did_that_comes_back_or_is_refused(text):
    try:
        url = url_of(text)
    except ValueError:
        return

    assert url_of(did_of(url)) == url


@pytest.mark.parametrize(
    ("did", "url"),
    [
        ("did:web:w3c-ccg.github.io", "https://w3c-ccg.github.io/.well-known/did.json"),
        ("did:web:w3c-ccg.github.io:user:alice", "https://w3c-ccg.github.io/user/alice/did.json"),
        ("did:web:example.com%3A3000:user:alice", "https://example.com:3000/user/alice/did.json"),
        ("did:web:example.com%3A3000", "https://example.com:3000/.well-known/did.json"),
    ],
)
def test_documents_lie_where_the_method_says(did, url):
    # The examples of did:web, section 3.2.
    assert document_url(did) == url


@pytest.mark.parametrize(
    "did",
    [
        "",
        "did:web:",
        "did:key:abc",
        "https://example.com",
        "did:web:example.com:",
        "did:web:example.com::x",
        "did:web:example.com:..",
        "did:web:example.com:a/b",
        "did:web:example.com/a",
        "did:web:user@example.com",
        "did:web:example.com?x",
        "did:web:example.com#key",
        "did:web:example.com%3A",
        "did:web:example.com%3A0",
        "did:web:example.com%3A65536",
        "did:web:example.com%3A٣",
        "did:web:example.com%2Fa",
        "did:web:EXAMPLE.com",
        "did:web:[::1]",
        "did:web:-x.example",
        "did:web:例え.jp",
        "did:web:example.com:" + "a" * 255,
        " did:web:example.com",
        "did:web:example.com\n",
    ],
)
def test_what_is_no_did_of_the_web_is_refused(did):
    with pytest.raises(ValueError, match=r"did:web|port"):
        url_of(did)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "ftp://example.com",
        "https://",
        "https://user@example.com",
        "https://example.com/?a",
        "https://example.com/#a",
        "https://example.com:99999",
        "https://[::1]/a",
        "https://example.com//a",
        "https://example.com/a:b",
    ],
)
def test_an_address_that_is_no_plain_place_on_the_web_has_no_did(url):
    with pytest.raises(ValueError):
        did_of(url)


def test_a_service_is_found_by_its_type():
    document = {
        "service": [
            7,
            {"type": "CatalogService"},
            {"type": "CatalogService", "serviceEndpoint": {"uri": "x"}},
            {"type": ["X", "CatalogService"], "serviceEndpoint": "https://a.example/catalog"},
            {"type": "DataService", "serviceEndpoint": "https://a.example/.well-known/dspace-version"},
        ]
    }

    assert service_endpoint(document, "CatalogService") == "https://a.example/catalog"
    assert service_endpoint(document, "DataService") == "https://a.example/.well-known/dspace-version"


@pytest.mark.parametrize(
    "document", [{}, {"service": None}, {"service": {}}, {"service": [{"type": "Other"}]}]
)
def test_a_document_without_the_service_names_none(document):
    assert service_endpoint(document, "CatalogService") is None
