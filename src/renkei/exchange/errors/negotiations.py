"""Refusals in negotiations."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text


class NegotiationMissing(Refusal):
    kind, code = Kind.MISSING, "exchange.negotiation-missing"
    text = Text(
        ja="交渉 {negotiation} は見つかりません。", en="There is no negotiation {negotiation} for you."
    )
    remedy = Text(
        ja="ID と、交渉した組織のトークンであるかを確かめてください。",
        en="Check the id, and that you act for the organisation that negotiates.",
    )


class ProcessMissing(Refusal):
    kind, code = Kind.MISSING, "exchange.process-missing"
    text = Text(
        ja="交渉または転送 {process} は見つかりません。",
        en="There is no negotiation or transfer {process} for you.",
    )
    remedy = Text(
        ja="ID と、当事者である組織のトークンであるかを確かめてください。",
        en="Check the id, and that you act for the organisation whose it is.",
    )


class NothingToSend(Refusal):
    kind, code = Kind.CONFLICT, "exchange.nothing-to-send"
    text = Text(
        ja="{process} には、送信を待つメッセージがありません。",
        en="No message of {process} waits to be sent: the peer has taken them all.",
    )
    remedy = Text(
        ja="いま何を待っているかを確かめてください。相手が動かなければ、打ち切ることができます。",
        en="See what it waits for now; it can be terminated if the other side does not act.",
    )


class TransitionIllegal(Refusal):
    kind, code = Kind.INVALID, "exchange.transition-illegal"
    text = Text(
        ja="状態 {state} では、{sender} からの {message} は許されません。",
        en="In the state {state}, the {sender} may not send {message}.",
    )
    remedy = Text(
        ja="現在の状態を確かめてください。この状態で許されるのは {allowed} です。",
        en="Look at the present state; what is allowed in it: {allowed}.",
    )


class RecipientNotAllowed(Refusal):
    kind, code = Kind.DENIED, "exchange.recipient-not-allowed"
    text = Text(
        ja="このオファーの相手方に {participant} は含まれていません。",
        en="This offer is not made to {participant}.",
    )
    remedy = Text(
        ja="自組織に向けたオファーを提供者に求めてください。",
        en="Ask the provider for an offer that names your organisation.",
    )


class PidTaken(Refusal):
    kind, code = Kind.CONFLICT, "exchange.pid-taken"
    text = Text(
        ja="ID {pid} は、内容の異なる別の申し込みですでに使われています。",
        en="The id {pid} was already used for another request, with other content.",
    )
    remedy = Text(ja="新しい ID で申し込んでください。", en="Make the request under a new id.")


class TooManyOpenings(Refusal):
    kind, code = Kind.UNAVAILABLE, "exchange.too-many-openings"
    text = Text(
        ja="この 1 時間に {limit} 件を超える申し込みがあったため、新しい申し込みを受け付けません。",
        en="No more is opened for you for now: there were {limit} openings within the last hour.",
    )
    remedy = Text(
        ja="時間をおいて送り直してください。進行中の交渉と転送はそのまま続けられます。",
        en="Send it again later; negotiations and transfers that run go on.",
    )


class AnswersUntaken(Refusal):
    kind, code = Kind.UNAVAILABLE, "exchange.answers-untaken"
    text = Text(
        ja="これまでの返事が {limit} 件届けられずに待っているため、新しい申し込みを受け付けません。",
        en="No more is opened for you for now: {limit} answers are waiting that your node has not taken yet.",
    )
    remedy = Text(
        ja="`callbackAddress` でこのノードからのメッセージを受け取れるようにしてから、送り直してください。",
        en="See that your node takes messages at its `callbackAddress`, then send it again.",
    )


class IdMalformed(Refusal):
    kind, code = Kind.INVALID, "exchange.id-malformed"
    text = Text(
        ja="ID として使えない値です({length} 文字)。1〜{limit} 文字の、制御文字を含まない文字列だけを受け付けます。",
        en="A value of {length} characters cannot be an id: 1 to {limit} characters are taken, no control characters.",
    )
    remedy = Text(ja="ID を直して送り直してください。", en="Correct the id and send it again.")


class PlaceUnknown(Refusal):
    kind, code = Kind.INVALID, "exchange.place-unknown"
    text = Text(
        ja="一覧の続きの位置(after)が読み取れません。",
        en="The place from which the list should go on (after) cannot be read.",
    )
    remedy = Text(
        ja="前の応答の next をそのまま渡すか、省いて最初から読んでください。",
        en="Pass `next` of the answer before as it came, or leave it out to begin anew.",
    )


class ReasonMissing(Refusal):
    kind, code = Kind.INVALID, "exchange.reason-missing"
    text = Text(ja="理由が書かれていません。", en="No reason was given.")
    remedy = Text(
        ja="相手方に伝わる理由を一文で書いてください。",
        en="Say why in a sentence; it is what the other side will read.",
    )


class AgreementDiffers(Refusal):
    kind, code = Kind.CONFLICT, "exchange.agreement-differs"
    text = Text(
        ja="提供者が送った契約は、申し込んだ内容と {what} が異なります。",
        en="The agreement that the provider sent differs from what was requested: {what}.",
    )
    remedy = Text(
        ja="署名せずに交渉を打ち切りました。提供者に確認してください。",
        en="It was not verified and the negotiation was terminated; ask the provider.",
    )


class PeerRefusedMessage(Refusal):
    kind, code = Kind.CONFLICT, "exchange.peer-refused"
    text = Text(
        ja="相手方が {message} を拒否しました(状態コード {status}、{code_given})。",
        en="The peer refused our {message} (status {status}, {code_given}).",
    )
    remedy = Text(
        ja="相手方の理由を確かめ、直せるものは直して新しい交渉を始めてください。",
        en="Read the peer's reasons, correct what can be corrected, and begin again.",
    )


class PeerSilent(Refusal):
    kind, code = Kind.UNAVAILABLE, "exchange.peer-silent"
    text = Text(
        ja="相手方に {message} を {hours} 時間届けられませんでした(最後の失敗:「{why_ja}」)。",
        en="Our {message} could not be delivered to the peer for {hours} hours (last failure: “{why_en}”).",
    )
    remedy = Text(
        ja="相手方の稼働を確かめてから、新しく始めてください。",
        en="Make sure that the peer is up, then begin again.",
    )
