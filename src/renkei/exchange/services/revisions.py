"""What an owner changes in a published dataset, and what that means for its offers and agreements (ADR 0010)."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import transaction

from renkei.audit import api as audit
from renkei.exchange.errors import AgreementOvertaken, DatasetMissing, NotTheTable, OffersBroken
from renkei.exchange.models import AgreementRow, CatalogueRow, DatasetRow, OfferRow, TransferRow, pack_place
from renkei.exchange.rules.classes import stricter
from renkei.exchange.rules.plan import compile_terms, complete
from renkei.exchange.rules.terms import Terms, parse, parsed
from renkei.exchange.services.agreements import record_agreement
from renkei.exchange.services.processes import enqueue, in_words, record, save
from renkei.exchange.services.quality import measure
from renkei.exchange.types import Agreement, Dataset, MessageKind, Quality, Revision, Role, TransferState
from renkei.kernel.canonical import digest
from renkei.kernel.ids import Actor, AgreementId, DatasetId, OrgId, TableId, new_id
from renkei.kernel.places import Place
from renkei.kernel.refusals import Refusal
from renkei.kernel.texts import Text
from renkei.lake import api as lake
from renkei.parties import api as parties
from renkei.privacy import api as privacy


def revise_dataset(
    *,
    owner: OrgId,
    dataset: DatasetId,
    table: TableId,
    title: Text,
    description: Text,
    licence: str,
    classes: Sequence[privacy.ColumnClass],
    themes: Sequence[str] = (),
    place: Place | None = None,
    actor: Actor,
    now: datetime,
) -> Revision:
    """Describe a published dataset anew, and compute its quality figures at the table's present version.

    Raises exchange.offers-broken naming every standing offer that the new classes would make unlawful or senseless,
    exchange.dataset-missing, not-the-table, and what `publish_dataset` raises for the classes. Agreements in force
    that can no longer be kept are not in the way: their transfers are suspended and the consumers told why.
    """
    found = _owned(owner=owner, dataset=dataset)
    if found.table != table:
        raise NotTheTable(dataset=dataset)
    described = lake.table(table)
    classed = complete(classes, columns=[column.name for column in described.columns])
    privacy.check_fits(privacy.Plan(table=table, columns=classed), described.columns)
    quality = measure(described, classes=classed)  # outside the transaction: it reads the whole table
    with transaction.atomic():
        row = DatasetRow.objects.select_for_update().get(pk=dataset)
        _check_offers(row, classes=classed)
        row.title_ja, row.title_en = title.ja, title.en
        row.description_ja, row.description_en = description.ja, description.en
        row.licence, row.themes = licence, list(themes)
        row.classes, row.revised_at = pack(classed), now
        row.place = pack_place(place)
        fill(row, quality)
        row.save()
        overtaken = tuple(_suspend_overtaken(row, actor=actor, now=now))
        said = digest({"classes": row.classes})
        record_dataset(row, "dataset-revised", actor=actor, now=now, classes=said, suspended=len(overtaken))
    return Revision(dataset=row.as_fact(), overtaken=overtaken)


def refresh_dataset(*, owner: OrgId, dataset: DatasetId, actor: Actor, now: datetime) -> Dataset:
    """Compute a dataset's quality figures anew; where the table is at the same version, nothing changes.

    Raises exchange.dataset-missing.
    """
    found = _owned(owner=owner, dataset=dataset)
    quality = measure(lake.table(found.table), classes=found.classes)
    with transaction.atomic():
        row = DatasetRow.objects.select_for_update().get(pk=dataset)
        if row.version >= quality.version:
            return row.as_fact()
        fill(row, quality)
        row.revised_at = now
        row.save()
        record_dataset(row, "dataset-refreshed", actor=actor, now=now)
    return row.as_fact()


def agreed_plan(agreement: Agreement, dataset: Dataset) -> privacy.Plan:
    """Return what may leave under an agreement now. Raises exchange.agreement-overtaken."""
    classes = stricter(signed=agreement.classes, present=dataset.classes)
    try:
        plan = compile_terms(
            parsed(agreement.terms), table=dataset.table, classes=classes, agreement=agreement.id
        )
        privacy.check_lawful(plan)
    except Refusal as why:
        raise AgreementOvertaken(agreement=agreement.id, cause=why.code) from why
    return plan


def check_keepable(terms: Terms, *, table: TableId, classes: Sequence[privacy.ColumnClass]) -> None:
    """Check that terms can be kept with a table: lawfully, and with the columns that it has.

    Raises what `compile_terms`, `privacy.check_lawful` and `privacy.check_fits` raise.
    """
    plan = compile_terms(terms, table=table, classes=classes)
    privacy.check_lawful(plan)
    privacy.check_fits(plan, lake.table(table).columns)


def pack(classes: Sequence[privacy.ColumnClass]) -> list[list[str]]:
    """Return classes as they are stored."""
    return [[each.name, each.category.value, each.role.value] for each in classes]


def fill(row: DatasetRow, quality: Quality) -> None:
    """Put figures into a dataset's row."""
    row.version, row.rows, row.subjects = quality.version, quality.rows, quality.subjects
    row.first, row.last, row.completeness = quality.first, quality.last, dict(quality.completeness)


