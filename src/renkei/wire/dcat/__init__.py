"""Catalogues as DCAT-AP 3.0, so that portals that know nothing of data spaces can harvest them.

Classes and properties: https://semiceu.github.io/DCAT-AP/releases/3.0.0/. Pages are told with the Hydra vocabulary
(`hydra:PagedCollection`, `hydra:next`), as CKAN's harvester reads them. rdflib writes the forms; it is loaded when the
first catalogue is written, since most nodes are never harvested.
"""

from renkei.wire.dcat.graph import is_iri
from renkei.wire.dcat.pages import CatalogPage, Form, Item, Publisher
from renkei.wire.dcat.writing import write_catalog, write_dataset

__all__ = ["CatalogPage", "Form", "Item", "Publisher", "is_iri", "write_catalog", "write_dataset"]
