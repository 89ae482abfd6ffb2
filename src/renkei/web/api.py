"""The portal's door: what the node does for it between requests."""

from renkei.web.attempts import WINDOW as SIGN_IN_WINDOW
from renkei.web.attempts import settle as settle_sign_ins
from renkei.web.session import forget_old_sessions

__all__ = ["SIGN_IN_WINDOW", "forget_old_sessions", "settle_sign_ins"]
