"""Puts an auditor's export together: which entries belong to a thing, their proofs, and what other nodes have seen."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import parse_qs, urlsplit

import msgspec
from django.conf import settings

from renkei.audit import api as audit
from renkei.exchange import api as exchange
from renkei.kernel.canonical import digest
from renkei.kernel.clock import format_utc
from renkei.kernel.ids import AgreementId
from renkei.kernel.notes import to_base64
from renkei.parties.api import Organisation
from renkei.servers.errors import NothingToExport
from renkei.servers.witnesses import HttpPeerLogs, noted
from renkei.wire import tlog

PAGE: Final = 500
"""Entries proven with one read of the tree."""
RELEASED: Final = "privacy.released"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be exported."""

    subject: str
    org: Organisation | None
    start: int = 0
    limit: int = 100_000


@dataclass(frozen=True, slots=True)
class Exporting:
    """An export that is ready to be written."""

    frame: tlog.Export
    """Everything but the entries."""
    places: Sequence[int]
    """Where its entries stand in the log."""
    silent: tuple[str, ...]
    """The witnesses that have seen nothing of this log."""

    def parts(self) -> Iterator[bytes]:
        """Write the document in parts, a page of entries in memory at a time."""
        return tlog.write_export(self.frame, self._entries())

    def _entries(self) -> Iterator[tlog.BundleEntry]:
        size = self._size()
        for first in range(0, len(self.places), PAGE):
            page = self.places[first : first + PAGE]
            proofs = audit.inclusions(page, size=size)
            for entry, proof in zip(audit.entries_at(page), proofs, strict=True):
                yield tlog.BundleEntry(
                    index=entry.index,
                    body=entry.body.decode(),
                    path=tuple(to_base64(node) for node in proof.path),
                )

    def _size(self) -> int:
        return tlog.open_checkpoint(self.frame.checkpoint, vkey=self.frame.vkey).size


def prepare(asked: Asked, *, witnesses: Sequence[str] = (), logs: HttpPeerLogs, now: datetime) -> Exporting:
    """Find what belongs to a subject; `witnesses` are addresses of nodes that are asked what they have seen of this log.

    A subject that is an agreement brings its negotiation, transfers, releases and witnessed heads along. Raises
    servers.nothing-to-export, and what `tlog.check_witness` and the calls to the witnesses raise.
    """
    told = {address: _told_by(address, logs) for address in witnesses}
    head = audit.signed_head(now=now)  # after the witnesses were asked, so that it continues what they saw
    things = _things(asked)
    standing = _standing(things, below=head.size)
    places = _places(asked, things, standing, below=head.size)
    if not places:
        raise NothingToExport(subject=asked.subject, size=head.size)
    shown = places[: asked.limit]
    cosigned = {address: _cosigned(address, stated, head) for address, stated in told.items()}
    frame = tlog.Export(
        format=tlog.FORMAT,
        version=tlog.VERSION,
        subject=asked.subject,
        org=None if asked.org is None else asked.org.participant,
        exported_at=format_utc(now),
        vkey=audit.log_key().verifier,
        cosigner=audit.cosigner_key(),
        checkpoint=head.checkpoint,
        entries=(),
        following=places[asked.limit] if len(places) > asked.limit else None,
        witnessed=tuple(noted(standing[place]) for place in shown if place in standing),
        cosigned=tuple(each for each in cosigned.values() if each is not None),
        provisions=tuple(_provisions(asked, things)),
    )
    silent = tuple(address for address, each in cosigned.items() if each is None)
    return Exporting(frame, shown, silent)


def _told_by(address: str, logs: HttpPeerLogs) -> tlog.Witnessed:
    own = audit.log_key()
    path = tlog.witnessed_path(own.name, key=own.verifier, address=settings.RENKEI.public_url)
    body = logs.fetching(address)(path)
    return tlog.read_witnessed(body, address=address)


