"""A question of this node's own pages, answered by the very endpoint that answers it over HTTP."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from starlette.datastructures import QueryParams

from renkei.kernel.ids import Actor, OrgId
from renkei.servers.door import Call
from renkei.servers.errors import ParameterUnknown
from renkei.servers.ngsild.api import ENDPOINTS
from renkei.servers.ngsild.door import Answer, Asked, settled


def ask(
    path: str,
    words: Sequence[tuple[str, str]],
    *,
    headers: Mapping[str, str],
    tenant: OrgId,
    actor: Actor,
    now: datetime,
) -> Answer:
    """Answer `GET <path>?<words>` for a tenant whose caller is known to be allowed to read.

    `path` is that of an endpoint, below the base; header names are lower-case. Raises what the endpoint refuses.
    """
    endpoint = next(each for each in ENDPOINTS if (each.method, each.path) == ("GET", path))
    query = QueryParams(list(words))
    unknown = [name for name in query if name not in endpoint.takes]
    if unknown:
        raise ParameterUnknown(named=", ".join(unknown)[:80], known=", ".join(sorted(endpoint.takes)) or "-")
    call = Call("GET", {}, query, headers)
    return settled(endpoint.handler(Asked(call, query, tenant, actor, now, path)))
