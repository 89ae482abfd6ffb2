from datetime import timedelta

import pytest

from renkei.telemetry import api as telemetry
from renkei.telemetry.models import RefusedRow
from renkei.telemetry.services import intake as intake_service
from tests.factories.parties import organisation
from tests.factories.telemetry import EUI, MAY, device, receive, uplink, uplinks

pytestmark = pytest.mark.django_db
OTHER_EUI = "0018B20000020CA0"


def broken(number: int = 0) -> telemetry.Unreadable:
    return telemetry.Unreadable(
        code="telemetry.broken-json", why="JSON is malformed", size=number, sha256=f"{number:064x}"
    )


def test_an_uplink_is_stored_once_however_often_it_comes():
    device(org=organisation())

    assert receive(uplink(), uplink()) == ["stored", "duplicate"]
    assert receive(uplink()) == ["duplicate"]
    assert telemetry.intake(None) == telemetry.Intake(
        received=3, stored=1, duplicates=2, refused={}, staged=1
    )


@pytest.mark.parametrize(
    "other",
    [
        {"counter": 2},
        {"session": "D2010049"},
        {"sent_at": MAY + timedelta(microseconds=1)},
        {"counter": 0, "sent_at": MAY - timedelta(days=1)},
    ],
    ids=["next frame", "new session", "same frame over the air again", "out of order"],
)
def test_another_frame_session_or_moment_is_another_uplink(other):
    device(org=organisation())

    assert receive(uplink(), uplink(**other)) == ["stored", "stored"]


def test_a_counter_that_starts_anew_is_kept():
    device(org=organisation())

    assert receive(uplink(counter=7)) == ["stored"]
    assert receive(uplink(counter=0, sent_at=MAY + timedelta(minutes=1))) == ["stored"]
    assert receive(uplink(counter=7, sent_at=MAY + timedelta(minutes=2))) == ["stored"]
    assert telemetry.repeats(None) == telemetry.Repeats(uplinks=3, frames=2)


def test_an_unknown_device_is_refused_and_counted_for_nobody():
    device(org=organisation())

    assert receive(uplink(eui=OTHER_EUI)) == ["telemetry.unknown-device"]
    assert receive(uplink(network=telemetry.Network.CHIRPSTACK)) == ["telemetry.unknown-device"]
    assert telemetry.intake(None).refused == {"telemetry.unknown-device": 2}
    assert [sample.why for sample in telemetry.refused_samples(None)] == [
        f"chirpstack {EUI}",
        f"helium {OTHER_EUI}",
    ]


def test_another_organisations_device_is_unknown_to_the_caller():
    owner, caller = organisation(), organisation(slug="other-lab")
    device(org=owner)

    assert receive(uplink(), owner=caller.id) == ["telemetry.unknown-device"]
    assert receive(uplink(), owner=owner.id) == ["stored"]
    assert telemetry.intake(caller.id).refused == {"telemetry.unknown-device": 1}
    assert telemetry.intake(owner.id) == telemetry.Intake(
        received=1, stored=1, duplicates=0, refused={}, staged=1
    )


@pytest.mark.parametrize(
    ("ahead", "fate"),
    [
        (timedelta(hours=1), "stored"),
        (timedelta(hours=1, microseconds=1), "telemetry.clock-far-off"),
        (-timedelta(days=4138, hours=9), "stored"),
        (-timedelta(days=4138, hours=9, microseconds=1), "telemetry.clock-far-off"),
    ],
)
def test_a_time_that_cannot_be_right_is_refused_to_the_owner(ahead, fate):
    org = organisation()
    device(org=org)

    assert receive(uplink(sent_at=MAY + ahead)) == [fate]
    assert telemetry.intake(org.id).received == 1


def test_one_bad_message_does_not_hold_up_the_others():
    device(org=organisation())

    assert receive(broken(), uplink(counter=1), uplink(eui=OTHER_EUI), uplink(counter=2)) == [
        "telemetry.broken-json",
        "stored",
        "telemetry.unknown-device",
        "stored",
    ]


def test_of_a_refused_message_only_its_digest_and_the_reason_are_kept():
    receive(broken(7))

    (sample,) = telemetry.refused_samples(None)
    assert sample == telemetry.RefusedSample(
        at=MAY, code="telemetry.broken-json", why="JSON is malformed", size=7, sha256=f"{7:064x}"
    )


def test_only_the_last_refused_messages_are_kept_and_all_are_counted():
    for start in range(0, 600, 15):
        receive(*[broken(start + number) for number in range(15)])

    assert RefusedRow.objects.count() == intake_service.SAMPLES_KEPT
    assert telemetry.refused_samples(None, limit=1)[0].size == 599
    assert telemetry.intake(None).refused == {"telemetry.broken-json": 600}


def test_a_device_tells_when_and_how_well_it_was_last_heard():
    org = organisation()
    device(org=org)
    weak = telemetry.Gateway(id="gw-1", rssi=-120.0, snr=-18.0)
    strong = telemetry.Gateway(id="gw-2", rssi=-80.0, snr=7.5)

    receive(uplink(counter=2, sent_at=MAY, gateways=(weak, strong)))
    receive(uplink(counter=1, sent_at=MAY - timedelta(minutes=1), gateways=(weak,)))

    (heard,) = telemetry.devices(org.id)
    assert (heard.last_seen, heard.last_rssi, heard.last_snr, heard.uplinks) == (MAY, -80.0, 7.5, 2)


def test_a_duplicate_does_not_count_as_heard():
    org = organisation()
    device(org=org)

    receive(uplink(), uplink())
    receive(uplink())

    assert telemetry.devices(org.id)[0].uplinks == 1


def test_an_uplink_heard_by_no_gateway_is_stored():
    org = organisation()
    device(org=org)

    assert receive(uplink(gateways=())) == ["stored"]
    assert telemetry.devices(org.id)[0].last_rssi is None


def test_a_batch_larger_than_one_statement_is_stored_whole():
    device(org=organisation())

    assert set(receive(*uplinks(1_201))) == {"stored"}
    assert receive(*uplinks(1_201, first=1_001)).count("duplicate") == 0
    assert telemetry.intake(None).stored == 2_402


def test_an_empty_batch_changes_nothing():
    assert receive() == []
    assert telemetry.intake(None).received == 0


def test_a_batch_takes_the_same_number_of_statements_whatever_its_devices(django_assert_num_queries):
    org = organisation()
    for number in range(5):
        device(org=org, eui=f"{number:016X}")

    def batch(devices: int) -> list[telemetry.Uplink]:
        return [uplink(eui=f"{number:016X}", counter=devices) for number in range(devices)]

    for devices in (1, 5):
        with django_assert_num_queries(7):  # two of them open and close the savepoint
            telemetry.receive(batch(devices), owner=None, now=MAY)
