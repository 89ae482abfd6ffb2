"""The plain SQL of the busy path: the same statements, with the same meaning, on SQLite and PostgreSQL."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

Key = tuple[int, str, int, int]
"""Device, session, counter, microseconds: what tells one uplink from another."""
_ROWS = 500
"""Rows in one statement, so that both databases keep a plan for it and stay under their limits of parameters."""

_HEARD = """
UPDATE telemetry_device SET
    uplinks = uplinks + %s,
    last_rssi = CASE WHEN COALESCE(last_seen_us, 0) <= %s THEN %s ELSE last_rssi END,
    last_snr = CASE WHEN COALESCE(last_seen_us, 0) <= %s THEN %s ELSE last_snr END,
    last_seen_us = CASE WHEN COALESCE(last_seen_us, 0) <= %s THEN %s ELSE last_seen_us END
WHERE id = %s
"""
_TALLY = """
INSERT INTO telemetry_tally (owner, code, day, count) VALUES (%s, %s, %s, %s)
ON CONFLICT (owner, code, day) DO UPDATE SET count = telemetry_tally.count + excluded.count
"""


def remember(keys: Sequence[Key]) -> set[Key]:
    """Write down that these uplinks were seen; return those that had not been."""
    return {
        (row[0], row[1], row[2], row[3])
        for row in _insert(
            "INSERT INTO telemetry_seen (device_id, session, counter, sent_us) VALUES ",
            keys,
            " ON CONFLICT DO NOTHING RETURNING device_id, session, counter, sent_us",
        )
    }


def stage(rows: Sequence[tuple[int, bytes]]) -> None:
    """Keep encoded uplinks, each with its stream, until they are moved into the owner's table."""
    _insert("INSERT INTO telemetry_staged (stream_id, body) VALUES ", rows, "")


def mark_heard(heard: Iterable[tuple[int, int, int, float | None, float | None]]) -> None:
    """Add to devices' counts and keep the latest signal: (device, uplinks, microseconds, RSSI, SNR) each."""
    with connection.cursor() as cursor:
        cursor.executemany(
            _HEARD,
            [(count, at, rssi, at, snr, at, at, device) for device, count, at, rssi, snr in heard],
        )


def add_tallies(tallies: Iterable[tuple[str, str, str, int]]) -> None:
    """Add to the counts of (owner, code, ISO day)."""
    with connection.cursor() as cursor:
        cursor.executemany(_TALLY, sorted(tallies))


def _insert(head: str, rows: Sequence[tuple[Any, ...]], tail: str) -> list[tuple[Any, ...]]:
    returned: list[tuple[Any, ...]] = []
    with connection.cursor() as cursor:
        for start in range(0, len(rows), _ROWS):
            part = rows[start : start + _ROWS]
            one = f"({', '.join(['%s'] * len(part[0]))})"
            cursor.execute(
                head + ", ".join([one] * len(part)) + tail, [value for row in part for value in row]
            )
            if tail:
                returned += cursor.fetchall()
    return returned
