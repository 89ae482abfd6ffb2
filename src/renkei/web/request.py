"""A request as the pages know it."""

from typing import TYPE_CHECKING

from django.http import HttpRequest

from renkei.kernel.texts import Lang

if TYPE_CHECKING:
    from renkei.parties.api import Caller


class PortalRequest(HttpRequest):
    """What the middleware and the sign-in check add to a request."""

    lang: Lang
    caller: "Caller"
    """Only on pages behind `signed_in`."""
