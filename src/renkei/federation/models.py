"""Tables of the federated catalogue."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from renkei.federation.types import Described, Entry, KnownNode, NodeId, Offer, Standing, Trouble
from renkei.kernel.ids import OrgId, ParticipantId
from renkei.kernel.places import Box, Place
from renkei.kernel.texts import Text

ID = 255


class NodeRow(models.Model):
    """A catalogue that is crawled, or an organisation of this node whose own is searched with them."""

    id = models.CharField(primary_key=True, max_length=45)
    participant = models.CharField(max_length=ID, unique=True)
    org = models.CharField(max_length=45)
    own = models.BooleanField()
    shared = models.BooleanField()
    name_ja = models.TextField()
    name_en = models.TextField()
    name_text = models.TextField()
    base = models.CharField(max_length=2000)
    by_get = models.BooleanField(null=True)
    etag = models.TextField(default="")
    """Of the first page, where it tells of the whole catalogue; of an own organisation, the catalogue's revision."""
    added_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    crawled_at = models.DateTimeField(null=True)
    failures = models.IntegerField(default=0)
    trouble = models.JSONField(null=True)
    """The refusal's code and its text in both languages."""
    unreadable = models.IntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    lease = models.CharField(max_length=45, default="")

    class Meta:
        db_table = "federation_node"
        indexes = (models.Index(fields=["next_at"], name="federation_node_due"),)

    def is_stale(self, *, before: datetime) -> bool:
        """Tell whether the catalogue was last read to its end before this moment."""
        return not self.own and (self.crawled_at or self.added_at) < before

    def as_trouble(self) -> Trouble | None:
        """Return why the last crawl failed."""
        said = self.trouble
        return None if said is None else Trouble(code=said["code"], text=Text(ja=said["ja"], en=said["en"]))

    def as_fact(self, *, entries: int, stale_before: datetime) -> KnownNode:
        """Return the node."""
        return KnownNode(
            id=NodeId(self.id),
            participant=ParticipantId(self.participant),
            name=Text(ja=self.name_ja, en=self.name_en),
            org=OrgId(self.org),
            own=self.own,
            shared=self.shared,
            base=self.base,
            added_at=self.added_at,
            next_at=self.next_at,
            tried_at=self.tried_at,
            crawled_at=self.crawled_at,
            failures=self.failures,
            trouble=self.as_trouble(),
            unreadable=self.unreadable,
            entries=entries,
            stale=self.is_stale(before=stale_before),
        )


class EntryRow(models.Model):
    """A dataset of a catalogue. What is searched stands first, since a search reads each row up to there."""

    node = models.ForeignKey(NodeRow, on_delete=models.CASCADE, related_name="entries")
    dataset = models.CharField(max_length=ID)
    digest = models.CharField(max_length=64)
    open = models.BooleanField()
    """Whether any offer is made to everybody."""
    recipients = models.TextField()
    """The participants that offers are made to by name, as `|did|did|`."""
    gone_at = models.DateTimeField(null=True)
    first = models.DateTimeField(null=True)
    last = models.DateTimeField(null=True)
    west = models.FloatField(null=True)
    south = models.FloatField(null=True)
    east = models.FloatField(null=True)
    north = models.FloatField(null=True)
    theme_text = models.TextField()
    licence_text = models.TextField()
    format_text = models.TextField()
    title_text = models.TextField()
    text = models.TextField()
    title_ja = models.TextField()
    title_en = models.TextField()
    description_ja = models.TextField()
    description_en = models.TextField()
    themes = models.JSONField()
    formats = models.JSONField()
    licence = models.TextField()
    place_ja = models.TextField(null=True)
    place_en = models.TextField(null=True)
    issued = models.DateTimeField(null=True)
    modified = models.DateTimeField(null=True)
    offers = models.JSONField()
    """Each offer's policy, and to whom it is made: a list of participants, or null for everybody."""
    first_seen = models.DateTimeField()
    changed_at = models.DateTimeField()
    last_seen = models.DateTimeField(null=True)
    """Written when it is gone; until then it is when the node was crawled last."""

    class Meta:
        db_table = "federation_entry"
        constraints = (
            models.UniqueConstraint(fields=["node", "dataset"], name="federation_entry_once"),
            models.CheckConstraint(
                condition=Q(west=None, south=None, east=None, north=None)
                | (
                    Q(west__isnull=False)
                    & Q(south__isnull=False)
                    & Q(east__isnull=False)
                    & Q(north__isnull=False)
                ),
                name="federation_entry_whole_box",
            ),
        )

    def as_fact(self, *, viewer: ParticipantId | None, stale_before: datetime) -> Entry:
        """Return the entry with the offers that are made to a viewer; all of them where it is None."""
        node = self.node
        stale = node.is_stale(before=stale_before)
        standing = Standing.WITHDRAWN if self.gone_at else Standing.STALE if stale else Standing.CURRENT
        return Entry(
            id=self.pk,
            node=NodeId(node.id),
            participant=ParticipantId(node.participant),
            provider=Text(ja=node.name_ja, en=node.name_en),
            base=node.base,
            own=node.own,
            described=self.as_described(viewer=viewer),
            digest=self.digest,
            standing=standing,
            first_seen=self.first_seen,
            changed_at=self.changed_at,
            last_seen=self.last_seen if self.gone_at else node.crawled_at,
            gone_at=self.gone_at,
            trouble=node.as_trouble() if standing is Standing.STALE else None,
        )

    def as_described(self, *, viewer: ParticipantId | None) -> Described:
        """Return what the catalogue says, with the offers that are made to a viewer."""
        offers = (
            Offer(policy=each["policy"], recipients=None if each["to"] is None else frozenset(each["to"]))
            for each in self.offers
        )
        made = tuple(
            each for each in offers if viewer is None or each.recipients is None or viewer in each.recipients
        )
        return Described(
            dataset=self.dataset,
            title=Text(ja=self.title_ja, en=self.title_en),
            description=Text(ja=self.description_ja, en=self.description_en),
            offers=made,
            themes=tuple(self.themes),
            licence=self.licence,
            formats=tuple(self.formats),
            place=self._place(),
            first=self.first,
            last=self.last,
            issued=self.issued,
            modified=self.modified,
        )

    def _place(self) -> Place | None:
        name = None if self.place_ja is None else Text(ja=self.place_ja, en=self.place_en or "")
        if self.west is None or self.south is None or self.east is None or self.north is None:
            return None if name is None else Place(name=name)
        return Place(name=name, box=Box(self.west, self.south, self.east, self.north))
