"""Witnesses, exports and the page on the command line; the other node is a server of the test's own."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django.fixtures import Settings
from starlette.applications import Starlette
from starlette.testclient import TestClient
from typer.testing import CliRunner

from renkei.audit import api as audit
from renkei.audit.models import WitnessedRow
from renkei.audit.signing import Signer
from renkei.cli import audit as command
from renkei.kernel.clock import utc_now
from renkei.servers.audit import ROUTES
from renkei.servers.did import shared_documents
from renkei.servers.outgoing import shared_outgoing
from renkei.servers.witnesses import LARGEST
from renkei.wire import tlog
from renkei.wire.tlog.witnessing import LARGEST_HEAD
from tests.factories.audit import act
from tests.factories.far_server import answer, far_server
from tests.factories.foreign_log import ForeignLog
from tests.factories.parties import organisation

pytestmark = pytest.mark.django_db(transaction=True)


def run(*words: object):
    return CliRunner().invoke(command.app, [*map(str, words), "--lang", "en"])


@pytest.fixture(autouse=True)
def inside_peers(settings: Settings) -> Iterator[None]:
    settings.RENKEI = replace(settings.RENKEI, inside_peers=True)
    shared_outgoing.cache_clear()
    shared_documents.cache_clear()
    yield
    shared_outgoing.cache_clear()
    shared_documents.cache_clear()


@pytest.fixture
def node() -> Iterator[str]:
    """This node's own log, behind a real port."""
    door = TestClient(Starlette(routes=ROUTES))

    def pass_on(request, server):
        got = door.get(request.path)
        answer(got.content, status=got.status_code)(request, server)

    with far_server(pass_on) as server:
        yield server.url("")


@pytest.fixture
def far() -> Iterator["Far"]:
    """Another node with a participant, a log, and what it says it has seen."""
    other = Far()

    with far_server(lambda request, server: answer(other.answer(request.path))(request, server)) as server:
        other.url = server.url("")
        yield other


class Far:
    """What the other node answers."""

    def __init__(self) -> None:
        self.log = ForeignLog("far.example").grow("a", "b", "c")
        self.url = ""
        self.seen: list[str] = []
        """Heads of our log that it has cosigned, newest first."""
        self.offers_log = True
        self.after_key = ""
        """What stands after our key in what it says."""

    @property
    def did(self) -> str:
        return f"did:web:{self.url.removeprefix('http://').replace(':', '%3A')}:orgs:city"

    def answer(self, path: str) -> bytes:
        if path == "/orgs/city/did.json":
            services = (
                [{"id": "#log", "type": "TransparencyLog", "serviceEndpoint": f"{self.url}/audit"}]
                if self.offers_log
                else []
            )
            return json.dumps({"id": self.did, "service": services}).encode()
        if path.startswith("/audit/witnessed"):
            own = audit.log_key().verifier
            heads = [
                {
                    "address": "x",
                    "vkey": f"{own}{self.after_key}",
                    "checkpoint": note,
                    "seenAt": "2026-05-01T09:00:00Z",
                }
                for note in self.seen
            ]
            stated = {"origin": "x", "witness": self.log.cosigner.text(), "heads": heads}
            return json.dumps(stated).encode()
        return self.log.fetch(path)

    def see_us(self) -> None:
        """Cosign our present head."""
        self.seen.insert(0, self.log.cosign(audit.signed_head(now=utc_now()).checkpoint))


def test_a_visit_keeps_a_head_that_the_list_shows_and_the_door_hands_out(far: Far, node: str) -> None:
    visited = run("witness", "visit", far.did, "--json")
    listed = json.loads(run("witness", "list", "--json").stdout)
    handed = TestClient(Starlette(routes=ROUTES)).get("/audit/witnessed?origin=far.example")

    assert (visited.exit_code, json.loads(visited.stdout)["outcome"]) == (0, "witnessed")
    assert [(head["origin"], head["size"]) for head in listed["heads"]] == [("far.example", 3)]
    assert listed["key"] == audit.cosigner_key()
    stated = tlog.read_witnessed(handed.content, address=node)
    agreed = tlog.check_witness(
        far.log.fetch,
        stated=stated,
        kept=tlog.Kept(vkey=far.log.vkey, checkpoint=far.log.checkpoint()),
        address=far.url,
        trusted=audit.cosigner_key(),
    )
    assert agreed.sizes == (3,)
    assert "urn:" not in handed.text


