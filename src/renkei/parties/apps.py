"""The room as Django knows it."""

from django.apps import AppConfig


class PartiesConfig(AppConfig):
    """Organisations, keys, tokens."""

    name = "renkei.parties"
    label = "parties"