def record_dataset(row: DatasetRow, action: str, *, actor: Actor, now: datetime, **facts: audit.Fact) -> None:
    """Write the audit line of an act on a dataset; its owner may ask for it. The catalogue is another one from now on."""
    renew_catalogue(row.owner)
    audit.record(
        f"exchange.{action}",
        actor=actor,
        subject=row.pk,
        at=now,
        concerns=(parties.organisation(OrgId(row.owner)).participant,),
        table=row.table,
        version=row.version,
        rows=row.rows,
        **facts,
    )


def renew_catalogue(owner: str) -> None:
    """Note that an organisation's catalogue says something else when this transaction commits.

    A new id, not a count: after the database is restored from a copy, a count would come by an old value again.
    """
    CatalogueRow.objects.bulk_create(
        [CatalogueRow(owner=owner, revision=new_id())],
        update_conflicts=True,
        unique_fields=["owner"],
        update_fields=["revision"],
    )


def _owned(*, owner: OrgId, dataset: DatasetId) -> Dataset:
    row = DatasetRow.objects.filter(pk=dataset, owner=owner).first()
    if row is None:
        raise DatasetMissing(dataset=dataset)
    return row.as_fact()


def _check_offers(row: DatasetRow, *, classes: Sequence[privacy.ColumnClass]) -> None:
    broken: list[str] = []
    reasons: list[Refusal] = []
    for offer in OfferRow.objects.filter(dataset=row, withdrawn_at__isnull=True).order_by("created_at", "pk"):
        try:
            privacy.check_lawful(compile_terms(parse(offer.terms), table=TableId(row.table), classes=classes))
        except Refusal as why:
            broken.append(offer.pk)
            reasons.append(why)
    if broken:
        first = reasons[0]
        raise OffersBroken(offers=", ".join(broken), why_ja=first.said("ja"), why_en=first.said("en"))


def _suspend_overtaken(row: DatasetRow, *, actor: Actor, now: datetime) -> Iterator[AgreementId]:
    """Suspend what runs under agreements that can no longer be kept; yields those agreements."""
    held = AgreementRow.objects.select_for_update().filter(
        dataset=row.pk, org=row.owner, role=Role.PROVIDER.value, ended_at__isnull=True
    )
    for signed in held.exclude(ends_at__lt=now).order_by("pk"):
        try:
            agreed_plan(signed.as_fact(), row.as_fact())
        except AgreementOvertaken as refusal:
            _suspend(signed, refusal, actor=actor, now=now)
            yield AgreementId(signed.agreement)


def _suspend(signed: AgreementRow, refusal: Refusal, *, actor: Actor, now: datetime) -> None:
    running: Sequence[TransferRow] = list(
        signed.transfers.select_for_update(of=("self",)).filter(state=TransferState.STARTED.value)
    )
    for transfer in running:
        transfer.state = TransferState.SUSPENDED.value
        transfer.code, transfer.reasons, transfer.suspended_by = (
            refusal.code,
            in_words(refusal),
            transfer.role,
        )
        save(transfer, now=now, fields=["suspended_by"])
        payload = {"code": transfer.code, "reason": transfer.reasons}
        enqueue(transfer, MessageKind.TRANSFER_SUSPENSION, now=now, payload=payload)
        record(transfer, "transfer-suspended", actor=actor, now=now, code=refusal.code)
    record_agreement(signed, "agreement-overtaken", actor=actor, now=now, transfers=len(running))
