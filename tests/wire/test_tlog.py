"""What an outsider verifies of a log, with a small log of the test's own making."""

import base64
import json
from dataclasses import dataclass, field

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from renkei.audit import tree
from renkei.kernel.clock import parse_utc
from renkei.kernel.merkle import leaf_hash
from renkei.kernel.notes import Verifier, format_checkpoint, format_note, to_base64
from renkei.kernel.refusals import Refusal
from renkei.wire import tlog

PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


def body(number: int, subject: str = "urn:uuid:a") -> str:
    return (
        '{"action":"exchange.read","actor":"node","at":"2026-05-01T09:00:00Z","concerns":["did:web:a"],'
        f'"facts":{{"number":{number}}},"subject":"{subject}","v":1}}'
    )


@dataclass
class Log:
    """A log in memory that answers as a node does."""

    bodies: list[str]
    name: str = "node.example"
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    asked: list[str] = field(default_factory=list)

    @property
    def verifier(self) -> Verifier:
        return Verifier(name=self.name, public_key=self.key.public_key().public_bytes_raw())

    @property
    def vkey(self) -> str:
        return self.verifier.text()

    def hashes(self, size: int) -> tree.Hashes:
        leaves = [leaf_hash(each.encode()) for each in self.bodies[:size]]
        return tree.Hashes(tree.grow(edge={}, size=0, leaves=leaves))

    def checkpoint(self, size: int | None = None, *, origin: str | None = None) -> str:
        size = len(self.bodies) if size is None else size
        root = self.hashes(size).of(tree.Span(0, size))
        text = format_checkpoint(tlog.Checkpoint(origin=origin or self.name, size=size, root=root))
        return format_note(text=text, signer=self.verifier, signature=self.key.sign(text.encode()))

    def growth(self, first: int, second: int) -> tuple[bytes, ...]:
        hashes = self.hashes(second)
        return tuple(hashes.of(span) for span in tree.consistency_spans(first=first, second=second))

    def bundle(self, *indexes: int, size: int | None = None, following: int | None = None) -> tlog.Bundle:
        size = len(self.bodies) if size is None else size
        hashes = self.hashes(size)
        return tlog.Bundle(
            checkpoint=self.checkpoint(size),
            vkey=self.vkey,
            entries=tuple(
                tlog.BundleEntry(
                    index=index,
                    body=self.bodies[index],
                    path=tuple(
                        to_base64(hashes.of(span)) for span in tree.inclusion_spans(index=index, size=size)
                    ),
                )
                for index in indexes
            ),
            following=following,
        )

    def kept(self, size: int | None = None) -> tlog.Kept:
        return tlog.Kept(vkey=self.vkey, checkpoint=self.checkpoint(size))

    def fetch(self, path: str) -> bytes:
        self.asked.append(path)
        where, _, query = path.partition("?")
        asked = dict(pair.split("=") for pair in query.split("&")) if query else {}
        match where:
            case "/audit/key":
                return f"{self.vkey}\n".encode()
            case "/audit/head":
                return self.checkpoint().encode()
            case "/audit/consistency":
                first, second = int(asked["first"]), int(asked["second"])
                path_ = [base64.b64encode(node).decode() for node in self.growth(first, second)]
                return json.dumps({"first": first, "second": second, "path": path_}).encode()
            case _:
                start, size = int(asked["start"]), int(asked["size"])
                following = start + 2 if start + 2 < size else None
                shown = range(start, min(start + 2, size))
                found = self.bundle(*shown, size=size, following=following)
                entries = [{"index": e.index, "body": e.body, "path": e.path} for e in found.entries]
                said = {"checkpoint": found.checkpoint, "vkey": self.vkey, "entries": entries}
                return json.dumps(said | {"following": following, "unknown": 1}).encode()


def log(count: int = 5, **fields: object) -> Log:
    return Log([body(number) for number in range(count)], **fields)  # type: ignore[arg-type]  # passed on


def refused_as(refusal: type[Refusal]) -> "pytest.RaisesExc[Refusal]":
    return pytest.raises(refusal)


def test_a_note_that_the_reference_implementation_signed_is_verified() -> None:
    with refused_as(
        tlog.CheckpointUnreadable
    ):  # its signature holds, but it is about cryptography, not a log
        tlog.open_checkpoint(
            "If you think cryptography is the answer to your problem,\n"
            "then you don't know what your problem is.\n\n"
            "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
            vkey=PETER,
        )


