"""Nodes that had one key per organisation, in its own row, keep that key."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from renkei.audit import api as audit
from renkei.audit.errors import SecretChanged
from renkei.kernel.ids import ParticipantId
from renkei.parties import api as parties
from renkei.parties.models import KeyRow, OrganisationRow, SecretRow, SeenPeerTokenRow, TokenRow, VouchRow
from renkei.parties.rules import keys
from tests.factories.parties import MAY, Documents

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE = [("parties", "0001_initial")]
PEER = ParticipantId("did:web:peer.example:orgs:far")


@pytest.fixture
def organisations() -> Iterator[Any]:
    """The room's tables as they were, empty; as they are again afterwards."""
    with connection.schema_editor() as tables:
        for model in (TokenRow, KeyRow, SecretRow, SeenPeerTokenRow, VouchRow, OrganisationRow):
            tables.delete_model(model)
    MigrationRecorder(connection).migration_qs.filter(app="parties").delete()
    state = MigrationExecutor(connection).migrate(BEFORE)
    yield state.apps.get_model("parties", "OrganisationRow")
    _migrate()


def _migrate() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def _keep(row_type: Any, slug: str, *, purpose: str = "") -> str:
    private = keys.new_key()
    jwk = keys.public_jwk(private)
    row_type.objects.create(
        id=f"urn:uuid:{slug}",
        slug=slug,
        name_ja=slug,
        name_en=slug,
        participant=f"did:web:node.example:orgs:{slug}",
        key_name=keys.thumbprint(jwk),
        public_key=jwk,
        private_key=audit.conceal(keys.private_bytes(private), purpose=purpose),
        created_at=MAY,
    )
    return keys.thumbprint(jwk)


def test_every_organisation_keeps_its_key_and_signs_with_it(organisations: Any) -> None:
    names = {slug: _keep(organisations, slug) for slug in ("east", "west")}

    _migrate()

    for slug, name in names.items():
        org = parties.organisation_by_slug(slug)
        assert parties.keys(org.id) == (
            parties.Key(
                name=parties.KeyName(name),
                created_at=MAY,
                signs_from=MAY,
                signs_until=None,
                leaves_at=None,
                wiped_at=None,
            ),
        )
        documents = Documents(parties.did_document(slug, now=MAY))
        signed = parties.sign_token(org=org.id, audience=PEER, now=MAY)
        assert parties.verify_peer(signed, audience=PEER, documents=documents, now=MAY) == org.participant
    assert {row.pk for row in SecretRow.objects.all()} == {f"org-key-{name}" for name in names.values()}


def test_a_key_that_cannot_be_read_stops_the_migration_before_anything_is_lost(organisations: Any) -> None:
    readable, unreadable = _keep(organisations, "east"), _keep(organisations, "west", purpose="another")

    with pytest.raises(SecretChanged):
        _migrate()

    assert set(organisations.objects.values_list("key_name", flat=True)) == {readable, unreadable}
    assert (KeyRow.objects.count(), SecretRow.objects.count()) == (0, 0)
    organisations.objects.all().delete()
