"""Which vault this node has: the light part of the wiring, since a command that signs needs no door."""

from pathlib import Path

from django.conf import settings

from renkei.parties import api as parties


def open_vault() -> parties.Vault:
    """Return the vault that `RENKEI_VAULT` names."""
    folder: Path | None = settings.RENKEI.vault_folder
    return parties.DatabaseVault() if folder is None else parties.DirectoryVault(folder)
