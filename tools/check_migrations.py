"""Fails when a model changed without its migration, or when a foreign key leaves its room."""

import os
import sys
import tempfile

ORDER = ["audit", "parties", "lake", "context", "telemetry", "privacy", "exchange", "federation", "web"]


def main() -> int:
    """Print what is wrong, if anything, and return the exit code."""
    os.environ.setdefault("RENKEI_HOME", tempfile.mkdtemp(prefix="renkei-check-"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "renkei.config.settings")
    import django
    from django.core.management import call_command

    django.setup()
    wrong = list(_keys_that_point_up())
    for line in wrong:
        print(line)
    call_command("makemigrations", check=True, dry_run=True, verbosity=1)
    return 1 if wrong else 0


def _keys_that_point_up() -> list[str]:
    from django.apps import apps

    wrong = []
    for model in apps.get_models():
        for field in model._meta.get_fields():
            target = getattr(field, "related_model", None)
            if target is None or field.auto_created or isinstance(target, str):
                continue
            here, there = model._meta.app_label, target._meta.app_label
            if here in ORDER and there in ORDER and ORDER.index(there) > ORDER.index(here):
                wrong.append(f"{model.__name__}.{field.name} points up from {here} to {there}")
            if here != there and not field.remote_field.is_hidden():
                wrong.append(f"{model.__name__}.{field.name} leaves {here} without related_name='+'")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
