"""Refusals of every door: who asks, and what was sent."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text


class TokenMissing(Refusal):
    kind, code = Kind.UNKNOWN_CALLER, "servers.token-missing"
    text = Text(
        ja="トークンがないため、この操作を受け付けられません。",
        en="A token is needed here and none was sent.",
    )
    remedy = Text(
        ja="`Authorization: Bearer <トークン>` を付けてください。トークンは組織の管理者が `renkei org token` で発行します。",
        en="Send `Authorization: Bearer <token>`; your organisation's administrator issues one with `renkei org token`.",
    )


class BodyTooLarge(Refusal):
    kind, code = Kind.TOO_LARGE, "servers.body-too-large"
    text = Text(
        ja="本文が上限の {limit} バイトを超えています。",
        en="The body is larger than the {limit} bytes taken here.",
    )
    remedy = Text(ja="分けて送ってください。", en="Send it in parts.")


class BodyMalformed(Refusal):
    kind, code = Kind.INVALID, "servers.body-malformed"
    text = Text(ja="本文を読み取れません: {why}。", en="The body cannot be read: {why}.")
    remedy = Text(
        ja="示された箇所を直して送り直してください。", en="Correct the place that is named and send it again."
    )


class Fault(Refusal):
    kind, code = Kind.UNAVAILABLE, "servers.fault"
    text = Text(
        ja="ノード内部の誤りで処理できませんでした。", en="A fault inside the node stopped this request."
    )
    remedy = Text(
        ja="時間をおいて再試行し、続くときは運用者に時刻を伝えてください。",
        en="Try again later; if it goes on, tell the operator the time at which it happened.",
    )


class MethodUnsupported(Refusal):
    kind, code = Kind.INVALID, "servers.method-unsupported"
    text = Text(ja="ここでは {method} を使えません。", en="{method} is not possible here.")
    remedy = Text(ja="{allowed} を使ってください。", en="Use {allowed}.")


class OriginMissing(Refusal):
    kind, code = Kind.INVALID, "servers.origin-missing"
    text = Text(ja="どのログについて尋ねているか分かりません。", en="It is not said which log is meant.")
    remedy = Text(
        ja="`origin` に、ログの名前(`/audit/head` の1行目)を指定してください。",
        en="Give the log's name, the first line of its `/audit/head`, as `origin`.",
    )


class NothingToExport(Refusal):
    kind, code = Kind.MISSING, "servers.nothing-to-export"
    text = Text(
        ja="サイズ {size} までのログに、「{subject}」についての記録はありません。",
        en="Up to size {size} the log has no entry about “{subject}”.",
    )
    remedy = Text(
        ja="ID、`--org`、`--start` を確かめてください。`renkei audit list --subject` で同じ記録を見られます。",
        en="Check the id, `--org` and `--start`; `renkei audit list --subject` shows the same entries.",
    )


class QueryMalformed(Refusal):
    kind, code = Kind.INVALID, "servers.query-malformed"
    text = Text(
        ja="問い合わせの「{name}」に「{given}」は使えません。0 以上の整数が必要です。",
        en="“{given}” cannot be used for “{name}” in the query: a whole number from 0 is needed.",
    )
    remedy = Text(ja="値を直して送り直してください。", en="Correct the value and send it again.")


class NetworkUnknown(Refusal):
    kind, code = Kind.MISSING, "servers.network-unknown"
    text = Text(
        ja="ネットワーク「{network}」のアップリンクは受け付けていません(受け付けるもの: {known})。",
        en="Uplinks of the network “{network}” are not taken here; {known} are.",
    )
    remedy = Text(
        ja="送り先のアドレスの最後を、いずれかの名前に直してください。",
        en="Correct the last part of the address to one of these names.",
    )
