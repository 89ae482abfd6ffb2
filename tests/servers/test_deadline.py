"""A time by which a whole call has to be over."""

import httpcore
import pytest

from renkei.servers.deadline import left, within


def test_within_another_deadline_the_earlier_one_holds():
    with within(60):
        with within(3600):
            assert 0 < (left(None) or 0) <= 60
        with within(0), pytest.raises(httpcore.ReadTimeout):
            left(None)
        assert 0 < (left(None) or 0) <= 60
        assert left(1) == 1

    assert left(None) is None
