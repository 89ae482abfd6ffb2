"""Receipts on the screen: each as sentences, or as JSON, and what was checked of them."""

from typing import TYPE_CHECKING, Any

from renkei.cli import output
from renkei.kernel.texts import Text

if TYPE_CHECKING:
    from renkei.wire.receipt import SignedReceipt

CHECKS = {
    "signature": Text(ja="署名", en="signature"),
    "time": Text(ja="発行時刻", en="time of issue"),
    "chain": Text(ja="連なり", en="chain"),
    "terms": Text(ja="条件", en="terms"),
    "answer": Text(ja="データ", en="data"),
    "log-head": Text(ja="監査ログのヘッド", en="head of the audit log"),
}
GOOD = Text(
    ja="提供証明 {count} 通を確かめました。確かめたもの: {done}。",
    en="{count} receipts verified. Checked: {done}.",
)
LEFT = Text(ja="確かめていないもの: {left}。", en="Not checked: {left}.")
_BETWEEN = Text(ja="、", en=", ")


def show(found: "tuple[SignedReceipt, ...]", *, as_json: bool, checked: list[str] | None = None) -> None:
    """Show receipts; `checked` names those of CHECKS that were made, None where none was asked for."""
    from renkei.wire import receipt as wire

    if as_json:
        said = [
            {"receipt": _said(each), "sha256": each.sha256, "key": each.key_id, "text": each.text}
            for each in found
        ]
        whole = (
            {"receipts": said}
            if checked is None
            else {"verified": True, "checked": checked, "receipts": said}
        )
        output.show(whole, as_json)
        return
    for number, each in enumerate(found):
        if number:
            output.show("")
        for sentence in wire.sentences(each):
            output.show(sentence)
    if checked is not None:
        left = [name for name in CHECKS if name not in checked]
        output.say(GOOD, count=len(found), done=_words(checked))
        if left:
            output.say(LEFT, left=_words(left))


def _said(receipt: "SignedReceipt") -> dict[str, Any]:
    import msgspec

    said: dict[str, Any] = msgspec.to_builtins(receipt.said)
    return said


def _words(names: list[str]) -> str:
    lang = output.lang()
    return _BETWEEN.in_(lang).join(CHECKS[name].in_(lang) for name in names)
