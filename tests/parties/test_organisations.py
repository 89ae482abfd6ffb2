from datetime import UTC, datetime
from threading import Barrier, Thread

import jsonschema
import pytest
from django.db import connection

from renkei.audit import api as audit
from renkei.kernel.ids import NODE, OrgId
from renkei.kernel.texts import Text
from renkei.parties import api as parties
from renkei.parties.errors import NameInvalid, OrganisationMissing, SlugInvalid, SlugTaken
from renkei.parties.rules.keys import public_key, thumbprint
from tests.factories.parties import MAY, organisation

pytestmark = pytest.mark.django_db


def test_an_organisation_is_known_by_a_did_made_from_the_nodes_address():
    made = organisation(slug="tokai-lab")

    assert made == parties.Organisation(
        id=made.id,
        slug="tokai-lab",
        name=Text(ja="tokai-lab 研究所", en="tokai-lab laboratory"),
        participant="did:web:127.0.0.1%3A8080:orgs:tokai-lab",
        created_at=MAY,
    )
    assert made.actor == made.participant


def test_it_is_found_by_id_slug_and_participant():
    made = organisation()

    assert parties.organisation(made.id) == made
    assert parties.organisation_by_slug(made.slug) == made
    assert parties.organisation_by_participant(made.participant) == made
    assert parties.organisation_by_participant("did:web:elsewhere.example") is None


def test_organisations_are_listed_by_slug_in_one_query(django_assert_num_queries):
    west, east = organisation(slug="west"), organisation(slug="east")

    with django_assert_num_queries(1):
        assert parties.organisations() == (east, west)


def test_what_does_not_exist_is_refused_by_name():
    with pytest.raises(OrganisationMissing) as by_id:
        parties.organisation(OrgId("urn:uuid:none"))
    with pytest.raises(OrganisationMissing) as by_slug:
        parties.organisation_by_slug("none")
    with pytest.raises(OrganisationMissing):
        parties.did_document("none", now=MAY)

    assert [refused.value.facts for refused in (by_id, by_slug)] == [
        {"name": "urn:uuid:none"},
        {"name": "none"},
    ]


@pytest.mark.parametrize("slug", ["", "a", "-ab", "Ab", "a b", "a/b", "..", "ab\n", "名古屋", "a" * 42])
def test_a_slug_that_would_not_do_in_an_address_is_refused(slug):
    with pytest.raises(SlugInvalid):
        organisation(slug=slug)


@pytest.mark.parametrize("slug", ["ab", "0-", "a" * 41])
def test_slugs_at_the_edges_are_taken(slug):
    assert organisation(slug=slug).slug == slug


@pytest.mark.parametrize("name", [Text(ja="", en="x"), Text(ja="x", en="  "), Text(ja="x" * 201, en="x")])
def test_a_name_in_one_language_only_is_refused(name):
    with pytest.raises(NameInvalid):
        parties.create_organisation(slug="lab", name=name, actor=NODE, now=MAY)


def test_a_slug_is_given_once_and_the_refused_attempt_leaves_nothing():
    first = organisation(slug="lab")

    with pytest.raises(SlugTaken):
        organisation(slug="lab")

    assert parties.organisations() == (first,)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_want_the_same_slug_at_once_one_gets_it():
    outcomes, together = [], Barrier(2)

    def create() -> None:
        together.wait()
        try:
            outcomes.append(organisation(slug="lab").slug)
        except SlugTaken as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=create) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["lab", "parties.slug-taken"]


def test_creation_stands_in_the_log():
    made = organisation()

    assert audit.trail(made.id) == ["parties.organisation-created"]


def test_the_document_names_the_key_and_the_services():
    made = organisation(slug="lab")

    document = parties.did_document("lab", now=MAY)

    [method] = document["verificationMethod"]
    assert method["id"] == f"{made.participant}#{thumbprint(method['publicKeyJwk'])}"
    assert set(method["publicKeyJwk"]) == {"kty", "crv", "x", "y"}
    assert public_key(method["publicKeyJwk"]).curve.name == "secp256r1"
    assert document == {
        "@context": [
            "https://www.w3.org/ns/did/v1",
            "https://w3id.org/security/suites/jws-2020/v1",
            "https://w3id.org/dspace/2025/1/context.jsonld",
        ],
        "id": made.participant,
        "verificationMethod": [
            {
                "id": method["id"],
                "type": "JsonWebKey2020",
                "controller": made.participant,
                "publicKeyJwk": method["publicKeyJwk"],
            }
        ],
        "authentication": [method["id"]],
        "assertionMethod": [method["id"]],
        "capabilityInvocation": [method["id"]],
        "service": [
            {
                "id": f"{made.participant}#catalog",
                "type": "CatalogService",
                "serviceEndpoint": "http://127.0.0.1:8080/orgs/lab/dsp/2025-1/catalog",
            },
            {
                "id": f"{made.participant}#dataspace",
                "type": "DataService",
                "serviceEndpoint": "http://127.0.0.1:8080/orgs/lab/.well-known/dspace-version",
            },
            {
                "id": f"{made.participant}#log",
                "type": "TransparencyLog",
                "serviceEndpoint": "http://127.0.0.1:8080/audit",
            },
        ],
    }


def test_the_catalogue_service_has_the_shape_that_the_dataspace_protocol_states():
    # The published schema, as it reads in Dataspace Protocol 2025-1, `did-service-schema.json`.
    shape = {
        "type": "object",
        "properties": {
            "type": {"type": "string", "enum": ["DataService", "CatalogService"]},
            "id": {"type": "string"},
            "serviceEndpoint": {"type": "string", "pattern": "https?://.*?/catalog$"},
        },
        "required": ["id", "type", "serviceEndpoint"],
    }
    organisation(slug="lab")

    jsonschema.validate(parties.did_document("lab", now=MAY)["service"][0], shape)


def test_each_organisation_has_a_key_of_its_own():
    organisation(slug="east")
    organisation(slug="west")

    keys = [
        parties.did_document(slug, now=MAY)["verificationMethod"][0]["publicKeyJwk"]
        for slug in ("east", "west")
    ]

    assert keys[0] != keys[1]


def test_times_come_back_aware():
    assert parties.organisation(organisation().id).created_at == datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
