"""Refusals of messages that are not what the protocol says."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text


class MessageMalformed(Refusal):
    kind, code = Kind.INVALID, "wire.dsp-malformed"
    text = Text(
        ja="{message} として読み取れません: {why}。",
        en="This is not a well-formed {message}: {why}.",
    )
    remedy = Text(
        ja="示された箇所を Dataspace Protocol 2025-1 のスキーマに合わせて直し、送り直してください。",
        en="Correct the place that is named so that it follows the Dataspace Protocol 2025-1 schema, and send it again.",
    )


class ContextMissing(Refusal):
    kind, code = Kind.INVALID, "wire.dsp-context-missing"
    text = Text(
        ja="`@context` は文字列の配列で、{context} を含まなければなりません。",
        en="`@context` has to be an array of strings that contains {context}.",
    )
    remedy = Text(
        ja="`@context` を直すか、このノードが話す版を `/.well-known/dspace-version` で確かめてください。",
        en="Correct `@context`, or look up the version that this node speaks at `/.well-known/dspace-version`.",
    )


class TypeUnexpected(Refusal):
    kind, code = Kind.INVALID, "wire.dsp-type-unexpected"
    text = Text(
        ja="ここでは `@type` が {expected} のメッセージを受け付けますが、届いたのは {got} です。",
        en="A message with `@type` {expected} belongs here; this one has {got}.",
    )
    remedy = Text(
        ja="メッセージの種類に合ったアドレスへ送ってください。",
        en="Send the message to the address for its type.",
    )


class DestinationUnusable(Refusal):
    kind, code = Kind.INVALID, "wire.dsp-destination-unusable"
    text = Text(
        ja="`dataAddress` の `{part}`「{given}」では、データを送り込めません。",
        en="Data cannot be pushed to this `dataAddress`: its `{part}`, “{given}”, is not usable.",
    )
    remedy = Text(
        ja="https の `endpoint`(または `baseUrl`)、`method` は POST か PUT、秘密は `authorization`(`authType` は bearer)か `authKey` と `authCode` の対、`format` は parquet・csv・jsonl のいずれかで申し込んでください。",
        en="Give an https `endpoint` (or `baseUrl`), POST or PUT as `method`, the secret as `authorization` (`authType` bearer) or as `authKey` with `authCode`, and parquet, csv or jsonl as `format`.",
    )
