"""`renkei receipt`: verified offline with what one holds; listed, shown and written out where it was signed."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from renkei.cli import pull
from renkei.cli import receipt as command
from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.parties.rules import keys
from renkei.servers.did import shared_documents
from renkei.servers.outgoing import shared_outgoing
from renkei.wire import receipt as wire
from tests.factories import delivery
from tests.factories import parties as members
from tests.factories import receipts as make
from tests.factories.exchange import table
from tests.servers.running import delivering, running

GOOD = make.signed(make.said())


def run(*words: object, lang: str = "en", given: str | None = None) -> Any:
    return CliRunner().invoke(command.app, [*map(str, words), "--lang", lang], input=given)


@pytest.fixture
def held(tmp_path: Path) -> Path:
    """A folder as somebody outside holds it: a receipt, the provider's document and key, the data, the terms."""
    (tmp_path / "receipt").write_text(f"{GOOD}\n")
    (tmp_path / "did.json").write_bytes(make.document())
    (tmp_path / "other.json").write_bytes(make.document(make.OTHER_KEY))
    (tmp_path / "key.json").write_text(json.dumps(keys.public_jwk(make.KEY)))
    return tmp_path


def verify(held: Path, *words: object, lang: str = "en") -> Any:
    return run("verify", held / "receipt", *words, lang=lang)


def code(done: Any) -> tuple[int, str]:
    return done.exit_code, done.stderr.rpartition("[")[2].strip("]\n")


@pytest.mark.parametrize("source", [("--did-document", "did.json"), ("--key", "key.json")])
def test_a_good_receipt_is_verified_and_said_in_sentences(held: Path, source: tuple[str, str]) -> None:
    done = verify(held, source[0], held / source[1])

    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines() == [text.en for text in wire.sentences(wire.read_receipt(GOOD))]
    assert "1 receipts verified. Checked: signature, time of issue, chain." in done.stderr
    assert "Not checked: terms, data, head of the audit log." in done.stderr
    ja = verify(held, source[0], held / source[1], lang="ja")
    assert ja.stdout.splitlines() == [text.ja for text in wire.sentences(wire.read_receipt(GOOD))]
    assert "確かめていないもの: 条件、データ、監査ログのヘッド。" in ja.stderr


def test_it_is_read_from_the_input_and_told_as_json(held: Path) -> None:
    done = run("verify", "-", "--did-document", held / "did.json", "--json", given=GOOD)

    told = json.loads(done.stdout)
    assert (told["verified"], told["checked"]) == (True, ["signature", "time", "chain"])
    [receipt] = told["receipts"]
    assert (receipt["receipt"], receipt["text"]) == (json.loads(exchange_claims()), GOOD)
    assert receipt["sha256"] == hashlib.sha256(GOOD.encode()).hexdigest()


def exchange_claims() -> bytes:
    from renkei.exchange.types import claims_of

    return claims_of(make.said())


def test_verifying_needs_no_node_no_database_and_no_network(held: Path) -> None:
    script = (
        "import socket, sys; socket.socket.connect = None\n"
        "from renkei.cli.main import app\n"
        "app(sys.argv[1:], standalone_mode=False)\n"
        "print(sorted({'django', 'httpx', 'pyarrow', 'duckdb'} & set(sys.modules)))"
    )
    words = ["receipt", "verify", str(held / "receipt"), "--did-document", str(held / "did.json")]
    done = subprocess.run(
        [sys.executable, "-c", script, *words],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"RENKEI_HOME": str(held / "home")},
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
    assert not (held / "home").exists()


ALTERED = GOOD[:-20] + ("A" if GOOD[-20] != "A" else "B") + GOOD[-19:]


@pytest.mark.parametrize(
    ("text", "words", "refused"),
    [
        (ALTERED, ["--did-document", "did.json"], (5, "receipt.altered")),
        (GOOD, ["--did-document", "other.json"], (5, "receipt.unknown-key")),
        (GOOD, ["--key", "did.json"], (2, "receipt.key-malformed")),
        ("nothing", ["--key", "key.json"], (2, "receipt.malformed")),
        (make.signed(make.said(), type="JWT"), ["--key", "key.json"], (2, "receipt.wrong-type")),
        (
            make.signed(make.said(issued_at=int(utc_now().timestamp()) + 3600)),
            ["--key", "key.json"],
            (5, "receipt.from-the-future"),
        ),
        ("\n".join([make.chain(3)[0], make.chain(3)[2]]), ["--key", "key.json"], (5, "receipt.chain-broken")),
        ("\n".join([GOOD, GOOD]), ["--key", "key.json"], (5, "receipt.chain-broken")),
        (GOOD, [], (2, "cli.key-source-unclear")),
        (GOOD, ["--key", "key.json", "--online"], (2, "cli.key-source-unclear")),
        (GOOD, ["--key", "key.json", "--log-key", "nothing"], (2, "tlog.key-malformed")),
    ],
)
def test_each_failure_has_a_code_of_its_own(
    held: Path, text: str, words: list[str], refused: tuple[int, str]
) -> None:
    (held / "receipt").write_text(text)

    done = verify(held, *[held / word if (held / word).exists() else word for word in words])

    assert code(done) == refused


def test_a_chain_is_verified_as_a_whole(held: Path) -> None:
    (held / "receipt").write_text("\n".join(make.chain(3)))

    done = verify(held, "--key", held / "key.json")

    assert done.exit_code == 0
    assert "3 receipts verified" in done.stderr


