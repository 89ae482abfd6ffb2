"""Questions: the parameters of an address, or the body of a Query, to what the room of entities is asked."""

from renkei.wire.ngsild.asked.temporal import read_aggregation, read_temporal
from renkei.wire.ngsild.asked.views import (
    Joined,
    JoinKind,
    read_attributes,
    read_join,
    read_members,
    read_merging,
    read_temporal_form,
    read_view,
)
from renkei.wire.ngsild.asked.words import flag, number, words_of, words_of_query

__all__ = [
    "JoinKind",
    "Joined",
    "flag",
    "number",
    "read_aggregation",
    "read_attributes",
    "read_join",
    "read_members",
    "read_merging",
    "read_temporal",
    "read_temporal_form",
    "read_view",
    "words_of",
    "words_of_query",
]
