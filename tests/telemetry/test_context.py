"""What a device sends becomes its entity in the owner's context, once for each uplink."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.context import api as context
from renkei.context.models import EntityRow, InstanceRow
from renkei.parties import api as parties
from renkei.telemetry import api as telemetry
from renkei.telemetry.entities import LOCATION, VOCABULARY, decoded_attributes, entity_id
from renkei.telemetry.models import StagedRow, StreamRow
from renkei.telemetry.services import moving
from tests.factories.context import told
from tests.factories.parties import organisation
from tests.factories.telemetry import EUI, MAY, device, receive, uplink, uplinks

pytestmark = pytest.mark.django_db
URI = entity_id("helium", EUI)
AT = "2026-05-01T09:00:00.000000Z"


@pytest.fixture
def org() -> parties.Organisation:
    owner = organisation()
    device(org=owner)
    return owner


def entity(org: parties.Organisation, uri: context.EntityId = URI) -> context.Document:
    return context.entity(org.id, uri, now=MAY)


def history_of(name: str) -> list[tuple[str, float | None]]:
    """Return when a number was observed, and what it was, in the order of the history's own numbers."""
    rows = InstanceRow.objects.filter(name__iri=VOCABULARY + name).order_by("observed_at", "id")
    return [(f"{at:%S.%f}", number) for at, number in rows.values_list("observed_at", "number")]


def prop(value: object, unit: str | None = None, at: str = AT) -> list[dict[str, object]]:
    made = {"type": "Property", "value": value, "observedAt": at}
    return [made | {"unitCode": unit} if unit else made]


def test_an_uplink_says_of_its_device_what_was_measured_and_how_it_was_heard(org):
    receive(uplink(decoded={"temperature": 34, "door": True, "state": "ok", "rssi": 1, "nested": {"a": 1}}))

    telemetry.commit_staged(now=MAY)

    assert told(entity(org)) == {
        "id": f"urn:ngsi-ld:Device:helium:{EUI}",
        "type": ["https://uri.etsi.org/ngsi-ld/default-context/Device"],
        "attrs": {
            VOCABULARY + "rssi": prop(-109.0, "DBM"),
            VOCABULARY + "snr": prop(-20.0, "2N"),
            VOCABULARY + "spreadingFactor": prop(11),
            VOCABULARY + "frameCounter": prop(1),
            VOCABULARY + "temperature": prop(34),
            VOCABULARY + "door": prop(True),
            VOCABULARY + "state": prop("ok"),
            VOCABULARY + "decoded_rssi": prop(1),
            LOCATION: [
                {
                    "type": "GeoProperty",
                    "value": {"type": "Point", "coordinates": [5.718, 45.195]},
                    "observedAt": AT,
                }
            ],
        },
    }


def test_what_an_uplink_does_not_tell_stays_as_it_was(org):
    receive(uplink(), uplink(counter=2, sent_at=MAY + timedelta(seconds=1), latitude=None, longitude=None))

    telemetry.commit_staged(now=MAY)

    attrs = entity(org)["attrs"]
    assert (attrs[VOCABULARY + "frameCounter"][0]["value"], attrs[LOCATION][0]["observedAt"]) == (2, AT)


def test_each_uplink_of_a_batch_is_history_and_the_last_one_heard_is_the_present(org):
    receive(*reversed(uplinks(5)))

    telemetry.commit_staged(now=MAY)

    assert history_of("frameCounter") == [(f"00.{ms:03}000", ms + 1) for ms in range(5)]
    assert entity(org)["attrs"][VOCABULARY + "frameCounter"][0]["value"] == 5


def test_an_uplink_that_comes_late_is_history_and_not_the_present(org):
    late, early = uplinks(2)
    receive(early)
    telemetry.commit_staged(now=MAY)
    receive(late)
    telemetry.commit_staged(now=MAY)

    assert history_of("frameCounter") == [("00.000000", 1), ("00.001000", 2)]
    assert entity(org)["attrs"][VOCABULARY + "frameCounter"][0]["value"] == 2


