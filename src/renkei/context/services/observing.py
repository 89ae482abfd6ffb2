"""What was observed becomes context: the newest observation of an attribute is its present, every one is its history.

Messages of devices overtake one another. One that was observed before what is known already takes its place in the
history and leaves the present as it is.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db import transaction

from renkei.context.rules import changing
from renkei.context.services.acting import Act, Write, do
from renkei.context.services.storing import add_history
from renkei.context.types import Document, EntityChange, Happened, InstanceChange
from renkei.kernel.ids import Actor, OrgId
from renkei.kernel.refusals import Refusal


@transaction.atomic
def observe_entities(tenant: OrgId, entities: Sequence[Document], *, actor: Actor, now: datetime) -> None:
    """Write what entities were observed to be, in the order given; an entity may come several times.

    All or nothing: raises what the first entity at fault is refused for, such as context.request-invalid.
    """
    late: dict[int, EntityChange] = {}

    def make(before: Document | None, entity: Document, place: int) -> Document:
        late.pop(place, None)  # the act may be tried again
        if before is None:
            return changing.created(entity, now=now)
        newer, older = changing.newer_and_older(before, entity, now=now)
        if older:
            instances = tuple(
                InstanceChange(name, instance.get("datasetId", ""), Happened.CREATED, None, instance)
                for name, instance in older
            )
            late[place] = EntityChange(entity["id"], before, before, instances)
        return changing.updated(before, newer, now=now)[0]

    writes = [
        Write(entity["id"], partial(make, entity=entity, place=place))
        for place, entity in enumerate(entities)
    ]
    for outcome in do(Act(tenant, writes, actor, now)):
        if isinstance(outcome, Refusal):
            raise outcome
    add_history(tenant, [late[place] for place in sorted(late)], now=now)
