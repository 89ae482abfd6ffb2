"""Witnesses that tell the truth about a log, and witnesses that lie; the log here is honest unless it says otherwise."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from msgspec.json import encode
from msgspec.structs import replace as with_

from renkei.kernel import notes
from renkei.kernel.refusals import Refusal
from renkei.servers.errors import PeerAnswered, PeerUnreachable
from renkei.wire import tlog
from tests.factories.foreign_log import ForeignLog

AT = 1_777_626_000
NODE = "https://far.example"


@pytest.fixture
def log() -> ForeignLog:
    return ForeignLog().grow(*"abcdefg")


@pytest.fixture
def witness() -> ForeignLog:
    return ForeignLog("witness.example")


def stated(witness: ForeignLog, log: ForeignLog, *sizes: int, address: str = NODE) -> tlog.Witnessed:
    """What a witness says it has seen of a log, newest first."""
    heads = tuple(
        tlog.WitnessedNote(
            address=address,
            vkey=log.vkey,
            checkpoint=witness.cosign(log.checkpoint(size), at=AT),
            seen_at="2026-05-01T09:00:00Z",
        )
        for size in sizes
    )
    return tlog.Witnessed(origin=log.name, witness=witness.cosigner.text(), heads=heads)


def kept(log: ForeignLog, size: int | None = None) -> tlog.Kept:
    return tlog.Kept(vkey=log.vkey, checkpoint=log.checkpoint(size))


def refused(log: ForeignLog, told: tlog.Witnessed, *, shown: tlog.Kept | None = None, **more: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        tlog.check_witness(log.fetch, stated=told, kept=shown or kept(log), address=NODE, **more)
    return caught.value


def test_a_witness_that_saw_the_same_log_confirms_it(log: ForeignLog, witness: ForeignLog) -> None:
    agreed = tlog.check_witness(log.fetch, stated=stated(witness, log, 7, 5, 0), kept=kept(log), address=NODE)

    assert agreed == tlog.Agreed(
        witness=witness.cosigner.text(), sizes=(7, 5, 0), seen_at=datetime.fromtimestamp(AT, UTC)
    )


def test_a_witness_may_have_seen_more_than_the_visitor_was_shown(
    log: ForeignLog, witness: ForeignLog
) -> None:
    told = stated(witness, log, 7)

    assert tlog.check_witness(log.fetch, stated=told, kept=kept(log, 4), address=NODE).sizes == (7,)


def test_a_witness_that_knows_nothing_confirms_nothing(log: ForeignLog, witness: ForeignLog) -> None:
    agreed = tlog.check_witness(log.fetch, stated=stated(witness, log), kept=kept(log), address=NODE)

    assert (agreed.sizes, agreed.seen_at) == ((), None)


@pytest.mark.parametrize("seen", ["abcxefg", "abxdef", "abcdxfghijk"], ids=["same", "fewer", "more"])
def test_a_log_that_showed_the_witness_another_face_is_found_out_with_both_heads(
    seen: str, log: ForeignLog, witness: ForeignLog
) -> None:
    other_face = log.twin(*seen)
    told = stated(witness, other_face, len(seen))

    refusal = refused(log, told)

    assert refusal.code == "tlog.split-view"
    for note in (refusal.facts["seen_note"], refusal.facts["shown_note"]):
        assert tlog.open_checkpoint(note, vkey=log.vkey).origin == log.name


def test_a_log_that_cannot_be_reached_for_its_proof_is_not_accused(
    log: ForeignLog, witness: ForeignLog
) -> None:
    def down(path: str) -> bytes:
        raise PeerUnreachable(url=path, why="refused")

    with pytest.raises(PeerUnreachable):
        tlog.check_witness(down, stated=stated(witness, log, 5), kept=kept(log), address=NODE)


@pytest.mark.parametrize(
    "answer", [b"<html>back at nine</html>", b'{"first":5,"second":7,"path":["?"]}', None]
)
def test_a_log_that_answers_something_else_than_its_proof_is_not_accused(
    answer: bytes | None, log: ForeignLog, witness: ForeignLog
) -> None:
    def odd(path: str) -> bytes:
        if answer is None:
            raise PeerAnswered(url=path, status=404)
        return answer

    with pytest.raises(tlog.ProofRefused):
        tlog.check_witness(odd, stated=stated(witness, log, 5), kept=kept(log), address=NODE)


def test_a_log_is_known_by_its_key_however_that_is_written_and_a_large_head_is_not_kept(
    log: ForeignLog,
) -> None:
    def none(_vkey: str) -> tuple[()]:
        return ()

    root = bytes(32)
    text = notes.format_checkpoint(notes.Checkpoint(origin=log.name, size=1, root=root)) + "é" * 500 + "\n"
    large = notes.format_note(text=text, signer=log.verifier, signature=log.key.sign(text.encode()))
    answers = {"/audit/key": f" {log.vkey}\r\n", "/audit/head": log.checkpoint()}

    assert tlog.sight(lambda path: answers[path].encode(), kept=none).vkey == log.vkey
    answers["/audit/head"] = large
    with pytest.raises(Refusal, match="longer than 1000 bytes"):
        tlog.sight(lambda path: answers[path].encode(), kept=none)


def forged(log: ForeignLog, witness: ForeignLog) -> tlog.Witnessed:
    """A head under the log's name and the claim that the log signed it."""
    fake = ForeignLog(log.name).grow("x")
    note = notes.format_note(
        text=notes.parse_note(fake.checkpoint()).text,
        signer=log.verifier,
        signature=fake.key.sign(b"anything"),
    )
    told = stated(witness, log, 7)
    return with_(told, heads=(with_(told.heads[0], checkpoint=witness.cosign(note, at=AT)),))


