"""Tables of the log. None of them refers to live data, so that the log never hinders it."""

from typing import ClassVar

import msgspec
from django.db import models

from renkei.audit.types import (
    Act,
    Contradiction,
    Entry,
    Fact,
    KeptHead,
    LogKey,
    SignedHead,
    Visit,
    VisitOutcome,
    WitnessedHead,
)
from renkei.kernel.clock import parse_utc
from renkei.kernel.ids import Actor
from renkei.kernel.merkle import leaf_hash
from renkei.kernel.notes import Verifier, parse_checkpoint, parse_note


class Body(msgspec.Struct, frozen=True):
    """An entry's body, decoded."""

    v: int
    at: str
    action: str
    actor: str
    subject: str
    concerns: tuple[str, ...]
    facts: dict[str, Fact]


class EntryRow(models.Model):
    """One act; pending while it has no index."""

    index = models.BigIntegerField(db_column="leaf_index", null=True, unique=True)
    action = models.CharField(max_length=100)
    subject = models.CharField(max_length=255)
    body = models.TextField()

    class Meta:
        db_table = "audit_entry"
        indexes: ClassVar = [models.Index(fields=["subject"], name="audit_entry_subject")]

    def read_body(self) -> Body:
        """Decode the body. Raises msgspec.DecodeError when it is no entry."""
        return msgspec.json.decode(self.body, type=Body)

    def as_fact(self) -> Entry:
        """Return the sealed entry."""
        if self.index is None:
            raise ValueError(f"entry {self.pk} is pending")
        said, raw = self.read_body(), self.body.encode()
        return Entry(
            index=self.index,
            body=raw,
            leaf=leaf_hash(raw),
            at=parse_utc(said.at),
            action=said.action,
            actor=Actor(said.actor),
            subject=said.subject,
            concerns=said.concerns,
            facts=said.facts,
        )

    def as_act(self) -> Act:
        """Return what was done, sealed or still waiting."""
        said = self.read_body()
        return Act(at=parse_utc(said.at), action=said.action, actor=Actor(said.actor), facts=said.facts)


class ConcernRow(models.Model):
    """A participant who may ask for an entry."""

    participant = models.CharField(max_length=255)
    entry = models.BigIntegerField(db_index=True)

    class Meta:
        db_table = "audit_concern"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["participant", "entry"], name="audit_concern_once"),
        ]


class TileRow(models.Model):
    """Up to 64 neighbouring hashes of one level of the tree, 32 bytes each."""

    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField(db_column="tile_index")
    hashes = models.BinaryField()

    class Meta:
        db_table = "audit_tile"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["level", "index"], name="audit_tile_once"),
        ]


class LogRow(models.Model):
    """The one row that says how far the log is sealed; whoever seals locks it."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    size = models.BigIntegerField()
    root = models.BinaryField()

    class Meta:
        db_table = "audit_log"


class HeadRow(models.Model):
    """A head that was signed."""

    size = models.BigIntegerField(primary_key=True)
    checkpoint = models.TextField()
    signed_at = models.DateTimeField()

    class Meta:
        db_table = "audit_head"

    def as_fact(self) -> SignedHead:
        """Return the signed head. Raises ValueError when the stored text is no checkpoint."""
        said = parse_checkpoint(parse_note(self.checkpoint).text)
        return SignedHead(size=said.size, root=said.root, checkpoint=self.checkpoint)


class KeyRow(models.Model):
    """The key that signs heads; its private half is concealed with the node's secret."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    name = models.CharField(max_length=255)
    public_key = models.BinaryField()
    private_key = models.BinaryField()

    class Meta:
        db_table = "audit_key"

    def as_fact(self) -> LogKey:
        """Return the public half."""
        verifier = Verifier(name=self.name, public_key=bytes(self.public_key))
        return LogKey(name=self.name, public_key=verifier.public_key, verifier=verifier.text())


class VisitRow(models.Model):
    """A visit to a peer's log: due while it has a time, settled when it has none."""

    peer = models.CharField(max_length=255)
    occasion = models.CharField(max_length=255)
    planned_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    outcome = models.CharField(max_length=20, default=VisitOutcome.WAITING.value)
    origin = models.CharField(max_length=255, default="")
    vkey = models.CharField(max_length=500, default="")
    size = models.BigIntegerField(null=True)
    code = models.CharField(max_length=100, default="")

    class Meta:
        db_table = "audit_visit"
        indexes: ClassVar = [
            models.Index(fields=["next_at"], name="audit_visit_due"),
            models.Index(fields=["occasion"], name="audit_visit_occasion"),
            models.Index(fields=["peer"], name="audit_visit_peer"),
        ]

    def as_fact(self) -> Visit:
        """Return the visit."""
        return Visit(
            peer=self.peer,
            occasion=self.occasion,
            planned_at=self.planned_at,
            outcome=VisitOutcome(self.outcome),
            origin=self.origin,
            size=self.size,
            attempts=self.attempts,
            code=self.code,
        )


class WitnessedRow(models.Model):
    """A head of another node's log."""

    address = models.CharField(max_length=500)
    peer = models.CharField(max_length=255)
    origin = models.CharField(max_length=255)
    vkey = models.CharField(max_length=500)
    size = models.BigIntegerField()
    root = models.BinaryField()
    checkpoint = models.TextField()
    seen_at = models.DateTimeField()
    occasion = models.CharField(max_length=255)
    dropped_at = models.DateTimeField(null=True)
    """When the operator gave up holding the log to this head."""

    class Meta:
        db_table = "audit_witnessed"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["address", "vkey", "size"],
                condition=models.Q(dropped_at__isnull=True),
                name="audit_witnessed_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["origin", "id"], name="audit_witnessed_origin"),
            models.Index(fields=["vkey", "id"], name="audit_witnessed_vkey"),
            models.Index(fields=["peer", "id"], name="audit_witnessed_peer"),
        ]

    def as_fact(self) -> WitnessedHead:
        """Return the head."""
        return WitnessedHead(
            address=self.address,
            peer=self.peer,
            origin=self.origin,
            vkey=self.vkey,
            size=self.size,
            root=bytes(self.root),
            checkpoint=self.checkpoint,
            seen_at=self.seen_at,
            occasion=self.occasion,
        )


class ContradictionRow(models.Model):
    """A log that is not the one that was seen before, with both heads."""

    address = models.CharField(max_length=500)
    peer = models.CharField(max_length=255)
    origin = models.CharField(max_length=255)
    code = models.CharField(max_length=100)
    kept_vkey = models.CharField(max_length=500)
    kept_checkpoint = models.TextField()
    shown_vkey = models.CharField(max_length=500)
    shown_checkpoint = models.TextField()
    seen_at = models.DateTimeField()
    occasion = models.CharField(max_length=255)

    class Meta:
        db_table = "audit_contradiction"

    def as_fact(self) -> Contradiction:
        """Return the contradiction."""
        return Contradiction(
            address=self.address,
            peer=self.peer,
            origin=self.origin,
            code=self.code,
            kept=KeptHead(self.kept_vkey, self.kept_checkpoint),
            shown=KeptHead(self.shown_vkey, self.shown_checkpoint),
            seen_at=self.seen_at,
            occasion=self.occasion,
        )