def test_a_head_is_read_when_its_log_signed_it() -> None:
    own = log()

    head = tlog.open_checkpoint(own.checkpoint(), vkey=own.vkey)

    assert (head.origin, head.size, head.root) == ("node.example", 5, own.hashes(5).of(tree.Span(0, 5)))


def test_signatures_of_witnesses_beside_the_logs_are_passed_over() -> None:
    own = log()
    witness = "— witness.example AAAAAAAA\n"

    assert tlog.open_checkpoint(own.checkpoint() + witness, vkey=own.vkey).size == 5


@pytest.mark.parametrize(
    "alter",
    [
        lambda text: text.replace("\n5\n", "\n6\n"),
        lambda text: text.replace("node.example\n5", "evil.example\n5"),
        lambda text: text.replace("— node.example", "— evil.example"),
        lambda text: text.replace("\n\n—", "\nextension\n\n—"),
    ],
)
def test_a_head_that_was_altered_on_the_way_is_refused(alter) -> None:
    own = log()

    with refused_as(tlog.SignatureWrong):
        tlog.open_checkpoint(alter(own.checkpoint()), vkey=own.vkey)


def test_a_head_of_another_key_or_for_another_origin_is_refused() -> None:
    own = log()

    with refused_as(tlog.SignatureWrong):
        tlog.open_checkpoint(own.checkpoint(), vkey=log().vkey)
    with refused_as(tlog.SignatureWrong):
        tlog.open_checkpoint(own.checkpoint(origin="other.example"), vkey=own.vkey)


def test_a_key_that_cannot_be_read_is_refused() -> None:
    with refused_as(tlog.VerifierMalformed):
        tlog.open_checkpoint(log().checkpoint(), vkey="node.example+00000000+AAAA")


@given(st.integers(0, 40), st.integers(0, 40))
def test_a_log_that_grew_is_accepted_and_one_that_shrank_is_not(first: int, second: int) -> None:
    own = log(40)
    kept, shown = own.kept(first).head(), own.kept(second).head()

    if first <= second:
        tlog.check_growth(kept=kept, shown=shown, path=own.growth(first, second))
    else:
        with refused_as(tlog.LogShrunk):
            tlog.check_growth(kept=kept, shown=shown, path=())


@given(st.integers(1, 40), st.data())
def test_a_log_that_was_rewritten_is_refused_whatever_proof_it_brings(
    first: int, draw: st.DataObject
) -> None:
    own = log(40)
    kept = own.kept(first).head()
    own.bodies[draw.draw(st.integers(0, first - 1))] = body(99)

    with refused_as(tlog.LogRewritten):
        tlog.check_growth(kept=kept, shown=own.kept().head(), path=own.growth(first, 40))


def test_every_entry_of_the_evidence_is_proven_and_told() -> None:
    own = log(5)

    proven = tlog.verify_bundle(own.bundle(1, 4), vkey=own.vkey)

    assert proven[0] == tlog.ProvenEntry(
        index=1,
        body=body(1),
        at=parse_utc("2026-05-01T09:00:00Z"),
        action="exchange.read",
        actor="node",
        subject="urn:uuid:a",
        concerns=("did:web:a",),
        facts={"number": 1},
    )
    assert [entry.index for entry in proven] == [1, 4]


@given(st.integers(1, 30), st.data())
def test_an_entry_that_is_not_in_the_log_is_named(size: int, draw: st.DataObject) -> None:
    own = log(size)
    index = draw.draw(st.integers(0, size - 1))
    good = own.bundle(index).entries[0]

    for bad in (
        tlog.BundleEntry(index=good.index, body=good.body.replace("node", "nobody"), path=good.path),
        tlog.BundleEntry(index=good.index + 1, body=good.body, path=good.path),
        tlog.BundleEntry(index=-1, body=good.body, path=good.path),
        tlog.BundleEntry(index=good.index, body=good.body, path=(*good.path, to_base64(b"\x00" * 32))),
    ):
        bundle = tlog.Bundle(checkpoint=own.checkpoint(), vkey=own.vkey, entries=(bad,))
        with pytest.raises(tlog.EntryNotInLog) as caught:
            tlog.verify_bundle(bundle, vkey=own.vkey)
        assert caught.value.facts == {"index": bad.index, "size": size}


