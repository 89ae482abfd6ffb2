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
