"""The node's secret is changed while everything that was concealed with it stays readable."""

import json
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from typer.testing import CliRunner

from renkei.audit import api as audit
from renkei.audit.errors import SecretChanged
from renkei.cli import node_secret
from renkei.config.environment import read_environment
from renkei.exchange import api as exchange
from renkei.exchange.models import DESTINATION_PURPOSE, OutboxRow, PushRow, TransferRow
from renkei.exchange.services.pushes import owe_push
from renkei.parties import api as parties
from renkei.parties.services import keys
from tests.factories.exchange import MAY, table

pytestmark = pytest.mark.django_db


DESTINATION = exchange.DataAddress(endpoint_type="HttpData", endpoint="https://inbox.test/1")


def run(*words: str) -> Any:
    return CliRunner().invoke(node_secret.app, [*words, "--lang", "en"])


@dataclass
class Node:
    """A node that holds one of everything that is concealed."""

    settings: Settings
    at: Any
    transfer: exchange.Transfer

    def restart(self, *, secret: str, former: str = "") -> None:
        self.settings.RENKEI = replace(self.settings.RENKEI, node_secret=secret, former_node_secret=former)
        keys._private_key.cache_clear()

    def reads(self) -> list[Callable[[], Any]]:
        org = self.at.consumer.id
        return [
            lambda: exchange.transfer(self.transfer.id, org=org).data_address,
            lambda: OutboxRow.objects.get().as_fact(repeated=False).payload,
            lambda: audit.reveal(bytes(PushRow.objects.get().destination), purpose=DESTINATION_PURPOSE),
            lambda: audit.check().trusted,
            lambda: parties.sign_token(org=org, audience=self.at.provider.participant, now=MAY).partition(
                "."
            )[0],
        ]


@pytest.fixture(params=["database", "directory"])
def node(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Node:
    folder = None if request.param == "database" else tmp_path
    settings.RENKEI = replace(settings.RENKEI, vault_folder=folder, node_secret="old")
    at = table()
    made = Node(settings, at, at.transferred())
    owe_push(TransferRow.objects.get(role="provider"), to=DESTINATION, now=MAY)
    at.request()
    for read in made.reads():
        read()
    return made


def test_after_a_change_everything_is_readable_and_after_the_renewal_without_the_secret_before(
    node: Node,
) -> None:
    before = [read() for read in node.reads()]
    node.restart(secret="new", former="old")
    meanwhile = [read() for read in node.reads()]

    renewed = run("renew", "--json")

    assert (renewed.exit_code, json.loads(renewed.stdout)) == (
        0,
        {"log_keys": 1, "organisation_keys": 1, "messages_and_addresses": 3},
    )
    node.restart(secret="new")
    assert before == meanwhile
    assert [read() for read in node.reads()] == before
    assert node.at.deliver() > 0


def test_without_the_renewal_the_secret_before_cannot_be_left_out(node: Node) -> None:
    node.restart(secret="new")

    for read in node.reads():
        with pytest.raises(SecretChanged):
            read()
    refused = run("renew")

    assert refused.exit_code == 6
    assert "audit.secret-changed" in refused.stderr


def test_a_renewal_may_be_broken_off_and_run_again(node: Node) -> None:
    before = node.reads()[0]()
    node.restart(secret="new", former="old")
    parties.renew_secrets(now=MAY)
    OutboxRow.objects.update(payload=audit.conceal(b"damaged", purpose="another"))

    broken = run("renew")
    OutboxRow.objects.all().delete()
    again = run("renew", "--json")

    assert (broken.exit_code, again.exit_code) == (6, 0)
    assert json.loads(again.stdout)["messages_and_addresses"] == 2
    node.restart(secret="new")
    assert node.reads()[0]() == before


def test_what_was_concealed_during_the_change_stays_readable(node: Node) -> None:
    node.restart(secret="new", former="old")
    node.at.request()

    run("renew")

    node.restart(secret="new")
    assert [row.as_fact(repeated=False).kind for row in OutboxRow.objects.all()] == [
        exchange.MessageKind.CONTRACT_REQUEST
    ] * 2


def test_nothing_is_concealed_that_is_not_renewed() -> None:
    source = Path(audit.__file__).parents[1]
    concealing = {
        str(path.relative_to(source))
        for path in source.rglob("*.py")
        if re.search(r"\bconceal\(", path.read_text()) and "migrations" not in path.parts
    }

    assert concealing == {
        "audit/vault.py",  # conceal itself
        "audit/signing.py",  # the log's key: audit.renew_log_key
        "audit/renewal.py",
        "parties/vaults.py",  # organisations' keys: parties.renew_secrets
        "exchange/services/pushes.py",  # destinations of pushes: exchange.renew_concealed
        "exchange/services/processes.py",  # messages that wait: exchange.renew_concealed
        "exchange/services/received/transfers.py",  # data addresses: exchange.renew_concealed
        "exchange/services/ledgers.py",  # keys of ledgers: exchange.renew_concealed
        "exchange/services/asking.py",  # answers of ledgers: exchange.renew_concealed
        "exchange/services/renewal.py",
    }


def test_a_new_secret_is_made_and_the_one_before_kept_until_it_is_deleted(
    settings: Settings, tmp_path: Path
) -> None:
    old = read_environment({"RENKEI_HOME": str(tmp_path)})
    settings.RENKEI = old

    changed = run("change", "--json")
    twice = run("change")
    new = read_environment({"RENKEI_HOME": str(tmp_path)})

    former = tmp_path / "node.secret.former"
    assert json.loads(changed.stdout) == {"former": str(former)}
    assert "renkei node-secret renew" in changed.stderr
    assert (new.former_node_secret, new.node_secret != old.node_secret) == (old.node_secret, True)
    assert len(new.node_secret) >= 48
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {
        "node.secret": 0o600,
        "node.secret.former": 0o600,
    }
    assert (twice.exit_code, "audit.secret-change-under-way" in twice.stderr) == (5, True)
    former.unlink()
    assert read_environment({"RENKEI_HOME": str(tmp_path)}).former_node_secret == ""


def test_a_secret_that_was_given_is_changed_where_it_is_given(settings: Settings, tmp_path: Path) -> None:
    settings.RENKEI = read_environment(
        {
            "RENKEI_HOME": str(tmp_path),
            "RENKEI_NODE_SECRET": "new",
            "RENKEI_FORMER_NODE_SECRET": "old",
        }
    )

    refused = run("change")

    assert (refused.exit_code, "audit.secret-given" in refused.stderr) == (5, True)
    assert list(tmp_path.iterdir()) == []
    assert (settings.RENKEI.node_secret, settings.RENKEI.former_node_secret) == ("new", "old")