def test_a_message_that_is_sent_again_changes_nothing(org):
    receive(uplink())
    telemetry.commit_staged(now=MAY)
    receive(uplink())
    telemetry.commit_staged(now=MAY)

    assert history_of("frameCounter") == [("00.000000", 1)]


def test_devices_of_several_owners_stay_apart(org):
    other = organisation(slug="other-lab")
    device(org=other, eui="0018B20000020CA0")
    receive(uplink(), uplink(eui="0018B20000020CA0"))

    telemetry.commit_staged(now=MAY)

    assert sorted(EntityRow.objects.values_list("tenant", "uri")) == sorted(
        [(org.id, URI), (other.id, entity_id("helium", "0018B20000020CA0"))]
    )


@pytest.mark.parametrize("done", [0, 1, 2])
def test_a_process_that_dies_on_the_way_leaves_no_uplink_out_and_none_twice(org, monkeypatch, done):
    monkeypatch.setattr(moving, "CONTEXT_CHUNK", 2)
    receive(*uplinks(5))
    claimed = moving.claim_batch(StreamRow.objects.get().pk, limit=100)
    assert claimed is not None
    moving.append_batch(claimed)
    for _ in range(done):
        moving.observe_rows(claimed, now=MAY)
    assert moving.settle_batch(claimed, now=MAY) == 0

    assert telemetry.commit_staged(now=MAY) == 5

    assert [number for _, number in history_of("frameCounter")] == [1, 2, 3, 4, 5]
    assert not StagedRow.objects.exists()


def test_context_and_staged_rows_go_together_or_not_at_all(org, monkeypatch):
    receive(uplink())
    claimed = moving.claim_batch(StreamRow.objects.get().pk, limit=100)
    assert claimed is not None

    def fail(*_given: object, **_more: object) -> None:
        raise RuntimeError("the power fails")

    with monkeypatch.context() as power:
        power.setattr(context, "observe_entities", fail)
        with pytest.raises(RuntimeError):
            moving.observe_rows(claimed, now=MAY)
    assert StagedRow.objects.count() == 1

    telemetry.commit_staged(now=MAY)
    assert history_of("frameCounter") == [("00.000000", 1)]


def test_an_erased_device_is_gone_from_the_context_with_its_history(org):
    (gone,) = telemetry.devices(org.id)
    receive(*uplinks(3))
    telemetry.commit_staged(now=MAY)

    telemetry.erase_device(owner=org.id, device_id=gone.id, actor=org.actor, now=MAY)

    with pytest.raises(context.EntityMissing):
        entity(org)
    assert not InstanceRow.objects.exists()


def test_a_device_that_never_sent_anything_can_be_erased(org):
    (gone,) = telemetry.devices(org.id)

    telemetry.erase_device(owner=org.id, device_id=gone.id, actor=org.actor, now=MAY)

    assert telemetry.devices(org.id) == ()


@given(
    st.dictionaries(
        st.text(max_size=8),
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.lists(st.integers())),
        max_size=20,
    )
)
def test_whatever_a_decoder_says_makes_names_that_ngsi_ld_knows_each_once(decoded):
    made = list(decoded_attributes(decoded))

    names = [name for name, _ in made]
    assert len(names) == len(set(names))
    assert all(name.isascii() and name.isidentifier() for name in names)
    assert all(value in decoded.values() for _, value in made)


def test_a_payload_cannot_take_an_attribute_away():
    assert list(decoded_attributes({"rssi_": "urn:ngsi-ld:null", "a\0b": "x\0"})) == []


def test_a_number_that_no_double_reaches_is_no_measurement():
    assert dict(decoded_attributes({"level": 10**400, "low": -(10**400), "most": 2**63})) == {"most": 2**63}
