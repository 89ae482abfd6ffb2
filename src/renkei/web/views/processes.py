"""What the pages of one negotiation and of one transfer share: what it waits for, what was said, trying again."""

from typing import Any

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.parties import api as parties
from renkei.web.request import PortalRequest
from renkei.web.session import check_may_decide
from renkei.web.views import listing


def facts(request: PortalRequest, process: exchange.Negotiation | exchange.Transfer) -> dict[str, Any]:
    """Return what both pages show of a process beside itself."""
    return {
        "process": process,
        "history": [
            {"moment": moment, "terms": listing.sentences(moment.offer) if moment.offer else ()}
            for moment in exchange.history(process.id, org=process.org)
        ],
        "silent": process.silent(utc_now()),
        "may": {message.value for message in process.may},
        "may_decide": parties.Scope.PUBLISH in request.caller.scopes,
    }


def retry(request: PortalRequest, process: exchange.Negotiation | exchange.Transfer) -> None:
    """Have the process's waiting message tried at once. Raises DecisionDenied, exchange.nothing-to-send."""
    check_may_decide(request.caller)
    exchange.retry_now(org=process.org, process=process.id, actor=request.caller.actor, now=utc_now())
