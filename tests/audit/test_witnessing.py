"""Looking after other nodes' logs: when they are visited, what is kept, and what a lie leaves behind."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.db import transaction

from renkei.audit import api as audit
from renkei.audit.errors import PeerLogContradicted, PeerLogUnknown, PeerMoved
from renkei.audit.models import WitnessedRow
from renkei.audit.settling import ATTEMPTS
from renkei.audit.types import VisitOutcome
from renkei.audit.witnessing import LEASE, SETTLING
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

    def look(self, address: str, *, kept: audit.KeptUnder) -> audit.Sighting:
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


def refusing() -> bytes:
    raise PeerAnswered(url="https://far.example/audit/consistency", status=403)


ODD = {
    "refused": refusing,
    "a page": lambda: b"<html>back at nine</html>",
    "no proof": lambda: b'{"first":3,"second":4,"path":["?"]}',
}


@pytest.mark.parametrize("odd", ODD)
def test_one_odd_answer_in_place_of_a_proof_accuses_nobody_and_is_asked_for_again(
    odd: str, far: ForeignLog, logs: Logs
) -> None:
    agree()
    visit(logs)
    far.grow("d")
    honest = withhold(far, ODD[odd])
    agree()

    made = visit(logs)

    assert (made.outcome, made.code) == (VisitOutcome.WAITING, "tlog.proof-refused")
    far.fetch = honest  # type: ignore[method-assign]
    assert visit(logs, at=DUE + timedelta(seconds=10)).outcome is VisitOutcome.WITNESSED
    assert audit.contradictions() == ()


def withhold(far: ForeignLog, answer: Callable[[], bytes]) -> Callable[[str], bytes]:
    """Have a log answer so where a proof is asked of it; returns what it answered with before."""
    honest = far.fetch
    far.fetch = lambda path: answer() if path.startswith("/audit/consistency") else honest(path)  # type: ignore[method-assign]
    return honest


def visit_to_the_end(logs: Logs, *, start=DUE) -> audit.Visit:
    """Go on as long as the newest visit is due again."""
    at = start
    while audit.visits(limit=1)[0].outcome is VisitOutcome.WAITING:
        audit.visit_due(logs, now=at)
        at += timedelta(seconds=10)
    return audit.visits(limit=1)[0]


def test_a_log_that_goes_on_refusing_the_proof_between_its_own_heads_is_told_so_under_a_code_of_its_own(
    far: ForeignLog, logs: Logs
) -> None:
    agree()
    visit(logs)
    far.grow("d")
    withhold(far, refusing)
    agree()

    made = visit_to_the_end(logs)

    assert (made.outcome, made.code, made.attempts) == (
        VisitOutcome.CONTRADICTED,
        "tlog.proof-refused",
        ATTEMPTS,
    )
    assert [each.code for each in audit.contradictions()] == ["tlog.proof-refused"]


def test_a_peer_cannot_slip_away_to_another_address_with_another_log(logs: Logs) -> None:
    agree()
    visit(logs)
    logs.at["https://new.example"] = ForeignLog("new.example").grow("z")
    logs.addresses[PEER] = "https://new.example"
    agree()

    made = visit(logs)

    assert (made.outcome, made.code) == (VisitOutcome.MOVED, "audit.peer-moved")
    assert audit.trail(PEER) == ["audit.peer-moved"]
    assert [head.origin for head in audit.witnessed()] == ["far.example"]
    with pytest.raises(PeerMoved):
        audit.visit_now(PEER, logs=logs, now=MAY)
    audit.forget_log(log=PEER, actor=NODE, now=MAY)
    assert audit.visit_now(PEER, logs=logs, now=MAY).outcome is VisitOutcome.WITNESSED


EVIL = "https://evil.example"


def test_a_peer_cannot_have_an_honest_log_accused_by_naming_it_after_its_own(
    far: ForeignLog, logs: Logs
) -> None:
    logs.at[EVIL] = ForeignLog("evil.example").grow("z")
    logs.addresses[PEER] = EVIL
    agree()
    visit(logs)
    logs.addresses[PEER] = ADDRESS
    agree()

    assert visit(logs).outcome is VisitOutcome.MOVED
    assert (audit.contradictions(), audit.trail("far.example")) == ((), [])
    neighbour = "did:web:far.example:orgs:lab"
    logs.addresses[neighbour] = ADDRESS
    agree(neighbour)
    assert visit(logs).outcome is VisitOutcome.WITNESSED


def replay_another_key(far: ForeignLog) -> Callable[[str], bytes]:
    return ForeignLog("evil.example").grow("z").fetch


def replay_an_old_head(far: ForeignLog) -> Callable[[str], bytes]:
    return far.twin("a", "b").fetch


def replay_without_proof(far: ForeignLog) -> Callable[[str], bytes]:
    later = far.twin("a", "b", "c", "d")
    return lambda path: (
        b'{"first":3,"second":4,"path":[]}' if path.startswith("/audit/consistency") else later.fetch(path)
    )


@pytest.mark.parametrize(
    ("replay", "accused"),
    [
        (replay_another_key, "evil.example"),
        (replay_an_old_head, PEER),
        (replay_without_proof, PEER),
    ],
)
def test_whoever_passes_an_honest_logs_heads_on_from_elsewhere_is_accused_himself(
    replay: Callable[[ForeignLog], Callable[[str], bytes]], accused: str, far: ForeignLog, logs: Logs
) -> None:
    logs.at[EVIL] = far.twin("a", "b", "c")
    logs.addresses[PEER] = EVIL
    agree()
    visit(logs)
    logs.at[EVIL].fetch = replay(far)  # type: ignore[method-assign]
    agree()

    assert visit(logs).outcome is VisitOutcome.CONTRADICTED
    assert [each.origin for each in audit.contradictions()] == [accused]
    assert "audit.peer-log-contradicted" not in audit.trail("far.example")
    assert audit.trail(accused) == ["audit.peer-log-contradicted"]


def test_two_roots_of_one_size_accuse_the_log_wherever_they_are_shown(far: ForeignLog, logs: Logs) -> None:
    agree()
    visit(logs)
    logs.at[EVIL] = far.twin("a", "x", "c")
    other = "did:web:evil.example:orgs:x"
    logs.addresses[other] = EVIL
    agree(other)

    assert visit(logs).code == "tlog.log-rewritten"
    assert audit.trail("far.example")[-1] == "audit.peer-log-contradicted"


def test_a_log_that_moves_house_with_its_key_is_the_same_log(far: ForeignLog, logs: Logs) -> None:
    agree()
    visit(logs)
    logs.at["https://new.example"] = far.grow("d")
    logs.addresses[PEER] = "https://new.example"
    agree()

    assert visit(logs).outcome is VisitOutcome.WITNESSED


@pytest.mark.parametrize("size", [2**53, 2**63])
def test_a_head_of_a_size_that_nobody_can_count_is_asked_for_again_and_given_up(
    size: int, far: ForeignLog, logs: Logs
) -> None:
    signed = far.sign(size=size, root=bytes(32)).encode()
    honest = far.fetch
    far.fetch = lambda path: signed if path == "/audit/head" else honest(path)  # type: ignore[method-assign]
    agree()

    made = visit_to_the_end(logs)

    assert (made.outcome, made.code) == (VisitOutcome.UNREACHED, "tlog.checkpoint-malformed")


def test_a_name_as_long_as_a_column_is_kept_and_a_longer_one_is_not(logs: Logs) -> None:
    logs.at[ADDRESS] = ForeignLog("n" * 256).grow("a")
    agree()
    assert visit(logs).code == "tlog.key-malformed"
    logs.at[ADDRESS] = ForeignLog("n" * 255).grow("a")

    assert visit(logs, at=DUE + timedelta(seconds=10)).outcome is VisitOutcome.WITNESSED


def test_a_visit_that_fails_as_nobody_thought_of_is_given_up_in_the_end(logs: Logs) -> None:
    logs.failure = TypeError("odd")
    agree()
    at = DUE
    for _ in range(ATTEMPTS):
        with pytest.raises(TypeError):
            audit.visit_due(logs, now=at)
        at += LEASE

    assert audit.visit_due(logs, now=at)
    assert not audit.visit_due(logs, now=at + LEASE)
    assert (audit.visits()[0].outcome, audit.visits()[0].attempts) == (VisitOutcome.UNREACHED, ATTEMPTS)


def test_a_peer_that_is_down_is_called_once_for_all_that_wait_for_it(logs: Logs) -> None:
    calls = 0

    def count(_peer: str) -> str:
        nonlocal calls
        calls += 1
        raise PeerUnreachable(url=ADDRESS, why="refused")

    logs.address = count  # type: ignore[method-assign]
    for number in range(5):
        agree(occasion=f"urn:uuid:{number}")

    visit(logs)
    agree(occasion="urn:uuid:late", at=DUE)
    at = DUE
    while any(made.outcome is VisitOutcome.WAITING for made in audit.visits()):
        audit.visit_due(logs, now=at)
        at += timedelta(seconds=1)

    assert calls == ATTEMPTS + 1
    assert {made.attempts for made in audit.visits()} == {ATTEMPTS}


def test_a_pause_begins_when_the_visit_is_over(logs: Logs) -> None:
    logs.failure = PeerUnreachable(url=ADDRESS, why="timed out")
    agree()
    over = DUE + timedelta(seconds=60)
    audit.visit_due(logs, now=DUE, clock=lambda: over)

    assert not audit.visit_due(logs, now=over + timedelta(seconds=9))
    assert audit.visit_due(logs, now=over + timedelta(seconds=10))


def during(logs: Logs, act: Callable[[], object]) -> None:
    """Have something happen while a log is being looked at, once the visitor knows what to hold it to."""
    plain = logs.look

    def look(address: str, *, kept: audit.KeptUnder) -> audit.Sighting:
        logs.look = plain  # type: ignore[method-assign]
        seen = plain(address, kept=kept)
        act()
        return seen

    logs.look = look  # type: ignore[method-assign]


def test_a_failure_does_not_take_back_what_another_visit_has_settled(logs: Logs) -> None:
    agree()
    plain = logs.address

    def address(_peer: str) -> str:
        logs.address = plain  # type: ignore[method-assign]
        audit.visit_now(PEER, logs=logs, now=DUE)
        raise PeerUnreachable(url=ADDRESS, why="refused")

    logs.address = address  # type: ignore[method-assign]
    audit.visit_due(logs, now=DUE)

    assert {made.outcome for made in audit.visits()} == {VisitOutcome.WITNESSED}
    assert not audit.visit_due(logs, now=DUE + timedelta(days=1))


@pytest.mark.parametrize("words", ["axc", "axcd"])
def test_a_log_that_shows_two_faces_to_two_visits_at_once_is_found_out(
    words: str, far: ForeignLog, logs: Logs
) -> None:
    agree()

    def show_another_face() -> None:
        logs.at[ADDRESS] = far.twin(*words)
        audit.visit_now(PEER, logs=logs, now=DUE)
        logs.at[ADDRESS] = far

    during(logs, show_another_face)
    while audit.visit_due(logs, now=DUE):
        pass

    assert [head.size for head in audit.witnessed()] == [len(words)]
    assert len(audit.contradictions()) == 1


def test_a_head_that_was_given_up_stays_as_proof_beside_the_same_head_kept_anew(logs: Logs) -> None:
    agree()
    visit(logs)
    audit.forget_log(log=ADDRESS, actor=NODE, now=MAY)
    agree(occasion="urn:uuid:second")
    visit(logs)

    rows = WitnessedRow.objects.order_by("pk").values_list("occasion", "dropped_at")
    assert list(rows) == [("urn:uuid:agreement", MAY), ("urn:uuid:second", None)]


def no_service(logs: Logs, _far: ForeignLog, _settings) -> None:
    logs.addresses.clear()


def nothing_there(_logs: Logs, far: ForeignLog, _settings) -> None:
    def fetch(path: str) -> bytes:
        raise PeerAnswered(url=path, status=404)

    far.fetch = fetch  # type: ignore[method-assign]


def our_address(logs: Logs, _far: ForeignLog, settings) -> None:
    logs.addresses[PEER] = settings.RENKEI.public_url


def our_log(logs: Logs, far: ForeignLog, _settings) -> None:
    own = {"/audit/key": audit.log_key().verifier, "/audit/head": audit.signed_head(now=MAY).checkpoint}
    far.fetch = lambda path: own[path].encode()  # type: ignore[method-assign]


@pytest.mark.parametrize("slip", [no_service, nothing_there, our_address, our_log])
def test_a_peer_whose_log_was_seen_cannot_slip_away_in_silence(
    slip: Callable[..., None], far: ForeignLog, logs: Logs, settings
) -> None:
    agree()
    visit(logs)
    slip(logs, far, settings)
    agree()

    assert visit(logs).outcome is VisitOutcome.WAITING
    assert visit_to_the_end(logs).outcome is VisitOutcome.WITHDRAWN
    assert audit.trail(PEER) == ["audit.peer-log-withdrawn"]


def test_our_own_log_at_another_address_is_not_another_nodes(far: ForeignLog, logs: Logs, settings) -> None:
    our_log(logs, far, settings)
    agree()

    assert (visit(logs).outcome, audit.witnessed()) == (VisitOutcome.OWN, ())


def test_a_strangers_log_of_the_same_name_is_another_log(far: ForeignLog, logs: Logs) -> None:
    agree()
    visit(logs)
    stranger = "did:web:evil.example:orgs:x"
    logs.addresses[stranger], logs.at[EVIL] = EVIL, ForeignLog("far.example").grow("a", "b", "c")
    agree(stranger, occasion="urn:uuid:stranger")
    visit(logs)

    assert [head.address for head in audit.witnessed(vkey=far.vkey)] == [ADDRESS]
    assert [head.vkey for head in audit.witnessed_for(["urn:uuid:agreement"])] == [far.vkey]
    with pytest.raises(PeerLogUnknown):
        audit.forget_log(log="far.example", actor=NODE, now=MAY)


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

    given_up = audit.forget_log(log=logs.addresses[PEER], actor=NODE, now=MAY)
    agree()

    assert given_up == 1
    assert visit(logs).outcome is VisitOutcome.WITNESSED
    assert audit.trail("far.example")[-2:] == ["audit.peer-log-forgotten", "audit.head-witnessed"]
    assert len(audit.contradictions()) == 1
    with pytest.raises(PeerLogUnknown):
        audit.forget_log(log="https://nobody.example", actor=NODE, now=MAY)