def _cosigned(address: str, stated: tlog.Witnessed, head: audit.SignedHead) -> tlog.CosignedHead | None:
    """The newest head of our log that a witness has seen, with the proof that ours continues it."""
    own = tlog.Kept(vkey=audit.log_key().verifier, checkpoint=head.checkpoint)
    agreed = tlog.check_witness(_own_log, stated=stated, kept=own, address=settings.RENKEI.public_url)
    if not agreed.sizes:
        return None
    note = next(each.checkpoint for each in stated.heads if each.vkey.strip() == own.vkey)
    path = audit.consistency(agreed.sizes[0], head.size)
    return tlog.CosignedHead(
        address=address,
        witness=stated.witness,
        checkpoint=note,
        path=tuple(to_base64(node) for node in path),
    )


def _own_log(path: str) -> bytes:
    asked = parse_qs(urlsplit(path).query)
    first, second = int(asked["first"][0]), int(asked["second"][0])
    proof = tuple(to_base64(node) for node in audit.consistency(first, second))
    return msgspec.json.encode(tlog.Growth(first=first, second=second, path=proof))


def _things(asked: Asked) -> exchange.AgreementThings | None:
    return exchange.agreement_things(
        AgreementId(asked.subject), org=None if asked.org is None else asked.org.id
    )


def _places(
    asked: Asked,
    things: exchange.AgreementThings | None,
    standing: Mapping[int, audit.WitnessedHead],
    *,
    below: int,
) -> list[int]:
    """One more than the limit, so that it is known where to go on."""
    subjects = [asked.subject]
    if things is not None:
        subjects += [*things.negotiations, *things.transfers]
    found = set(
        audit.indexes_on(
            subjects,
            participant=None if asked.org is None else asked.org.participant,
            start=asked.start,
            below=below,
            limit=asked.limit + 1,
        )
    )
    if things is not None:
        found.update(_released(things, start=asked.start, below=below))
    found.update(place for place in standing if place >= asked.start)
    return sorted(found)[: asked.limit + 1]


def _released(things: exchange.AgreementThings, *, start: int, below: int) -> Iterator[int]:
    """What was made of our tables under the agreement: the log knows a release by its table and its plan's digest."""
    for page in _pages(things.tables, action=RELEASED, start=start, below=below):
        yield from (entry.index for entry in page if entry.facts.get("plan") in things.releases)


def _standing(things: exchange.AgreementThings | None, *, below: int) -> dict[int, audit.WitnessedHead]:
    """The other nodes' heads that were seen at an agreement, by the place of their entry."""
    heads = () if things is None else audit.witnessed_for([things.agreement])
    wanted = {(head.origin, head.size, head.root.hex()): head for head in heads}
    origins = tuple({head.origin for head in heads})
    found: dict[int, audit.WitnessedHead] = {}
    for page in _pages(origins, action=tlog.WITNESSED_ACTION, start=0, below=below):
        for entry in page:
            key = (entry.subject, entry.facts.get("size"), entry.facts.get("root"))
            if key in wanted:
                found[entry.index] = wanted[key]
    return found


def _pages(
    subjects: tuple[str, ...], *, action: str, start: int, below: int
) -> Iterator[tuple[audit.Entry, ...]]:
    while subjects:
        places = audit.indexes_on(subjects, action=action, start=start, below=below, limit=PAGE)
        if not places:
            return
        yield audit.entries_at(places)
        start = places[-1] + 1


def _provisions(asked: Asked, things: exchange.AgreementThings | None) -> Iterator[tlog.ProvisionMark]:
    """The hashes of the records of provision under an agreement: of the record's members as canonical JSON."""
    after: str | None = None
    while things is not None:
        part = exchange.provisions(
            org=None if asked.org is None else asked.org.id, agreement=things.agreement, after=after
        )
        for record in part:
            yield tlog.ProvisionMark(
                transfer=record.transfer,
                role=record.role.value,
                at=format_utc(record.at),
                sha256=digest(provision_members(record)),
            )
        if part.next is None:
            return
        after = part.next


def provision_members(record: exchange.Provision) -> dict[str, str | int | list[str] | None]:
    """Return a record of provision as it is hashed for an export."""
    return {
        "agreement": record.agreement,
        "at": format_utc(record.at),
        "channel": record.channel,
        "columns": list(record.columns),
        "dataset": record.dataset,
        "provider": record.provider,
        "recipient": record.recipient,
        "release": record.release,
        "role": record.role.value,
        "rows": record.rows,
        "transfer": record.transfer,
        "version": record.version,
    }
