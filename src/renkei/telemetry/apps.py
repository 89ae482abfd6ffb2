"""The telemetry room as Django knows it."""

from django.apps import AppConfig


class TelemetryConfig(AppConfig):
    name = "renkei.telemetry"
    label = "telemetry"
