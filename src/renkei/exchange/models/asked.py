"""Tables of what was asked in place: the ledger that guards answers together, and what of a budget is used up.

No query's text is kept, since it may hold what it asks about: only its hash.
"""

from django.db import models
from django.db.models import F, Q

from renkei.exchange.models.datasets import ID

LEDGER_PURPOSE = "exchange ledger"


class LedgerRow(models.Model):
    """All answers that one recipient has got from one table, under whichever agreement."""

    recipient = models.CharField(max_length=ID)
    table = models.CharField(max_length=45)
    key = models.BinaryField()
    """Of the marks, concealed."""
    marks = models.BigIntegerField(default=0)
    """How many are kept."""

    class Meta:
        db_table = "exchange_ledger"
        constraints = (models.UniqueConstraint(fields=["recipient", "table"], name="exchange_ledger_one"),)


class MarksRow(models.Model):
    """Of which rows one answered group was made (privacy.queries.differencing)."""

    ledger = models.ForeignKey(LedgerRow, on_delete=models.PROTECT, related_name="+")
    entity = models.CharField(max_length=ID)
    """The column whose values are counted as entities."""
    made_of = models.CharField(max_length=ID)
    digest = models.CharField(max_length=64)
    size = models.IntegerField()
    first = models.BinaryField()
    packed = models.BinaryField()

    class Meta:
        db_table = "exchange_marks"
        constraints = (
            models.UniqueConstraint(
                fields=["ledger", "entity", "made_of", "digest"], name="exchange_marks_once"
            ),
        )


class QueryRow(models.Model):
    """One query that was answered, or refused for differing too little from another."""

    ledger = models.ForeignKey(LedgerRow, on_delete=models.PROTECT, related_name="+")
    agreement = models.CharField(max_length=ID)
    transfer = models.CharField(max_length=45)
    query = models.CharField(max_length=64)
    """SHA-256 of the tree that ran."""
    release = models.CharField(max_length=64)
    version = models.BigIntegerField()
    told = models.BooleanField()
    groups = models.IntegerField()
    epsilon = models.BigIntegerField(default=0)
    """Used up, in millionths."""
    answer = models.BinaryField(null=True)
    """With noise: what was told, concealed, so that it is told again without new noise."""
    at = models.DateTimeField()

    class Meta:
        db_table = "exchange_query"
        indexes = (
            models.Index(fields=["ledger", "told", "at"], name="exchange_query_refused"),
            models.Index(fields=["agreement", "query"], name="exchange_query_again"),
        )


class BudgetRow(models.Model):
    """How much of an agreement's ε is used up, in millionths."""

    agreement = models.CharField(primary_key=True, max_length=ID)
    whole = models.BigIntegerField()
    spent = models.BigIntegerField(default=0)

    class Meta:
        db_table = "exchange_budget"
        constraints = (
            models.CheckConstraint(
                condition=Q(spent__gte=0) & Q(spent__lte=F("whole")), name="exchange_budget_kept"
            ),
        )
