"""The triples of one answer, and how they are written."""

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from renkei.kernel.clock import format_utc
from renkei.kernel.texts import LANGS, Text
from renkei.wire.dcat.pages import Form

if TYPE_CHECKING:
    from rdflib.term import BNode, Identifier, Node, URIRef

NAMESPACES: Final = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|\\^`\x7f-\x9f\ud800-\udfff]+")
_NOT_IN_IRI: Final = re.compile(r"[\x00-\x20<>\"{}|\\^`\x7f-\x9f]")
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML 1.0 cannot hold."""


class Sheet:
    """A graph that is filled and then written. Names such as `dct:title` stand for the IRIs of their namespaces."""

    def __init__(self) -> None:
        from rdflib import Graph

        self._graph: Graph = Graph(bind_namespaces="none")
        self._blanks = 0
        for prefix, namespace in NAMESPACES.items():
            self._graph.bind(prefix, namespace)

    def written(self, form: Form) -> bytes:
        """Write the graph; the same graph always gives the same bytes."""
        more: dict[str, Any] = {"context": NAMESPACES} if form is Form.JSON_LD else {}
        written: bytes = self._graph.serialize(format=form.value[2], encoding="utf-8", **more)
        return written

    def typed(self, iri: str, kind: str) -> "URIRef":
        """Add a thing of a class and return its node."""
        from rdflib import RDF

        node = self.iri(iri)
        self._graph.add((node, RDF.type, self.expanded(kind)))
        return node

    def blank(self, kind: str | None = None) -> "BNode":
        """Add a thing without a name, of a class if one is given, and return its node."""
        from rdflib import RDF, BNode

        self._blanks += 1
        node = BNode(f"b{self._blanks:06}")
        if kind is not None:
            self._graph.add((node, RDF.type, self.expanded(kind)))
        return node

    def iri(self, iri: str) -> "URIRef":
        """Return the node of an IRI; what no form can hold in one is percent-encoded."""
        from rdflib import URIRef

        return URIRef(_NOT_IN_IRI.sub(lambda found: quote(found[0]), iri))

    def text(self, text: str) -> "Identifier":
        """Return a plain text."""
        from rdflib import Literal

        return Literal(_UNWRITABLE.sub("", text))

    def named(self, name: str) -> "Identifier":
        """Return an IRI where the name is one, else a plain text."""
        return self.iri(name) if is_iri(name) else self.text(name)

    def texts(self, node: "Node", name: str, text: Text) -> None:
        """Say a text of a node in both languages."""
        from rdflib import Literal

        for lang in LANGS:
            self.add(node, name, Literal(_UNWRITABLE.sub("", text.in_(lang)), lang=lang))

    def moment(self, node: "Node", name: str, at: datetime | None) -> None:
        """Say a time of a node, if it is known."""
        from rdflib import Literal

        if at is not None:
            value = Literal(format_utc(at), datatype=self.expanded("xsd:dateTime"), normalize=False)
            self.add(node, name, value)

    def add(self, node: "Node", name: str, value: "Node") -> None:
        """Say something of a node."""
        self._graph.add((node, self.expanded(name), value))

    def expanded(self, name: str) -> "URIRef":
        """Return the IRI that a name with a prefix stands for."""
        prefix, _, local = name.partition(":")
        return self.iri(NAMESPACES[prefix] + local if prefix in NAMESPACES else name)


def is_iri(name: str) -> bool:
    """Tell whether a name is an IRI that every form can hold."""
    return _IRI.fullmatch(name) is not None and name.partition(":")[0] not in NAMESPACES
