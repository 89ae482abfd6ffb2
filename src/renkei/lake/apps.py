"""The room as Django knows it."""

from django.apps import AppConfig


class LakeConfig(AppConfig):
    name = "renkei.lake"
    label = "lake"
