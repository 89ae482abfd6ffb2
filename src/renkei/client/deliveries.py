"""What providers pushed to one's own node, taken from there into files."""

import hashlib
import os
from pathlib import Path
from urllib.parse import quote

from renkei.client.connection import Connection
from renkei.client.errors import DeliveryDamaged
from renkei.wire import member as wire
from renkei.wire import rows


def listed(connection: Connection, transfer: str) -> tuple[wire.Delivery, ...]:
    """Return the parts that have arrived by a transfer, in the order of arrival. Raises Refused."""
    return connection.get(f"{_path(transfer)}/deliveries", wire.Deliveries).items


def save_all(connection: Connection, transfer: str, folder: Path) -> list[Path]:
    """Write each part to a file of a folder, `part-1.parquet` and so on, and return the files.

    A file appears when it is whole. Raises Refused, client.delivery-damaged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    saved = []
    for number, part in enumerate(listed(connection, transfer), start=1):
        target = folder / f"part-{number}{rows.ending_of(part.media_type)}"
        saved.append(_save(connection, transfer, part, target))
    return saved


def _save(connection: Connection, transfer: str, part: wire.Delivery, target: Path) -> Path:
    half = target.with_name(f".{target.name}.{os.getpid()}.part")
    digest = hashlib.sha256()
    try:
        path = f"{_path(transfer)}/deliveries/{quote(part.id, safe=':')}"
        with half.open("wb") as file, connection.download(path) as pieces:
            for piece in pieces:
                digest.update(piece)
                file.write(piece)
        if digest.hexdigest() != part.sha256:
            raise DeliveryDamaged(delivery=part.id)
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)
    return target


def _path(transfer: str) -> str:
    return f"{wire.ROOT}/transfers/{quote(transfer, safe=':')}"
