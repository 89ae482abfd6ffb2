import pytest

from renkei.audit import api as audit
from renkei.kernel.ids import DeviceId, OrgId
from renkei.kernel.refusals import Refusal
from renkei.telemetry import api as telemetry
from renkei.telemetry.errors import (
    DeviceMissing,
    DeviceTaken,
    EuiMalformed,
    NameUnusable,
    TableMissing,
    refusal_of,
)
from tests.factories.parties import organisation
from tests.factories.telemetry import EUI, MAY, device, receive, retire, uplink

pytestmark = pytest.mark.django_db


def test_an_enrolled_device_is_listed_and_leaves_a_line():
    org = organisation()

    enrolled = device(org=org, eui="00-18-b2-00-00-02-0c-bc", name=" field tester ")

    assert telemetry.devices(org.id) == (enrolled,)
    assert enrolled == telemetry.Device(
        id=enrolled.id,
        owner=org.id,
        network=telemetry.Network.HELIUM,
        eui=EUI,
        name="field tester",
        enrolled_at=MAY,
        retired_at=None,
        last_seen=None,
        last_rssi=None,
        last_snr=None,
        uplinks=0,
    )
    assert audit.trail(enrolled.id) == ["telemetry.device-enrolled"]


def test_the_first_device_makes_the_owners_table():
    org = organisation()
    with pytest.raises(TableMissing):
        telemetry.uplink_table(org.id)

    device(org=org)
    device(org=org, eui="0018B20000020CA0")

    table = telemetry.uplink_table(org.id)
    assert (table.owner, table.name, table.subject) == (org.id, "uplinks", "device")
    assert table.columns == telemetry.UPLINK_COLUMNS


@pytest.mark.parametrize(
    "eui", ["", "0018B20000020CB", "0018B20000020CBCD", "0018B20000020CBG", "００18B20000020CBC"]
)
def test_what_is_no_eui_is_refused(eui):
    with pytest.raises(EuiMalformed):
        device(org=organisation(), eui=eui)


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\x00b"])
def test_a_name_that_says_nothing_is_refused(name):
    with pytest.raises(NameUnusable):
        device(org=organisation(), name=name)


def test_nobody_enrols_a_device_that_is_enrolled():
    device(org=organisation())

    with pytest.raises(DeviceTaken):
        device(org=organisation(slug="other-lab"))


def test_one_eui_may_be_on_two_networks():
    org = organisation()

    device(org=org, network=telemetry.Network.HELIUM)
    device(org=org, network=telemetry.Network.CHIRPSTACK)

    assert [kept.network.value for kept in telemetry.devices(org.id)] == ["helium", "chirpstack"]


def test_a_retired_device_is_no_longer_heard_and_may_go_to_another_owner():
    first, second = organisation(), organisation(slug="other-lab")
    old = device(org=first)
    receive(uplink(counter=1))

    retired = retire(old, actor=first.actor)
    refused = receive(uplink(counter=2))
    new = device(org=second)
    taken = receive(uplink(counter=3))

    assert retired.retired_at == MAY
    assert (refused, taken) == (["telemetry.unknown-device"], ["stored"])
    assert [(kept.id, kept.uplinks) for kept in telemetry.devices(None)] == [
        (kept.id, 1) for kept in sorted((old, new), key=lambda kept: kept.owner)
    ]


def test_a_device_taken_up_again_by_its_owner_still_knows_what_it_sent():
    org = organisation()
    first = device(org=org)
    receive(uplink())
    retire(first, actor=org.actor)

    again = device(org=org, name="repaired")

    assert (again.id, again.name, again.retired_at) == (first.id, "repaired", None)
    assert receive(uplink()) == ["duplicate"]
    assert audit.trail(first.id) == [
        "telemetry.device-enrolled",
        "telemetry.device-retired",
        "telemetry.device-enrolled",
    ]


def test_retiring_twice_leaves_one_line():
    org = organisation()
    kept = device(org=org)

    retire(kept, actor=org.actor)
    retire(kept, actor=org.actor)

    assert audit.trail(kept.id) == ["telemetry.device-enrolled", "telemetry.device-retired"]


def test_an_organisation_sees_and_touches_only_its_own_devices():
    owner, other = organisation(), organisation(slug="other-lab")
    kept = device(org=owner)

    assert telemetry.devices(other.id) == ()
    assert telemetry.device(kept.id, owner=owner.id) == kept
    for act in (
        lambda: telemetry.device(kept.id, owner=other.id),
        lambda: telemetry.retire_device(owner=other.id, device_id=kept.id, actor=other.actor, now=MAY),
        lambda: telemetry.erase_device(owner=other.id, device_id=kept.id, actor=other.actor, now=MAY),
        lambda: telemetry.device(DeviceId("urn:uuid:none")),
    ):
        with pytest.raises(DeviceMissing):
            act()


def test_nobody_enrols_for_an_organisation_that_is_not_here():
    with pytest.raises(Refusal) as refused:
        telemetry.enrol_device(
            owner=OrgId("urn:uuid:none"),
            network=telemetry.Network.HELIUM,
            eui=EUI,
            name="x",
            actor=organisation().actor,
            now=MAY,
        )
    assert refused.value.code.startswith("parties.")


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_of_devices_takes_one_query(count, django_assert_num_queries):
    org = organisation()
    for number in range(count):
        device(org=org, eui=f"{number:016X}")

    with django_assert_num_queries(1):
        assert len(telemetry.devices(org.id)) == count


@pytest.mark.parametrize(
    "code", ["unknown-device", "clock-far-off", "broken-json", "wrong-shape", "oversize", "unstorable"]
)
def test_every_code_of_a_refused_message_has_its_refusal(code):
    refusal = refusal_of(f"telemetry.{code}", why="such and such")

    assert refusal.code == f"telemetry.{code}"
    assert "such and such" in refusal.said("en")
    assert "such and such" in refusal.said("ja")
