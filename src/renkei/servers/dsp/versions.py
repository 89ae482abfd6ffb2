"""The open document that tells which versions of the protocol an organisation speaks, and where."""

from renkei.parties import api as parties
from renkei.servers.door import Call, Reply, route
from renkei.servers.dsp.addresses import PATH, ROOT
from renkei.servers.dsp.answers import message_reply, refuse_catalog
from renkei.wire.dsp.envelope import VERSION
from renkei.wire.dsp.version import Version, VersionResponse


def show_versions(call: Call) -> Reply:
    """Answer with the version document; no token needed. Raises parties.organisation-missing."""
    org = parties.organisation_by_slug(call.path["slug"])
    spoken = Version(
        version=VERSION, path=PATH, binding="HTTPS", identifier_type="did:web", service_id=org.participant
    )
    return message_reply(VersionResponse(versions=[spoken]))


ROUTES = [route(f"{ROOT}/.well-known/dspace-version", show_versions, methods=["GET"], refuse=refuse_catalog)]
