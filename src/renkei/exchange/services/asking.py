"""Queries in place: each is checked, run, judged against what was told before, recorded, and only then told."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec
from django.db import transaction
from django.db.models import F

from renkei.audit import api as audit
from renkei.exchange.models import LEDGER_PURPOSE, BudgetRow, LedgerRow, QueryRow, TransferRow
from renkei.exchange.rules.terms import parsed
from renkei.exchange.services.delivery import access_by_transfer
from renkei.exchange.services.issuing import issue_receipt, newest_head, of_release
from renkei.exchange.services.ledgers import (
    differ_too_little,
    fresh_marks,
    keep_marks,
    ledger_key,
    open_ledger,
)
from renkei.exchange.services.processes import record
from renkei.exchange.services.uses import take_use
from renkei.exchange.types import Access, Told
from renkei.kernel.ids import Actor
from renkei.privacy import api as privacy

CHANNEL = "sql"
MOST_REFUSED, PATIENCE = 20, timedelta(hours=24)
"""Refusals for differing too little, after which nothing is answered for a while: by halving, a value could be found."""
_MICRO = 1_000_000
Write = Callable[[privacy.Answer, privacy.Release], bytes]
"""Writes an answer as its door sends it, so that the receipt can name the hash of exactly these bytes."""


def as_json(answer: privacy.Answer, _release: privacy.Release) -> bytes:
    """Write an answer's columns and rows as JSON."""
    return msgspec.json.encode([answer.columns, answer.rows])


def answer_query(
    granted: Access,
    question: privacy.Question,
    *,
    purpose: str | None = None,
    write: Write = as_json,
    now: datetime,
) -> Told:
    """Answer a question under an agreement, take a use, record it and sign its receipt; all is checked again first.

    `purpose` is what the reader says that it asks for, when it says so. `write` makes the bytes that the receipt names.
    Raises what `access` raises, privacy's refusals of queries, privacy.query-differs-too-little, query-refusals-used,
    query-ledger-full, budget-used-up, and what `take_use` raises.
    """
    checked = access_by_transfer(granted.transfer.id, purpose=purpose, now=now)
    newest_head(now=now)  # so that the first of all is not signed inside the transactions below
    plan = checked.plan
    prepared = privacy.prepare_query(plan, question)
    ledger = open_ledger(checked)
    if isinstance(prepared, privacy.NoisyQuery):
        return _answer_with_noise(checked, ledger, prepared, write=write, now=now)
    guarded = prepared.least is not None
    if guarded:
        _check_patience(ledger, now=now)
    release, found = privacy.run_query(plan, prepared, key=ledger_key(ledger), now=now)
    asked = _Asked(checked, ledger, prepared.digest(), release, prepared.reads, write)
    if plan.minimum_group is None or not guarded:
        return _tell(asked, found.answer, now=now)
    told = _keep(asked, found, plan.minimum_group, now=now)
    if told is None:
        raise privacy.QueryDiffersTooLittle(least=plan.minimum_group.size)
    return told


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question on its way to the ledger."""

    granted: Access
    ledger: LedgerRow
    query: str
    release: privacy.Release
    reads: tuple[str, ...]
    write: Write


# ---- exact answers


@transaction.atomic
def _keep(asked: _Asked, found: privacy.Found, group: privacy.MinimumGroup, *, now: datetime) -> Told | None:
    """Take an answer into the ledger and tell it; None where it differs too little, which is kept, too.

    The ledger is locked meanwhile, so that of two answers at the same time one is judged against the other. Raises
    privacy.query-ledger-full.
    """
    ledger = LedgerRow.objects.select_for_update().get(pk=asked.ledger.pk)
    fresh = fresh_marks(ledger, found, entity=group.entity)
    if differ_too_little(ledger, fresh, found.everything, group=group):
        _note(asked, told=False, groups=len(found.answer.rows), now=now)
        return None
    keep_marks(ledger, fresh, entity=group.entity)
    return _tell(asked, found.answer, now=now)


def _check_patience(ledger: LedgerRow, *, now: datetime) -> None:
    refused = QueryRow.objects.filter(ledger=ledger, told=False, at__gt=now - PATIENCE).count()
    if refused >= MOST_REFUSED:
        raise privacy.QueryRefusalsUsed(limit=MOST_REFUSED)


# ---- answers with noise


def _answer_with_noise(
    granted: Access, ledger: LedgerRow, prepared: privacy.NoisyQuery, *, write: Write, now: datetime
) -> Told:
    release = privacy.released(granted.plan, now=now)
    asked = _Asked(granted, ledger, prepared.digest(), release, prepared.reads, write)
    before = _told_before(asked)
    if before is not None:
        return _repeat(asked, before, now=now)
    totals = privacy.total_query(granted.plan, prepared, release, key=ledger_key(ledger))
    with transaction.atomic():
        LedgerRow.objects.select_for_update().get(pk=ledger.pk)
        before = _told_before(asked)  # by whoever asked the same at the same time
        if before is not None:
            return _repeat(asked, before, now=now)
        _spend(granted, prepared.epsilon)
        answer = privacy.add_noise(prepared, totals)
        concealed = audit.conceal(msgspec.json.encode(_plain(answer)), purpose=LEDGER_PURPOSE)
        return _tell(asked, answer, epsilon=prepared.epsilon, concealed=concealed, now=now)


def _told_before(asked: _Asked) -> privacy.Answer | None:
    """Return what was told of the same data: fresh noise on it would cost anew."""
    row = QueryRow.objects.filter(
        agreement=asked.granted.agreement.id,
        query=asked.query,
        release=asked.release.digest,
        version=asked.release.version,
        told=True,
    ).first()
    if row is None or row.answer is None:
        return None
    names, rows, epsilon = msgspec.json.decode(audit.reveal(bytes(row.answer), purpose=LEDGER_PURPOSE))
    return privacy.Answer(tuple(names), tuple(map(tuple, rows)), epsilon=epsilon, again=True)


def _spend(granted: Access, epsilon: int) -> None:
    """Use up part of an agreement's budget, in millionths of ε. Raises privacy.budget-used-up."""
    agreement, whole = granted.agreement.id, privacy.whole_budget(granted.plan)
    BudgetRow.objects.get_or_create(agreement=agreement, defaults={"whole": whole})
    enough = BudgetRow.objects.filter(agreement=agreement, spent__lte=F("whole") - epsilon)
    if not enough.update(spent=F("spent") + epsilon):
        row = BudgetRow.objects.get(agreement=agreement)
        raise privacy.BudgetUsedUp(left=_said(row.whole - row.spent), asked=_said(epsilon))


