"""Refusals in the standard's words (ETSI GS CIM 009 v1.9.1, clauses 5.5.2 and 6.3.2)."""

from typing import Any

from renkei.kernel.refusals import Kind, Refusal
from renkei.wire.ngsild.problems import Error, Problem

_ERROR_OF_KIND: dict[Kind, Error] = {
    Kind.INVALID: Error.BAD_REQUEST_DATA,
    Kind.UNKNOWN_CALLER: Error.OPERATION_NOT_SUPPORTED,
    Kind.DENIED: Error.OPERATION_NOT_SUPPORTED,
    Kind.MISSING: Error.RESOURCE_NOT_FOUND,
    Kind.CONFLICT: Error.ALREADY_EXISTS,
    Kind.TOO_LARGE: Error.INVALID_REQUEST,
    Kind.UNAVAILABLE: Error.INTERNAL_ERROR,
}
_ERROR_OF_CODE: dict[str, Error] = {
    "servers.parameter-unknown": Error.INVALID_REQUEST,
    "servers.media-type-unsupported": Error.INVALID_REQUEST,
    "servers.acceptable-missing": Error.INVALID_REQUEST,
    "servers.method-unsupported": Error.OPERATION_NOT_SUPPORTED,
    "servers.tenant-unknown": Error.NONEXISTENT_TENANT,
    "servers.address-inside": Error.BAD_REQUEST_DATA,
    "servers.address-insecure": Error.BAD_REQUEST_DATA,
    "ngsild.body-unreadable": Error.INVALID_REQUEST,
    "context.ld-context-absent": Error.INVALID_REQUEST,
    "context.ld-context-unavailable": Error.LD_CONTEXT_NOT_AVAILABLE,
    "ngsild.option-unknown": Error.INVALID_REQUEST,
    "context.query-too-complex": Error.TOO_COMPLEX_QUERY,
    "exchange.agreement-not-in-force": Error.OPERATION_NOT_SUPPORTED,
    "exchange.duty-open": Error.OPERATION_NOT_SUPPORTED,
    "context.too-many-linked": Error.TOO_MANY_RESULTS,
}
_STATUS_OF_CODE = {
    "servers.media-type-unsupported": 415,
    "servers.acceptable-missing": 406,
    "servers.method-unsupported": 405,
    "exchange.agreement-not-in-force": 403,
    "exchange.duty-open": 403,
}
_STATUS_OF_KIND: dict[Kind, int] = {
    Kind.UNKNOWN_CALLER: 401,
    Kind.DENIED: 403,
    Kind.TOO_LARGE: 413,
    Kind.UNAVAILABLE: 503,
}


def describe(refusal: Refusal, *, status: int | None = None) -> Problem:
    """Return which of the standard's errors a refusal is, and the status that it is answered with."""
    error = _ERROR_OF_CODE.get(refusal.code) or _ERROR_OF_KIND[refusal.kind]
    usual = _STATUS_OF_CODE.get(refusal.code) or (
        error.status if refusal.code in _ERROR_OF_CODE else _STATUS_OF_KIND.get(refusal.kind)
    )
    return Problem(error, refusal.said("en"), status or usual)


def problem(refusal: Refusal, *, status: int | None = None) -> dict[str, Any]:
    """Return a refusal as ProblemDetails, with this node's code, facts and texts beside the standard's members."""
    told = refusal.as_dict()
    ours = {name: told[name] for name in ("code", "kind", "facts", "ja", "en")}
    return {**describe(refusal, status=status).as_json(), **ours}
