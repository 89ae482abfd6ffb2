"""Where a consumer wants its data pushed, as the data address of its request says it.

Two ways to say it are read: the protocol's own (`endpoint`, `authorization`, `authType`), and that of the Eclipse
connector's HTTP data plane (`baseUrl`, `path`, `method`, `authKey`, `authCode`), with or without that project's
namespace. `format`, or else `mediaType` or `contentType`, chooses among the forms in which a renkei node writes data.
"""

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from renkei.wire import rows
from renkei.wire.dsp.errors import DestinationUnusable
from renkei.wire.dsp.transfer import DataAddress

EDC: Final = "https://w3id.org/edc/v0.0.1/ns/"
FORMS: Final = {"parquet": rows.PARQUET, "csv": rows.CSV, "jsonl": rows.JSON_LINES}
"""The forms, each with its media type."""
_BY_MEDIA_TYPE: Final = {
    **{text.partition(";")[0]: form for form, text in FORMS.items()},
    "application/octet-stream": "parquet",
}
_URL = re.compile(r"https?://[!-\"$-?A-~]{1,2000}")
"""Printable ASCII, without `#` and `@`: neither a fragment nor a user."""
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_OURS: Final = {"host", "content-length", "content-type", "transfer-encoding", "connection", "te", "upgrade"}
"""Headers that say how the data travel, which is not for the receiver to set."""


@dataclass(frozen=True, slots=True)
class Destination:
    """An address that takes data, and how."""

    url: str
    method: str
    authorization: tuple[str, str] | None = field(repr=False)
    """Name and value of the header that opens it."""
    form: str
    """`parquet`, `csv` or `jsonl`."""

    @property
    def shown(self) -> str:
        """The address without its query, which may hold a signature: for logs and reasons."""
        return self.url.partition("?")[0]


def read_destination(address: DataAddress, *, secure: bool) -> Destination:
    """Read a consumer's data address; with `secure` it has to be https. Raises wire.dsp-destination-unusable."""
    said = {entry.name.removeprefix(EDC): entry.value for entry in address.properties or ()}
    unread = next((name for name in said if name.startswith("header:")), None)
    if unread is not None:
        raise DestinationUnusable(part=unread, given="…")
    return Destination(
        url=_url(address.endpoint, said, secure=secure),
        method=_chosen("method", said.get("method", "POST").upper(), {"POST", "PUT"}),
        authorization=_authorization(said),
        form=_form(said),
    )


def _url(endpoint: str | None, said: dict[str, str], *, secure: bool) -> str:
    stated = endpoint or said.get("endpoint")  # the Eclipse connector lists it among the properties
    name, url = ("endpoint", stated) if stated else ("baseUrl", said.get("baseUrl", ""))
    if name == "baseUrl" and said.get("path"):
        url = f"{url.rstrip('/')}/{said['path'].lstrip('/')}"
    if not (_URL.fullmatch(url) and _names_host(url)) or (secure and not url.startswith("https:")):
        raise DestinationUnusable(part=name, given=url[:200].partition("?")[0])
    return url


def _names_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _authorization(said: dict[str, str]) -> tuple[str, str] | None:
    if "authorization" in said:
        kind, secret = said.get("authType", "bearer"), said["authorization"]
        if kind.lower() != "bearer":
            raise DestinationUnusable(part="authType", given=kind[:40])
        return "Authorization", f"Bearer {_header_value('authorization', secret)}"
    if "authKey" not in said:
        return None
    name = said["authKey"]
    if not _TOKEN.fullmatch(name) or name.lower() in _OURS:
        raise DestinationUnusable(part="authKey", given=name[:40])
    if "authCode" not in said:  # a name in the consumer's own vault opens nothing here
        raise DestinationUnusable(part="authCode", given="")
    return name, _header_value("authCode", said["authCode"])


def _header_value(part: str, text: str) -> str:
    if len(text) > 8000 or not _VALUE.fullmatch(text):
        raise DestinationUnusable(part=part, given="…")
    return text


def _form(said: dict[str, str]) -> str:
    if "format" in said:
        return _chosen("format", said["format"].lower(), set(FORMS))
    for name in ("mediaType", "contentType"):
        if name in said:
            bare = said[name].partition(";")[0].strip().lower()
            return _BY_MEDIA_TYPE[_chosen(name, bare, set(_BY_MEDIA_TYPE))]
    return "parquet"


def _chosen(part: str, given: str, known: set[str]) -> str:
    if given not in known:
        raise DestinationUnusable(part=part, given=given[:40])
    return given
