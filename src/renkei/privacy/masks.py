"""Masks in SQL: what becomes of a value before it leaves. A missing value stays missing under every mask."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from renkei.kernel.texts import Text
from renkei.lake import api as lake
from renkei.lake.types import Column, ColumnType
from renkei.privacy.types import Mask, MaskKind, TimeStep

_BLOCK = 64
"""Bytes of a block of SHA-256 (RFC 2104, section 2)."""
_HASHED_BITS = 128

_STEPS: dict[TimeStep, str] = {
    TimeStep.MINUTE: "1 minute",
    TimeStep.FIVE_MINUTES: "5 minutes",
    TimeStep.TEN_MINUTES: "10 minutes",
    TimeStep.QUARTER: "15 minutes",
    TimeStep.HALF_HOUR: "30 minutes",
    TimeStep.HOUR: "1 hour",
    TimeStep.DAY: "1 day",
}
_TRUNCATED = {TimeStep.MONTH: "month", TimeStep.YEAR: "year"}


@dataclass(frozen=True, slots=True)
class PseudonymKey:
    """The two pads of HMAC-SHA256 under one key, in hexadecimal (RFC 2104)."""

    inner: str
    outer: str

    @classmethod
    def of(cls, key: bytes) -> "PseudonymKey":
        """Make the pads of a key of at most 64 bytes."""
        padded = key.ljust(_BLOCK, b"\0")
        return cls(bytes(byte ^ 0x36 for byte in padded).hex(), bytes(byte ^ 0x5C for byte in padded).hex())


def pseudonym_key(secret: bytes, name: str) -> PseudonymKey:
    """Derive the key of the pseudonyms that bear a name; it never leaves the node, nor does it reach a log."""
    return PseudonymKey.of(hashlib.sha256(b"renkei: pseudonyms\0" + secret + b"\0" + name.encode()).digest())


def masked_sql(mask: Mask, value: str, column: Column) -> str:
    """Return the SQL expression that a mask makes of another one, a column's value; a keyed hash is looked up instead."""
    if mask.kind is MaskKind.REDACT:
        return f"CAST(NULL AS {lake.SQL_TYPES[column.type]})"
    if mask.kind is MaskKind.TRUNCATE:
        return f"left({value}, {int(mask.amount):d})"
    if mask.kind is MaskKind.YEAR:
        return f"year({value})"
    if mask.kind is MaskKind.ROUND:
        return _rounded(mask, value, column)
    raise ValueError(f"{mask} is looked up")


def hashed_sql(value: str, column: Column, key: PseudonymKey) -> str:
    """Return the SQL expression of HMAC-SHA256 of a value under a key, as far as pseudonyms show it (RFC 2104)."""
    raw = value if column.type is ColumnType.BYTES else f"encode(CAST({value} AS VARCHAR))"
    inner = f"sha256(unhex('{key.inner}') || {raw})"
    return f"left(sha256(unhex('{key.outer}') || unhex({inner})), {_HASHED_BITS // 4:d})"


def hashed(value: object, key: PseudonymKey | None) -> str:
    """Return what `hashed_sql` makes of one value, without a database."""
    if key is None:
        raise ValueError("a keyed hash needs its key")
    raw = value if isinstance(value, bytes) else _as_text(value).encode()
    inner = hashlib.sha256(bytes.fromhex(key.inner) + raw).digest()
    return hashlib.sha256(bytes.fromhex(key.outer) + inner).hexdigest()[: _HASHED_BITS // 4]


def stepped_sql(step: TimeStep, value: str) -> str:
    """Return the SQL expression of the beginning of a time's step, UTC."""
    if step in _TRUNCATED:
        return f"date_trunc('{_TRUNCATED[step]}', {value})"
    return f"time_bucket(INTERVAL '{_STEPS[step]}', {value})"


def masked_column(mask: Mask, column: Column) -> Column:
    """Return what a column is once it is masked."""
    if mask.kind is MaskKind.HASH:
        text = Text(ja=f"{column.text.ja}(仮名)", en=f"{column.text.en}, pseudonymised")
        return Column(column.name, ColumnType.TEXT, None, text)
    if mask.kind is MaskKind.YEAR:
        text = Text(ja=f"{column.text.ja}(年)", en=f"{column.text.en}, the year")
        return Column(column.name, ColumnType.INTEGER, None, text)
    return column


def _rounded(mask: Mask, value: str, column: Column) -> str:
    step = mask.amount
    if column.type is ColumnType.INTEGER:
        return f"TRY_CAST(round(CAST({value} AS DOUBLE) / {step}) * {step} AS BIGINT)"
    decimals = len(step.partition(".")[2])
    return f"round(round({value} / CAST({step} AS DOUBLE)) * {step}, {decimals:d})"


def _as_text(value: object) -> str:
    """Write a value as DuckDB casts it to text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        here = value.astimezone(UTC)
        fraction = f".{here.microsecond:06}".rstrip("0") if here.microsecond else ""
        return f"{here:%Y-%m-%d %H:%M:%S}{fraction}+00"
    return str(value)
