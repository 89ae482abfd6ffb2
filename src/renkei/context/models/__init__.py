"""Tables of the room."""

from renkei.context.models.contexts import RegistrationRow, StoredContextRow
from renkei.context.models.entities import EntityRow, NameRow, PlaceRow, ScopeRow, TypeRow, ValueRow
from renkei.context.models.history import ArchiveRow, ErasureRow, FeedRow, InstanceRow, RetentionRow, VoidRow
from renkei.context.models.subscriptions import LaneRow, NotificationRow, SubscriptionRow, WatchRow

__all__ = [
    "ArchiveRow",
    "EntityRow",
    "ErasureRow",
    "FeedRow",
    "InstanceRow",
    "LaneRow",
    "NameRow",
    "NotificationRow",
    "PlaceRow",
    "RegistrationRow",
    "RetentionRow",
    "ScopeRow",
    "StoredContextRow",
    "SubscriptionRow",
    "TypeRow",
    "ValueRow",
    "VoidRow",
    "WatchRow",
]
