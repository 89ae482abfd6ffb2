"""Byte ranges of HTTP (RFC 9110, section 14): which part of a file a client asks for."""

import re
from dataclasses import dataclass

_ONE_RANGE = re.compile(r"bytes=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A part of a file: `length` bytes from `start`."""

    start: int
    length: int

    def content_range(self, size: int) -> str:
        """Return the value of `Content-Range` for a file of `size` bytes (14.4)."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{size}"


class RangeUnsatisfiable(ValueError):
    """The range lies wholly outside the file (15.5.17)."""


def read_range(header: str | None, *, size: int) -> ByteRange | None:
    """Read a `Range` header against a file of `size` bytes.

    Returns None when the whole file is to be sent: no header, several ranges, another unit or a header that cannot
    be read, all of which a server may ignore (14.2). Raises RangeUnsatisfiable.
    """
    found = _ONE_RANGE.fullmatch(header or "")
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        return _suffix(int(last), size)
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        raise RangeUnsatisfiable(header)
    end = min(int(last), size - 1) if last else size - 1
    return ByteRange(start, end - start + 1)


def _suffix(length: int, size: int) -> ByteRange:
    if length == 0 or size == 0:
        raise RangeUnsatisfiable(f"bytes=-{length}")
    taken = min(length, size)
    return ByteRange(size - taken, taken)
