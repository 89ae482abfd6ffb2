import re
import time
import uuid

from renkei.kernel.ids import new_id


def test_an_id_is_a_uuid_of_version_7_written_as_a_urn() -> None:
    made = new_id()

    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", made)
    assert (uuid.UUID(made).version, uuid.UUID(made).variant) == (7, uuid.RFC_4122)


def test_an_id_carries_the_time_at_which_it_was_made() -> None:
    before = time.time_ns() // 1_000_000
    stamp = uuid.UUID(new_id()).int >> 80
    after = time.time_ns() // 1_000_000

    assert before <= stamp <= after


def test_ids_do_not_repeat() -> None:
    assert len({new_id() for _ in range(10_000)}) == 10_000