@pytest.mark.parametrize("query", ["", "?origin=", f"?origin={'x' * 256}"])
def test_the_door_wants_to_know_which_log_is_meant(query: str) -> None:
    answered = TestClient(Starlette(routes=ROUTES)).get(f"/audit/witnessed{query}")

    assert (answered.status_code, answered.json()["code"]) == (400, "servers.origin-missing")


def test_a_log_that_nobody_has_seen_has_no_heads() -> None:
    answered = TestClient(Starlette(routes=ROUTES)).get("/audit/witnessed?origin=nobody.example")

    assert (answered.status_code, answered.json()["heads"]) == (200, [])


def keep_heads(log: ForeignLog, *, count: int, address: str) -> None:
    """Have so many heads of a log kept here, as after as many visits."""
    for size in range(count):
        root = size.to_bytes(32)
        WitnessedRow.objects.create(
            address=address,
            peer="did:web:far.example",
            origin=log.name,
            vkey=log.vkey,
            size=size,
            root=root,
            checkpoint=Signer.load().cosign(log.sign(size=size, root=root), at=1_777_626_000),
            seen_at=utc_now(),
            occasion="",
        )


def asked(log: ForeignLog, *, address: str) -> tlog.Witnessed:
    """Ask this node's door what it has seen of a log."""
    path = tlog.witnessed_path(log.name, key=log.vkey, address=address)
    return tlog.read_witnessed(TestClient(Starlette(routes=ROUTES)).get(path).content, address="")


def test_strangers_logs_of_the_same_name_do_not_bury_a_logs_heads() -> None:
    bank, stranger = ForeignLog("bank.example"), ForeignLog("bank.example")
    keep_heads(bank, count=3, address="https://bank.example")
    keep_heads(stranger, count=30, address="https://evil.example")

    told = asked(bank, address="https://bank.example")

    assert [head.vkey for head in told.heads] == [bank.vkey] * 3
    assert len(asked(stranger, address="https://evil.example").heads) == 20


def test_whoever_is_shown_another_key_at_an_address_than_this_node_saw_is_told_so() -> None:
    bank, false = ForeignLog("bank.example"), ForeignLog("bank.example").grow("x")
    keep_heads(bank, count=5, address="https://bank.example")

    told = asked(false, address="https://bank.example/")

    with pytest.raises(tlog.WitnessKeyDiffers):
        tlog.check_witness(
            false.fetch,
            stated=told,
            kept=tlog.Kept(vkey=false.vkey, checkpoint=false.checkpoint()),
            address="https://bank.example",
        )


def test_an_answer_is_never_longer_than_whoever_asks_will_take() -> None:
    wordy = ForeignLog('"' * 255)
    keep_heads(wordy, count=30, address="https://far.example/" + "%" * 480)
    path = tlog.witnessed_path(wordy.name, key=wordy.vkey, address="")
    largest = WitnessedRow.objects.order_by("-pk")[0].checkpoint
    WitnessedRow.objects.update(checkpoint=largest + "\\" * LARGEST_HEAD)

    answered = TestClient(Starlette(routes=ROUTES)).get(path)

    assert LARGEST - 8000 < len(answered.content) <= LARGEST


def test_the_list_tells_what_became_of_each_visit(far: Far) -> None:
    far.offers_log = False
    run("witness", "visit", far.did)

    assert "no-log" in run("witness", "list").stdout


def test_a_rewritten_log_is_an_alarm_until_the_operator_lets_go_of_it(far: Far) -> None:
    run("witness", "visit", far.did)
    far.log = far.log.twin("a", "x", "c", "d")

    alarmed = run("witness", "visit", far.did)
    listed = run("witness", "list")
    let_go = run("witness", "forget", far.url)
    again = run("witness", "visit", far.did)

    assert (alarmed.exit_code, "[audit.peer-log-contradicted]" in alarmed.stderr) == (5, True)
    assert "CONTRADICTED" in listed.stdout
    assert "tlog.log-rewritten" in listed.stderr
    assert "contradicted" in listed.stdout
    assert (let_go.exit_code, again.exit_code) == (0, 0)
    assert run("witness", "forget", "far.example").exit_code == 4


