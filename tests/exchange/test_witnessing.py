"""An agreement has the other side's log looked at, in the transaction in which it comes into force."""

import pytest

from renkei.audit import api as audit
from renkei.audit.types import VisitOutcome
from tests.factories.exchange import MAY, table

pytestmark = pytest.mark.django_db


def test_each_side_of_an_agreement_plans_to_look_at_the_others_log() -> None:
    seated = table()

    agreement = seated.agreed()

    planned = {(made.peer, made.occasion, made.planned_at, made.outcome) for made in audit.visits()}
    assert planned == {
        (peer.participant, agreement.id, MAY, VisitOutcome.WAITING)
        for peer in (seated.provider, seated.consumer)
    }


def test_a_negotiation_that_comes_to_nothing_has_nobodys_log_looked_at() -> None:
    seated = table(automatic=False)
    seated.request()
    seated.deliver()

    assert audit.visits() == ()
