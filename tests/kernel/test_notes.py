"""Signed notes against the examples that their specification and its reference implementation publish."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.kernel import notes

EXAMPLE = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)
KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"

names = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="+"), min_size=1)
checkpoints = st.builds(
    notes.Checkpoint,
    origin=names,
    size=st.integers(0, 10**18),
    root=st.binary(min_size=32, max_size=32),
)


def test_the_example_of_the_specification_is_read() -> None:
    note = notes.parse_note(EXAMPLE)

    assert notes.parse_checkpoint(note.text) == notes.Checkpoint(
        origin="example.com/behind-the-sofa",
        size=20852163,
        root=bytes.fromhex("0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62"),
    )
    assert [(line.name, line.key_id.hex(), len(line.signature)) for line in note.signatures] == [
        ("example.com/behind-the-sofa", "033de0ae", 64)
    ]


def test_a_published_key_is_read_and_written_back() -> None:
    verifier = notes.parse_verifier(KEY)

    assert (verifier.name, verifier.key_id().hex(), verifier.text()) == ("PeterNeumann", "c74f20a3", KEY)


@given(checkpoints)
def test_a_checkpoint_is_read_as_it_was_written(checkpoint: notes.Checkpoint) -> None:
    assert notes.parse_checkpoint(notes.format_checkpoint(checkpoint)) == checkpoint


@given(checkpoints, names, st.binary(min_size=32, max_size=32), st.binary(min_size=1, max_size=64))
def test_a_note_comes_apart_into_what_it_was_made_of(
    checkpoint: notes.Checkpoint, name: str, key: bytes, signature: bytes
) -> None:
    signer = notes.Verifier(name=name, public_key=key)
    text = notes.format_checkpoint(checkpoint)

    note = notes.parse_note(notes.format_note(text=text, signer=signer, signature=signature))

    line = notes.NoteSignature(name=name, key_id=signer.key_id(), signature=signature)
    assert note == notes.Note(text=text, signatures=(line,))


@given(names, st.binary(min_size=32, max_size=32))
def test_a_key_is_read_as_it_was_written(name: str, key: bytes) -> None:
    verifier = notes.Verifier(name=name, public_key=key)

    assert notes.parse_verifier(verifier.text()) == verifier


def test_a_text_with_empty_lines_is_cut_at_the_last_one() -> None:
    note = notes.parse_note("one\n\ntwo\n\n— a.example AAAAAAA=\n")

    assert note.text == "one\n\ntwo\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n1\n",
        "origin\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "origin\n-1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "origin\n１\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "origin\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n",
        "origin\n1\nAAAA\n",
        "\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "origin\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=",
        "origin\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        notes.parse_checkpoint(text)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "text\n",
        "text\n\n",
        "\n\n— a.example AAAAAAA=\n",
        "text\n\n- a.example AAAAAAA=\n",
        "text\n\n— a+b AAAAAAA=\n",
        "text\n\n—  AAAAAAA=\n",
        "text\n\n— a.example AAAA\n",
        "text\n\n— a.example AAAAAAB=\n",
        "text\n\n— a.example !\n",
        "text\n\n— a.example AAAAAAA=",
        "te\txt\n\n— a.example AAAAAAA=\n",
        "text\r\n\r\n— a.example AAAAAAA=\r\n",
        "x" * 70_000 + "\n\n— a.example AAAAAAA=\n",
    ],
)
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(ValueError):
        notes.parse_note(note)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "PeterNeumann",
        KEY.replace("c74f20a3", "c74f20a4"),
        KEY.replace("Peter", "Paul"),
        KEY[:-4],
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        KEY.replace("+AR", "+AB"),
    ],
)
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError):
        notes.parse_verifier(key)


@given(st.text())
def test_no_text_makes_the_parsers_do_anything_but_refuse(text: str) -> None:
    for parse in (notes.parse_note, notes.parse_checkpoint, notes.parse_verifier):
        with suppress(ValueError):
            parse(text)