def test_a_peer_that_offers_no_log_is_told_so_and_nothing_is_asked_of_it(far: Far) -> None:
    far.offers_log = False

    visited = run("witness", "visit", far.did, "--json")

    assert json.loads(visited.stdout)["outcome"] == "no-log"


def test_a_log_is_verified_with_a_witness_whose_key_is_kept(node: str, far: Far, tmp_path: Path) -> None:
    act()
    far.see_us()
    act()
    keep = tmp_path / "node.json"
    asked = ("verify", node, "--keep", keep, "--witness", far.url)

    first = run(*asked, "--json")
    second = run(*asked)
    far.log = ForeignLog("far.example")
    far.seen.clear()
    far.see_us()
    other_key = run(*asked)

    assert first.exit_code == 0, first.output
    assert [seen["sizes"] for seen in json.loads(first.stdout)["witnesses"]] == [[1]]
    assert f"{far.url}: 1" in second.stdout
    assert (other_key.exit_code, "[tlog.witness-unusable]" in other_key.stderr) == (5, True)


def test_a_witness_that_has_seen_nothing_is_said_to_confirm_nothing(
    node: str, far: Far, tmp_path: Path
) -> None:
    verified = run("verify", node, "--keep", tmp_path / "kept", "--witness", far.url)

    assert verified.exit_code == 0
    assert "confirms nothing" in verified.stderr


def test_a_split_view_is_told_and_its_proof_is_kept_and_the_head_is_not(
    node: str, far: Far, tmp_path: Path
) -> None:
    act()
    signed = tlog.open_checkpoint(audit.signed_head(now=utc_now()).checkpoint, vkey=audit.log_key().verifier)
    other_face = Signer.load().sign(replace(signed, root=bytes(32)))
    far.seen.append(far.log.cosign(other_face))
    keep = tmp_path / "node.json"

    verified = run("verify", node, "--keep", keep, "--witness", far.url)

    assert (verified.exit_code, "[tlog.split-view]" in verified.stderr, keep.exists()) == (5, True, False)
    proof = json.loads((tmp_path / "node.json.split-view.json").read_text())
    assert other_face.split("\n\n")[0] in proof["facts"]["seen_note"]


def test_what_is_to_be_verified_has_to_be_clear(tmp_path: Path) -> None:
    export = tmp_path / "export.json"
    export.write_text("{}")

    for words in ((), ("https://node.example",), ("https://node.example", "--export", export)):
        refused = run("verify", *words)
        assert (refused.exit_code, "[cli.verify-unclear]" in refused.stderr) == (2, True)


def exported(tmp_path: Path, *words: object, subject: str = "urn:uuid:a") -> Path:
    out = tmp_path / f"{len(list(tmp_path.iterdir()))}.json"
    written = run("export", "--subject", subject, "--out", out, *words)
    assert written.exit_code == 0, written.output
    return out


def test_an_export_holds_what_is_said_of_a_subject_and_is_verified_offline(tmp_path: Path) -> None:
    act("one", subject="urn:uuid:a")
    act("elsewhere", subject="urn:uuid:b")
    act("two", subject="urn:uuid:a")
    out = exported(tmp_path)

    with_key = run("verify", "--export", out, "--key", audit.log_key().verifier, "--json")
    without = run("verify", "--export", out)
    wrong = run("verify", "--export", out, "--key", ForeignLog().vkey)

    assert [each["action"] for each in json.loads(with_key.stdout)["proven"]] == ["one", "two"]
    assert (json.loads(with_key.stdout)["trusted"], without.exit_code) == (True, 0)
    assert "No key was given" in without.stderr
    assert (wrong.exit_code, "[tlog.signature-wrong]" in wrong.stderr) == (5, True)


def test_an_auditor_needs_no_node_to_verify_an_export_or_to_write_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    act(subject="urn:uuid:a")
    out = exported(tmp_path)

    def no_node() -> None:
        raise AssertionError("the node was set up")

    monkeypatch.setattr("renkei.cli.output.set_up_node", no_node)

    assert run("verify", "--export", out).exit_code == 0
    assert run("page", "--export", out, "--out", tmp_path / "proof.html").exit_code == 0