def test_receipts_of_several_transfers_are_verified_as_the_chain_of_each(held: Path) -> None:
    other = make.signed(make.said(transfer="urn:uuid:other"))
    (held / "receipt").write_text("\n".join([*make.chain(2), other]))
    done = verify(held, "--key", held / "key.json")
    assert done.exit_code == 0, done.stderr

    (held / "receipt").write_text("\n".join([*make.chain(2), other, other]))
    assert code(verify(held, "--key", held / "key.json")) == (5, "receipt.chain-broken")


def test_data_terms_and_the_logs_head_are_compared_where_they_are_given(held: Path) -> None:
    data, terms = held / "data.parquet", {"permission": [{"action": "use"}]}
    data.write_bytes(b"PAR1 what came")
    said = make.said(
        files=(hashlib.sha256(data.read_bytes()).hexdigest(),), terms=exchange.terms_digest(terms)
    )
    (held / "receipt").write_text(make.signed(said))
    (held / "terms.json").write_text(json.dumps({"id": "x", "terms": terms | {"@id": "y"}}))
    (held / "others.json").write_text(json.dumps({"permission": [{"action": "read"}]}))
    key = ("--key", held / "key.json")

    good = verify(
        held, *key, "--answer", data, "--terms", held / "terms.json", "--log-key", make.LOG.text(), "--json"
    )
    assert json.loads(good.stdout)["checked"] == ["signature", "time", "chain", "terms", "answer", "log-head"]
    assert code(verify(held, *key, "--terms", held / "others.json")) == (5, "receipt.other-terms")
    assert code(verify(held, *key, "--terms", data)) == (2, "cli.file-unreadable")
    data.write_bytes(b"PAR1 something else")
    assert code(verify(held, *key, "--answer", data)) == (5, "receipt.another-answer")
    data.write_bytes(b"a,b\n")
    assert code(verify(held, *key, "--answer", data)) == (4, "receipt.answer-unstated")
    forged = make.said(checkpoint=make.CHECKPOINT.replace("\n2305\n", "\n9\n"))
    (held / "receipt").write_text(make.signed(forged))
    assert code(verify(held, *key, "--log-key", make.LOG.text())) == (5, "tlog.signature-wrong")


@pytest.mark.django_db
def test_what_was_signed_here_is_listed_shown_and_written_out(tmp_path: Path) -> None:
    at = table()
    now = utc_now()
    granted = exchange.access(at.secret(), now=now)
    receipt = exchange.deliver(granted, channel="http-data", now=now).receipt

    [line] = json.loads(run("list", "--org", at.provider.slug, "--json").stdout)
    assert (line["id"], line["sha256"], line["number"]) == (receipt.said.id, receipt.sha256, 1)
    assert json.loads(run("list", "--agreement", "urn:none", "--json").stdout) == []
    assert receipt.said.id in run("list").stdout

    shown = run("show", receipt.said.id, "--org", at.provider.slug, "--out", tmp_path / "receipt")
    assert shown.stdout.splitlines()[0] == wire.sentences(wire.read_receipt(receipt.text))[0].en
    assert (tmp_path / "receipt").read_text() == f"{receipt.text}\n"
    assert code(run("show", receipt.said.id, "--org", at.consumer.slug)) == (4, "exchange.receipt-missing")


@pytest.fixture
def node(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with running(settings) as url, delivering():
        consumer = members.organisation(slug="consumer")
        monkeypatch.setenv("RENKEI_NODE", url)
        monkeypatch.setenv("RENKEI_TOKEN", members.token(org=consumer, now=utc_now()).secret)
        yield url
    shared_outgoing.cache_clear()
    shared_documents.cache_clear()


@pytest.mark.django_db(transaction=True)
def test_a_member_pulls_data_with_their_receipt_and_verifies_both_against_the_providers_node(
    node: str, tmp_path: Path
) -> None:
    from renkei.client import Node

    provider = members.organisation(slug="provider")
    exchange.offer(
        dataset=delivery.dataset(provider).id,
        terms=delivery.terms(),
        automatic=True,
        actor=provider.actor,
        now=utc_now(),
    )
    with Node() as own:
        agreement = own.agree(own.catalog(provider.participant)[0])
    data, text, again = (tmp_path / name for name in ("data.parquet", "receipt", "receipts"))
    pulled = CliRunner().invoke(
        pull.app, [agreement.id, "--out", str(data), "--receipt", str(text), "--lang", "en"]
    )
    assert pulled.exit_code == 0, pulled.stderr
    terms = tmp_path / "terms.json"
    terms.write_text(json.dumps(agreement.signed.policy))

    done = run("verify", text, "--online", "--answer", data, "--terms", terms)

    assert done.exit_code == 0, done.stderr
    assert "Checked: signature, time of issue, chain, terms, data." in done.stderr
    assert run("fetch", agreement.id, "--out", again).exit_code == 0
    assert again.read_text() == text.read_text()
    with Node() as own:
        own.agreement(agreement.id).to_pandas()  # by a transfer of another kind
    assert run("fetch", agreement.id, "--out", again).exit_code == 0
    assert len(again.read_text().splitlines()) == 2
    both = run("verify", again, "--online")
    assert both.exit_code == 0, both.stderr


def test_the_page_is_written_as_one_file(tmp_path: Path) -> None:
    assert run("page", "--out", tmp_path / "page.html").exit_code == 0

    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")
