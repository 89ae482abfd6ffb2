"""Which class a column has under an agreement: a rule, for all classes."""

from hypothesis import given
from hypothesis import strategies as st

from renkei.exchange.rules.classes import stricter
from renkei.privacy.types import Category, ColumnClass, Role

CATEGORIES, ROLES = list(Category), list(Role)
one = st.builds(ColumnClass, st.just("a"), st.sampled_from(CATEGORIES), st.sampled_from(ROLES))


@given(one, one)
def test_a_class_is_never_looser_than_signed_nor_than_now(signed: ColumnClass, present: ColumnClass):
    (found,) = stricter(signed=[signed], present=[present])

    assert CATEGORIES.index(found.category) == max(
        CATEGORIES.index(signed.category), CATEGORIES.index(present.category)
    )
    places = {Role.LATITUDE, Role.LONGITUDE, Role.PLACE}
    assert (found.role in places) == (signed.role in places or present.role in places)


@given(one)
def test_classes_that_did_not_change_are_as_signed(signed: ColumnClass):
    assert stricter(signed=[signed], present=[signed]) == (signed,)


@given(one)
def test_what_was_signed_without_classes_takes_the_present_ones(present: ColumnClass):
    assert stricter(signed=[], present=[present]) == (present,)
