"""What offers would mean before anyone agrees to them: to the data, beside each other, and to whom."""

from collections.abc import Sequence
from datetime import datetime

from renkei.exchange.errors import DatasetMissing, OfferMissing
from renkei.exchange.models import NegotiationRow, OfferRow
from renkei.exchange.queries.datasets import dataset as one_dataset
from renkei.exchange.rules.comparing import lines
from renkei.exchange.rules.plan import compile_terms
from renkei.exchange.rules.prospects import decision_of
from renkei.exchange.rules.sentences import points
from renkei.exchange.rules.templates import fitted, template
from renkei.exchange.rules.terms import parse, parsed
from renkei.exchange.types import (
    Audience,
    Chance,
    Circumstances,
    Comparison,
    Dataset,
    Decision,
    Offer,
    Policy,
    Prospect,
    Simulation,
    Wishes,
)
from renkei.kernel.ids import DatasetId, OfferId, OrgId, ParticipantId
from renkei.kernel.refusals import Refusal
from renkei.parties import api as parties
from renkei.privacy import api as privacy

SAMPLE = 20
"""Rows that a simulation shows."""
PARTICIPANTS = 20
"""Participants in a part of an audience."""


def known_offer(offer_id: OfferId, *, owner: OrgId | None) -> Offer:
    """Return one offer of an organisation, or of the node, a withdrawn one too. Raises exchange.offer-missing."""
    rows = OfferRow.objects.filter(pk=offer_id)
    row = (rows if owner is None else rows.filter(dataset__owner=owner)).first()
    if row is None:
        raise OfferMissing(offer=offer_id)
    return row.as_fact()


def template_wishes(name: str, *, dataset: DatasetId) -> Wishes:
    """Return what a template becomes for a dataset.

    Raises exchange.template-missing, template-unfit, dataset-missing.
    """
    said, found = template(name), one_dataset(dataset)
    owner = parties.organisation(found.owner).name
    credit = owner.ja if owner.ja == owner.en else f"{owner.ja} ({owner.en})"
    return fitted(said, classes=found.classes, owner=credit)


def simulate(
    *,
    owner: OrgId,
    dataset: DatasetId,
    terms: Policy,
    participant: ParticipantId | None = None,
    purpose: str | None = None,
    now: datetime,
) -> Simulation:
    """Show an owner what terms would do to its dataset as it is now, and what a participant would meet.

    Nothing is recorded: nobody was given anything. It takes as long as a release; call it outside a transaction. Where
    answers leave in place of rows the sample is empty, and the figures are of what the answers are made from. Raises
    exchange.dataset-missing for another's dataset, what `parse` raises, column-unknown, role-missing, and what
    `privacy.preview` raises, privacy.no-lawful-route among it.
    """
    found = _owned(dataset, owner=owner)
    said = parse(terms)
    plan = compile_terms(said, table=found.table, classes=found.classes)
    in_place = said.delivery is privacy.Delivery.IN_PLACE
    preview = privacy.preview(plan, rows=0 if in_place else SAMPLE)
    decision = None
    if participant is not None:
        known = parties.standing(participant, now=now)
        decision = decision_of(said, _circumstances(participant, known, purpose=purpose, now=now))
    sentences = tuple(text for text in points(said).values() if text is not None)
    return Simulation(preview, said.delivery, sentences, decision)


def compare_terms(now: Policy, *, before: Policy) -> Comparison:
    """Lay terms beside others, point by point, such as those of two offers."""
    said, obstacle = lines(now, before)
    return Comparison(lines=said, obstacle=obstacle, before=before)


def audience(
    *,
    owner: OrgId,
    dataset: DatasetId | None = None,
    others: Sequence[Prospect] = (),
    now: datetime,
    after: str | None = None,
    limit: int = PARTICIPANTS,
) -> Audience:
    """Say of each known participant which of an owner's standing offers it is shown, and what it would meet now.

    Known are the other organisations of this node, those that negotiated with the owner, and `others`. Four
    queries, five for one dataset. Raises exchange.dataset-missing for another's dataset.
    """
    if dataset is not None:
        _owned(dataset, owner=owner)
    rows = OfferRow.objects.filter(dataset__owner=owner, withdrawn_at__isnull=True).order_by(
        "created_at", "pk"
    )
    offers = [row.as_fact() for row in (rows if dataset is None else rows.filter(dataset=dataset))]
    known = [each for each in _prospects(owner, others) if each.participant > (after or "")]
    shown = known[:limit]
    standings = parties.standings([each.participant for each in shown], now=now)
    return Audience(
        chances=tuple(
            chance
            for prospect in shown
            for chance in _chances(prospect, offers, known=standings[prospect.participant], now=now)
        ),
        next=shown[-1].participant if len(known) > limit else None,
    )


def _chances(
    prospect: Prospect, offers: Sequence[Offer], *, known: parties.Standing, now: datetime
) -> list[Chance]:
    circumstances = _circumstances(prospect.participant, known, purpose=None, now=now)
    return [_chance(prospect, offer, circumstances) for offer in offers]


def _chance(prospect: Prospect, offer: Offer, circumstances: Circumstances) -> Chance:
    try:
        terms = parsed(offer.terms)
    except Refusal as refusal:  # made before terms were held to what they are held to now
        return Chance(prospect, offer, sees=False, decision=Decision(prospect.participant, None, refusal))
    sees = terms.recipients is None or prospect.participant in terms.recipients
    return Chance(prospect, offer, sees, decision_of(terms, circumstances, offer=offer.id))


def _circumstances(
    participant: ParticipantId, known: parties.Standing, *, purpose: str | None, now: datetime
) -> Circumstances:
    return Circumstances(
        now=now,
        participant=participant,
        purpose=purpose,
        memberships=known.memberships,
        places=known.places,
    )


def _prospects(owner: OrgId, others: Sequence[Prospect]) -> list[Prospect]:
    found = {each.participant: each for each in others}
    own = {each.id: each for each in parties.organisations()}
    for peer in NegotiationRow.objects.filter(org=owner).values_list("peer", flat=True).distinct():
        found.setdefault(ParticipantId(peer), Prospect(ParticipantId(peer)))
    found |= {each.participant: Prospect(each.participant, each.name) for each in own.values()}
    if owner in own:
        found.pop(own[owner].participant, None)
    return [found[participant] for participant in sorted(found)]


def _owned(dataset: DatasetId, *, owner: OrgId) -> Dataset:
    found = one_dataset(dataset)
    if found.owner != owner:
        raise DatasetMissing(dataset=dataset)
    return found
