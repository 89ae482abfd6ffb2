"""Where each page is."""

from django.urls import path

from renkei.web import assets
from renkei.web.views import (
    agreements,
    datasets,
    decisions,
    devices,
    log,
    negotiations,
    organisations,
    overview,
    provisions,
    sign_in,
    transfer,
    transfers,
)

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("sign-in", sign_in.sign_in, name="sign-in"),
    path("sign-out", sign_in.sign_out, name="sign-out"),
    path("organisations", organisations.organisations, name="organisations"),
    path("organisations/<slug:slug>", organisations.organisation, name="organisation"),
    path("devices", devices.devices, name="devices"),
    path("datasets", datasets.datasets, name="datasets"),
    path("datasets/<str:dataset_id>", datasets.dataset, name="dataset"),
    path("negotiations", negotiations.negotiations, name="negotiations"),
    path("negotiations/<str:negotiation_id>", negotiations.negotiation, name="negotiation"),
    path("negotiations/<str:negotiation_id>/agree", decisions.agree, name="negotiation-agree"),
    path("negotiations/<str:negotiation_id>/refuse", decisions.refuse, name="negotiation-refuse"),
    path("negotiations/<str:negotiation_id>/counter", decisions.counter, name="negotiation-counter"),
    path("negotiations/<str:negotiation_id>/verify", decisions.verify, name="negotiation-verify"),
    path("negotiations/<str:negotiation_id>/finalize", decisions.finalize, name="negotiation-finalize"),
    path("negotiations/<str:negotiation_id>/retry", decisions.retry, name="negotiation-retry"),
    path("agreements", agreements.agreements, name="agreements"),
    path("agreements/<path:agreement_id>/end", agreements.end, name="agreement-end"),
    path("agreements/<path:agreement_id>", agreements.agreement, name="agreement"),
    path("transfers", transfers.transfers, name="transfers"),
    path("transfers/<str:transfer_id>", transfer.transfer, name="transfer"),
    path("transfers/<str:transfer_id>/start", transfer.start, name="transfer-start"),
    path("transfers/<str:transfer_id>/suspend", transfer.suspend, name="transfer-suspend"),
    path("transfers/<str:transfer_id>/complete", transfer.complete, name="transfer-complete"),
    path("transfers/<str:transfer_id>/terminate", transfer.terminate, name="transfer-terminate"),
    path("transfers/<str:transfer_id>/retry", transfer.retry, name="transfer-retry"),
    path("transfers/<str:transfer_id>/deliveries/<str:delivery_id>", transfers.delivery, name="delivery"),
    path("provisions", provisions.provisions, name="provisions"),
    path("log", log.log, name="log"),
    path("static/<slug:mark>/<str:name>", assets.serve, name="asset"),
]
