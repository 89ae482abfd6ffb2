"""What must hold of a receipt; each check is on its own, since not everybody holds everything to compare it with."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from renkei.kernel.clock import format_utc
from renkei.wire.receipt.errors import (
    AnotherAnswer,
    AnswerUnstated,
    ChainBroken,
    FromTheFuture,
    OfAnother,
    OtherTerms,
    ReceiptAltered,
)
from renkei.wire.receipt.reading import SignedReceipt

TOLERANCE = timedelta(seconds=60)
"""By which two nodes' clocks may differ."""


def check_signature(receipt: SignedReceipt, key: ec.EllipticCurvePublicKey) -> None:
    """Raise receipt.altered unless the receipt was signed with this key (ES256; RFC 7518, section 3.4)."""
    r, s = (int.from_bytes(half, "big") for half in (receipt.signature[:32], receipt.signature[32:]))
    try:
        key.verify(encode_dss_signature(r, s), receipt.signed, ec.ECDSA(SHA256()))
    except InvalidSignature:
        raise ReceiptAltered(provider=receipt.said.provider) from None


def check_time(receipt: SignedReceipt, *, now: datetime) -> None:
    """Raise receipt.from-the-future where it was issued later than now; clocks may differ by a minute."""
    if receipt.said.issued_at > (now + TOLERANCE).timestamp():
        raise FromTheFuture(
            issued_at=format_utc(receipt.issued_at), now=format_utc(now.replace(microsecond=0))
        )


def check_terms(receipt: SignedReceipt, *, digest: str) -> None:
    """Raise receipt.other-terms unless it was issued under terms of this digest."""
    if receipt.said.terms != digest:
        raise OtherTerms(stated=receipt.said.terms, given=digest)


def check_belongs(
    receipt: SignedReceipt,
    *,
    provider: str | None = None,
    recipient: str | None = None,
    agreement: str | None = None,
    transfer: str | None = None,
) -> None:
    """Raise receipt.of-another where it names another party, agreement or transfer than the one that is expected."""
    expected = {"provider": provider, "recipient": recipient, "agreement": agreement, "transfer": transfer}
    for member, value in expected.items():
        stated = getattr(receipt.said, member)
        if value is not None and stated != value:
            raise OfAnother(member=member, stated=stated, expected=value)


def check_answer(receipt: SignedReceipt, *, sha256: str, parquet: bool) -> None:
    """Check that data are those that the receipt is of, by their SHA-256; `parquet` tells whether they are a Parquet file.

    Raises receipt.another-answer where they are not, receipt.answer-unstated where that cannot be told: the bytes of
    text and of several files in one were not known when the receipt was signed.
    """
    said = receipt.said
    if sha256 == said.answer or sha256 in said.files:
        return
    if said.answer is not None or (parquet and said.file_count == 1):
        raise AnotherAnswer(found=sha256)
    raise AnswerUnstated


def check_chains(receipts: Sequence[SignedReceipt]) -> None:
    """Check receipts of one or several transfers, each transfer's as `check_chain` does, in the order given."""
    chains: dict[str, list[SignedReceipt]] = {}
    for receipt in receipts:
        chains.setdefault(receipt.said.transfer, []).append(receipt)
    for chain in chains.values():
        check_chain(chain)


def check_chain(receipts: Sequence[SignedReceipt]) -> None:
    """Check that receipts of one transfer follow one another without a gap, in the order given.

    The first may stand anywhere in the chain. Raises receipt.chain-broken, receipt.of-another.
    """
    first = receipts[0].said
    if (first.number == 1) != (first.previous is None):
        raise ChainBroken(transfer=first.transfer, number=first.number, after=first.number - 1)
    for before, receipt in pairwise(receipts):
        said = receipt.said
        check_belongs(receipt, provider=before.said.provider, transfer=before.said.transfer)
        if (said.number, said.previous) != (before.said.number + 1, before.sha256):
            raise ChainBroken(transfer=said.transfer, number=said.number, after=before.said.number)
