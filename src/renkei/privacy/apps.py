"""The room as Django knows it."""

from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "renkei.privacy"
    label = "privacy"
