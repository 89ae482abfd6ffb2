"""Terms as a flat form, as an owner fills it in."""

from dataclasses import dataclass

from renkei.kernel.texts import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What an owner wants to see in the terms, each as it is written; what is empty says nothing."""

    purpose: tuple[str, ...] = ()
    recipient: tuple[str, ...] = ()
    membership: tuple[str, ...] = ()
    place: tuple[str, ...] = ()
    starts: str = ""
    """From when on, with its offset from UTC; as are `until`, `observed_from` and `observed_until`."""
    until: str = ""
    lasting: str = ""
    """For how long after the agreement came into force: P30D."""
    count: str = ""
    rate: str = ""
    """Uses per time: 100/PT1H."""
    cell: str = ""
    time_resolution: str = ""
    minimum_group: str = ""
    entity: str = ""
    """The column whose different values a minimum group counts."""
    group_by: tuple[str, ...] = ()
    withhold: tuple[str, ...] = ()
    mask: tuple[str, ...] = ()
    observed_from: str = ""
    observed_until: str = ""
    delivery: str = ""
    privacy_budget: str = ""
    duty: tuple[str, ...] = ()
    """`delete:P30D`, `attribute:City of X`, `compensate:5000:JPY:P30D`, `inform:P60D`, `log`; `first ` before those that
    reading waits for."""
    forbid: tuple[str, ...] = ()
    """Besides passing the data on: sell, commercialize, derive, reproduce."""
    onward_allowed: bool = False


@dataclass(frozen=True, slots=True)
class ReadBack:
    """Terms as a form, as far as the form can say them."""

    wishes: Wishes
    untold: tuple[Text, ...]
    """The sentences of what the form cannot say."""
