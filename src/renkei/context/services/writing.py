"""What can be done to entities (clause 5.6), one at a time and in batches; a single write that was refused is raised."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from renkei.context.errors import AttributesKept, EntityExists, EntityMissing
from renkei.context.queries.finding import ids
from renkei.context.rules import changing
from renkei.context.services.acting import Act, Doing, Outcome, Planned, Write, do
from renkei.context.types import (
    DEFAULT,
    BatchResult,
    Document,
    EntityChange,
    EntityError,
    EntityId,
    EntityQuery,
    Instance,
    Updated,
)
from renkei.kernel.ids import Actor, OrgId
from renkei.kernel.refusals import Refusal


def _one(outcomes: list[Outcome]) -> EntityChange:
    (outcome,) = outcomes
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


def _done(outcomes: list[Outcome]) -> None:
    _one(outcomes)


def _create(before: Document | None, *, entity: Document, now: datetime) -> Document:
    if before is not None:
        raise EntityExists(entity=entity["id"])
    return changing.created(entity, now=now)


def _there(before: Document | None, uri: str) -> Document:
    if before is None:
        raise EntityMissing(entity=uri)
    return before


@Doing
def create_entity(tenant: OrgId, entity: Document, *, actor: Actor, now: datetime) -> Planned[None]:
    """Create an entity (clause 5.6.1). Raises context.entity-exists, context.request-invalid."""
    write = Write(entity["id"], partial(_create, entity=entity, now=now))
    return Planned(Act(tenant, [write], actor, now), _done)


@Doing
def replace_entity(
    tenant: OrgId, uri: EntityId, entity: Document, *, actor: Actor, now: datetime
) -> Planned[None]:
    """Put another entity in an entity's place (clause 5.6.18). Raises context.entity-missing, context.request-invalid."""

    def make(before: Document | None) -> Document:
        return changing.replaced(_there(before, uri), entity, now=now)

    return Planned(Act(tenant, [Write(uri, make)], actor, now), _done)


@Doing
def merge_entity(
    tenant: OrgId,
    uri: EntityId,
    fragment: Document,
    *,
    observed_at: str | None = None,
    lang: str | None = None,
    actor: Actor,
    now: datetime,
) -> Planned[None]:
    """Merge a fragment into an entity (clause 5.6.17). Raises context.entity-missing."""

    def make(before: Document | None) -> Document:
        return changing.merged(_there(before, uri), fragment, now=now, observed_at=observed_at, lang=lang)

    return Planned(Act(tenant, [Write(uri, make)], actor, now), _done)


@Doing
def append_attributes(
    tenant: OrgId, uri: EntityId, fragment: Document, *, overwrite: bool = True, actor: Actor, now: datetime
) -> Planned[Updated]:
    """Add attributes to an entity (clause 5.6.3). Raises context.entity-missing."""
    return _told(
        tenant,
        uri,
        lambda before: changing.appended(before, fragment, overwrite=overwrite, now=now),
        actor=actor,
        now=now,
    )


@Doing
def update_attributes(
    tenant: OrgId, uri: EntityId, fragment: Document, *, actor: Actor, now: datetime
) -> Planned[Updated]:
    """Write attributes of an entity (clause 5.6.2). Raises context.entity-missing."""
    return _told(
        tenant, uri, lambda before: changing.updated(before, fragment, now=now), actor=actor, now=now
    )


def _told(
    tenant: OrgId,
    uri: EntityId,
    make: Callable[[Document], tuple[Document, Updated]],
    *,
    actor: Actor,
    now: datetime,
) -> Planned[Updated]:
    answers: list[Updated] = []

    def made(before: Document | None) -> Document:
        after, answer = make(_there(before, uri))
        answers.append(answer)
        return after

    def told(outcomes: list[Outcome]) -> Updated:
        _one(outcomes)
        return answers[-1]

    return Planned(Act(tenant, [Write(uri, made)], actor, now), told)


@Doing
def patch_attribute(
    tenant: OrgId,
    uri: EntityId,
    attribute: str,
    given: Instance,
    *,
    kind_stated: bool,
    actor: Actor,
    now: datetime,
) -> Planned[None]:
    """Change members of an instance (clause 5.6.4); `kind_stated`: the caller said what kind of attribute it is.

    Raises context.entity-missing, context.attribute-missing, context.request-invalid.
    """

    def make(before: Document | None) -> Document:
        return changing.patched(_there(before, uri), attribute, given, kind_stated=kind_stated, now=now)

    return Planned(Act(tenant, [Write(uri, make)], actor, now), _done)


@Doing
def put_attribute(
    tenant: OrgId, uri: EntityId, attribute: str, instances: list[Instance], *, actor: Actor, now: datetime
) -> Planned[None]:
    """Replace instances of an attribute (clause 5.6.19). Raises context.entity-missing, context.attribute-missing."""

    def make(before: Document | None) -> Document:
        return changing.put(_there(before, uri), attribute, instances, now=now)

    return Planned(Act(tenant, [Write(uri, make)], actor, now), _done)


