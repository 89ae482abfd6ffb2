import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.context.types import LdContextInvalid
from renkei.wire.ngsild.core import CORE_URL, DEFAULT_VOCABULARY, NGSI_LD, TERMS, is_core
from renkei.wire.ngsild.gathering import DEEPEST, MOST_DOCUMENTS, MOST_PARTS, MOST_TERMS, read_document
from renkei.wire.ngsild.jsonld import CORE, compile_context
from renkei.wire.ngsild.processing import LONGEST_IRI

EX = "https://example.org/"
WORDS = st.text(alphabet="abcdefgXYZ_0", min_size=1, max_size=6)
IRIS = WORDS.map(lambda word: EX + word)


def compiled(source, documents=None):
    """Compile a context whose others lie in a table."""
    return compile_context(source, load=lambda url: (documents or {})[url])


def refuses(source, documents=None):
    """Return why a context is refused."""
    with pytest.raises(LdContextInvalid) as refusal:
        compiled(source, documents)
    return refusal.value.facts["why"]


def test_a_name_that_nobody_explains_is_in_the_default_vocabulary():
    assert CORE.expand("speed") == DEFAULT_VOCABULARY + "speed"
    assert CORE.compact(DEFAULT_VOCABULARY + "speed") == "speed"


def test_names_mean_what_the_context_says_in_each_form():
    context = compiled({"ex": EX, "speed": "ex:v", "Car": {"@id": EX + "Car"}, "tempo": {"@id": "ex:t"}})

    assert [context.expand(name) for name in ("speed", "ex:other", "Car", "tempo")] == [
        EX + "v",
        EX + "other",
        EX + "Car",
        EX + "t",
    ]
    assert [context.compact(EX + rest) for rest in ("v", "other", "Car")] == ["speed", "ex:other", "Car"]


@pytest.mark.parametrize(
    "name", ["https://a.example/b", "urn:ngsi-ld:Vehicle:1", "_:blank", "@type", "did:web:a.example"]
)
def test_an_iri_means_itself(name):
    assert (CORE.expand(name), CORE.compact(name)) == (name, name)


def test_what_only_looks_like_an_iri_is_a_name_of_the_default_vocabulary():
    assert CORE.expand("a b:c") == DEFAULT_VOCABULARY + "a b:c"
    assert CORE.expand(":c") == DEFAULT_VOCABULARY + ":c"


def test_the_core_context_overrules_the_user_in_either_order():
    own = {"location": EX + "where", "speed": EX + "v"}

    for source in (own, [own, CORE_URL], [CORE_URL, own]):
        context = compiled(source)
        assert (context.expand("location"), context.expand("speed")) == (NGSI_LD + "location", EX + "v")
        assert context.compact(EX + "where") == EX + "where"


def test_the_vocabulary_of_a_user_explains_only_the_terms_of_the_same_context():
    """As for any JSON-LD processor: the core context comes after it and brings a vocabulary of its own."""
    context = compiled({"@vocab": EX, "speed": {"@type": "@id"}})

    assert context.expand("speed") == EX + "speed"
    assert context.expand("other") == DEFAULT_VOCABULARY + "other"


def test_of_several_names_the_shortest_is_used_then_the_first():
    context = compiled({"velocity": EX + "v", "bb": EX + "v", "ab": EX + "v"})

    assert context.compact(EX + "v") == "ab"


def test_a_name_is_never_shortened_to_one_that_means_something_else():
    context = compiled({"speed": EX + "v", "ex": EX, "ex:taken": EX + "taken"})

    assert context.compact(DEFAULT_VOCABULARY + "speed") == "ngsi-ld:default-context/speed"
    assert context.compact(DEFAULT_VOCABULARY + "ex:a") == "ngsi-ld:default-context/ex:a"
    assert context.compact(EX + "//a") == EX + "//a"


def test_coercions_of_the_users_terms_are_told():
    context = compiled(
        {"knows": {"@id": EX + "knows", "@type": "@id"}, "kind": {"@id": EX + "k", "@type": "@vocab"}}
    )

    assert context.coercions == {"knows": "@id", "kind": "@vocab"}


