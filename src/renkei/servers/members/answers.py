"""Facts of the exchange, and datasets of peers, as the member API tells them."""

from typing import Any

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.kernel.refusals import Refusal
from renkei.kernel.texts import Text
from renkei.wire import member as wire
from renkei.wire.dsp import catalog as dsp


def listing(dataset: dsp.Dataset) -> wire.Listing:
    """Describe a dataset of a peer's catalogue."""
    quality = dataset.quality
    return wire.Listing(
        id=dataset.id,
        title=dsp.text_of(dataset.title),
        description=dsp.text_of(dataset.description),
        licence=next(iter(dsp.names_of(dataset.licence)), None),
        issued=dsp.time_of(dataset.issued),
        themes=dsp.names_of(dataset.themes),
        formats=tuple(distribution.format for distribution in dataset.distribution),
        offers=tuple(offer(policy) for policy in dataset.has_policy),
        columns=tuple(_column(column) for column in dataset.columns or ()),
        quality=None
        if quality is None
        else wire.Quality(
            rows=quality.rows,
            version=quality.version,
            first=quality.first,
            last=quality.last,
            completeness={each.name: each.per_mille for each in quality.completeness or ()},
        ),
    )


def _column(column: dsp.ColumnDescription) -> wire.Column:
    return wire.Column(
        name=column.name,
        type=column.type,
        unit=column.unit,
        category=column.category,
        role=column.role,
        description=dsp.text_of(column.description) if column.description is not None else None,
    )


def offer(policy: dict[str, Any]) -> wire.Offer:
    """Describe an offer with its terms as sentences, or why they cannot be put into any."""
    terms, obstacle = _sentences(policy)
    return wire.Offer(id=str(policy.get("@id", "")), policy=policy, terms=terms, obstacle=obstacle)


def _sentences(policy: dict[str, Any]) -> tuple[tuple[Text, ...], Text | None]:
    try:
        return exchange.describe_terms(policy), None
    except Refusal as refusal:
        return (), Text(ja=refusal.said("ja"), en=refusal.said("en"))


def negotiation(fact: exchange.Negotiation) -> wire.Negotiation:
    """Describe a negotiation."""
    return wire.Negotiation(
        id=fact.id,
        role=fact.role.value,
        peer=fact.peer,
        peer_pid=fact.peer_pid,
        state=fact.state.value,
        dataset=fact.dataset,
        offer=fact.offer,
        waiting_for=fact.waiting_for,
        turn=fact.turn and fact.turn.value,
        waiting_since=fact.waiting_since,
        unsent=_unsent(fact.unsent),
        decision_due=fact.decision_due,
        by_hand=fact.by_hand,
        may=tuple(message.value for message in fact.may),
        code=fact.code,
        reasons=fact.reasons,
        agreement=fact.agreement,
        created_at=fact.created_at,
        updated_at=fact.updated_at,
    )


def agreement(fact: exchange.Agreement) -> wire.Agreement:
    """Describe an agreement."""
    return wire.Agreement(
        id=fact.id,
        role=fact.role.value,
        peer=fact.peer,
        dataset=fact.dataset,
        negotiation=fact.negotiation,
        policy=fact.terms,
        terms=_sentences(fact.terms)[0],
        terms_digest=fact.terms_digest,
        in_force=fact.in_force(utc_now()),
        signed_at=fact.signed_at,
        ends_at=fact.ends_at,
        ended_at=fact.ended_at,
        end_reason=fact.end_reason,
    )


def duty(fact: exchange.OwedDuty) -> wire.Duty:
    """Describe a duty as it stands now."""
    return wire.Duty(
        number=fact.number,
        action=fact.action,
        first=fact.first,
        words=fact.words,
        state=fact.state(utc_now()).value,
        due_at=fact.due_at,
        fulfilled_at=fact.fulfilled_at,
        fulfilled_by=fact.fulfilled_by and fact.fulfilled_by.value,
        statement=fact.statement,
        evidence=fact.evidence,
        proof=fact.proof,
        told_at=fact.told_at,
        untold=fact.untold,
    )


def uses(fact: exchange.Uses) -> wire.Uses:
    """Tell how often the data were used."""
    return wire.Uses(
        allowed=fact.allowed,
        taken=fact.taken,
        left=fact.left,
        window_allowed=fact.window_allowed,
        window_taken=fact.window_taken,
        window_ends=fact.window_ends,
    )


def transfer(fact: exchange.Transfer) -> wire.Transfer:
    """Describe a transfer, with its data address where the fact holds one."""
    address = fact.data_address
    return wire.Transfer(
        id=fact.id,
        role=fact.role.value,
        peer=fact.peer,
        peer_pid=fact.peer_pid,
        state=fact.state.value,
        agreement=fact.agreement,
        dataset=fact.dataset,
        format=fact.format,
        data_address=wire.DataAddress(
            endpoint_type=address.endpoint_type, endpoint=address.endpoint, token=address.secret
        )
        if address
        else None,
        waiting_for=fact.waiting_for,
        turn=fact.turn and fact.turn.value,
        waiting_since=fact.waiting_since,
        unsent=_unsent(fact.unsent),
        decision_due=fact.decision_due,
        by_hand=fact.by_hand,
        may=tuple(message.value for message in fact.may),
        code=fact.code,
        reasons=fact.reasons,
        created_at=fact.created_at,
        updated_at=fact.updated_at,
    )


def _unsent(fact: exchange.Waiting | None) -> wire.Unsent | None:
    if fact is None:
        return None
    return wire.Unsent(
        message=fact.kind.value,
        attempts=fact.attempts,
        queued_at=fact.queued_at,
        next_at=fact.next_at,
        gives_up_at=fact.gives_up_at,
        failure=fact.failure,
    )