@Doing
def delete_attribute(
    tenant: OrgId,
    uri: EntityId,
    attribute: str,
    *,
    dataset: str = DEFAULT,
    everything: bool = False,
    actor: Actor,
    now: datetime,
) -> Planned[None]:
    """Take an attribute away (clause 5.6.5); `everything`: all its instances.

    Raises context.entity-missing, context.attribute-missing.
    """

    def make(before: Document | None) -> Document:
        there = _there(before, uri)
        return changing.without(there, attribute, dataset=dataset, everything=everything, now=now)

    return Planned(Act(tenant, [Write(uri, make)], actor, now), _done)


@Doing
def delete_entity(tenant: OrgId, uri: EntityId, *, actor: Actor, now: datetime) -> Planned[None]:
    """Delete an entity and its history (clause 5.6.6). Raises context.entity-missing."""
    return Planned(Act(tenant, [Write(uri, partial(_delete, uri=uri))], actor, now), _done)


def _delete(before: Document | None, *, uri: str) -> None:
    _there(before, uri)


def create_entities(
    tenant: OrgId, entities: Sequence[Document], *, actor: Actor, now: datetime
) -> BatchResult:
    """Create a batch of entities (clause 5.6.7)."""
    writes = [Write(entity["id"], partial(_create, entity=entity, now=now)) for entity in entities]
    return _batch(tenant, writes, actor=actor, now=now)


def upsert_entities(
    tenant: OrgId, entities: Sequence[Document], *, update: bool, actor: Actor, now: datetime
) -> BatchResult:
    """Create or replace a batch of entities, or write their attributes where `update` (clause 5.6.8)."""

    def make(before: Document | None, entity: Document) -> Document:
        if before is None:
            return changing.created(entity, now=now)
        return (
            changing.updated(before, entity, now=now)[0]
            if update
            else changing.replaced(before, entity, now=now)
        )

    writes = [Write(entity["id"], partial(make, entity=entity)) for entity in entities]
    return _batch(tenant, writes, actor=actor, now=now)


def update_entities(
    tenant: OrgId, entities: Sequence[Document], *, overwrite: bool, actor: Actor, now: datetime
) -> BatchResult:
    """Write attributes of a batch of entities (clause 5.6.9)."""

    kept: dict[EntityId, Refusal] = {}

    def make(before: Document | None, entity: Document) -> Document:
        there = _there(before, entity["id"])
        after, told = changing.appended(there, entity, overwrite=overwrite, now=now)
        kept.pop(entity["id"], None)
        if told.not_updated:
            left = ", ".join(one.attribute for one in told.not_updated)
            kept[entity["id"]] = AttributesKept(entity=entity["id"], attributes=left)
        return after

    writes = [Write(entity["id"], partial(make, entity=entity)) for entity in entities]
    done = _batch(tenant, writes, actor=actor, now=now)
    updated = tuple(uri for uri in done.updated if uri not in kept)
    return replace(
        done, updated=updated, errors=(*done.errors, *(EntityError(uri, why) for uri, why in kept.items()))
    )


def merge_entities(
    tenant: OrgId,
    entities: Sequence[Document],
    *,
    observed_at: str | None = None,
    lang: str | None = None,
    actor: Actor,
    now: datetime,
) -> BatchResult:
    """Merge a batch of fragments into their entities (clause 5.6.20)."""

    def make(before: Document | None, entity: Document) -> Document:
        there = _there(before, entity["id"])
        return changing.merged(there, entity, now=now, observed_at=observed_at, lang=lang)

    writes = [Write(entity["id"], partial(make, entity=entity)) for entity in entities]
    return _batch(tenant, writes, actor=actor, now=now)


def delete_entities(tenant: OrgId, uris: Sequence[EntityId], *, actor: Actor, now: datetime) -> BatchResult:
    """Delete a batch of entities (clause 5.6.10)."""
    writes = [Write(uri, partial(_delete, uri=uri)) for uri in uris]
    return _batch(tenant, writes, actor=actor, now=now)


def purge_entities(
    tenant: OrgId,
    query: EntityQuery,
    *,
    keep: frozenset[str] | None = None,
    drop: frozenset[str] | None = None,
    actor: Actor,
    now: datetime,
) -> BatchResult:
    """Delete the entities that a question finds; or only their attributes but those to `keep`, or those to `drop`.

    They are found first, and each of them is then as it is when its turn comes (clause 5.6.21).
    """

    def make(before: Document | None, uri: EntityId) -> Document | None:
        there = _there(before, uri)
        if keep is None and drop is None:
            return None
        gone = {
            iri for iri in there["attrs"] if (iri not in keep if keep is not None else iri in (drop or ()))
        }
        return changing.stripped(there, gone, now=now)

    writes = [Write(uri, partial(make, uri=uri)) for uri in ids(tenant, query, now=now)]
    return _batch(tenant, writes, actor=actor, now=now)


def _batch(tenant: OrgId, writes: Sequence[Write], *, actor: Actor, now: datetime) -> BatchResult:
    created: list[EntityId] = []
    updated: list[EntityId] = []
    errors: list[EntityError] = []
    for write, outcome in zip(writes, do(Act(tenant, writes, actor, now)), strict=True):
        if isinstance(outcome, Refusal):
            errors.append(EntityError(write.entity, outcome))
        elif outcome.before is None:
            created.append(write.entity)
        else:
            updated.append(write.entity)
    return BatchResult(tuple(created), tuple(updated), tuple(errors))