def test_the_key_that_came_along_is_not_trusted() -> None:
    forged = log()

    with refused_as(tlog.SignatureWrong):
        tlog.verify_bundle(forged.bundle(0), vkey=log().vkey)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        b'{"checkpoint":1,"vkey":"","entries":[]}',
        b'{"checkpoint":"","vkey":"","entries":[{"index":"0","body":"","path":[]}]}',
    ],
)
def test_what_is_no_evidence_is_refused(text: bytes) -> None:
    with refused_as(tlog.BundleMalformed):
        tlog.read_bundle(text)
    with refused_as(tlog.BundleMalformed):
        tlog.read_growth(text)


@pytest.mark.parametrize("text", [b"", b"{}", b"\xff", b"[" * 100_000, b'{"vkey":"","checkpoint":1}'])
def test_what_is_no_kept_file_is_refused(text: bytes) -> None:
    with refused_as(tlog.CheckpointUnreadable):
        tlog.read_kept(text)


@given(st.binary())
def test_no_bytes_make_the_readers_do_anything_but_refuse(raw: bytes) -> None:
    for read in (tlog.read_bundle, tlog.read_growth, tlog.read_kept):
        with pytest.raises(Refusal):
            read(raw)


def test_a_path_or_a_body_of_another_kind_is_refused() -> None:
    own = Log(["not json", '{"v":1}'])
    entry = own.bundle(0).entries[0]
    odd = tlog.BundleEntry(index=0, body=entry.body, path=("!",))

    for bundle in (own.bundle(0), own.bundle(1)):
        with refused_as(tlog.BundleMalformed):
            tlog.verify_bundle(bundle, vkey=own.vkey)
    with refused_as(tlog.BundleMalformed):
        tlog.verify_bundle(
            tlog.Bundle(checkpoint=own.checkpoint(), vkey=own.vkey, entries=(odd,)), vkey=own.vkey
        )


def test_what_is_kept_is_read_as_it_was_written() -> None:
    kept = log().kept()

    assert tlog.read_kept(tlog.write_kept(kept)) == kept


def test_a_first_visit_keeps_the_key_and_the_head() -> None:
    own = log(3)

    assert tlog.visit(own.fetch, kept=None) == own.kept()
    assert own.asked == ["/audit/key", "/audit/head"]


def test_each_later_visit_has_the_log_prove_that_it_only_grew() -> None:
    own = log(3)
    kept = tlog.visit(own.fetch, kept=None)
    own.bodies += [body(number) for number in range(3, 9)]

    kept = tlog.visit(own.fetch, kept=kept)

    assert kept == own.kept(9)
    assert own.asked[-1] == "/audit/consistency?first=3&second=9"


def test_a_visit_to_a_log_that_was_rewritten_cut_or_replaced_is_refused() -> None:
    own = log(5)
    kept = own.kept()

    with refused_as(tlog.LogShrunk):
        tlog.visit(Log(own.bodies[:4], key=own.key).fetch, kept=kept)
    with refused_as(tlog.LogRewritten):
        tlog.visit(Log([body(9), *own.bodies[1:], body(10)], key=own.key).fetch, kept=kept)
    with refused_as(tlog.LogRewritten):
        tlog.visit(Log([body(9), *own.bodies[1:]], key=own.key).fetch, kept=kept)
    with refused_as(tlog.VerifierChanged):
        tlog.visit(Log(own.bodies).fetch, kept=kept)


def test_the_entries_on_a_subject_are_proven_page_by_page_against_the_kept_head() -> None:
    own = log(5)
    own.bodies[2] = body(2, subject="urn:uuid:b")
    kept = own.kept()
    own.bodies.append(body(5))  # came after the visit: it is for the next one

    proven = tlog.prove(own.fetch, kept=kept, subject="urn:uuid:a")

    assert [entry.index for entry in proven] == [0, 1, 3, 4]
    assert own.asked == [f"/audit/proofs?subject=urn%3Auuid%3Aa&size=5&start={start}" for start in (0, 2, 4)]


def test_proofs_against_another_head_than_the_kept_one_are_refused() -> None:
    own = log(5)
    other = Log([body(9), *own.bodies[1:]], key=own.key)

    with refused_as(tlog.LogRewritten):
        tlog.prove(other.fetch, kept=own.kept(), subject="urn:uuid:a")


def test_a_subject_of_which_the_log_knows_nothing_is_told_as_such() -> None:
    own = log(5)

    with refused_as(tlog.NothingProven):
        tlog.prove(own.fetch, kept=own.kept(), subject="urn:uuid:z")
