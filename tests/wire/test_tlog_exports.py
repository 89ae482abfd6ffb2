"""An auditor's export: true as it is, and refused with a reason however it is broken."""

import base64
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as with_

from renkei.kernel.refusals import Refusal
from renkei.wire import tlog
from tests.factories import exports as make
from tests.factories.foreign_log import ForeignLog

OURS, OTHER = make.logs()
EXPORT = make.export(OURS, OTHER)
TRUE = b"".join(tlog.write_export(with_(EXPORT, entries=()), iter(EXPORT.entries)))


def checked(body: bytes, *, vkey: str | None = OURS.vkey) -> tlog.CheckedExport:
    return tlog.verify_export(tlog.read_export(body), vkey=vkey)


def code(body: bytes, *, vkey: str | None = OURS.vkey) -> str:
    with pytest.raises(Refusal) as caught:
        checked(body, vkey=vkey)
    return caught.value.code


def broken(*way: str | int, put: Any) -> bytes:
    """The export with one value exchanged."""
    said = json.loads(TRUE)
    *steps, last = way
    place = said
    for step in steps:
        place = place[step]
    place[last] = put(place[last]) if callable(put) else put
    return json.dumps(said).encode()


def test_a_true_export_shows_the_entries_the_confirmations_and_the_other_logs() -> None:
    found = checked(TRUE)

    assert [entry.index for entry in found.entries] == [0, 2, 3, 4, 5]
    assert (found.head.origin, found.head.size, found.vkey) == (make.NEAR, 7, OURS.vkey)
    assert [(each.address, each.size) for each in found.confirmed] == [("https://far.example", 3)]
    assert (found.witnessed, found.provisions, found.following) == ((make.FAR,), 1, None)


def test_an_export_is_read_as_it_was_written() -> None:
    assert tlog.read_export(TRUE) == EXPORT
    assert json.loads(TRUE)["format"] == "renkei-audit-export"


def test_an_export_without_entries_is_well_formed_json() -> None:
    empty = b"".join(tlog.write_export(with_(EXPORT, entries=(), witnessed=()), iter(())))

    assert json.loads(empty)["entries"] == []


def test_without_a_trusted_key_the_one_that_came_along_is_taken_and_named() -> None:
    assert checked(TRUE, vkey=None).vkey == OURS.vkey


def test_under_another_key_nothing_holds() -> None:
    assert code(TRUE, vkey=ForeignLog(make.NEAR).vkey) == "tlog.signature-wrong"


def flipped(text: str) -> str:
    raw = bytearray(base64.b64decode(text))
    raw[-1] ^= 1
    return base64.b64encode(raw).decode()


def other_root(note: str) -> str:
    lines = note.split("\n")
    lines[2] = flipped(lines[2])
    return "\n".join(lines)


def other_signature(note: str) -> str:
    start, _, last = note.rstrip("\n").rpartition(" ")
    return f"{start} {flipped(last)}\n"


