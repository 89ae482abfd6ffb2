"""Tables of the log. None of them refers to live data, so that the log never hinders it."""

from typing import ClassVar

import msgspec
from django.db import models

from renkei.audit.types import Act, Entry, Fact, LogKey, SignedHead
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
