"""The signing keys of organisations: made at first use, rotated with overlap, wiped when they have left the document."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from renkei.audit import api as audit
from renkei.kernel.clock import format_utc
from renkei.kernel.ids import NODE, Actor, OrgId, ParticipantId
from renkei.parties.errors import OrganisationMissing
from renkei.parties.models import KeyRow, OrganisationRow
from renkei.parties.rules import keys, rotation
from renkei.parties.rules.organisations import root_of, write_did_document
from renkei.parties.types import Key, KeyName
from renkei.parties.vaults import open_vault

_SIGNS = """
SELECT parties_organisation.participant, parties_key.name
FROM parties_key JOIN parties_organisation ON parties_organisation.id = parties_key.org_id
WHERE parties_key.org_id = %s AND (parties_key.signs_until IS NULL OR parties_key.signs_until > %s)
ORDER BY parties_key.signs_from LIMIT 1
"""
"""`rotation.signing_key`, as the database says it."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs, and with which key."""

    participant: ParticipantId
    key_name: KeyName
    key: ec.EllipticCurvePrivateKey = field(repr=False)


def signer(org: OrgId, *, now: datetime) -> Signer:
    """Return an organisation's signer: one query, as every message is signed; the key itself is kept in memory.

    Raises OrganisationMissing, and what the vault raises when the key cannot be had.
    """
    found = _signs(org, now=now)
    if found is None:
        _make_first_key(org, now=now)
        found = _signs(org, now=now)
    if found is None:
        raise OrganisationMissing(name=org)
    participant, name = found
    return Signer(participant, name, _private_key(name))


def did_document(slug: str, *, now: datetime) -> dict[str, Any]:
    """Return an organisation's DID document: its keys and its dataspace services; the first one makes its first key.

    Raises OrganisationMissing, and VaultUnusable where that key cannot be kept.
    """
    rows = _published(slug)
    if not rows:
        org = OrganisationRow.objects.filter(slug=slug).values_list("pk", flat=True).first()
        if org is None:
            raise OrganisationMissing(name=slug)
        _make_first_key(OrgId(org), now=now)
        rows = _published(slug)
    standing = [row for row in rows if rotation.stands_in_document(row.as_fact(), now=now)]
    signs = rotation.signing_key([row.as_fact() for row in standing], now=now)
    standing.sort(key=lambda row: (signs is None or row.name != signs.name, row.signs_from))
    return write_did_document(
        participant=ParticipantId(rows[0].org.participant),
        keys={KeyName(row.name): row.public_key for row in standing},
        root=root_of(public_url=settings.RENKEI.public_url, slug=slug),
        log=f"{settings.RENKEI.public_url}/audit",
    )


@transaction.atomic
def rotate_key(*, org: OrgId, lead: timedelta, overlap: timedelta, actor: Actor, now: datetime) -> Key:
    """Give an organisation a new key: it stands in the document at once and signs after `lead`.

    The former key signs until then and leaves the document `overlap` after that. Raises LeadInvalid, OverlapInvalid,
    OrganisationMissing, KeyWaiting while the newest key does not sign yet, VaultUnusable.
    """
    rotation.check_rotation(lead=lead, overlap=overlap)
    owner = _locked(org)
    newest = KeyRow.objects.filter(org=owner, signs_until__isnull=True).first()
    if newest is None:
        return _make_key(owner, actor=actor, now=now)
    former = newest.as_fact()
    rotation.check_none_waits(former, now=now)
    private, name, jwk = _new_key()
    ended, fresh = rotation.succeed(former, name=name, lead=lead, overlap=overlap, now=now)
    _end(newest, ended)
    _record("parties.key-rotated", ended, owner, actor=actor, now=now)
    return _keep(owner, fresh, private=private, jwk=jwk, actor=actor, now=now)


@transaction.atomic
def replace_key(*, org: OrgId, actor: Actor, now: datetime) -> Key:
    """Give an organisation a new key that signs at once; every former one leaves the document at once.

    For a key that has leaked or is lost. Raises OrganisationMissing, VaultUnusable.
    """
    owner = _locked(org)
    standing = Q(leaves_at__isnull=True) | Q(leaves_at__gt=now)
    for row in KeyRow.objects.filter(standing, org=owner):
        ended = rotation.withdraw(row.as_fact(), now=now)
        _end(row, ended)
        _record("parties.key-withdrawn", ended, owner, actor=actor, now=now)
    return _make_key(owner, actor=actor, now=now)


