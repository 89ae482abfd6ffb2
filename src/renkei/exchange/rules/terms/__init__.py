"""Terms that can be evaluated: ODRL in, `Terms` out, and a refusal by name for everything else."""

from renkei.exchange.rules.terms.operands import OPERANDS
from renkei.exchange.rules.terms.reading import evaluable, parse, parsed
from renkei.exchange.rules.terms.said import Ban, Bound, Duty, DutyAction, Rate, Terms

__all__ = [
    "OPERANDS",
    "Ban",
    "Bound",
    "Duty",
    "DutyAction",
    "Rate",
    "Terms",
    "evaluable",
    "parse",
    "parsed",
]
