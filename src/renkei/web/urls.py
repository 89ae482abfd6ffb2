"""Where each page is."""

from django.urls import path

from renkei.web import assets
from renkei.web.views import (
    agreements,
    datasets,
    devices,
    finding,
    log,
    negotiations,
    nodes,
    organisations,
    overview,
    provisions,
    sign_in,
    transfers,
)

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("sign-in", sign_in.sign_in, name="sign-in"),
    path("sign-out", sign_in.sign_out, name="sign-out"),
    path("organisations", organisations.organisations, name="organisations"),
    path("organisations/<slug:slug>", organisations.organisation, name="organisation"),
    path("devices", devices.devices, name="devices"),
    path("find", finding.find, name="find"),
    path("find/<int:entry>", finding.entry, name="found"),
    path("find/<int:entry>/ask", finding.ask, name="found-ask"),
    path("nodes", nodes.nodes, name="nodes"),
    path("nodes/add", nodes.add, name="node-add"),
    path("nodes/<str:node>/crawl", nodes.crawl, name="node-crawl"),
    path("nodes/<str:node>/remove", nodes.remove, name="node-remove"),
    path("datasets", datasets.datasets, name="datasets"),
    path("datasets/<str:dataset_id>", datasets.dataset, name="dataset"),
    path("negotiations", negotiations.negotiations, name="negotiations"),
    path("negotiations/<str:negotiation_id>", negotiations.negotiation, name="negotiation"),
    path("negotiations/<str:negotiation_id>/agree", negotiations.agree, name="negotiation-agree"),
    path("negotiations/<str:negotiation_id>/refuse", negotiations.refuse, name="negotiation-refuse"),
    path("negotiations/<str:negotiation_id>/counter", negotiations.counter, name="negotiation-counter"),
    path("agreements", agreements.agreements, name="agreements"),
    path("agreements/<path:agreement_id>/end", agreements.end, name="agreement-end"),
    path("agreements/<path:agreement_id>", agreements.agreement, name="agreement"),
    path("transfers", transfers.transfers, name="transfers"),
    path("provisions", provisions.provisions, name="provisions"),
    path("log", log.log, name="log"),
    path("static/<slug:mark>/<str:name>", assets.serve, name="asset"),
]