def _said(epsilon: int) -> str:
    return f"{(Decimal(epsilon) / _MICRO).normalize():f}"


# ---- what remains


@transaction.atomic
def _tell(
    asked: _Asked, answer: privacy.Answer, *, epsilon: int = 0, concealed: bytes | None = None, now: datetime
) -> Told:
    """Take a use, record an answer that is told and sign its receipt: the ledger's line, the provision, the log's."""
    _note(asked, told=True, groups=len(answer.rows), epsilon=epsilon, concealed=concealed, now=now)
    return _repeat(asked, answer, now=now)


@transaction.atomic
def _repeat(asked: _Asked, answer: privacy.Answer, *, now: datetime) -> Told:
    """Tell an answer that stands in the ledger: that, too, is a use with a receipt of its own."""
    agreement = asked.granted.agreement
    take_use(agreement, terms=parsed(agreement.terms), now=now)
    body = asked.write(answer, asked.release)
    said = replace(
        of_release(asked.release),
        rows=len(answer.rows),
        columns=answer.columns,
        reads=asked.reads,
        withheld=() if answer.epsilon else asked.release.withheld,
        smallest_group=answer.smallest_group,
        loss=_loss(asked.release, answer),
        files=(),
        query=asked.query,
        answer=hashlib.sha256(body).hexdigest(),
    )
    receipt = issue_receipt(asked.granted, said, channel=CHANNEL, now=now)
    return Told(answer, asked.release, body, receipt)


def _loss(release: privacy.Release, answer: privacy.Answer) -> int:
    """Return how much of what the query was computed from stays behind, in per mille; never less than of that itself.

    Under noise it is said to be everything: any other figure would tell the exact number of rows, outside of ε.
    """
    if answer.epsilon:
        return 1000
    whole = release.rows * len(release.columns)
    told = len(answer.rows) * len(answer.columns)
    return max(release.loss, 1000 - 1000 * told // whole) if whole else 1000


@transaction.atomic
def _note(
    asked: _Asked,
    *,
    told: bool,
    groups: int,
    epsilon: int = 0,
    concealed: bytes | None = None,
    now: datetime,
) -> None:
    granted = asked.granted
    QueryRow.objects.create(
        ledger=asked.ledger,
        agreement=granted.agreement.id,
        transfer=granted.transfer.id,
        query=asked.query,
        release=asked.release.digest,
        version=asked.release.version,
        told=told,
        groups=groups,
        epsilon=epsilon,
        answer=concealed,
        at=now,
    )
    record(
        TransferRow.objects.get(pk=granted.transfer.id),
        "query-answered" if told else "query-refused",
        actor=Actor(granted.transfer.peer),
        now=now,
        agreement=granted.agreement.id,
        query=asked.query,
        release=asked.release.digest,
        version=asked.release.version,
        rows=groups,
        epsilon=epsilon,
    )


def _plain(answer: privacy.Answer) -> list[object]:
    return [list(answer.columns), [list(row) for row in answer.rows], answer.epsilon]