def test_a_context_is_named_by_its_address_where_it_has_one():
    documents = {EX + "a": {"@context": {"speed": EX + "v"}}}

    for source in (EX + "a", [EX + "a"], [EX + "a", CORE_URL], [CORE_URL, EX + "a"]):
        context = compiled(source, documents)
        assert (context.source, context.link) == ([EX + "a", CORE_URL], EX + "a")


def test_a_context_without_an_address_is_given_whole():
    own = {"speed": EX + "v"}
    context = compiled([own, EX + "a"], {EX + "a": {"@context": {}}})

    assert (context.source, context.link) == ([own, EX + "a", CORE_URL], None)


@pytest.mark.parametrize("version", ["", "-v1.0", "-v1.3", "-v1.9", "-v1.9.1"])
def test_the_core_context_is_never_fetched(version):
    url = f"https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context{version}.jsonld"

    assert is_core(url)
    assert compiled(url) is CORE
    assert (CORE.source, CORE.link) == (CORE_URL, CORE_URL)


@pytest.mark.parametrize("end", ["-non-existing.jsonld", ".json", "-v1.9.jsonld/more", "-v1.jsonld?x"])
def test_an_address_that_is_like_the_core_contexts_is_another(end):
    assert not is_core(f"https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context{end}")


def test_contexts_that_name_others_are_read_with_them():
    documents = {
        EX + "all.jsonld": {"@context": ["more/cars.jsonld", CORE_URL, {"speed": EX + "mine"}]},
        EX + "more/cars.jsonld": {"@context": {"speed": EX + "theirs", "Car": EX + "Car"}},
    }
    context = compiled(EX + "all.jsonld", documents)

    assert (context.expand("speed"), context.expand("Car")) == (EX + "mine", EX + "Car")


def test_an_imported_context_lies_beneath_the_one_that_imports_it():
    documents = {EX + "base": {"@context": {"speed": EX + "theirs", "Car": EX + "Car"}}}
    context = compiled({"@version": 1.1, "@import": EX + "base", "speed": EX + "mine"}, documents)

    assert (context.expand("speed"), context.expand("Car")) == (EX + "mine", EX + "Car")


def test_null_forgets_what_stood_before():
    context = compiled([{"speed": EX + "v"}, None, {"Car": EX + "Car"}])

    assert (context.expand("speed"), context.expand("Car")) == (DEFAULT_VOCABULARY + "speed", EX + "Car")


@given(st.dictionaries(WORDS, IRIS, max_size=8), st.lists(WORDS, max_size=8))
def test_what_a_name_means_has_a_name_that_means_the_same(terms, names):
    context = compiled(terms)

    for name in [*terms, *names, *TERMS]:
        iri = context.expand(name)
        assert context.expand(context.compact(iri)) == iri


@given(st.dictionaries(WORDS, IRIS, max_size=8))
def test_a_term_of_its_own_comes_back_as_it_went(terms):
    alone = {term: iri for term, iri in terms.items() if list(terms.values()).count(iri) == 1}
    context = compiled(alone)

    for term in alone:
        assert context.compact(context.expand(term)) == term


@given(
    st.dictionaries(st.sampled_from(["ex", "so", "z"]), st.sampled_from([EX, EX + "a", EX + "a#"])),
    st.text(max_size=20),
)
def test_any_text_at_all_is_expanded_and_comes_back(prefixes, text):
    context = compiled(prefixes)

    assert context.expand(context.compact(context.expand(text))) == context.expand(text)
    assert context.expand(context.compact(text)) in {text, context.expand(text)}


WORDS_OF_JSON_LD = """
@base @container @context @id @import @language @nest @prefix @propagate @protected @reverse @type @version @vocab @foo
a a:b ex
"""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | IRIS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["", *WORDS_OF_JSON_LD.split()]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
def test_whatever_is_sent_as_a_context_is_compiled_or_refused(source):
    try:
        context = compile_context(source, load=lambda _url: {"@context": {}})
    except LdContextInvalid:
        return
    assert context.compact(context.expand("a"))


@pytest.mark.parametrize(
    "source",
    [
        5,
        [[{"a": 5}]],
        {"a": {"@id": 5}},
        {"a": {"@id": EX, "@container": "@nonsense"}},
        {"a": "b:c", "b": "a:c"},
        {"@version": 2},
        {"@import": 5},
        "no address",
        "/relative",
        "ftp://example.org/a",
        "http://[::1/a",
    ],
)
def test_what_makes_no_sense_is_refused(source):
    assert refuses(source)


