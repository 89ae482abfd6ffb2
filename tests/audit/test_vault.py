import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from renkei.audit import api as audit
from renkei.audit.errors import SecretChanged


@given(st.binary(), st.text())
def test_what_was_concealed_is_revealed_for_the_same_purpose(plain: bytes, purpose: str) -> None:
    assert audit.reveal(audit.conceal(plain, purpose=purpose), purpose=purpose) == plain


@given(st.binary(max_size=40), st.data())
def test_a_single_altered_bit_is_noticed(plain: bytes, draw: st.DataObject) -> None:
    concealed = bytearray(audit.conceal(plain))
    place = draw.draw(st.integers(0, len(concealed) - 1))
    concealed[place] ^= 1 << draw.draw(st.integers(0, 7))

    with pytest.raises(SecretChanged):
        audit.reveal(bytes(concealed))


@given(st.binary(max_size=40), st.data())
def test_a_cut_is_noticed(plain: bytes, draw: st.DataObject) -> None:
    concealed = audit.conceal(plain)

    with pytest.raises(SecretChanged):
        audit.reveal(concealed[: draw.draw(st.integers(0, len(concealed) - 1))])


def test_what_was_concealed_for_one_purpose_is_not_revealed_for_another() -> None:
    with pytest.raises(SecretChanged):
        audit.reveal(audit.conceal(b"key", purpose="audit.log-key"), purpose="parties.signing-key")


def test_two_concealments_of_the_same_secret_do_not_look_alike() -> None:
    assert audit.conceal(b"key") != audit.conceal(b"key")
    assert b"key" not in audit.conceal(b"key")


def test_another_node_secret_reveals_nothing(settings: Settings) -> None:
    from dataclasses import replace

    concealed = audit.conceal(b"key")
    settings.RENKEI = replace(settings.RENKEI, node_secret="another secret")

    with pytest.raises(SecretChanged):
        audit.reveal(concealed)