BREAKS = {
    "a byte of a body": (
        ("entries", 1, "body"),
        lambda body: body.replace("5f", "5e", 1),
        "tlog.entry-not-in-log",
    ),
    "a byte of a path": (("entries", 1, "path", 0), flipped, "tlog.entry-not-in-log"),
    "a path cut short": (("entries", 1, "path"), lambda path: path[:-1], "tlog.entry-not-in-log"),
    "a path made longer": (("entries", 1, "path"), lambda path: [*path, path[0]], "tlog.entry-not-in-log"),
    "another index": (("entries", 1, "index"), 1, "tlog.entry-not-in-log"),
    "an index beyond the log": (("entries", 4, "index"), 7, "tlog.entry-not-in-log"),
    "an index below the log": (("entries", 0, "index"), -1, "tlog.entry-not-in-log"),
    "the root": (("checkpoint",), other_root, "tlog.signature-wrong"),
    "the signature": (("checkpoint",), other_signature, "tlog.signature-wrong"),
    "the size": (("checkpoint",), lambda note: note.replace("\n7\n", "\n8\n"), "tlog.signature-wrong"),
    "an older head": (("checkpoint",), OURS.checkpoint(5), "tlog.entry-not-in-log"),
    "a cosignature": (("cosigned", 0, "checkpoint"), other_signature, "tlog.witness-unusable"),
    "a witness's key": (("cosigned", 0, "witness"), OURS.cosigner.text(), "tlog.witness-unusable"),
    "a proof of growth": (("cosigned", 0, "path", 0), flipped, "tlog.log-rewritten"),
    "a confirmation of a rewritten log": (
        ("cosigned", 0, "checkpoint"),
        OTHER.cosign(OURS.twin("x", "y", "z").checkpoint()),
        "tlog.log-rewritten",
    ),
    "a confirmation of a later head": (
        ("cosigned", 0, "checkpoint"),
        OTHER.cosign(OURS.twin(*[str(n) for n in range(9)]).checkpoint()),
        "tlog.log-shrunk",
    ),
    "a log that confirms itself": (
        ("cosigned", 0),
        lambda told: {
            **told,
            "witness": OURS.cosigner.text(),
            "checkpoint": OURS.cosign(OURS.checkpoint(3)),
        },
        "tlog.witness-unusable",
    ),
    "a head that stands in no entry": (
        ("witnessed", 0, "checkpoint"),
        OURS.cosign(OTHER.checkpoint(4)),
        "tlog.export-contradictory",
    ),
    "a head that its log did not sign": (("witnessed", 0, "vkey"), OURS.vkey, "tlog.witness-unusable"),
    "another's cosigner": (("cosigner",), OTHER.cosigner.text(), "tlog.export-contradictory"),
    "a cosigner that is none": (("cosigner",), "x", "tlog.export-malformed"),
    "an entry twice": (("entries",), lambda entries: [entries[0], *entries], "tlog.export-contradictory"),
    "entries out of order": (("entries",), lambda entries: entries[::-1], "tlog.export-contradictory"),
    "another format": (("format",), "something", "tlog.export-malformed"),
    "another version": (("version",), 2, "tlog.export-malformed"),
    "no entries": (("entries",), None, "tlog.export-malformed"),
    "a path that is no base 64": (("entries", 0, "path", 0), "!!", "tlog.evidence-malformed"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_whatever_is_altered_is_noticed(name: str) -> None:
    way, put, expected = BREAKS[name]

    assert code(broken(*way, put=put)) == expected


@given(st.integers(0, len(TRUE) - 1), st.integers(1, 255))
def test_no_flipped_byte_yields_another_truth(place: int, change: int) -> None:
    altered = bytearray(TRUE)
    altered[place] ^= change
    try:
        found = checked(bytes(altered))
    except Refusal:
        return
    # What is stated but not proven may differ: the subject, addresses, hashes of records. What is proven may not.
    true = checked(TRUE)
    assert (found.head, found.entries) == (true.head, true.entries)
    assert [(each.witness, each.size, each.at) for each in found.confirmed] in (
        [(each.witness, each.size, each.at) for each in true.confirmed],
        [],
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"\xff\xfe",
        TRUE[:-20],
        TRUE[: len(TRUE) // 2],
        b'{"x":' + b"[" * 300_000 + b"]" * 300_000 + b"," + TRUE[1:],
    ],
    ids=["nothing", "null", "no UTF-8", "cut at its end", "cut in half", "deep"],
)
def test_what_is_no_export_is_refused(body: bytes) -> None:
    assert code(body) == "tlog.export-malformed"


def test_a_body_of_endless_depth_is_refused_though_it_stands_in_the_log() -> None:
    deep = '{"x":' + "[" * 200_000 + "]" * 200_000 + "," + make.body("exchange.read")[1:]
    log = ForeignLog(make.NEAR).grow(deep)
    entry = tlog.BundleEntry(index=0, body=deep, path=())
    export = with_(
        EXPORT, vkey=log.vkey, checkpoint=log.checkpoint(), entries=(entry,), witnessed=(), cosigned=()
    )

    assert code(msgspec.json.encode(export), vkey=log.vkey) == "tlog.evidence-malformed"


def test_an_export_that_is_too_large_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("renkei.wire.tlog.export.LARGEST", 100)

    assert code(TRUE) == "tlog.export-too-large"