def test_an_export_of_an_organisation_holds_only_what_concerns_it(tmp_path: Path) -> None:
    lab = organisation(slug="lab")
    act("for the lab", subject="urn:uuid:a", concerns=(lab.participant,))
    act("for nobody", subject="urn:uuid:a")

    out = exported(tmp_path, "--org", "lab")

    assert [entry.action for entry in verified(out).entries] == ["for the lab"]


def verified(out: Path) -> tlog.CheckedExport:
    return tlog.verify_export(tlog.read_export(out.read_bytes()), vkey=audit.log_key().verifier)


def test_a_long_export_is_written_in_parts_that_join(tmp_path: Path) -> None:
    with transaction.atomic():
        for number in range(1203):
            audit.record("exchange.read", actor="node", subject="urn:uuid:a", at=utc_now(), number=number)

    first = verified(exported(tmp_path, "--limit", "700"))
    rest = verified(exported(tmp_path, "--start", first.following))

    assert (len(first.entries), len(rest.entries), rest.following) == (700, 503, None)
    assert [entry.facts["number"] for entry in (*first.entries, *rest.entries)] == list(range(1203))


def test_an_export_bears_the_word_of_a_witness(far: Far, tmp_path: Path) -> None:
    act("one", subject="urn:uuid:a")
    far.see_us()
    act("two", subject="urn:uuid:a")

    out = exported(tmp_path, "--witness", far.url)

    (confirmed,) = verified(out).confirmed
    assert (confirmed.address, confirmed.size, confirmed.witness) == (far.url, 1, far.log.cosigner.text())


def test_a_witness_that_writes_our_key_with_a_line_end_is_understood(far: Far, tmp_path: Path) -> None:
    act("one", subject="urn:uuid:a")
    far.see_us()
    far.after_key = "\n"

    assert len(verified(exported(tmp_path, "--witness", far.url)).confirmed) == 1


def test_nothing_is_exported_of_what_the_log_does_not_know_and_nothing_is_overwritten(tmp_path: Path) -> None:
    act(subject="urn:uuid:a")
    out = tmp_path / "there"
    out.write_text("mine")

    unknown = run("export", "--subject", "urn:uuid:nobody", "--out", tmp_path / "new")
    there = run("export", "--subject", "urn:uuid:a", "--out", out)

    assert (unknown.exit_code, "[servers.nothing-to-export]" in unknown.stderr) == (4, True)
    assert (there.exit_code, out.read_text()) == (5, "mine")
    assert [each.name for each in tmp_path.iterdir()] == ["there"]


def test_a_kept_file_gives_the_key_and_the_head_that_an_export_is_held_to(node: str, tmp_path: Path) -> None:
    act(subject="urn:uuid:a")
    keep = tmp_path / "kept.json"
    run("verify", node, "--keep", keep)
    out = exported(tmp_path)

    assert run("verify", "--export", out, "--keep", keep).exit_code == 0
    assert run("verify", "--export", out, "--keep", keep, "--key", ForeignLog().vkey).exit_code == 5
    kept = json.loads(keep.read_text())
    keep.write_text(json.dumps({**kept, "vkey": ForeignLog().vkey}))
    assert run("verify", "--export", out, "--keep", keep).exit_code == 5


def test_the_page_is_written_with_an_export_in_it_and_only_with_an_export(tmp_path: Path) -> None:
    act(subject="urn:uuid:a", note="</script><script>alert(1)</script>")
    out = exported(tmp_path)
    other = tmp_path / "other.json"
    other.write_text("{}")

    written = run("page", "--out", tmp_path / "proof.html", "--export", out)
    refused = run("page", "--out", tmp_path / "no.html", "--export", other)

    html = (tmp_path / "proof.html").read_text()
    assert (written.exit_code, refused.exit_code) == (0, 2)
    assert html.count("</script>") == 2
    assert "alert(1)" in html
    assert not (tmp_path / "no.html").exists()


def test_the_door_serves_the_page_under_a_policy_that_lets_nothing_else_run_or_be_fetched() -> None:
    answered = TestClient(Starlette(routes=ROUTES)).get("/audit/page")

    policy = answered.headers["content-security-policy"]
    assert answered.status_code == 200
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert "{{" not in answered.text
