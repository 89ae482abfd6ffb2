"""The room as Django knows it."""

from django.apps import AppConfig


class Exchange(AppConfig):
    name = "renkei.exchange"
    label = "exchange"