def test_a_witness_that_shows_a_head_which_the_log_never_signed_is_no_witness(
    log: ForeignLog, witness: ForeignLog
) -> None:
    assert refused(log, forged(log, witness)).code == "tlog.witness-unusable"


def test_a_statement_without_a_right_cosignature_is_no_statement(
    log: ForeignLog, witness: ForeignLog
) -> None:
    told = stated(witness, log, 7)
    (head,) = told.heads
    stranger = ForeignLog("witness.example")
    short = notes.format_note(
        text="x\n", signer=replace(witness.verifier, name="witness.example"), signature=b"short"
    ).splitlines()[-1]

    for note in (
        log.checkpoint(),
        stranger.cosign(log.checkpoint()),
        head.checkpoint.replace("\n7\n", "\n6\n"),
        log.checkpoint() + short + "\n",
        witness.cosign(log.checkpoint(), at=2**63),
        "",
        "x" * 70_000,
    ):
        assert (
            refused(log, with_(told, heads=(with_(head, checkpoint=note),))).code == "tlog.witness-unusable"
        )


def test_a_replayed_cosignature_of_another_head_is_noticed(log: ForeignLog, witness: ForeignLog) -> None:
    old = witness.cosign(log.checkpoint(3)).rpartition("— ")[2]
    told = stated(witness, log, 7)
    replayed = with_(told.heads[0], checkpoint=f"{log.checkpoint()}— {old}")

    assert refused(log, with_(told, heads=(replayed,))).code == "tlog.witness-unusable"


def test_a_witness_whose_key_changed_since_it_was_kept_is_not_believed(
    log: ForeignLog, witness: ForeignLog
) -> None:
    told = stated(witness, log, 7)

    assert (
        refused(log, told, trusted=ForeignLog("witness.example").cosigner.text()).code
        == "tlog.witness-unusable"
    )
    assert tlog.check_witness(
        log.fetch, stated=told, kept=kept(log), address=NODE, trusted=witness.cosigner.text()
    ).sizes == (7,)


def test_another_key_at_the_same_address_is_told_and_elsewhere_is_another_log(
    log: ForeignLog, witness: ForeignLog
) -> None:
    namesake = ForeignLog(log.name).grow("z")

    here = stated(witness, namesake, 1)
    elsewhere = stated(witness, namesake, 1, address="https://elsewhere.example")

    assert refused(log, here).code == "tlog.witness-key-differs"
    assert tlog.check_witness(log.fetch, stated=elsewhere, kept=kept(log), address=NODE).sizes == ()


def test_nobody_is_a_witness_of_himself(log: ForeignLog) -> None:
    renamed = ForeignLog("somebody.else", key=log.key)

    for own in (log, renamed):
        assert refused(log, stated(own, log, 7)).code == "tlog.witness-unusable"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b'{"origin":1,"witness":"x","heads":[]}',
        b'{"origin":"x","witness":"x","heads":[1]}',
        b'{"more":' + b"[" * 200_000 + b"]" * 200_000 + b',"origin":"x","witness":"x","heads":[]}',
    ],
)
def test_what_is_no_statement_is_refused(body: bytes) -> None:
    with pytest.raises(tlog.WitnessUnusable):
        tlog.read_witnessed(body, address=NODE)


def test_a_statement_of_ever_so_many_heads_is_refused(log: ForeignLog, witness: ForeignLog) -> None:
    told = stated(witness, log, *[7] * 101)

    with pytest.raises(tlog.WitnessUnusable):
        tlog.read_witnessed(encode(told), address=NODE)


def test_a_statement_travels_as_it_was_made(log: ForeignLog, witness: ForeignLog) -> None:
    told = stated(witness, log, 7)

    assert tlog.read_witnessed(encode(told), address=NODE) == told
    assert set(json.loads(encode(told))["heads"][0]) == {"address", "vkey", "checkpoint", "seenAt"}
