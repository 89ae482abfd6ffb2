"""The page docs/reference/states.md, written from the transition tables."""

from collections.abc import Iterable
from enum import StrEnum

from renkei.exchange.rules.machine import NEGOTIATION, TRANSFER
from renkei.exchange.types import Role
from renkei.kernel.texts import Lang, Text

_HEAD = Text(
    ja="""# 状態と遷移

このページは `renkei.exchange.rules.machine` の表から作られ、テストで照合されます。表にない組み合わせは
`exchange.transition-illegal` で拒否され、そのとき許されるメッセージが示されます。同じメッセージの再送は、最初と同じ
答えになり、状態を変えません。
""",
    en="""# States and transitions

This page is written from the tables in `renkei.exchange.rules.machine`, and a test compares the two. Whatever is not
in a table is refused as `exchange.transition-illegal`, with what is allowed instead. The same message sent again is
answered as the first was, and changes nothing.
""",
)
_NEGOTIATION = Text(ja="契約交渉(DSP 2025-1)", en="Contract negotiation (DSP 2025-1)")
_TRANSFER = Text(ja="転送(DSP 2025-1)", en="Transfer process (DSP 2025-1)")
_COLUMNS = Text(
    ja="| 状態 | メッセージ | 送り手 | 次の状態 |\n|---|---|---|---|",
    en="| state | message | sender | next state |\n|---|---|---|---|",
)
_START = Text(ja="(開始前)", en="(none yet)")
_ROLES = {Role.PROVIDER: Text(ja="提供者", en="provider"), Role.CONSUMER: Text(ja="利用者", en="consumer")}


def states_page(lang: Lang) -> str:
    """Return the whole page in one language."""
    parts = [
        _HEAD.in_(lang),
        f"## {_NEGOTIATION.in_(lang)}\n",
        _table(NEGOTIATION.items(), lang) + "\n",
        f"## {_TRANSFER.in_(lang)}\n",
        _table(TRANSFER.items(), lang),
    ]
    return "\n".join(parts) + "\n"


def _table(steps: Iterable[tuple[tuple[StrEnum | None, StrEnum, Role], StrEnum]], lang: Lang) -> str:
    rows = [
        f"| {state.value if state else _START.in_(lang)} | {message.value} | {_ROLES[sender].in_(lang)} | {following.value} |"
        for (state, message, sender), following in steps
    ]
    return "\n".join([_COLUMNS.in_(lang), *rows])
