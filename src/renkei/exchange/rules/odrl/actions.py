"""Which action includes which: the ODRL vocabulary's, and those that the state of the world adds.

Source: ODRL Vocabulary & Expression 2.2, `includedIn` and the deprecated terms' `exactMatch`.
"""

from collections.abc import Mapping

from renkei.exchange.rules.odrl.hierarchy import Parts, wholes

_IN_USE = (
    "acceptTracking aggregate annotate anonymize archive attribute compensate concurrentUse delete derive digitize "
    "display distribute ensureExclusivity execute grantUse include index inform install modify move nextPolicy "
    "obtainConsent play present print read reproduce reviewPolicy stream synchronize textToSpeech transform translate "
    "uninstall watermark"
)
_CREATIVE_COMMONS = (
    "Attribution CommercialUse DerivativeWorks Distribution Notice Reproduction ShareAlike Sharing SourceCode"
)
INCLUDED_IN: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(_IN_USE.split(), ("use",)),
    **{f"http://creativecommons.org/ns#{name}": ("use",) for name in _CREATIVE_COMMONS.split()},
    "extract": ("reproduce",),
    "give": ("transfer",),
    "sell": ("transfer",),
}
"""Of each action, the wider one that it is part of; `use` and `transfer` are the roots."""
SAME_AS = {
    "append": "modify",
    "appendTo": "modify",
    "copy": "reproduce",
    "export": "transform",
    "license": "grantUse",
    "pay": "compensate",
    "write": "modify",
    "writeTo": "modify",
}
"""Deprecated names, and the present name of the same action."""


def covers(stated: str, done: str, *, added: Parts) -> bool:
    """Tell whether an action that a rule states includes the one that is asked for or was done."""
    return _present(stated) in wholes(_present(done), {**added, **INCLUDED_IN})


def _present(action: str) -> str:
    return SAME_AS.get(action, action)
