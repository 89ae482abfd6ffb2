"""Registrations of context sources."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Registration:
    """What another context source says that it has (clause 5.2.9)."""

    id: str
    body: dict[str, Any]
    """In expanded form, without `id` and `type`."""
    created_at: datetime
    modified_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class RegistrationQuery:
    """Which registrations (clause 5.10.2); parts left out ask for nothing."""

    ids: tuple[str, ...] = ()
    """Of entities, as are the pattern and the types."""
    pattern: str | None = None
    types: tuple[str, ...] = ()
    """IRIs of which a registration must speak of one."""
    attributes: tuple[str, ...] = ()
