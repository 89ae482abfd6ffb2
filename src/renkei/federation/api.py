"""The only door of the federated catalogue."""

from renkei.federation.ports import Catalogues
from renkei.federation.queries import entry, node, nodes, open_entries, open_entry, search
from renkei.federation.rules import PARTS as QUERY_PARTS
from renkei.federation.rules import read_query
from renkei.federation.services.crawling import Crawler
from renkei.federation.services.nodes import add_node, ask_soon, remove_node
from renkei.federation.services.own import forget_withdrawn, index_own
from renkei.federation.types import (
    Bounds,
    CataloguePage,
    Crawled,
    Described,
    Entry,
    Found,
    KnownNode,
    NodeId,
    Offer,
    Query,
    Standing,
    Trouble,
    Viewer,
)

__all__ = [
    "QUERY_PARTS",
    "Bounds",
    "CataloguePage",
    "Catalogues",
    "Crawled",
    "Crawler",
    "Described",
    "Entry",
    "Found",
    "KnownNode",
    "NodeId",
    "Offer",
    "Query",
    "Standing",
    "Trouble",
    "Viewer",
    "add_node",
    "ask_soon",
    "entry",
    "forget_withdrawn",
    "index_own",
    "node",
    "nodes",
    "open_entries",
    "open_entry",
    "read_query",
    "remove_node",
    "search",
]