@pytest.mark.parametrize("login", ["user:secret@", "user@", ":secret@", "@"])
def test_an_address_with_a_password_is_refused_and_not_repeated(login):
    with pytest.raises(LdContextInvalid) as refused:
        compile_context(f"https://{login}example.org/cars.jsonld", load=lambda _: {"@context": {}})

    assert "secret" not in str(refused.value)
    assert "example.org" in str(refused.value)


def test_a_document_without_a_context_is_refused():
    assert "holds no @context" in refuses(EX + "a", {EX + "a": {"a": 1}})
    assert "holds no @context" in refuses(EX + "a", {EX + "a": [1]})


def test_contexts_that_name_each_other_without_end_are_refused():
    assert "deep" in refuses(EX + "a", {EX + "a": {"@context": EX + "b"}, EX + "b": {"@context": EX + "a"}})

    nested = {}
    for _ in range(DEEPEST + 2):
        nested = [nested]
    assert "deep" in refuses(nested)


def test_contexts_that_name_many_others_are_refused():
    documents = {f"{EX}{number}": {"@context": {}} for number in range(MOST_DOCUMENTS + 1)}

    assert str(MOST_DOCUMENTS) in refuses(list(documents), documents)


def test_a_tree_of_contexts_is_read_no_further_than_its_parts_may_be():
    """Each names the next nine times: four small documents would be 729 parts."""
    documents = {f"{EX}{number}": {"@context": [f"{EX}{number + 1}"] * 9} for number in range(3)}
    documents[f"{EX}3"] = {"@context": {"a": EX}}

    assert str(MOST_PARTS) in refuses(f"{EX}0", documents)


def test_contexts_of_too_many_terms_are_refused():
    assert str(MOST_TERMS) in refuses({f"t{number}": EX for number in range(MOST_TERMS + 1)})


def test_terms_that_grow_with_each_that_builds_on_the_last_are_refused():
    growing = {f"t{number}": f"t{number + 1}:{'x' * 900}" for number in range(5)} | {"t5": EX + "#"}

    chained = [{f"t{number}": {"@id": f"t{number + 1}:{'x' * 900}:", "@prefix": True}} for number in range(5)]
    assert str(LONGEST_IRI) in refuses([{"t5": EX + "#"}, *reversed(chained)])
    assert compiled(growing).expand("t4") == EX + "#" + "x" * 900


def test_terms_that_refer_to_each_other_in_a_long_chain_are_refused():
    chain = {f"t{number}": {"@id": f"t{number + 1}:", "@prefix": True} for number in range(5000)}

    assert refuses(chain | {"t5000": EX})


def test_a_document_that_is_no_json_is_refused():
    for body in (b"<html>", b"\xff", b"[" * 100_000):
        with pytest.raises(LdContextInvalid):
            read_document(body)


def test_what_a_context_remembers_is_bounded():
    for number in range(10_000):
        CORE.expand(f"name{number}")

    assert len(CORE._expanded) < 5000


def test_of_several_prefixes_the_one_that_leaves_least_is_taken():
    context = compiled({"ex": EX, "e": EX, "deep": EX + "deep/", "deeper": EX + "deep/a/"})

    assert context.compact(EX + "a") == "e:a"
    assert context.compact(EX + "deep/a") == "deep:a"
    assert context.compact(EX + "deep/a/b") == "deeper:b"
    assert context.compact(EX + "deep/b/") == "deep:b/"
    assert context.compact(EX + "//b") == EX + "//b"


def test_among_many_prefixes_each_is_found_without_looking_at_the_others():
    many = {f"p{number}": f"https://{number}.example/" for number in range(19_000)}
    context = compiled(many)
    asked = Counted(f"https://{18_999}.example/a")

    assert context.compact(asked) == "p18999:a"
    assert asked.looked_at < 20  # one look for each length that a prefix has


class Counted(str):
    """A text that counts how often it is cut or compared with a beginning."""

    looked_at = 0

    def __getitem__(self, part):
        self.looked_at += 1
        return super().__getitem__(part)

    def startswith(self, *beginning):
        self.looked_at += 1
        return super().startswith(*beginning)
