"""Receipts of answers: a compact JWS (RFC 7515), read strictly, verified offline, told in sentences.

The header is `{"alg": "ES256", "kid": "<provider's DID>#<key>", "typ": "renkei-receipt+jwt"}`, the payload is
`renkei.exchange.types.Receipt`, both in canonical JSON (RFC 8785). Whoever verifies brings the key and the time.
"""

from renkei.exchange.types import RECEIPT_TYPE, Receipt, receipt_digest
from renkei.wire.receipt.checking import (
    TOLERANCE,
    check_answer,
    check_belongs,
    check_chain,
    check_chains,
    check_signature,
    check_terms,
    check_time,
)
from renkei.wire.receipt.errors import (
    AnotherAnswer,
    AnswerUnstated,
    ChainBroken,
    FromTheFuture,
    KeyMalformed,
    OfAnother,
    OtherTerms,
    ReceiptAltered,
    ReceiptLacking,
    ReceiptMalformed,
    UnknownKey,
    WrongType,
)
from renkei.wire.receipt.keys import key_in_document, read_key
from renkei.wire.receipt.reading import SignedReceipt, read_receipt, read_receipts
from renkei.wire.receipt.telling import head_of, sentences

__all__ = [
    "RECEIPT_TYPE",
    "TOLERANCE",
    "AnotherAnswer",
    "AnswerUnstated",
    "ChainBroken",
    "FromTheFuture",
    "KeyMalformed",
    "OfAnother",
    "OtherTerms",
    "Receipt",
    "ReceiptAltered",
    "ReceiptLacking",
    "ReceiptMalformed",
    "SignedReceipt",
    "UnknownKey",
    "WrongType",
    "check_answer",
    "check_belongs",
    "check_chain",
    "check_chains",
    "check_signature",
    "check_terms",
    "check_time",
    "head_of",
    "key_in_document",
    "read_key",
    "read_receipt",
    "read_receipts",
    "receipt_digest",
    "sentences",
]
