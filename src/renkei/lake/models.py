"""Which tables there are; their rows lie in Delta folders, not here."""

from datetime import datetime

from django.db import models

from renkei.kernel.ids import OrgId, TableId
from renkei.kernel.texts import Text
from renkei.lake.types import Column, ColumnType, Table


class TableRow(models.Model):
    """One table, as its owner made it."""

    id = models.CharField(max_length=64, primary_key=True)
    owner = models.CharField(max_length=255)
    name = models.CharField(max_length=63)
    columns = models.JSONField()
    subject = models.CharField(max_length=63, blank=True)
    created_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()

    class Meta:
        db_table = "lake_table"
        constraints = (
            models.UniqueConstraint(fields=("owner", "name"), name="lake_table_one_name_per_owner"),
        )

    def __str__(self) -> str:
        return f"{self.owner} {self.name}"

    def as_fact(self) -> Table:
        """Return the table as the other rooms see it."""
        return Table(
            id=TableId(self.id),
            owner=OrgId(self.owner),
            name=self.name,
            columns=tuple(
                Column(c["name"], ColumnType(c["type"]), c["unit"], Text(ja=c["ja"], en=c["en"]))
                for c in self.columns
            ),
            subject=self.subject or None,
            created_at=self.created_at,
        )
