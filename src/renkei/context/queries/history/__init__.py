"""Temporal questions about entities (clauses 5.7.3 and 5.7.4), answered from the database and the archive as one."""

from renkei.context.queries.history.feeds import feeds
from renkei.context.queries.history.reading import query_history, retrieve_history

__all__ = ["feeds", "query_history", "retrieve_history"]
