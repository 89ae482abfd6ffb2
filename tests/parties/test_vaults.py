"""What every vault does, and what only one of them can get wrong."""

import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from renkei.audit import api as audit
from renkei.audit.errors import SecretChanged
from renkei.kernel.refusals import Kind
from renkei.parties import api as parties
from renkei.parties.errors import SecretMissing, VaultUnusable
from renkei.parties.models import SecretRow
from tests.factories.parties import MAY, organisation

pytestmark = pytest.mark.django_db
NAME = "org-key-x_1-Y"
SECRET = b"\x00 a secret \xff"


@pytest.fixture(params=["database", "directory"])
def vault(request: pytest.FixtureRequest, tmp_path: Path) -> parties.Vault:
    return parties.DatabaseVault() if request.param == "database" else parties.DirectoryVault(tmp_path)


@pytest.fixture
def stored(vault: parties.Vault, tmp_path: Path) -> Callable[[], list[bytes]]:
    """Everything that lies in the vault, as whoever steals the disk sees it."""
    if isinstance(vault, parties.DirectoryVault):
        return lambda: [path.read_bytes() for path in tmp_path.iterdir()]
    return lambda: [bytes(row.concealed) for row in SecretRow.objects.all()]


def test_what_was_put_is_got(vault: parties.Vault) -> None:
    vault.put(NAME, SECRET)
    vault.put("other", b"")

    assert (vault.get(NAME), vault.get("other")) == (SECRET, b"")


def test_what_is_put_again_replaces_what_was_there(
    vault: parties.Vault, stored: Callable[[], list[bytes]]
) -> None:
    vault.put(NAME, SECRET)
    vault.put(NAME, b"newer")

    assert (vault.get(NAME), len(stored())) == (b"newer", 1)


def test_what_was_forgotten_is_gone(vault: parties.Vault, stored: Callable[[], list[bytes]]) -> None:
    vault.put(NAME, SECRET)
    vault.forget(NAME)
    vault.forget(NAME)

    with pytest.raises(SecretMissing) as refused:
        vault.get(NAME)
    assert (stored(), refused.value.kind, refused.value.facts["name"]) == ([], Kind.UNAVAILABLE, NAME)
    assert "renkei org rotate-key --now" in refused.value.said("en")


def test_nothing_is_stored_readably(vault: parties.Vault, stored: Callable[[], list[bytes]]) -> None:
    vault.put(NAME, SECRET)

    [concealed] = stored()
    assert SECRET not in concealed
    assert audit.reveal(concealed, purpose=f"parties.secret {NAME}") == SECRET


def test_a_secret_does_not_serve_under_another_name(vault: parties.Vault, tmp_path: Path) -> None:
    vault.put(NAME, SECRET)
    if isinstance(vault, parties.DirectoryVault):
        (tmp_path / f"{NAME}.secret").rename(tmp_path / "other.secret")
    else:
        SecretRow.objects.filter(pk=NAME).update(name="other")

    with pytest.raises(SecretChanged):
        vault.get("other")


def test_another_node_secret_reads_nothing(vault: parties.Vault, settings: Settings) -> None:
    vault.put(NAME, SECRET)
    settings.RENKEI = replace(settings.RENKEI, node_secret="another")

    with pytest.raises(SecretChanged):
        vault.get(NAME)


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a.b", "a" * 101, "名"])
def test_what_is_no_name_is_a_bug(vault: parties.Vault, name: str) -> None:
    for act in (vault.get, vault.forget, lambda name: vault.put(name, SECRET)):
        with pytest.raises(ValueError, match="no name of a secret"):
            act(name)


def test_only_the_nodes_user_reads_the_files_and_nothing_else_is_left(tmp_path: Path) -> None:
    parties.DirectoryVault(tmp_path).put(NAME, SECRET)

    assert [(path.name, stat.S_IMODE(path.stat().st_mode)) for path in tmp_path.iterdir()] == [
        (f"{NAME}.secret", 0o600)
    ]


def test_a_folder_that_is_not_mounted_is_not_made_but_named(tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    vault = parties.DirectoryVault(absent)

    for act in (vault.get, vault.forget, lambda name: vault.put(name, SECRET)):
        with pytest.raises(VaultUnusable) as refused:
            act(NAME)
        assert refused.value.facts == {"vault": f"dir:{absent}", "why": "No such file or directory"}
    assert not absent.exists()


def test_a_secret_may_be_a_link_as_mounted_secrets_are(tmp_path: Path) -> None:
    vault = parties.DirectoryVault(tmp_path)
    vault.put(NAME, SECRET)
    data = tmp_path / "..data"
    (tmp_path / f"{NAME}.secret").rename(data)
    (tmp_path / f"{NAME}.secret").symlink_to(data)

    assert vault.get(NAME) == SECRET


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = parties.DirectoryVault(tmp_path)
    vault.put(NAME, SECRET)

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("os.fsync", full)
        with pytest.raises(VaultUnusable):
            vault.put(NAME, b"newer")

    assert (vault.get(NAME), len(list(tmp_path.iterdir()))) == (SECRET, 1)


@pytest.fixture
def in_a_folder(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    settings.RENKEI = replace(settings.RENKEI, vault_folder=tmp_path)
    return tmp_path


def test_the_nodes_setting_chooses_the_vault_of_the_keys(in_a_folder: Path) -> None:
    lab = organisation()

    parties.sign_token(org=lab.id, audience=lab.participant, now=MAY)

    [key] = parties.keys(lab.id)
    assert [path.name for path in in_a_folder.iterdir()] == [f"org-key-{key.name}.secret"]
    assert SecretRow.objects.count() == 0


def test_a_key_that_cannot_be_kept_is_not_published(settings: Settings, tmp_path: Path) -> None:
    settings.RENKEI = replace(settings.RENKEI, vault_folder=tmp_path / "absent")
    lab = organisation()

    with pytest.raises(VaultUnusable):
        parties.did_document(lab.slug, now=MAY)

    assert parties.keys(lab.id) == ()


def test_a_lost_key_is_refused_by_name_and_can_be_replaced(in_a_folder: Path) -> None:
    lab = organisation()
    parties.did_document(lab.slug, now=MAY)
    [path] = in_a_folder.iterdir()
    path.unlink()

    with pytest.raises(SecretMissing) as refused:
        parties.sign_token(org=lab.id, audience=lab.participant, now=MAY)
    replaced = parties.replace_key(org=lab.id, actor=lab.actor, now=MAY)
    signed = parties.sign_token(org=lab.id, audience=lab.participant, now=MAY)

    assert refused.value.facts == {"vault": f"dir:{in_a_folder}", "name": path.stem}
    assert signed
    assert [path.stem for path in in_a_folder.iterdir()] == [f"org-key-{replaced.name}"]
