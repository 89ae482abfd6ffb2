"""The Python library with which a consumer reads what it agreed to read.

from renkei.client import Node

node = Node("https://node.example", "rk_…")
listing = node.catalog("https://provider.example")[0]
agreement = node.agree(listing, purpose="research")
frame = agreement.to_pandas()
"""

from renkei.client.agreement import Agreement
from renkei.client.errors import Refused, Undecided
from renkei.client.listing import FoundListing, Listing
from renkei.client.node import Node

__all__ = ["Agreement", "FoundListing", "Listing", "Node", "Refused", "Undecided"]
