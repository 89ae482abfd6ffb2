"""The Dataspace Protocol 2025-1 over HTTPS: each organisation of the node, as a provider and as a consumer."""

from renkei.servers.dsp import catalog, negotiations, transfers, versions

ROUTES = [*versions.ROUTES, *catalog.ROUTES, *negotiations.ROUTES, *transfers.ROUTES]
