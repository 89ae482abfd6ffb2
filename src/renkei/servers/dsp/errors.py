"""Refusals of the dataspace door itself."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text


class FilterUnsupported(Refusal):
    kind, code = Kind.INVALID, "servers.dsp-filter-unsupported"
    text = Text(
        ja="このノードのカタログが対応する `filter` は、`offset` と `limit` だけを持つ `QuerySpec` 一つです。",
        en="The only `filter` that this node's catalogue knows is one `QuerySpec` with `offset` and `limit`.",
    )
    remedy = Text(
        ja="条件や並べ替えを外して要求し、返ってきたデータセットから選んでください。",
        en="Ask without conditions and sorting, and choose among the datasets that come back.",
    )


class PageInvalid(Refusal):
    kind, code = Kind.INVALID, "servers.dsp-page-invalid"
    text = Text(
        ja="1 ページの件数 `limit` は 1〜{most} の整数です。",
        en="`limit`, the datasets of one page, is a whole number from 1 to {most}.",
    )
    remedy = Text(
        ja="`limit` を直すか外し、続きは `Link` ヘッダーの `next` をそのまま使ってください。",
        en="Correct it or leave it out; for the next page use the `next` of the `Link` header as it is.",
    )


class SiteTooBusy(Refusal):
    kind, code = Kind.UNAVAILABLE, "servers.dsp-site-too-busy"
    text = Text(
        ja="{site} の参加者からの申し込みが続いたため、いまは新しい申し込みを受け付けません。",
        en="No more is opened for participants of {site} for now: they have opened too much in a short time.",
    )
    remedy = Text(
        ja="数分おいて送り直してください。進行中の交渉と転送はそのまま続けられます。",
        en="Send it again in some minutes; negotiations and transfers that run go on.",
    )


class ProcessMismatch(Refusal):
    kind, code = Kind.INVALID, "servers.dsp-process-mismatch"
    text = Text(
        ja="アドレスのプロセス ID「{path}」と、メッセージ内の ID「{message}」が一致しません。",
        en="The address names the process {path}, the message names {message}.",
    )
    remedy = Text(
        ja="相手側が発行したプロセス ID をアドレスとメッセージの両方に入れてください。",
        en="Put the receiver's process id both in the address and in the message.",
    )


class CallbackNeeded(Refusal):
    kind, code = Kind.INVALID, "servers.dsp-callback-needed"
    text = Text(
        ja="新しい交渉を始めるメッセージには `callbackAddress` が必要です。",
        en="A message that opens a negotiation needs a `callbackAddress`.",
    )
    remedy = Text(
        ja="`callbackAddress` に自組織の基底アドレスを入れるか、既存の交渉ならその交渉のアドレスへ送ってください。",
        en="Give your own base address as `callbackAddress`, or send it to the address of the negotiation that it belongs to.",
    )


class DataAddressUnusable(Refusal):
    kind, code = Kind.INVALID, "servers.dsp-data-address-unusable"
    text = Text(
        ja="`dataAddress` の `endpoint`「{endpoint}」は使えません。構外の https のアドレスだけを受け付けます。",
        en="The `endpoint` of the `dataAddress`, “{endpoint}”, is not taken: it has to be an https address outside private networks.",
    )
    remedy = Text(
        ja="データの https アドレスを入れて送り直してください。",
        en="Send the start again with the https address of the data.",
    )
