"""Receipts read and verified offline, and everything that must not pass for one."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from renkei.exchange import types as exchange
from renkei.kernel.canonical import canonical_json
from renkei.parties.rules import keys, peer_tokens
from renkei.privacy.types import Withheld
from renkei.wire import receipt as wire
from tests.factories import receipts as make

NOW = datetime.fromtimestamp(make.ISSUED, UTC)
GOOD = make.signed(make.said())
PUBLIC = make.KEY.public_key()
hashes = st.text("0123456789abcdef", min_size=64, max_size=64)
names = st.text("abcdefghij-:é温", min_size=1, max_size=60)
counts = st.integers(0, (1 << 53) - 1)
receipts = st.builds(
    make.said,
    id=names,
    issued_at=st.integers(0, 253_402_300_799),
    recipient=names,
    agreement=names,
    terms=hashes,
    transfer=names,
    number=st.integers(1, (1 << 53) - 1),
    previous=st.none() | hashes,
    channel=names,
    dataset=names,
    purpose=st.none() | st.text("abc:", max_size=100),
    plan=hashes,
    table_version=counts,
    rows=counts,
    columns=counts,
    withheld=st.lists(
        st.builds(exchange.WithheldTerm, names, counts, st.lists(names, max_size=3).map(tuple)), max_size=3
    ).map(tuple),
    withheld_in_full=st.none() | st.builds(exchange.InFull, counts, counts, hashes),
    smallest_group=st.none() | counts,
    loss=st.integers(0, 1000),
    query=st.none() | hashes,
    answer=st.none() | hashes,
    files=st.lists(hashes, max_size=4).map(tuple),
    file_count=counts,
    files_sha256=st.none() | hashes,
)


def read(text: str = GOOD) -> wire.SignedReceipt:
    return wire.read_receipt(text)


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verify(text: str) -> wire.SignedReceipt:
    found = wire.read_receipt(text)
    wire.check_signature(found, wire.key_in_document(make.document(), found))
    wire.check_time(found, now=NOW)
    return found


@given(receipts)
def test_what_was_signed_is_what_is_read(said: exchange.Receipt) -> None:
    found = verify_signature_of(make.signed(said))

    assert found.said == said
    assert wire.sentences(found)


def verify_signature_of(text: str) -> wire.SignedReceipt:
    found = wire.read_receipt(text)
    wire.check_signature(found, PUBLIC)
    return found


def test_an_independent_library_takes_the_signature_for_good() -> None:
    claims = jwt.decode(GOOD, PUBLIC, algorithms=["ES256"], audience=make.RECIPIENT, issuer=make.PROVIDER)

    assert (claims["jti"], claims["tableVersion"]) == (make.said().id, 7)
    assert jwt.get_unverified_header(GOOD) == {
        "alg": "ES256",
        "kid": f"{make.PROVIDER}#{make.key_name()}",
        "typ": "renkei-receipt+jwt",
    }


@pytest.mark.parametrize("place", range(0, len(GOOD), 7))
def test_one_character_changed_anywhere_is_refused(place: int) -> None:
    other = "A" if GOOD[place] != "A" else "B"

    with pytest.raises((wire.ReceiptAltered, wire.ReceiptMalformed, wire.WrongType, wire.UnknownKey)):
        verify(GOOD[:place] + other + GOOD[place + 1 :])


MEMBERS = {
    "rows": 9,
    "purpose": "advertising",
    "loss": 0,
    "smallestGroup": None,
    "terms": "0" * 64,
    "aud": "did:web:elsewhere.example",
    "iat": make.ISSUED - 86400,
    "number": 2,
}


@pytest.mark.parametrize("member", MEMBERS)
def test_a_payload_that_says_something_else_is_refused(member: str) -> None:
    header, payload, signature = GOOD.split(".")
    changed = json.loads(unb64(payload)) | {member: MEMBERS[member]}

    with pytest.raises(wire.ReceiptAltered):
        verify(f"{header}.{b64(canonical_json(changed))}.{signature}")


def test_the_signature_of_another_receipt_is_refused() -> None:
    other = make.signed(make.said(rows=1))

    with pytest.raises(wire.ReceiptAltered):
        verify(f"{GOOD.rpartition('.')[0]}.{other.rpartition('.')[2]}")


def test_another_providers_key_is_refused_whoever_it_says_it_is() -> None:
    posing = make.signed(make.said(), key=make.OTHER_KEY, key_id=f"{make.PROVIDER}#{make.key_name()}")
    own_key = make.signed(make.said(), key=make.OTHER_KEY)
    foreign = make.signed(make.said(), key=make.OTHER_KEY, key_id="did:web:evil.example#key")

    with pytest.raises(wire.ReceiptAltered):
        verify(posing)
    with pytest.raises(wire.UnknownKey):
        verify(own_key)
    with pytest.raises(wire.ReceiptMalformed, match="not its issuer's"):
        verify(foreign)


def forged(header: dict[str, Any], sign: Callable[[bytes], bytes]) -> str:
    signed = f"{b64(canonical_json(header))}.{GOOD.split('.')[1]}"
    return f"{signed}.{b64(sign(signed.encode()))}"


HEADER = {"kid": f"{make.PROVIDER}#{make.key_name()}", "typ": exchange.RECEIPT_TYPE}
PEM = PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    "text",
    [
        forged({"alg": "none", **HEADER}, lambda _: b""),
        forged({"alg": "None", **HEADER}, lambda _: bytes(64)),
        forged({"alg": "HS256", **HEADER}, lambda signed: hmac.digest(PEM, signed, "sha256")),
        forged({"alg": "ES384", **HEADER}, lambda _: bytes(96)),
        forged({**HEADER}, lambda _: bytes(64)),
        make.signed(make.said(), type="JWT"),
        make.signed(make.said(), type="RENKEI-RECEIPT+JWT"),
        jwt.encode({"iss": make.PROVIDER}, make.KEY, algorithm="ES256"),
    ],
)
def test_no_other_algorithm_and_no_other_type_is_taken(text: str) -> None:
    with pytest.raises(wire.WrongType):
        read(text)


@pytest.mark.parametrize("signature", [bytes(64), b"\xff" * 64, bytes(32) + b"\x01" * 32])
def test_a_signature_out_of_range_is_refused(signature: bytes) -> None:
    with pytest.raises(wire.ReceiptAltered):
        verify(f"{GOOD.rpartition('.')[0]}.{b64(signature)}")


def payload(**members: Any) -> bytes:
    return canonical_json(msgspec.to_builtins(make.said()) | members)


def raw(change: Callable[[bytes], bytes]) -> str:
    return make.signed(change(payload()))


BROKEN: dict[str, str] = {
    "nothing": "",
    "two parts": GOOD.rpartition(".")[0],
    "four parts": f"{GOOD}.AAAA",
    "padding": f"{GOOD}==",
    "a blank within": GOOD[:50] + " " + GOOD[50:],
    "not ascii": GOOD[:50] + "é" + GOOD[51:],
    "oversize": make.signed(payload(channel="x" * 7000)),
    "a member twice": raw(lambda said: said.replace(b'{"agreement"', b'{"rows":1,"agreement"', 1)),
    "a member twice in order": raw(lambda said: said.replace(b'"rows":', b'"rows":1,"rows":', 1)),
    "blanks": raw(lambda said: said.replace(b'"loss":', b'"loss": ')),
    "a fraction": raw(lambda said: said.replace(b'"loss":120', b'"loss":120.0')),
    "not a number": raw(lambda said: said.replace(b'"loss":120', b'"loss":NaN')),
    "no object": make.signed(b"[1]"),
    "no JSON": make.signed(b"\xff\xfe"),
    "deep": make.signed(b"[" * 4000),
    "an unknown member": make.signed(payload(extra=1)),
    "an unknown member of a term": make.signed(
        payload(withheld=[{"term": "t", "rows": 1, "columns": [], "x": 1}])
    ),
    "a member that is left out": make.signed(
        canonical_json({k: v for k, v in json.loads(payload()).items() if k != "query"})
    ),
    "a later version": make.signed(payload(v=2)),
    "a negative count": make.signed(payload(rows=-1)),
    "a flag for a count": make.signed(payload(rows=True)),
    "too much loss": make.signed(payload(loss=1001)),
    "no hash": make.signed(payload(terms="A" * 64)),
    "a hash and a line": make.signed(payload(terms="a" * 64 + "\n")),
    "no head": make.signed(payload(checkpoint="nothing")),
    "beyond the calendar": make.signed(payload(iat=1 << 52)),
    "what a terminal obeys": make.signed(payload(dataset="urn:\x1b[2J")),
    "text that runs backwards": make.signed(
        payload(withheld=[{"term": "t", "rows": 1, "columns": ["\u202egnp"]}])
    ),
    "a critical extension": forged({"alg": "ES256", "crit": ["x"], "x": 1, **HEADER}, lambda _: bytes(64)),
    "a key in the header": forged(
        {"alg": "ES256", "jwk": keys.public_jwk(make.OTHER_KEY), **HEADER}, lambda _: bytes(64)
    ),
    "no key": forged({"alg": "ES256", "typ": exchange.RECEIPT_TYPE}, lambda _: bytes(64)),
    "a short signature": forged({"alg": "ES256", **HEADER}, lambda _: bytes(63)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_not_the_one_spelling_of_a_receipt_is_refused(name: str) -> None:
    with pytest.raises((wire.ReceiptMalformed, wire.WrongType)):
        read(BROKEN[name])


def test_a_receipt_that_is_good_but_too_long_is_not_read() -> None:
    many = tuple(exchange.WithheldTerm(f"term-{n}", n, ("x" * 200,)) for n in range(40))

    with pytest.raises(wire.ReceiptMalformed, match="longer than 8192"):
        read(make.signed(make.said(withheld=many)))


def test_white_space_around_a_receipt_does_no_harm() -> None:
    assert read(f"\n {GOOD}\r\n") == read()


def test_a_receipt_from_the_future_is_refused_but_for_a_minute() -> None:
    early = NOW - wire.TOLERANCE

    wire.check_time(read(), now=early)
    wire.check_time(read(), now=NOW + timedelta(days=3000))
    with pytest.raises(wire.FromTheFuture):
        wire.check_time(read(), now=early - timedelta(seconds=1))


def test_the_key_comes_from_the_providers_own_document_and_no_other() -> None:
    found = read()

    assert wire.key_in_document(make.document(make.OTHER_KEY, make.KEY), found) == PUBLIC
    with pytest.raises(wire.UnknownKey):
        wire.key_in_document(make.document(make.OTHER_KEY), found)
    with pytest.raises(wire.UnknownKey):
        wire.key_in_document(make.document(of="did:web:evil.example"), found)  # type: ignore[arg-type]


def without(document: bytes, **members: Any) -> bytes:
    return json.dumps(json.loads(document) | members).encode()


def test_a_key_that_may_not_assert_or_is_somebody_elses_does_not_serve() -> None:
    method = json.loads(make.document())["verificationMethod"][0] | {"controller": "did:web:evil.example"}

    for document in [
        without(make.document(), assertionMethod=[]),
        without(make.document(), assertionMethod="x"),
        without(make.document(), id="did:web:evil.example"),
        without(make.document(), verificationMethod=[]),
        without(make.document(), verificationMethod=[method]),
    ]:
        with pytest.raises(wire.UnknownKey):
            wire.key_in_document(document, read())


def test_a_document_may_name_its_keys_relatively_or_hold_them_in_place() -> None:
    method = json.loads(make.document())["verificationMethod"][0]
    short = method | {"id": f"#{make.key_name()}"}

    for document in [
        without(make.document(), verificationMethod=[short], assertionMethod=[f"#{make.key_name()}"]),
        without(make.document(), verificationMethod=[], assertionMethod=[short]),
    ]:
        assert wire.key_in_document(document, read()) == PUBLIC


def test_a_key_by_itself_must_be_the_one_that_the_receipt_names() -> None:
    jwk = json.dumps(keys.public_jwk(make.KEY)).encode()

    assert wire.read_key(jwk, read()) == wire.read_key(PEM, read()) == PUBLIC
    with pytest.raises(wire.UnknownKey):
        wire.read_key(json.dumps(keys.public_jwk(make.OTHER_KEY)).encode(), read())


def test_a_key_of_a_curve_that_nobody_here_knows_is_refused() -> None:
    der = PUBLIC.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    p256, sm2 = bytes.fromhex("06082a8648ce3d030107"), bytes.fromhex("06082a811ccf5501822d")
    pem = base64.encodebytes(der.replace(p256, sm2)).decode()

    with pytest.raises(wire.KeyMalformed):
        wire.read_key(f"-----BEGIN PUBLIC KEY-----\n{pem}-----END PUBLIC KEY-----\n".encode(), read())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b" " * 70_000,
        b"[" * 5000,
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        ec.generate_private_key(ec.SECP384R1())
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        json.dumps({"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}).encode(),
        json.dumps({"kty": "EC", "crv": "P-256", "x": 1, "y": None}).encode(),
    ],
)
def test_a_key_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(wire.KeyMalformed):
        wire.read_key(body, read())


def test_data_are_compared_by_their_hash() -> None:
    one_file, query = read(), read(make.signed(make.said(files=(), file_count=0, answer="d" * 64)))
    many = read(make.signed(make.said(files=("c" * 64, "e" * 64), file_count=9, files_sha256="f" * 64)))

    wire.check_answer(one_file, sha256="c" * 64, parquet=True)
    wire.check_answer(query, sha256="d" * 64, parquet=False)
    wire.check_answer(many, sha256="e" * 64, parquet=True)
    for receipt, parquet in [(one_file, True), (query, False), (query, True)]:
        with pytest.raises(wire.AnotherAnswer):
            wire.check_answer(receipt, sha256="0" * 64, parquet=parquet)
    for receipt, parquet in [(one_file, False), (many, True)]:
        with pytest.raises(wire.AnswerUnstated):
            wire.check_answer(receipt, sha256="0" * 64, parquet=parquet)


def test_a_receipt_of_other_terms_or_other_parties_is_refused() -> None:
    wire.check_terms(read(), digest="a" * 64)
    with pytest.raises(wire.OtherTerms):
        wire.check_terms(read(), digest="b" * 64)

    said = make.said()
    right = {"recipient": said.recipient, "agreement": said.agreement, "transfer": said.transfer}
    wire.check_belongs(read(), provider=said.provider, **right)
    for member in (*right, "provider"):
        with pytest.raises(wire.OfAnother):
            wire.check_belongs(read(), **{member: "urn:another"})


def test_receipts_of_a_transfer_follow_one_another() -> None:
    first, second, third = (read(text) for text in make.chain(3))

    wire.check_chain([first, second, third])
    wire.check_chain([second, third])
    wire.check_chain([third])


def test_a_receipt_that_is_missing_replayed_replaced_or_out_of_order_breaks_the_chain() -> None:
    first, second, third = (read(text) for text in make.chain(3))
    replaced = read(make.signed(make.said(number=2, previous=first.sha256, rows=1)))
    skipped = read(make.signed(make.said(number=3, previous=first.sha256)))

    for order in (
        [first, third],
        [first, skipped],
        [first, first],
        [second, first],
        [replaced, third],
        [first, second, second],
    ):
        with pytest.raises(wire.ChainBroken):
            wire.check_chain(order)
    with pytest.raises(wire.ChainBroken):
        wire.check_chain([read(make.signed(make.said(number=1, previous="a" * 64)))])
    with pytest.raises(wire.OfAnother):
        wire.check_chain(
            [first, read(make.signed(make.said(transfer="urn:b", number=2, previous=first.sha256)))]
        )


def test_a_receipt_signed_again_by_its_own_provider_breaks_the_chain_too() -> None:
    said = make.said()
    twin = read(make.signed(said))
    follower = read(make.signed(make.said(number=2, previous=read().sha256)))

    assert twin.said == said
    with pytest.raises(wire.ChainBroken):
        wire.check_chain([twin, follower])


def test_several_receipts_are_read_line_by_line() -> None:
    texts = make.chain(2)

    assert [found.text for found in wire.read_receipts("\n\n".join(texts))] == texts
    with pytest.raises(wire.ReceiptMalformed):
        wire.read_receipts("\n \n")


def test_no_receipt_passes_for_an_id_token() -> None:
    with pytest.raises(Exception, match="malformed") as refused:
        peer_tokens.read_token(GOOD)

    assert type(refused.value).__name__ == "PeerTokenMalformed"


def test_a_long_account_of_what_was_withheld_is_cut_and_hashed() -> None:
    whole = (
        Withheld("rk:withholdColumn", 10, tuple(f"a_column_with_a_long_name_{n}" for n in range(200))),
        Withheld("rk:cell", 10, ("latitude",)),
    )

    told, in_full = exchange.tell_withheld(whole)

    assert told[0].columns == whole[0].columns[: len(told[0].columns)]
    assert 20 < len(told[0].columns) < 60
    spelled = [{"term": each.term, "rows": each.rows, "columns": list(each.columns)} for each in whole]
    assert in_full == exchange.InFull(2, 201, hashlib.sha256(canonical_json(spelled)).hexdigest())
    assert len(make.signed(make.said(withheld=told, withheld_in_full=in_full))) < 4096


@given(st.lists(st.builds(Withheld, names, counts, st.lists(names, max_size=80).map(tuple)), max_size=60))
def test_whatever_was_withheld_a_receipt_fits_a_header(withheld: list[Withheld]) -> None:
    told, in_full = exchange.tell_withheld(withheld)
    files, all_files = exchange.tell_files(["a" * 64] * 1000)

    text = make.signed(
        make.said(
            withheld=told, withheld_in_full=in_full, files=files, file_count=1000, files_sha256=all_files
        )
    )

    assert len(text) < 4096
    assert verify_signature_of(text).said.withheld == told
    assert (in_full is None) == (
        [(each.term, each.rows, each.columns) for each in told]
        == [(each.term, each.rows, each.columns) for each in withheld]
    )


def test_a_receipt_is_told_in_sentences_of_both_languages() -> None:
    told = wire.sentences(read())

    assert told[0].en == (
        f"At 2026-05-01T09:00:00Z, {make.PROVIDER} handed 1200 rows in 5 columns over to {make.RECIPIENT}."
    )
    assert told[0].ja == (
        f"{make.PROVIDER} は 2026-05-01T09:00:00Z に、{make.RECIPIENT} に 1200 行 5 列を渡しました。"
    )
    assert [text.en for text in told[3:8]] == [
        "The reader stated the purpose research.",
        "The term rk:observedFrom kept back 30 rows.",
        "The term rk:cell kept back the columns latitude, longitude in 1200 rows.",
        "The smallest group that is shown has 6 entities.",
        "The information loss is 120 ‰.",
    ]
    assert "2305 entries" in told[-1].en
    assert wire.head_of(read()).root == bytes(range(32))


def test_a_receipt_of_an_answer_claims_nothing_that_it_does_not_tell() -> None:
    """An answer with noise tells neither what was kept back nor how large the smallest group is."""
    bare = make.said(withheld=(), smallest_group=None)
    answer = make.said(withheld=(), smallest_group=None, query="d" * 64, answer="e" * 64)

    plain, queried = (wire.sentences(wire.read_receipt(make.signed(said)))[4:6] for said in (bare, answer))

    assert [text.en for text in plain] == [
        "No rows and no columns were kept back.",
        "The terms ask for no minimum group.",
    ]
    assert [text.en for text in queried] == [
        "What was kept back is not told.",
        "The size of the smallest group is not told.",
    ]
    assert [text.ja for text in queried] == [
        "渡されなかった行や列は示されていません。",
        "最小の集団の大きさは示されていません。",
    ]
