"""Where the private halves of keys lie: in the database, or in a folder. Both conceal them with the node's secret."""

import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from renkei.audit import api as audit
from renkei.parties.errors import SecretMissing, VaultUnusable
from renkei.parties.models import SecretRow
from renkei.parties.ports import Vault

_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")


def open_vault() -> Vault:
    """Return the vault of this node, as the settings name it."""
    return cast(Callable[[], Vault], import_string(settings.VAULT))()


class DatabaseVault:
    """Secrets as rows: put and forgotten in the transaction of the key they belong to."""

    def put(self, name: str, secret: bytes) -> None:
        """Keep a secret under a name."""
        SecretRow.objects.update_or_create(pk=_checked(name), defaults={"concealed": _conceal(name, secret)})

    def get(self, name: str) -> bytes:
        """Return a secret. Raises SecretMissing, audit's SecretChanged."""
        row = SecretRow.objects.filter(pk=_checked(name)).first()
        if row is None:
            raise SecretMissing(vault="database", name=name)
        return _reveal(name, bytes(row.concealed))

    def forget(self, name: str) -> None:
        """Wipe a secret."""
        SecretRow.objects.filter(pk=_checked(name)).delete()


class DirectoryVault:
    """Secrets as files of a folder that only the node's user reads, such as one that is mounted from outside.

    The folder is not made here: where its mount is missing, a new one must not take its place.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, secret: bytes) -> None:
        """Keep a secret under a name: whole or not at all, and on the disk when this returns. Raises VaultUnusable."""
        path = self._path(name)
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        with self._usable():
            try:
                _write(fresh, _conceal(name, secret))
                fresh.replace(path)
            finally:
                fresh.unlink(missing_ok=True)
            _sync(self._folder)

    def get(self, name: str) -> bytes:
        """Return a secret. Raises SecretMissing, VaultUnusable, audit's SecretChanged."""
        path = self._path(name)
        with self._usable():
            try:
                concealed = path.read_bytes()
            except FileNotFoundError:
                self._folder.stat()  # a folder that is missing itself is another trouble
                raise SecretMissing(vault=f"dir:{self._folder}", name=name) from None
        return _reveal(name, concealed)

    def forget(self, name: str) -> None:
        """Wipe a secret. Raises VaultUnusable."""
        path = self._path(name)
        with self._usable():
            path.unlink(missing_ok=True)
            _sync(self._folder)

    def _path(self, name: str) -> Path:
        return self._folder / f"{_checked(name)}.secret"

    @contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        except OSError as why:
            raise VaultUnusable(vault=f"dir:{self._folder}", why=why.strerror or why) from why


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a secret")
    return name


def _conceal(name: str, secret: bytes) -> bytes:
    return audit.conceal(secret, purpose=f"parties.secret {name}")


def _reveal(name: str, concealed: bytes) -> bytes:
    return audit.reveal(concealed, purpose=f"parties.secret {name}")


def _write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600, exist_ok=False)  # before it holds anything
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Put a folder's own entries on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
