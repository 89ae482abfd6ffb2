"""The node's background work as far as uplinks go: every half second what is staged is moved into the tables.

python -m bench.mqtt.committer
"""

import time

BATCH = 50_000
PAUSE = 0.5


def main() -> None:
    """Move uplinks until it is told to end."""
    import django

    django.setup()
    from renkei.kernel.clock import utc_now
    from renkei.telemetry import api as telemetry

    while True:
        if telemetry.commit_staged(now=utc_now(), limit=BATCH) < BATCH:
            time.sleep(PAUSE)


if __name__ == "__main__":
    main()
