"""Refusals about agreements, transfers and reads."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text


class AgreementMissing(Refusal):
    kind, code = Kind.MISSING, "exchange.agreement-missing"
    text = Text(ja="契約 {agreement} は見つかりません。", en="There is no agreement {agreement} for you.")
    remedy = Text(
        ja="ID と、契約した組織のトークンであるかを確かめてください。",
        en="Check the id, and that you act for an organisation that signed it.",
    )


class AgreementNotInForce(Refusal):
    kind, code = Kind.CONFLICT, "exchange.agreement-not-in-force"
    text = Text(
        ja="契約 {agreement} はまだ成立していません。", en="The agreement {agreement} is not in force yet."
    )
    remedy = Text(
        ja="交渉が FINALIZED になるのを待ってください。", en="Wait until its negotiation is FINALIZED."
    )


class AgreementEnded(Refusal):
    kind, code = Kind.DENIED, "exchange.agreement-ended"
    text = Text(
        ja="契約 {agreement} は {ended_at} に終了しました(理由:「{reason}」)。",
        en="The agreement {agreement} was ended at {ended_at} (reason: “{reason}”).",
    )
    remedy = Text(
        ja="引き続き利用するには、提供者のカタログから改めて契約してください。",
        en="To go on, make a new agreement from the provider's catalogue.",
    )


class AgreementExpired(Refusal):
    kind, code = Kind.DENIED, "exchange.agreement-expired"
    text = Text(
        ja="契約 {agreement} の利用期間は {ends_at} で終わりました。",
        en="Use under the agreement {agreement} was allowed until {ends_at}.",
    )
    remedy = Text(
        ja="引き続き利用するには、提供者のカタログから改めて契約してください。",
        en="To go on, make a new agreement from the provider's catalogue.",
    )


class AgreementNotBegun(Refusal):
    kind, code = Kind.DENIED, "exchange.agreement-not-begun"
    text = Text(
        ja="契約 {agreement} の利用期間は {starts_at} に始まります。",
        en="Use under the agreement {agreement} is allowed from {starts_at}.",
    )
    remedy = Text(ja="開始日時以降に再試行してください。", en="Come back when it has begun.")


class AgreementOvertaken(Refusal):
    kind, code = Kind.DENIED, "exchange.agreement-overtaken"
    text = Text(
        ja="提供者が列の区分を改めたため、契約 {agreement} の条件のままではデータを渡せなくなりました({cause})。",
        en="The provider has classed the columns anew, and under the terms of the agreement {agreement} the data may no longer leave ({cause}).",
    )
    remedy = Text(
        ja="提供者のカタログにある新しい条件で契約し直すか、提供者に問い合わせてください。",
        en="Make a new agreement from what the provider's catalogue offers now, or ask the provider.",
    )


class TransferMissing(Refusal):
    kind, code = Kind.MISSING, "exchange.transfer-missing"
    text = Text(ja="転送 {transfer} は見つかりません。", en="There is no transfer {transfer} for you.")
    remedy = Text(
        ja="ID と、転送を始めた組織のトークンであるかを確かめてください。",
        en="Check the id, and that you act for the organisation that transfers.",
    )


class TransferUnknown(Refusal):
    kind, code = Kind.UNKNOWN_CALLER, "exchange.transfer-unknown"
    text = Text(
        ja="この秘密に対応する転送はありません。契約のない相手にはデータを渡せません。",
        en="No transfer goes with this secret. Data is handed only to those who have an agreement.",
    )
    remedy = Text(
        ja="提供者のカタログから契約を結び、転送を開始して、発行された秘密を使ってください。",
        en="Make an agreement from the provider's catalogue, start a transfer, and use the secret that it brings.",
    )


class TransferNotStarted(Refusal):
    kind, code = Kind.DENIED, "exchange.transfer-not-started"
    text = Text(
        ja="転送 {transfer} は {state} の状態なので、読み出せません。",
        en="The transfer {transfer} is {state}, so nothing can be read through it.",
    )
    remedy = Text(
        ja="停止中なら再開を待ち、終わっていれば契約 {agreement} で新しい転送を始めてください。",
        en="If it is suspended, wait for it to resume; if it is over, start a new one under the agreement {agreement}.",
    )


class FormatUnknown(Refusal):
    kind, code = Kind.INVALID, "exchange.format-unknown"
    text = Text(
        ja="形式「{format}」では渡せません。渡せる形式は {formats} です。",
        en="The format “{format}” is not served; these are: {formats}.",
    )
    remedy = Text(ja="渡せる形式のいずれかで申し込んでください。", en="Ask for one of them.")


class PurposeNotAgreed(Refusal):
    kind, code = Kind.DENIED, "exchange.purpose-not-agreed"
    text = Text(
        ja="目的「{purpose}」での利用は合意されていません。契約 {agreement} で認められた目的は {agreed} です。",
        en="Use for the purpose “{purpose}” was not agreed: the agreement {agreement} is for {agreed}.",
    )
    remedy = Text(
        ja="合意した目的で利用するか、その目的を認めるオファーで新たに契約してください。",
        en="Use the data for what was agreed, or make another agreement from an offer for that purpose.",
    )


class MembershipMissing(Refusal):
    kind, code = Kind.DENIED, "exchange.membership-missing"
    text = Text(
        ja="{participant} が {bodies} のいずれかに属していることを、このノードは確認できていません。",
        en="This node does not know that {participant} belongs to one of {bodies}.",
    )
    remedy = Text(
        ja="所属の証明を提供者に示し、登録(renkei org vouch)を求めてください。",
        en="Show the provider proof of membership and ask for it to be entered (renkei org vouch).",
    )


class PlaceNotAllowed(Refusal):
    kind, code = Kind.DENIED, "exchange.place-not-allowed"
    text = Text(
        ja="利用できるのは {places} にいる受領者だけで、{participant} がそこにいることを確認できていません。",
        en="Only recipients in {places} may use the data, and this node does not know that {participant} is there.",
    )
    remedy = Text(
        ja="所在地の証明を提供者に示し、登録(renkei org vouch)を求めてください。",
        en="Show the provider where you are and ask for it to be entered (renkei org vouch).",
    )


class AlternativesUnmet(Refusal):
    kind, code = Kind.DENIED, "exchange.alternatives-unmet"
    text = Text(
        ja="契約 {agreement} の選択肢({operands})のどれも、今の利用では満たされていません。",
        en="This use meets none of the alternatives of agreement {agreement} ({operands}).",
    )
    remedy = Text(
        ja="契約の条件を見て、利用目的を名乗るなど、いずれかの選択肢を満たしてから、もう一度お試しください。",
        en="Read the agreement's terms and meet one of the alternatives, for instance by stating the purpose.",
    )


class UseProhibited(Refusal):
    kind, code = Kind.DENIED, "exchange.use-prohibited"
    text = Text(
        ja="契約 {agreement} は、この利用を禁止しています({operands})。",
        en="Agreement {agreement} prohibits this use ({operands}).",
    )
    remedy = Text(
        ja="禁止に当たらないことが分かるように、利用目的を名乗ってください。",
        en="State a purpose that shows that the prohibition does not apply.",
    )


class DutyOpen(Refusal):
    kind, code = Kind.CONFLICT, "exchange.duty-open"
    text = Text(
        ja="契約 {agreement} では、読み出しの前に果たすべき義務({duties})が残っています。",
        en="Under agreement {agreement} something has to be done before anything is read: {duties}.",
    )
    remedy = Text(
        ja="義務を果たし、renkei agreement fulfil で証跡を届けてください。",
        en="Fulfil the duty and hand in its evidence with renkei agreement fulfil.",
    )


class UsesExhausted(Refusal):
    kind, code = Kind.DENIED, "exchange.uses-exhausted"
    text = Text(
        ja="契約 {agreement} で認められた {uses} 回の利用は、すべて使い切られています。",
        en="The {uses} uses that agreement {agreement} allows have all been taken.",
    )
    remedy = Text(
        ja="続けて利用するには、新しい契約を申し込んでください。", en="Ask for a new agreement to go on."
    )


class RateExceeded(Refusal):
    kind, code = Kind.UNAVAILABLE, "exchange.rate-exceeded"
    text = Text(
        ja="契約 {agreement} で認められているのは {window} あたり {uses} 回で、この期間の分は使われています。",
        en="Agreement {agreement} allows {uses} uses in {window}, and they have been taken.",
    )
    remedy = Text(ja="次の期間にもう一度お試しください。", en="Try again in the next window.")


class ReceiptMissing(Refusal):
    kind, code = Kind.MISSING, "exchange.receipt-missing"
    text = Text(ja="提供証明 {receipt} は見つかりません。", en="There is no receipt {receipt} for you.")
    remedy = Text(
        ja="`renkei receipt list` で ID を確かめてください。このノードで署名したものだけがあります。",
        en="Look up its id with `renkei receipt list`: those that this node has signed are there.",
    )
