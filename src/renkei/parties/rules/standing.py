"""What can be vouched for: bodies that a participant belongs to, and places where it is."""

import re
from collections.abc import Iterable
from datetime import datetime

from renkei.parties.errors import VouchInvalid
from renkei.parties.types import Standing, Vouch, VouchKind

LONGEST_EVIDENCE = 500
_LONGEST_DID = 255
_LONGEST_BODY = 200
_PLACE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def check_vouch(
    *,
    participant: str,
    kind: VouchKind,
    value: str,
    evidence: str,
    document: str,
    since: datetime,
    until: datetime | None,
) -> None:
    """Check what is to be entered. Raises parties.vouch-invalid naming what is wrong with it."""
    if not (
        participant.startswith("did:") and participant.isprintable() and len(participant) <= _LONGEST_DID
    ):
        raise VouchInvalid(
            what="participant",
            ja="参加者の DID(did:web:…)が必要です。",
            en="the participant's DID is needed (did:web:…).",
        )
    if kind is VouchKind.PLACE and not _PLACE.fullmatch(value):
        raise VouchInvalid(
            what="place",
            ja="ISO 3166 の符号(JP、JP-13 など)が必要です。",
            en="a code of ISO 3166 is needed, such as JP or JP-13.",
        )
    if not (value.strip() == value != "" and value.isprintable() and len(value) <= _LONGEST_BODY):
        raise VouchInvalid(
            what=kind.value,
            ja=f"前後に空白のない {_LONGEST_BODY} 字以内の名前が必要です。",
            en=f"a name of at most {_LONGEST_BODY} characters is needed, without blanks around it.",
        )
    if not evidence.strip() or len(evidence) > LONGEST_EVIDENCE or "\x00" in evidence:
        raise VouchInvalid(
            what="evidence",
            ja=f"何を見て確かめたかを {LONGEST_EVIDENCE} 字以内で書いてください。",
            en=f"say what shows it, in at most {LONGEST_EVIDENCE} characters.",
        )
    if document and not _SHA256.fullmatch(document):
        raise VouchInvalid(
            what="document",
            ja="文書の SHA-256 を 16 進小文字 64 字で書いてください。",
            en="the document's SHA-256 is needed, 64 lower-case hexadecimal digits.",
        )
    if until is not None and until <= since:
        raise VouchInvalid(
            what="until",
            ja="終わりは始まりより後でなければなりません。",
            en="it has to end after it begins.",
        )


def standing_of(vouches: Iterable[Vouch], *, now: datetime) -> Standing:
    """Return what the vouches that hold now say together."""
    held = [each for each in vouches if each.holds(now)]
    return Standing(
        memberships=frozenset(each.value for each in held if each.kind is VouchKind.MEMBERSHIP),
        places=frozenset(each.value for each in held if each.kind is VouchKind.PLACE),
    )
