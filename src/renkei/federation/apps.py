"""The room as Django knows it."""

from django.apps import AppConfig


class FederationConfig(AppConfig):
    """Tables of the federated catalogue."""

    name = "renkei.federation"
    label = "federation"
