"""Which registrations speak of what is asked for (clause 5.12)."""

from typing import Any

from renkei.context.rules.patterns import found_in
from renkei.context.types import Registration, RegistrationQuery


def speaks_of(registration: Registration, query: RegistrationQuery) -> bool:
    """Tell whether some piece of a registration's information fits the question.

    What a piece leaves open, such as its attributes, fits anything.
    """
    return any(_fits(piece, query) for piece in registration.body["information"])


def _fits(piece: dict[str, Any], query: RegistrationQuery) -> bool:
    entities = piece.get("entities")
    if entities and not any(_fits_entity(entity, query) for entity in entities):
        return False
    named = {*piece.get("propertyNames", ()), *piece.get("relationshipNames", ())}
    return not query.attributes or not named or bool(named & set(query.attributes))


def _fits_entity(entity: dict[str, Any], query: RegistrationQuery) -> bool:
    if query.types and not set(entity["type"]) & set(query.types):
        return False
    if "id" in entity:
        by_id = not query.ids or entity["id"] in query.ids
        return by_id and (query.pattern is None or found_in(query.pattern, entity["id"]))
    if "idPattern" in entity and query.ids:
        return any(found_in(entity["idPattern"], uri) for uri in query.ids)
    return True
