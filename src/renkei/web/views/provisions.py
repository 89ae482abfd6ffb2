"""The records of what was provided to others and received from them, with the receipts that were signed here."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from renkei.exchange import api as exchange
from renkei.kernel.ids import AgreementId
from renkei.web.request import PortalRequest
from renkei.web.session import signed_in
from renkei.web.views import listing


@require_safe
@signed_in
def provisions(request: PortalRequest) -> HttpResponse:
    """List the records, of one agreement where `?agreement=` names it."""
    named = request.GET.get("agreement")
    return listing.show(
        request,
        "provisions",
        section="provisions",
        page=exchange.provisions(
            org=listing.own(request),
            agreement=AgreementId(named) if named else None,
            after=listing.after(request),
            limit=listing.ON_A_PAGE,
        ),
        owners=listing.owners(request),
        titles=listing.titles(request),
    )


@require_safe
@signed_in
def receipt(request: PortalRequest, *, receipt_id: str) -> HttpResponse:
    """Hand out a receipt as it was signed."""
    return receipt_file(exchange.receipt(receipt_id, org=listing.own(request)).receipt)


def receipt_file(text: str) -> HttpResponse:
    """Return a receipt as a file to keep; what a provider sent is text and nothing else."""
    answer = HttpResponse(f"{text}\n", content_type="text/plain; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="receipt.txt"'
    return answer
