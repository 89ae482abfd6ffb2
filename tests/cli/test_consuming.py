"""What a member's engineer does from a desk: catalogue, negotiation, transfer and pull over a real node."""

import csv
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import delta_sharing
import pytest
from typer.testing import CliRunner

from renkei.cli import catalog, negotiate, pull, transfer
from renkei.cli import offer as offers
from renkei.client import Node
from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.parties import api as parties
from tests.factories import delivery
from tests.factories import parties as make
from tests.servers.running import delivering, free_port, running

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def node(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with running(settings) as url, delivering():
        consumer = make.organisation(slug="consumer")
        monkeypatch.setenv("RENKEI_NODE", url)
        monkeypatch.setenv("RENKEI_TOKEN", make.token(org=consumer, now=utc_now()).secret)
        yield url


@pytest.fixture
def provider(node: str) -> parties.Organisation:
    return make.organisation(slug="provider")


@pytest.fixture
def offer(provider: parties.Organisation) -> exchange.Offer:
    return offered(provider)


def offered(provider: parties.Organisation, *, automatic: bool = True) -> exchange.Offer:
    published = delivery.dataset(provider)
    return exchange.offer(
        dataset=published.id,
        terms=delivery.terms(),
        automatic=automatic,
        actor=provider.actor,
        now=utc_now(),
    )


def run(group: ModuleType, *words: object, lang: str = "en") -> Any:
    return CliRunner().invoke(group.app, [*map(str, words), "--lang", lang])


def agreed(provider: parties.Organisation, offer: exchange.Offer) -> str:
    began = run(
        negotiate, "start", provider.participant, offer.dataset, offer.id, "--purpose", "research", "--json"
    )
    assert began.exit_code == 0, began.output
    return str(json.loads(began.stdout)["id"])


def test_a_catalogue_is_shown_with_its_terms_in_either_language(
    provider: parties.Organisation, offer: exchange.Offer
):
    english, japanese = (
        run(catalog, "show", provider.participant),
        run(catalog, "show", provider.participant, lang="ja"),
    )

    assert (english.exit_code, japanese.exit_code) == (0, 0)
    assert "Temperature readings" in english.stdout
    assert "research" in english.stdout
    assert "気温の計測" in japanese.stdout
    assert "研究" in japanese.stdout


def test_a_catalogue_is_json_for_programs(provider: parties.Organisation, offer: exchange.Offer):
    (listed,) = json.loads(run(catalog, "show", provider.participant, "--json").stdout)

    assert (listed["provider"], listed["listing"]["id"]) == (provider.participant, offer.dataset)
    assert listed["listing"]["offers"][0]["policy"]["@id"] == offer.id


def test_from_negotiation_to_a_file(provider: parties.Organisation, offer: exchange.Offer, tmp_path: Path):
    agreement = agreed(provider, offer)

    pulled = run(pull, agreement, "--out", tmp_path / "data.csv", "--json")

    assert pulled.exit_code == 0, pulled.output
    assert json.loads(pulled.stdout)["bytes"] == (tmp_path / "data.csv").stat().st_size
    with (tmp_path / "data.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 12
    assert agreement in run(transfer, "agreements").stdout
    (listed,) = json.loads(run(transfer, "list", "--json").stdout)
    assert (listed["agreement"], listed["state"]) == (agreement, "STARTED")
    ended = run(transfer, "end", listed["id"], "--reason", "done", "--json")
    assert json.loads(ended.stdout)["state"] == "TERMINATED"


def test_a_profile_is_written_for_any_client(
    provider: parties.Organisation, offer: exchange.Offer, tmp_path: Path
):
    written = run(transfer, "profile", agreed(provider, offer), "--out", tmp_path / "p.share")

    assert written.exit_code == 0, written.output
    assert len(delta_sharing.SharingClient(str(tmp_path / "p.share")).list_all_tables()) == 1


def test_a_negotiation_is_begun_followed_and_ended(provider: parties.Organisation):
    offer = offered(provider, automatic=False)
    words = (provider.participant, offer.dataset, offer.id)
    begun = json.loads(run(negotiate, "start", *words, "--wait", "0", "--json").stdout)

    undecided = run(negotiate, "start", *words, "--wait", "0.3")
    ended = run(negotiate, "end", begun["id"], "--reason", "no longer needed", "--json")

    assert (undecided.exit_code, "[client.undecided]" in undecided.stderr) == (6, True)
    assert json.loads(ended.stdout)["state"] == "TERMINATED"
    assert "no longer needed" in run(negotiate, "show", begun["id"]).stdout
    assert len(json.loads(run(negotiate, "list", "--json").stdout)) == 2


def test_a_counter_offer_is_accepted(provider: parties.Organisation):
    offer = offered(provider, automatic=False)
    begun = json.loads(
        run(negotiate, "start", provider.participant, offer.dataset, offer.id, "--wait", "0", "--json").stdout
    )
    run(
        negotiate, "start", provider.participant, offer.dataset, "urn:none"
    )  # meanwhile the first one travels
    incoming = _incoming(provider)
    exchange.counter(
        org=provider.id,
        negotiation=incoming.id,
        terms=delivery.terms(purposes=["education"]),
        actor=provider.actor,
        now=utc_now(),
    )
    _until_due(begun["id"])

    accepted = run(negotiate, "accept", begun["id"], "--json")

    assert accepted.exit_code == 0, accepted.output
    assert json.loads(accepted.stdout)["inForce"] is True


def test_an_agreement_is_verified_by_hand_and_a_transfer_started_by_hand(
    provider: parties.Organisation, monkeypatch: pytest.MonkeyPatch
):
    published = delivery.dataset(provider)
    offer = exchange.offer(
        dataset=published.id,
        terms=delivery.terms(),
        automatic=False,
        by_hand=True,
        actor=provider.actor,
        now=utc_now(),
    )
    words = (provider.participant, offer.dataset, offer.id, "--by-hand", "--wait", "0", "--json")
    begun = json.loads(run(negotiate, "start", *words).stdout)
    incoming = _incoming(provider)
    exchange.agree(org=provider.id, negotiation=incoming.id, actor=provider.actor, now=utc_now())
    _until_due(begun["id"])
    assert "you to verify the agreement" in run(negotiate, "show", begun["id"]).stdout

    verified = run(negotiate, "verify", begun["id"], "--wait", "0", "--json")
    _until(lambda: exchange.negotiation(incoming.id, org=provider.id).decision_due)
    exchange.finalize(org=provider.id, negotiation=incoming.id, actor=provider.actor, now=utc_now())
    _until(lambda: json.loads(run(negotiate, "show", begun["id"], "--json").stdout)["state"] == "FINALIZED")
    with Node() as own:
        asked = exchange.request_transfer(
            org=own_org(begun), agreement=own.negotiation(begun["id"]).agreement, format="HttpData-PULL",  # type: ignore[arg-type]  # concluded
            actor=provider.actor, now=utc_now(),
        )  # fmt: skip
    _until(lambda: bool(exchange.transfers(org=provider.id, due=True)))
    waiting = exchange.transfers(org=provider.id, due=True)[0].id

    refused = run(transfer, "start", asked.id)
    monkeypatch.setenv("RENKEI_TOKEN", make.token(org=provider, now=utc_now()).secret)
    started = run(transfer, "start", waiting, "--json")

    assert json.loads(verified.stdout)["state"] == "VERIFIED"
    assert (refused.exit_code, "exchange.transition-illegal" in refused.stderr) == (2, True)
    assert json.loads(started.stdout)["state"] == "STARTED"
    assert "Who has to act" in run(transfer, "show", waiting).stdout


def test_an_offer_is_proposed_from_the_command_line(provider: parties.Organisation):
    published = delivery.dataset(provider)
    (consumer,) = (each for each in parties.organisations() if each.slug == "consumer")
    words = ("--purpose", "research", "--cell", "jis-mesh:2", "--minimum-group", "2:device")

    made = run(offers, "propose", published.id, consumer.participant, *words, "--json")
    _until(lambda: bool(exchange.negotiations(org=consumer.id, due=True)))
    heard = exchange.negotiations(org=consumer.id, due=True)[0]
    accepted = run(negotiate, "accept", heard.id, "--json")

    assert json.loads(made.stdout)["state"] == "OFFERED", made.output
    assert json.loads(accepted.stdout)["inForce"] is True


def own_org(begun: dict[str, Any]) -> Any:
    """Return the organisation whose negotiation this is."""
    return exchange.negotiation(begun["id"], org=None).org


def _until(come: Callable[[], bool]) -> None:
    while not come():
        threading.Event().wait(0.02)


def _incoming(provider: parties.Organisation) -> exchange.Negotiation:
    while not (found := exchange.negotiations(org=provider.id)):
        threading.Event().wait(0.02)
    return found[0]


def _until_due(negotiation: str) -> None:
    while not json.loads(run(negotiate, "show", negotiation, "--json").stdout)["decisionDue"]:
        threading.Event().wait(0.02)


def test_a_refusal_tells_why_and_sets_the_exit_code(provider: parties.Organisation, offer: exchange.Offer):
    words = (provider.participant, offer.dataset, offer.id, "--purpose", "advertising")
    english, japanese = run(negotiate, "start", *words), run(negotiate, "start", *words, lang="ja")
    as_json = run(negotiate, "start", *words, "--json")

    assert (english.exit_code, japanese.exit_code, as_json.exit_code) == (3, 3, 3)
    assert "advertising" in english.stderr
    assert "[exchange.purpose-not-offered]" in japanese.stderr
    assert json.loads(as_json.stderr)["code"] == "exchange.purpose-not-offered"


def test_a_pull_for_another_purpose_leaves_no_file(
    provider: parties.Organisation, offer: exchange.Offer, tmp_path: Path
):
    agreement = agreed(provider, offer)

    refused = run(pull, agreement, "--out", tmp_path / "x.parquet", "--purpose", "education")

    assert (refused.exit_code, list(tmp_path.iterdir())) == (3, [])
    assert "exchange.purpose-not-agreed" in refused.stderr


def test_exit_codes_tell_what_kind_of_refusal_it_was(node: str, monkeypatch: pytest.MonkeyPatch):
    assert run(pull, "urn:uuid:none").exit_code == 4
    assert run(negotiate, "show", "urn:uuid:none").exit_code == 4
    assert run(catalog, "show", "nonsense").exit_code == 2
    assert run(catalog, "show", "x", "--token", "rk_guessed").exit_code == 3
    assert run(catalog, "show", "x", "--node", f"http://127.0.0.1:{free_port()}").exit_code == 6
    monkeypatch.delenv("RENKEI_NODE")
    assert run(catalog, "show", "x").exit_code == 2


def test_data_are_received_by_a_push_listed_and_fetched_again(
    provider: parties.Organisation, offer: exchange.Offer, tmp_path: Path
):
    agreement = agreed(provider, offer)

    received = run(transfer, "receive", agreement, "--out", tmp_path / "in", "--form", "csv", "--json")
    assert received.exit_code == 0, received.output
    (pushed,) = json.loads(run(transfer, "list", "--json").stdout)
    (part,) = json.loads(run(transfer, "deliveries", pushed["id"], "--json").stdout)
    fetched = run(transfer, "fetch", pushed["id"], "--out", tmp_path / "again", "--json")

    (file,), (again,) = json.loads(received.stdout), json.loads(fetched.stdout)
    assert (Path(file["file"]), file["size"]) == (tmp_path / "in" / "part-1.csv", part["size"])
    assert Path(again["file"]).read_bytes() == Path(file["file"]).read_bytes()
    assert (pushed["format"], pushed["state"]) == ("HttpData-PUSH", "COMPLETED")
    with Path(file["file"]).open(newline="") as opened:
        assert len(list(csv.DictReader(opened))) == 12
    assert "届いたもの" in run(transfer, "deliveries", pushed["id"], lang="ja").stdout
