"""Errors as a client sees them: ProblemDetails (RFC 7807; ETSI GS CIM 009 v1.9.1, clause 5.5.2)."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

_BASE = "https://uri.etsi.org/ngsi-ld/errors/"


class Error(Enum):
    """The errors of the standard: name, HTTP status (clause 6.3.2), title."""

    INVALID_REQUEST = ("InvalidRequest", 400, "The request is syntactically invalid")
    BAD_REQUEST_DATA = (
        "BadRequestData",
        400,
        "The request includes input data that does not meet the requirements",
    )
    ALREADY_EXISTS = ("AlreadyExists", 409, "The referred element already exists")
    OPERATION_NOT_SUPPORTED = ("OperationNotSupported", 422, "The operation is not supported")
    RESOURCE_NOT_FOUND = ("ResourceNotFound", 404, "The referred resource has not been found")
    INTERNAL_ERROR = ("InternalError", 500, "There has been an error while carrying out the operation")
    TOO_COMPLEX_QUERY = ("TooComplexQuery", 403, "The query is too complex to be carried out")
    TOO_MANY_RESULTS = ("TooManyResults", 403, "The query has more results than can be given")
    LD_CONTEXT_NOT_AVAILABLE = (
        "LdContextNotAvailable",
        503,
        "A remote JSON-LD @context could not be retrieved",
    )
    NO_MULTI_TENANT_SUPPORT = ("NoMultiTenantSupport", 501, "Several tenants are not supported")
    NONEXISTENT_TENANT = ("NonexistentTenant", 404, "The tenant does not exist")

    def __init__(self, word: str, status: int, title: str) -> None:
        self.uri = _BASE + word
        self.status = status
        self.title = title


@dataclass(frozen=True, slots=True)
class Problem:
    """One error, with what was wrong in particular."""

    error: Error
    detail: str
    status: int | None = None
    """HTTP status where it is another than the standard's for this error."""

    def as_json(self) -> dict[str, Any]:
        """Return the ProblemDetails."""
        return {
            "type": self.error.uri,
            "title": self.error.title,
            "detail": self.detail,
            "status": self.status or self.error.status,
        }
