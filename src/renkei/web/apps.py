"""The portal as Django knows it."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The portal's tables: failed sign-ins, nothing else."""

    name = "renkei.web"
    label = "web"
