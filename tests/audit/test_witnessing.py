"""Looking after other nodes' logs: when they are visited, what is kept, and what a lie leaves behind."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.db import transaction

from renkei.audit import api as audit
from renkei.audit.errors import PeerLogContradicted, PeerLogUnknown
from renkei.audit.types import VisitOutcome
from renkei.audit.witnessing import SETTLING
from renkei.kernel.ids import NODE
from renkei.servers.errors import DidUnusable, PeerAnswered, PeerUnreachable
from renkei.wire import tlog
from tests.factories.audit import MAY
from tests.factories.foreign_log import ForeignLog

pytestmark = pytest.mark.django_db

DUE = MAY + SETTLING
PEER = "did:web:far.example:orgs:city"
ADDRESS = "https://far.example"


@dataclass
class Logs:
    """Other nodes' logs, by their address; each peer's address by its id."""

    at: dict[str, ForeignLog] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    visits: list[str] = field(default_factory=list)
    failure: Exception | None = None

    def address(self, peer: str) -> str | None:
        if self.failure is not None:
            raise self.failure
        return self.addresses.get(peer)

    def look(self, address: str, *, kept: Sequence[audit.KeptHead]) -> audit.Sighting:
        self.visits.append(address)
        return tlog.sight(self.at[address].fetch, kept=kept)


@pytest.fixture
def far() -> ForeignLog:
    return ForeignLog().grow("a", "b", "c")


@pytest.fixture
def logs(far: ForeignLog) -> Logs:
    return Logs({ADDRESS: far}, {PEER: ADDRESS})


def agree(peer: str = PEER, *, occasion: str = "urn:uuid:agreement", at=MAY) -> None:
    with transaction.atomic():
        audit.plan_visit(peer=peer, occasion=occasion, now=at)


def visit(logs: Logs, *, at=DUE) -> audit.Visit:
    """Make everything that is due and return what became of the newest visit."""
    while audit.visit_due(logs, now=at):
        pass
    return audit.visits(limit=1)[0]


def test_a_peers_head_is_kept_cosigned_and_stands_in_our_own_log(far: ForeignLog, logs: Logs) -> None:
    agree()

    made = visit(logs)

    assert (made.outcome, made.origin, made.size, made.attempts) == (
        VisitOutcome.WITNESSED,
        "far.example",
        3,
        1,
    )
    (head,) = audit.witnessed(origin="far.example")
    said, at = tlog.open_cosigned(head.checkpoint, vkey=far.vkey, witness=audit.cosigner_key())
    assert (said.size, said.root, at) == (3, head.root, DUE)
    audit.seal(now=MAY)
    (entry,) = audit.entries(start=0, limit=10, subject="far.example")
    assert (entry.action, entry.concerns, dict(entry.facts)) == (
        "audit.head-witnessed",
        (PEER,),
        {"size": 3, "root": head.root.hex(), "agreement": "urn:uuid:agreement"},
    )


def test_nothing_is_due_before_an_agreement_and_after_its_visit(logs: Logs) -> None:
    assert not audit.visit_due(logs, now=MAY)
    agree()
    assert not audit.visit_due(logs, now=DUE - timedelta(milliseconds=1))
    assert audit.visit_due(logs, now=DUE)
    assert not audit.visit_due(logs, now=DUE)
    assert logs.visits == [ADDRESS]


def test_a_visit_falls_with_its_agreement(logs: Logs) -> None:
    with transaction.atomic():
        audit.plan_visit(peer=PEER, occasion="urn:uuid:agreement", now=MAY)
        transaction.set_rollback(True)

    assert not audit.visit_due(logs, now=DUE)


def test_many_agreements_with_one_peer_are_settled_by_one_visit(logs: Logs) -> None:
    for number in range(5):
        agree(occasion=f"urn:uuid:{number}", at=MAY + number * SETTLING / 5)

    visit(logs)

    assert logs.visits == [ADDRESS]
    assert {made.outcome for made in audit.visits()} == {VisitOutcome.WITNESSED}
    assert [head.size for head in audit.witnessed_for(["urn:uuid:4"])] == [3]


def test_each_visit_holds_the_log_to_the_head_before(far: ForeignLog, logs: Logs) -> None:
    agree()
    visit(logs)
    far.grow("d", "e")
    agree()
    visit(logs)
    agree()
    visit(logs)

    assert [head.size for head in audit.witnessed()] == [5, 3]
    assert audit.trail("far.example") == ["audit.head-witnessed"] * 2
    assert audit.contradictions() == ()


LIES = {
    "shrunk": (lambda far: far.twin("a", "b"), "tlog.log-shrunk"),
    "rewritten, of the same size": (lambda far: far.twin("a", "x", "c"), "tlog.log-rewritten"),
    "rewritten and grown": (lambda far: far.twin("a", "x", "c", "d"), "tlog.log-rewritten"),
    "another key": (lambda _far: ForeignLog().grow("a", "b", "c"), "tlog.key-changed"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_log_that_contradicts_itself_is_an_alarm_with_both_heads_as_proof(
    lie: str, far: ForeignLog, logs: Logs
) -> None:
    agree()
    visit(logs)
    (kept,) = audit.witnessed()
    make, code = LIES[lie]
    logs.at[ADDRESS] = make(far)
    agree(occasion="urn:uuid:second")

    made = visit(logs)

    assert (made.outcome, made.code) == (VisitOutcome.CONTRADICTED, code)
    (found,) = audit.contradictions()
    assert (found.code, found.kept.checkpoint, found.occasion) == (code, kept.checkpoint, "urn:uuid:second")
    for head in (found.kept, found.shown):
        assert tlog.open_checkpoint(head.checkpoint, vkey=head.vkey).origin == "far.example"
    assert audit.trail("far.example") == ["audit.head-witnessed", "audit.peer-log-contradicted"]
    assert audit.witnessed() == (kept,)
    with pytest.raises(PeerLogContradicted, match=code):
        audit.visit_now(PEER, logs=logs, now=MAY)


def test_a_log_that_refuses_the_proof_between_its_own_heads_contradicts_itself(
    far: ForeignLog, logs: Logs
) -> None:
    agree()
    visit(logs)
    far.grow("d")
    honest = far.fetch

    def fetch(path: str) -> bytes:
        if path.startswith("/audit/consistency"):
            raise PeerAnswered(url=path, status=403, peer_code="", reasons=())
        return honest(path)

    far.fetch = fetch  # type: ignore[method-assign]
    agree()

    assert visit(logs).code == "tlog.log-rewritten"


def test_a_peer_cannot_slip_away_to_another_address_with_another_log(logs: Logs) -> None:
    agree()
    visit(logs)
    logs.at["https://new.example"] = ForeignLog("new.example").grow("z")
    logs.addresses[PEER] = "https://new.example"
    agree()

    assert visit(logs).code == "tlog.key-changed"


def test_two_peers_of_one_node_are_held_to_one_log(far: ForeignLog, logs: Logs) -> None:
    agree()
    visit(logs)
    neighbour = "did:web:far.example:orgs:lab"
    logs.addresses[neighbour] = ADDRESS
    logs.at[ADDRESS] = far.twin("only", "for", "the lab", "!")
    agree(neighbour)

    assert visit(logs).outcome is VisitOutcome.CONTRADICTED


def test_a_peer_without_a_log_is_noted_and_asked_again_at_the_next_agreement(
    far: ForeignLog, logs: Logs
) -> None:
    logs.addresses.clear()
    agree(occasion="urn:uuid:first")
    first = visit(logs)
    logs.addresses[PEER] = ADDRESS
    agree(occasion="urn:uuid:second")
    second = visit(logs)

    assert (first.outcome, second.outcome) == (VisitOutcome.NO_LOG, VisitOutcome.WITNESSED)
    assert [made.outcome for made in audit.visits()] == [VisitOutcome.WITNESSED, VisitOutcome.NO_LOG]


def test_a_peer_whose_document_names_it_wrongly_offers_no_log(logs: Logs) -> None:
    logs.failure = DidUnusable(did=PEER, why="the document is another one's")
    agree()

    made = visit(logs)

    assert (made.outcome, made.code) == (VisitOutcome.NO_LOG, "servers.did-unusable")


def test_an_organisation_of_this_node_is_no_witness_of_it(logs: Logs, settings) -> None:
    logs.addresses[PEER] = settings.RENKEI.public_url
    agree()

    assert visit(logs).outcome is VisitOutcome.OWN
    assert (logs.visits, audit.witnessed()) == ([], ())


def test_a_peer_that_is_down_is_tried_again_ever_more_rarely_and_given_up(logs: Logs) -> None:
    logs.failure = PeerUnreachable(url=ADDRESS, why="refused")
    agree()
    at, tries = DUE, []
    while audit.visits()[0].outcome is VisitOutcome.WAITING:
        if audit.visit_due(logs, now=at):
            tries.append((at - DUE).total_seconds())
        at += timedelta(seconds=10)

    assert tries == [0, 10, 30, 70, 150, 310, 630, 1270]
    assert (audit.visits()[0].outcome, audit.visits()[0].code) == (
        VisitOutcome.UNREACHED,
        "servers.peer-unreachable",
    )


def test_a_peer_that_comes_back_is_witnessed(logs: Logs) -> None:
    logs.failure = PeerUnreachable(url=ADDRESS, why="refused")
    agree()
    audit.visit_due(logs, now=DUE)
    logs.failure = None

    assert visit(logs, at=DUE + timedelta(seconds=10)).outcome is VisitOutcome.WITNESSED


@pytest.mark.parametrize(
    ("path", "answer", "code"),
    [
        ("/audit/head", b"\xff\xfe", "tlog.checkpoint-malformed"),
        ("/audit/head", b"", "tlog.checkpoint-malformed"),
        ("/audit/head", b"far.example\n" + b"x" * 5000, "tlog.checkpoint-malformed"),
        ("/audit/key", b"no key", "tlog.key-malformed"),
        ("/audit/key", b"k" * 400, "tlog.key-malformed"),
        ("/audit/head", ForeignLog().grow("z").checkpoint().encode(), "tlog.signature-wrong"),
    ],
)
def test_an_answer_that_nobody_signed_is_no_contradiction_and_is_asked_for_again(
    path: str, answer: bytes, code: str, far: ForeignLog, logs: Logs
) -> None:
    honest = far.fetch
    far.fetch = lambda asked: answer if asked == path else honest(asked)  # type: ignore[method-assign]
    agree()

    made = visit(logs)

    assert (made.outcome, made.code, audit.contradictions()) == (VisitOutcome.WAITING, code, ())


def test_a_log_whose_name_is_no_plain_word_does_not_get_it_into_ours(logs: Logs) -> None:
    logs.at[ADDRESS] = ForeignLog("山田太郎\u202e").grow("a")
    agree()

    made = visit(logs)

    assert (made.outcome, made.code, audit.witnessed()) == (
        VisitOutcome.WAITING,
        "tlog.checkpoint-malformed",
        (),
    )


def test_what_others_appended_to_a_head_is_not_handed_on(far: ForeignLog, logs: Logs) -> None:
    honest = far.fetch
    stranger = ForeignLog("stranger.example")
    far.fetch = lambda path: (  # type: ignore[method-assign]
        stranger.cosign(far.checkpoint()).encode() if path == "/audit/head" else honest(path)
    )
    agree()
    visit(logs)

    assert "stranger.example" not in audit.witnessed()[0].checkpoint


def test_a_log_whose_key_was_rightly_replaced_is_trusted_anew_once_the_operator_says_so(
    far: ForeignLog, logs: Logs
) -> None:
    agree()
    visit(logs)
    logs.at[ADDRESS] = ForeignLog().grow("a")
    agree()
    visit(logs)

    given_up = audit.forget_log(origin="far.example", actor=NODE, now=MAY)
    agree()

    assert given_up == 1
    assert visit(logs).outcome is VisitOutcome.WITNESSED
    assert audit.trail("far.example")[-2:] == ["audit.peer-log-forgotten", "audit.head-witnessed"]
    assert len(audit.contradictions()) == 1
    with pytest.raises(PeerLogUnknown):
        audit.forget_log(origin="nobody.example", actor=NODE, now=MAY)
