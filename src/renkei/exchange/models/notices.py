"""Notifications under agreements that are on their way."""

from datetime import datetime

from django.db import models


class NoticeRow(models.Model):
    """A notification that was recorded as told, until it has arrived: sent again it is the same use and receipt."""

    notice = models.CharField(max_length=100, primary_key=True)
    transfer = models.CharField(max_length=45)
    receipt = models.TextField()
    at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()

    class Meta:
        db_table = "exchange_notice"
