"""Duties: what a recipient has to do, and until when."""

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

from renkei.exchange.errors import DutyUnknown, OperandUnknown, OperandValue, OperatorUnknown
from renkei.exchange.rules.normal import plain
from renkei.exchange.rules.terms.operands import duration, instant
from renkei.exchange.rules.terms.said import Duty, DutyAction

_OPERATORS = {"elapsedTime": "lteq", "dateTime": "lteq", "payAmount": "eq", "rk:credit": "eq"}
_NEEDED = {
    DutyAction.DELETE: ({"elapsedTime", "dateTime"}, "elapsedTime, dateTime"),
    DutyAction.COMPENSATE: ({"payAmount"}, "payAmount"),
    DutyAction.ATTRIBUTE: ({"rk:credit"}, "rk:credit"),
}
"""One of these has to be said of the duty."""
_LONGEST_CREDIT = 500
_MONEY = re.compile(r"[0-9]{1,15}(\.[0-9]{1,4})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


def read_duty(said: Any, *, first: bool) -> Duty:
    """Read a duty in its normal form. Raises exchange.duty-unknown, operator-unknown, operand-value."""
    if not isinstance(said, dict):
        raise DutyUnknown(duty=said, ja="オブジェクトが必要です。", en="An object is needed.")
    named = said.get("action")
    try:
        action = DutyAction(str(named))
    except ValueError:
        known = ", ".join(each.value for each in DutyAction)
        raise DutyUnknown(
            duty=named,
            ja=f"扱えるのは {known} です。",
            en=f"What can be tracked is {known}.",
        ) from None
    if (
        first and action is DutyAction.DELETE
    ):  # what is delivered would open it again, and so bar its own delivery
        raise DutyUnknown(
            duty=action.value,
            ja="データを受け取る前に消去することはできません。obligation に書いてください。",
            en="Nothing can be deleted before it is received: write it as an obligation.",
        )
    for member in said:
        if member not in {"action", "constraint"}:
            raise DutyUnknown(
                duty=action.value,
                ja=f"「{member}」は扱えません。",
                en=f"“{member}” is not handled.",
            )
    duty, seen = Duty(action, first=first), set[str]()
    for constraint in said.get("constraint", []):
        duty = _with(duty, constraint, seen)
    needed, words = _NEEDED.get(action, (set(), ""))
    if needed and not needed & seen:
        raise DutyUnknown(
            duty=action.value,
            ja=f"{words} の指定が必要です。",
            en=f"It needs {words}.",
        )
    return duty


def _with(duty: Duty, constraint: Any, seen: set[str]) -> Duty:
    name = constraint.get("leftOperand") if isinstance(constraint, dict) else None
    if not isinstance(name, str) or name not in _OPERATORS or name in seen:
        raise DutyUnknown(
            duty=duty.action.value,
            ja=f"「{name}」という条件は扱えないか、重複しています。",
            en=f"The constraint “{name}” is not handled, or stands there twice.",
        )
    seen.add(name)
    known = {"leftOperand", "operator", "rightOperand", *({"unit"} if name == "payAmount" else ())}
    for member in constraint:
        if member not in known:
            raise OperandUnknown(operand=f"{duty.action.value}.{name}.{member}")
    if constraint.get("operator") != _OPERATORS[name]:
        raise OperatorUnknown(operand=name, operator=constraint.get("operator"), allowed=_OPERATORS[name])
    value = constraint.get("rightOperand")
    if name == "elapsedTime":
        return replace(duty, within=duration(name, value))
    if name == "dateTime":
        return replace(duty, by=instant(name, value))
    if name == "rk:credit":
        return replace(duty, credit=_credit(value))
    return replace(duty, amount=_amount(value), unit=_unit(constraint.get("unit")))


def _credit(value: Any) -> str:
    if isinstance(value, str) and 0 < len(value.strip()) <= _LONGEST_CREDIT and value.isprintable():
        return value.strip()
    raise OperandValue(
        operand="rk:credit",
        value=value,
        ja=f"出典の表示に使う {_LONGEST_CREDIT} 字以内の文字列が必要です。",
        en=f"The words that name the source are needed, {_LONGEST_CREDIT} characters at most.",
    )


def _amount(value: Any) -> Decimal:
    said = plain(value)
    if isinstance(said, str) and _MONEY.fullmatch(said) and Decimal(said) > 0:
        return Decimal(said).normalize()
    raise OperandValue(
        operand="payAmount",
        value=value,
        ja="0 より大きい金額(整数部 15 桁、小数部 4 桁まで)が必要です。",
        en="An amount above 0 is needed, of 15 digits at most and 4 behind the point.",
    )


def _unit(value: Any) -> str:
    if isinstance(value, str) and _CURRENCY.fullmatch(value):
        return value
    raise OperandValue(
        operand="unit",
        value=value,
        ja="通貨の符号(ISO 4217、例: JPY)が必要です。",
        en="The code of a currency is needed (ISO 4217), such as JPY.",
    )
