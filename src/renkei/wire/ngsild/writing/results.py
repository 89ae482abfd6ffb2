"""What became of a write (clauses 5.2.16 to 5.2.19)."""

from collections.abc import Callable
from typing import Any

from renkei.context.types import BatchResult, Updated
from renkei.kernel.refusals import Refusal


def write_update_result(result: Updated) -> dict[str, Any]:
    """Return which attributes were changed and which not, UpdateResult (clause 5.2.18).

    Attributes go by their IRIs, which are right whatever context the client has.
    """
    return {
        "updated": list(result.updated),
        "notUpdated": [{"attributeName": one.attribute, "reason": one.reason} for one in result.not_updated],
    }


def write_batch_result(result: BatchResult, *, describe: Callable[[Refusal], Any]) -> dict[str, Any]:
    """Return which entities of a batch were written and which not, BatchOperationResult (clause 5.2.16).

    `describe` is how the edge tells of a refusal: its ProblemDetails.
    """
    return {
        "success": [*result.created, *result.updated],
        "errors": [{"entityId": one.entity, "error": describe(one.refusal)} for one in result.errors],
    }
