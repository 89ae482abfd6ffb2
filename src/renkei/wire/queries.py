"""The query door's messages: a question, and what is told in reply. JSON, camel case."""

from typing import Annotated

import msgspec

from renkei.wire.rows import WithheldTerms

Cell = str | int | float | bool | None


class QueryRequest(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Ask a provider to answer a query inside its node."""

    sql: Annotated[str, msgspec.Meta(min_length=1, max_length=20_000)]
    purpose: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    epsilon: Annotated[str, msgspec.Meta(max_length=20)] = ""
    """How much of the privacy budget may be used up, as a decimal; a tenth of it where it is not said."""
    bounds: dict[str, tuple[float, float]] = {}
    """With noise: the least and the greatest that one entity adds to a group, by column; `*` for its rows."""
    groups: tuple[tuple[Cell, ...], ...] = ()
    """With noise: the groups that are asked for, each as the values of GROUP BY."""
    groups_each: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1
    """With noise: in how many groups an entity is counted at most."""


class QueryAnswer(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What the provider tells."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    version: int
    """The table's version that was read."""
    plan: str
    """Digest of the plan under which it was read."""
    withheld: WithheldTerms = ()
    """What the terms keep back, as with a delivery; with noise nothing is counted."""
    smallest_group: int | None = None
    epsilon: str = ""
    """How much of the budget the answer used up."""
    again: bool = False
    """An answer with noise that was given before, at no new cost."""
