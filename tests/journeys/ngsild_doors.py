"""What each NGSI-LD endpoint answers another organisation that names the owner's entity and sends no body.

With bodies: `tests/servers/ngsild/test_tenants.py`.
"""

from renkei.parties import api as parties

OTHER: dict[tuple[str, str], int] = {
    ("POST", "entities"): 415,
    ("GET", "entities"): 400,
    ("DELETE", "entities"): 400,
    ("GET", "entities/{id}"): 404,
    ("PUT", "entities/{id}"): 415,
    ("PATCH", "entities/{id}"): 415,
    ("DELETE", "entities/{id}"): 404,
    ("POST", "entities/{id}/attrs"): 415,
    ("PATCH", "entities/{id}/attrs"): 415,
    ("PATCH", "entities/{id}/attrs/{name}"): 415,
    ("PUT", "entities/{id}/attrs/{name}"): 415,
    ("DELETE", "entities/{id}/attrs/{name}"): 404,
    ("POST", "entityOperations/create"): 415,
    ("POST", "entityOperations/upsert"): 415,
    ("POST", "entityOperations/update"): 415,
    ("POST", "entityOperations/merge"): 415,
    ("POST", "entityOperations/delete"): 415,
    ("POST", "entityOperations/query"): 415,
    ("GET", "types"): 200,
    ("GET", "types/{name}"): 404,
    ("GET", "attributes"): 200,
    ("GET", "attributes/{name}"): 404,
    ("POST", "jsonldContexts"): 415,
    ("GET", "jsonldContexts"): 200,
    ("GET", "jsonldContexts/{id}"): 404,
    ("DELETE", "jsonldContexts/{id}"): 404,
    ("POST", "csourceRegistrations"): 415,
    ("GET", "csourceRegistrations"): 200,
    ("GET", "csourceRegistrations/{id}"): 404,
    ("PATCH", "csourceRegistrations/{id}"): 415,
    ("DELETE", "csourceRegistrations/{id}"): 404,
    ("POST", "subscriptions"): 415,
    ("GET", "subscriptions"): 200,
    ("GET", "subscriptions/{id}"): 404,
    ("PATCH", "subscriptions/{id}"): 415,
    ("DELETE", "subscriptions/{id}"): 404,
    ("POST", "temporal/entities"): 415,
    ("GET", "temporal/entities"): 400,
    ("GET", "temporal/entities/{id}"): 404,
    ("DELETE", "temporal/entities/{id}"): 404,
    ("POST", "temporal/entities/{id}/attrs"): 415,
    ("DELETE", "temporal/entities/{id}/attrs/{name}"): 404,
    ("PATCH", "temporal/entities/{id}/attrs/{name}/{instance}"): 415,
    ("DELETE", "temporal/entities/{id}/attrs/{name}/{instance}"): 404,
    ("POST", "temporal/entityOperations/query"): 415,
}
_READING = frozenset({"entityOperations/query", "temporal/entityOperations/query"})


def scope(method: str, path: str) -> parties.Scope:
    """Return what a token has to serve for."""
    reads = method == "GET" or path in _READING
    return parties.Scope.CONTEXT_READ if reads else parties.Scope.CONTEXT_WRITE
