"""Whose entities a page shows, and in which words: what the pages about entities share."""

from dataclasses import dataclass

from renkei.context import api as context
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import OrgId
from renkei.parties import api as parties
from renkei.servers.ngsild.resolving import core, resolve
from renkei.web.errors import PageMissing
from renkei.web.request import PortalRequest
from renkei.wire.ngsild.jsonld import Context

_ENDS = "/#"


@dataclass(frozen=True, slots=True)
class Words:
    """The JSON-LD context that names are said in, and those that could be chosen instead."""

    terms: Context
    chosen: str
    """Its address; empty for the core context alone."""
    known: tuple[str, ...]

    def name(self, iri: str) -> str:
        """Return what people call an IRI: its name in the context, else its last part."""
        short = self.terms.compact(iri)
        if "://" not in short:
            return short
        return short[max(short.rfind(end) for end in _ENDS) + 1 :] or short


def reader(request: PortalRequest) -> OrgId | None:
    """Return whose entities the caller reads; None for the operator, who is shown nobody's.

    An entity can tell of people: it is shown only to members of its organisation whose token is for reading entities.
    Raises parties.scope-missing.
    """
    if request.caller.org is None:
        return None
    parties.check_scope(request.caller, parties.Scope.CONTEXT_READ)
    return request.caller.org.id


def own_reader(request: PortalRequest) -> OrgId:
    """Return whose entities the caller reads. Raises PageMissing for the operator, parties.scope-missing."""
    tenant = reader(request)
    if tenant is None:
        raise PageMissing
    return tenant


def words_of(request: PortalRequest, tenant: OrgId) -> Words:
    """Return the words that `?context=` asks for, of those that this node keeps for the tenant; else the core's.

    Raises what `resolve` raises.
    """
    known = tuple(context.context_addresses(tenant))
    chosen = request.GET.get("context", "")
    if chosen not in known:
        return Words(core(), "", known)
    return Words(resolve(chosen, tenant=tenant, now=utc_now()), chosen, known)
