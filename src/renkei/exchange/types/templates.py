"""Ready terms to begin from."""

from dataclasses import dataclass

from renkei.exchange.types.wishes import Wishes
from renkei.kernel.texts import Text
from renkei.privacy.types import Role


@dataclass(frozen=True, slots=True)
class Template:
    """Terms that fit a kind of sharing, with a dataset's columns named by their roles: `{subject}`, `{time}`."""

    name: str
    title: Text
    fits: Text
    """When they fit, and when not."""
    wishes: Wishes
    needs: frozenset[Role] = frozenset()
    """Roles without which a dataset cannot be offered so."""
