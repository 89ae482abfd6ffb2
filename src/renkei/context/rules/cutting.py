"""How much of a history goes into one answer (clause 6.3.10): a range of time, complete for every attribute in it."""

from collections.abc import Sequence


def kept_until(moments: Sequence[str], limit: int) -> int:
    """Return how many of these instances go into an answer of about `limit`; they stand in the order of the answer.

    Those of one moment stay together, so that whoever asks on from the last moment misses none: the answer ends before
    a moment that has no room, and a first moment that is too large by itself goes in whole.
    """
    if len(moments) <= limit:
        return len(moments)
    end = limit
    while end and moments[end - 1] == moments[limit]:
        end -= 1
    if end:
        return end
    end = limit
    while end < len(moments) and moments[end] == moments[0]:
        end += 1
    return end
