"""Ingestion from the MQTT broker as a process of its own."""

import os
import signal
import threading


def main() -> None:
    """Take uplinks from the broker that RENKEI_MQTT_URL names, until SIGTERM or SIGINT."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "renkei.config.settings")
    import django
    from django.conf import settings

    django.setup()
    from renkei.servers.mqtt import run_ingestion

    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    run_ingestion(settings.RENKEI.mqtt_url, stop)


if __name__ == "__main__":
    main()
