"""Who may read what now."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from renkei.audit import api as audit
from renkei.exchange import api as exchange
from renkei.exchange.errors import (
    AgreementEnded,
    AgreementExpired,
    PurposeNotAgreed,
    TransferMissing,
    TransferNotStarted,
    TransferUnknown,
)
from renkei.kernel.ids import NODE
from renkei.privacy import api as privacy
from tests.factories.exchange import CLASSES, MAY, table

pytestmark = pytest.mark.django_db
END = datetime(2027, 3, 31, tzinfo=UTC)


def test_the_secret_opens_what_the_terms_allow():
    at = table()
    secret = at.secret()

    granted = exchange.access(secret, now=MAY)

    assert (granted.dataset, granted.agreement.assignee) == (at.dataset, at.consumer.participant)
    assert granted.plan == privacy.Plan(
        table=at.dataset.table,
        columns=CLASSES,
        cell=privacy.Cell(privacy.CellScheme.JIS_MESH, 2),
        minimum_group=privacy.MinimumGroup(2, "device"),
    )
    assert exchange.access_by_transfer(granted.transfer.id, now=MAY) == granted


def test_a_delivery_leaves_a_record_and_a_line_in_the_log():
    at = table()
    granted = exchange.access(at.secret(), now=MAY)

    release = exchange.deliver(granted, channel="delta-sharing", now=MAY).release

    assert release.rows == 12
    [record] = exchange.provisions(org=at.provider.id)
    assert (record.role, record.provider) == (exchange.Role.PROVIDER, at.provider.participant)
    assert (record.recipient, record.agreement) == (at.consumer.participant, granted.agreement.id)
    assert (record.release, record.version, record.rows) == (release.digest, release.version, 12)
    assert record.columns == ("device", "at", "cell", "reading", "counter")
    assert audit.trail(granted.transfer.id)[-1] == "exchange.read"


def test_the_recipient_keeps_its_own_record_of_what_it_got_from_whom():
    at = table()
    ours = at.transferred()

    [record] = exchange.provisions(org=at.consumer.id)

    assert record == exchange.Provision(
        id=record.id,
        role=exchange.Role.CONSUMER,
        org=at.consumer.id,
        provider=at.provider.participant,
        recipient=at.consumer.participant,
        agreement=ours.agreement,
        transfer=ours.id,
        dataset=at.dataset.id,
        channel=exchange.DELTA_SHARING,
        release="",
        version=None,
        rows=None,
        columns=(),
        at=MAY,
    )
    assert record.keep_until == MAY.replace(year=2029)
    assert dataclasses.replace(record, at=datetime(2028, 2, 29, tzinfo=UTC)).keep_until == datetime(
        2031, 3, 1, tzinfo=UTC
    )
    assert exchange.provisions(org=None, agreement=ours.agreement) == (record,)


@pytest.mark.parametrize("secret", ["", "rt_wrong", "rt_\udcff"])
def test_a_stranger_is_told_how_to_become_a_partner(secret):
    table().secret()

    with pytest.raises(TransferUnknown) as refused:
        exchange.access(secret, now=MAY)

    assert "Make an agreement from the provider's catalogue" in refused.value.said("en")


def test_use_ends_at_the_end_date_and_not_before():
    at = table()
    secret = at.secret()

    exchange.access(secret, now=END)
    with pytest.raises(AgreementExpired):
        exchange.access(secret, now=END + timedelta(microseconds=1))


def test_use_ends_with_the_agreement():
    at = table()
    secret = at.secret()
    granted = exchange.access(secret, now=MAY)
    exchange.end_agreement(
        org=at.provider.id, agreement=granted.agreement.id, reason="違反", actor=NODE, now=MAY
    )

    with pytest.raises(AgreementEnded) as refused:
        exchange.access(secret, now=MAY)
    assert "違反" in refused.value.said("ja")
    with pytest.raises(AgreementEnded):  # a release that was under way when it ended
        exchange.deliver(granted, channel="pull", now=MAY)
    assert exchange.provisions(org=at.provider.id) == ()


@pytest.mark.parametrize("act", ["suspend", "terminate", "complete"])
def test_nothing_can_be_read_through_a_transfer_that_does_not_run(act):
    at = table()
    secret = at.secret()
    number = exchange.access(secret, now=MAY).transfer.id
    to = {"org": at.provider.id, "transfer": number, "actor": NODE, "now": MAY}
    if act == "complete":
        exchange.complete_transfer(**to)
    else:
        {"suspend": exchange.suspend_transfer, "terminate": exchange.terminate_transfer}[act](
            reason="so", **to
        )

    with pytest.raises(TransferNotStarted):
        exchange.access(secret, now=MAY)
    with pytest.raises(TransferNotStarted):
        exchange.access_by_transfer(number, now=MAY)


def test_a_claimed_purpose_must_be_one_that_was_agreed():
    at = table()
    secret = at.secret()

    exchange.access(secret, now=MAY, purpose="research")
    with pytest.raises(PurposeNotAgreed) as refused:
        exchange.access(secret, now=MAY, purpose="advertising")
    assert refused.value.facts["agreed"] == "education, research"


def test_the_consumers_own_side_of_a_transfer_opens_nothing():
    at = table()
    ours = at.transferred()

    with pytest.raises(TransferMissing):
        exchange.access_by_transfer(ours.id, now=MAY)
