"""The portal's door: what the node does for it between requests."""

from renkei.web.attempts import WINDOW as SIGN_IN_WINDOW
from renkei.web.attempts import settle as settle_sign_ins

__all__ = ["SIGN_IN_WINDOW", "settle_sign_ins"]