def wipe_old_keys(*, now: datetime) -> int:
    """Wipe the private halves of keys that have left their document; return how many. Raises VaultUnusable."""
    due = KeyRow.objects.filter(leaves_at__lte=now, wiped_at__isnull=True).select_related("org")
    return sum(_wipe(row, now=now) for row in due)


@transaction.atomic
def renew_secrets(*, now: datetime) -> int:
    """Conceal every private key in the vault with the node's present secret; return how many.

    Done again it changes nothing of substance. Raises what the vault raises.
    """
    vault = open_vault()
    names = [
        _secret_name(row.name) for row in KeyRow.objects.select_for_update().filter(wiped_at__isnull=True)
    ]
    for name in names:
        vault.put(name, vault.get(name))
    audit.record("parties.secrets-renewed", actor=NODE, subject="node", at=now, count=len(names))
    return len(names)


@transaction.atomic
def _wipe(row: KeyRow, *, now: datetime) -> bool:
    if not KeyRow.objects.filter(pk=row.pk, wiped_at__isnull=True).update(wiped_at=now):
        return False  # another process was first
    open_vault().forget(_secret_name(row.name))
    _private_key.cache_clear()
    _record("parties.key-wiped", row.as_fact(), row.org, actor=NODE, now=now)
    return True


@transaction.atomic
def _make_first_key(org: OrgId, *, now: datetime) -> None:
    owner = _locked(org)  # of two processes at once the second finds the first one's key
    if not KeyRow.objects.filter(org=owner).exists():
        _make_key(owner, actor=NODE, now=now)


def _make_key(owner: OrganisationRow, *, actor: Actor, now: datetime) -> Key:
    private, name, jwk = _new_key()
    fresh = Key(name=name, created_at=now, signs_from=now, signs_until=None, leaves_at=None, wiped_at=None)
    return _keep(owner, fresh, private=private, jwk=jwk, actor=actor, now=now)


def _new_key() -> tuple[ec.EllipticCurvePrivateKey, KeyName, dict[str, str]]:
    private = keys.new_key()
    jwk = keys.public_jwk(private)
    return private, KeyName(keys.thumbprint(jwk)), jwk


def _keep(
    owner: OrganisationRow,
    key: Key,
    *,
    private: ec.EllipticCurvePrivateKey,
    jwk: dict[str, str],
    actor: Actor,
    now: datetime,
) -> Key:
    # First the secret, then the row: at worst a secret is left over that nobody names, never a key without its secret.
    open_vault().put(_secret_name(key.name), keys.private_bytes(private))
    KeyRow.objects.create(
        name=key.name, org=owner, public_key=jwk, created_at=key.created_at, signs_from=key.signs_from
    )
    _record("parties.key-made", key, owner, actor=actor, now=now)
    return key


def _end(row: KeyRow, ended: Key) -> None:
    row.signs_from, row.signs_until, row.leaves_at = ended.signs_from, ended.signs_until, ended.leaves_at
    row.save(update_fields=["signs_from", "signs_until", "leaves_at"])


def _locked(org: OrgId) -> OrganisationRow:
    row = OrganisationRow.objects.select_for_update(no_key=True).filter(pk=org).first()
    if row is None:
        raise OrganisationMissing(name=org)
    return row


def _signs(org: OrgId, *, now: datetime) -> tuple[ParticipantId, KeyName] | None:
    at = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:  # plain SQL: this stands on the path of every message
        cursor.execute(_SIGNS, [org, at])
        found: tuple[ParticipantId, KeyName] | None = cursor.fetchone()
    return found


def _published(slug: str) -> list[KeyRow]:
    return list(KeyRow.objects.filter(org__slug=slug, wiped_at__isnull=True).select_related("org"))


def _record(action: str, key: Key, owner: OrganisationRow, *, actor: Actor, now: datetime) -> None:
    audit.record(
        action,
        actor=actor,
        subject=key.name,
        at=now,
        concerns=[owner.participant],
        org=owner.pk,
        signs_from=format_utc(key.signs_from),
        leaves_at=None if key.leaves_at is None else format_utc(key.leaves_at),
    )


@lru_cache(maxsize=256)
def _private_key(name: KeyName) -> ec.EllipticCurvePrivateKey:
    return keys.private_key(open_vault().get(_secret_name(name)))


def _secret_name(key_name: str) -> str:
    return f"org-key-{key_name}"
