"""The room as Django knows it."""

from typing import Any

from django.apps import AppConfig


class ContextConfig(AppConfig):
    name = "renkei.context"
    label = "context"

    def ready(self) -> None:
        """Teach each connection of SQLite what questions about entities use."""
        from django.db.backends.signals import connection_created

        connection_created.connect(_teach, dispatch_uid="context.teach")


def _teach(connection: Any, **_: Any) -> None:
    if connection.vendor == "sqlite":
        from renkei.context.queries.dialects import teach

        teach(connection.connection)
