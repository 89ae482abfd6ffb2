"""The tables that histories flow into."""

from renkei.context.models import FeedRow
from renkei.context.types import Feed, FeedColumn
from renkei.kernel.ids import OrgId, TableId


def feeds(tenant: OrgId) -> tuple[Feed, ...]:
    """Return a tenant's feeds, in the order in which they were made."""
    return tuple(
        Feed(
            table=TableId(row.table),
            type=row.type,
            columns=columns_of(row),
            position=row.position or None,
            moved_to=row.moved_to,
        )
        for row in FeedRow.objects.filter(tenant=tenant).order_by("id")
    )


def columns_of(row: FeedRow) -> tuple[FeedColumn, ...]:
    """Return the columns of attributes of a feed."""
    return tuple(FeedColumn(one["attribute"], one["name"], one["type"]) for one in row.columns)
