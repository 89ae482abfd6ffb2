"""Acts on entities: each is one transaction with one line in the log, and acts that come together share one.

An act is a list of `Write`s: an entity's id, and what makes its new document of its present one. What one of them refuses
leaves the others alone.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import update_wrapper
from typing import Any, Generic, ParamSpec, TypeVar

from django.db import OperationalError, transaction

from renkei.audit import api as audit
from renkei.context.rules import changing
from renkei.context.services.announcing import announce_each
from renkei.context.services.sharing import Sharing
from renkei.context.services.storing import Overtaken, known, store, told
from renkei.context.types import Document, EntityChange, EntityId
from renkei.kernel.clock import parse_utc
from renkei.kernel.ids import Actor, OrgId
from renkei.kernel.refusals import Refusal

Make = Callable[[Document | None], Document | None]


@dataclass(frozen=True, slots=True)
class Write:
    """What is to become of one entity: its present document, or None, goes in; the new one, or None, comes out."""

    entity: EntityId
    make: Make
    sees_expired: bool = False
    """Whether what is past its time goes in as well, which is nothing to all others."""


Outcome = EntityChange | Refusal
"""What a write did, or why it was refused."""


@dataclass(frozen=True, slots=True)
class Act:
    """Writes that one caller asked for at once."""

    tenant: OrgId
    writes: Sequence[Write]
    actor: Actor
    now: datetime


P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Planned(Generic[T]):
    """An act that is yet to be done, and what its outcomes tell who asked for it."""

    act: Act
    told: Callable[[list[Outcome]], T]
    """Returns the answer, or raises what the act was refused with."""

    @staticmethod
    def together(several: "Sequence[Planned[Any]]") -> list[Any]:
        """Do as `do_together` does."""
        return do_together(several)


class Doing(Generic[P, T]):
    """A function that does an act: called, it does it; `plan` says only what is to be done, for `do_together`."""

    def __init__(self, plan: Callable[P, Planned[T]]) -> None:
        """`plan` decides what is to be done; it does nothing yet."""
        self.plan = plan
        update_wrapper(self, plan)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Do it; acts that come at the same time share a transaction."""
        planned = self.plan(*args, **kwargs)
        return planned.told(do(planned.act))


def do(act: Act) -> list[Outcome]:
    """Do an act and answer for each of its writes, in their order; acts that come at the same time share a transaction."""
    return _acts.do(act)


def do_together(planned: Sequence[Planned[Any]]) -> list[Any]:
    """Do acts of callers who know nothing of each other; answer each as it would have been alone.

    What would have been raised stands in its place in the answer.
    """
    outcomes = _acts.do_all([each.act for each in planned])
    return [_answered(each, outcome) for each, outcome in zip(planned, outcomes, strict=True)]


def _answered(planned: Planned[Any], outcome: list[Outcome] | Exception) -> Any:
    if isinstance(outcome, Exception):
        return outcome
    try:
        return planned.told(outcome)
    except Refusal as refusal:
        return refusal


_DEADLOCK = "40P01"
"""PostgreSQL's state for a transaction that it broke off so that another could go on."""


@transaction.atomic
def _done(acts: Sequence[Act]) -> list[list[Outcome]]:
    """Do acts in one transaction, each with its own line in the log and its own notifications. Raises Overtaken."""
    by_tenant: dict[OrgId, list[Act]] = {}
    for act in acts:
        by_tenant.setdefault(act.tenant, []).append(act)
    outcomes: dict[int, list[Outcome]] = {}
    for tenant in sorted(by_tenant):
        of_tenant = by_tenant[tenant]
        before = known(tenant, (write.entity for act in of_tenant for write in act.writes))
        current = {uri: entity.present for uri, entity in before.items()}
        for act in of_tenant:
            outcomes[id(act)] = [_made(write, current, act.now) for write in act.writes]
        tried = [(act, _changes(outcomes[id(act)])) for act in of_tenant]
        changed = [(act, changes) for act, changes in tried if changes]
        if not changed:
            continue
        store(tenant, before, [change for _, changes in changed for change in changes])
        announce_each(tenant, [(changes, act.now) for act, changes in changed])
        audit.record_many(_line(act, changes) for act, changes in changed)
    return [outcomes[id(act)] for act in acts]


def _shared(acts: Sequence[Act]) -> list[list[Outcome]]:
    """Do acts in one transaction. Raises Overtaken, also where the database broke it off to undo a deadlock."""
    try:
        return _done(acts)
    except OperationalError as broken:
        if getattr(broken.__cause__, "sqlstate", None) == _DEADLOCK:
            raise Overtaken from broken
        raise


_acts: Sharing[Act, list[Outcome]] = Sharing(_shared, again=Overtaken)


def _changes(outcomes: Sequence[Outcome]) -> list[EntityChange]:
    return [one for one in outcomes if isinstance(one, EntityChange) and one.before is not one.after]


def has_expired(document: Document | None, now: datetime) -> bool:
    """Tell whether there is a document that is past its time."""
    return document is not None and "expiresAt" in document and parse_utc(document["expiresAt"]) <= now


def _made(write: Write, current: dict[str, Document | None], now: datetime) -> Outcome:
    before = current.get(write.entity)
    if not write.sees_expired and has_expired(before, now):
        before = None
    try:
        after = write.make(before)
    except Refusal as refusal:
        return refusal
    current[write.entity] = after
    return EntityChange(write.entity, before, after, changing.difference(before, after))


def _line(act: Act, changes: Sequence[EntityChange]) -> audit.Recording:
    return audit.Recording(
        "context.entities-written",
        actor=act.actor,
        subject=act.tenant,
        at=act.now,
        facts={
            "created": sum(change.before is None for change in changes),
            "updated": sum(change.before is not None and change.after is not None for change in changes),
            "deleted": sum(change.after is None for change in changes),
            "sha256": hashlib.sha256(told(changes)).hexdigest(),
        },
    )
