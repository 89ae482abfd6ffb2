"""What the exchange refuses, and what to do then."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text

_TERMS_REMEDY = Text(
    ja="評価できる条件の一覧は docs/reference/terms.ja.md にあります。条件を直してから、もう一度お試しください。",
    en="docs/reference/terms.md lists what can be evaluated; correct the terms and try again.",
)


# ---- datasets and offers


class DatasetMissing(Refusal):
    kind, code = Kind.MISSING, "exchange.dataset-missing"
    text = Text(ja="データセット {dataset} は見つかりません。", en="There is no dataset {dataset}.")
    remedy = Text(
        ja="提供者のカタログで識別子を確かめてください。", en="Look up its identifier in the provider's catalogue."
    )


class DatasetTaken(Refusal):
    kind, code = Kind.CONFLICT, "exchange.dataset-taken"
    text = Text(
        ja="識別子 {dataset} のデータセットはすでにあります。", en="A dataset with the identifier {dataset} already exists."
    )
    remedy = Text(ja="別の識別子を指定するか、省略してください。", en="Choose another identifier or leave it out.")


class ColumnUnknown(Refusal):
    kind, code = Kind.INVALID, "exchange.column-unknown"
    text = Text(ja="表に「{column}」という列はありません。", en="The table has no column “{column}”.")
    remedy = Text(ja="ある列は次のとおりです: {columns}。", en="Its columns are: {columns}.")


class ColumnUnclassed(Refusal):
    kind, code = Kind.INVALID, "exchange.column-unclassed"
    text = Text(
        ja="個人情報にかかわる列を含むデータセットなのに、次の列の区分が示されていません: {columns}。",
        en="The dataset has personal columns, and these columns have not been classed: {columns}.",
    )
    remedy = Text(
        ja="すべての列に区分(non-personal、personal-related、personal、sensitive)を付けてください。",
        en="Class every column as non-personal, personal-related, personal or sensitive.",
    )


class ColumnRepeated(Refusal):
    kind, code = Kind.INVALID, "exchange.column-repeated"
    text = Text(ja="列「{column}」の区分が 2 度示されています。", en="The column “{column}” is classed twice.")
    remedy = Text(ja="どちらか一方を残してください。", en="Keep one of the two.")


class NotTheOwner(Refusal):
    kind, code = Kind.DENIED, "exchange.not-the-owner"
    text = Text(
        ja="この表は別の組織のものなので、データセットとして公開できません。",
        en="The table belongs to another organisation, so it cannot be published as yours.",
    )
    remedy = Text(ja="自組織の表を指定してください。", en="Name a table of your own organisation.")


class OfferMissing(Refusal):
    kind, code = Kind.MISSING, "exchange.offer-missing"
    text = Text(ja="オファー {offer} は見つかりません。", en="There is no offer {offer}.")
    remedy = Text(
        ja="提供者のカタログを読み直し、載っているオファーを使ってください。",
        en="Read the provider's catalogue again and take an offer that stands in it.",
    )


class OfferTaken(Refusal):
    kind, code = Kind.CONFLICT, "exchange.offer-taken"
    text = Text(
        ja="識別子 {offer} のオファーはすでにあります。", en="An offer with the identifier {offer} already exists."
    )
    remedy = Text(ja="別の識別子を指定するか、省略してください。", en="Choose another identifier or leave it out.")


class OfferWithdrawn(Refusal):
    kind, code = Kind.CONFLICT, "exchange.offer-withdrawn"
    text = Text(ja="オファー {offer} は取り下げられました。", en="The offer {offer} has been withdrawn.")
    remedy = Text(
        ja="提供者のカタログを読み直し、いま有効なオファーを使ってください。",
        en="Read the provider's catalogue again and take an offer that stands now.",
    )


# ---- terms


class PolicyMalformed(Refusal):
    kind, code = Kind.INVALID, "exchange.policy-malformed"
    text = Text(ja="条件(ODRL)を読み取れません。{place}: {why}。", en="The ODRL terms cannot be read. {place}: {why}.")
    remedy = Text(ja="示された箇所を直してください。", en="Correct the place that is named.")


class OperandUnknown(Refusal):
    kind, code = Kind.INVALID, "exchange.operand-unknown"
    text = Text(
        ja="条件の項目「{operand}」を評価できる者がいないため、この条件は受け付けられません。",
        en="Nobody here can evaluate the operand “{operand}”, so these terms are not taken.",
    )
    remedy = _TERMS_REMEDY


class OperatorUnknown(Refusal):
    kind, code = Kind.INVALID, "exchange.operator-unknown"
    text = Text(
        ja="項目「{operand}」に演算子「{operator}」は使えません。使えるのは {allowed} です。",
        en="The operand “{operand}” does not take the operator “{operator}”; it takes {allowed}.",
    )
    remedy = _TERMS_REMEDY


class OperandValue(Refusal):
    kind, code = Kind.INVALID, "exchange.operand-value"
    text = Text(
        ja="項目「{operand}」の値「{value}」は使えません。{ja}",
        en="The value “{value}” cannot be used for the operand “{operand}”. {en}",
    )
    remedy = _TERMS_REMEDY


class OperandRepeated(Refusal):
    kind, code = Kind.INVALID, "exchange.operand-repeated"
    text = Text(
        ja="項目「{operand}」が 2 度以上書かれており、どちらが有効か決まりません。",
        en="The operand “{operand}” is written more than once, so it is not settled which one holds.",
    )
    remedy = Text(ja="1 つにまとめてください。", en="Put it into one constraint.")


class ConstraintUnknown(Refusal):
    kind, code = Kind.INVALID, "exchange.constraint-unknown"
    text = Text(
        ja="「{logic}」で組み合わせた条件は評価できません。",
        en="Constraints joined by “{logic}” cannot be evaluated.",
    )
    remedy = Text(
        ja="すべてを満たすべき条件として並べて書くか、オファーを分けてください。",
        en="Write them side by side, which means that all hold, or make several offers.",
    )


class ActionUnknown(Refusal):
    kind, code = Kind.INVALID, "exchange.action-unknown"
    text = Text(
        ja="{rule} の行為「{action}」は扱えません。許可は use、禁止は distribute だけです。",
        en="The action “{action}” in {rule} is not handled: only use can be permitted and only distribute prohibited.",
    )
    remedy = _TERMS_REMEDY


class DutyUnknown(Refusal):
    kind, code = Kind.INVALID, "exchange.duty-unknown"
    text = Text(
        ja="義務(obligation、duty)の履行を確かめる手段がないため、この条件は受け付けられません。",
        en="Nobody here can tell whether an obligation or duty was fulfilled, so these terms are not taken.",
    )
    remedy = Text(
        ja="義務を条件から外し、必要なら別の契約書に定めてください。",
        en="Take the duty out of the terms; where it is needed, put it into a contract on paper.",
    )


class TermsAmbiguous(Refusal):
    kind, code = Kind.INVALID, "exchange.terms-ambiguous"
    text = Text(
        ja="許可(permission)はちょうど 1 つ必要ですが、{count} 個あります。",
        en="Terms need exactly one permission, and these have {count}.",
    )
    remedy = Text(
        ja="選択肢が複数あるときは、オファーを分けてください。",
        en="Where there are several choices, make one offer for each.",
    )


class MinimumGroupWithoutCell(Refusal):
    kind, code = Kind.INVALID, "exchange.minimum-group-without-cell"
    text = Text(
        ja="rk:minimumGroup は位置を粗くする rk:cell と組でなければ意味をもちません。",
        en="rk:minimumGroup means something only together with rk:cell, which makes positions coarse.",
    )
    remedy = Text(ja="rk:cell を加えるか、rk:minimumGroup を外してください。", en="Add rk:cell, or leave rk:minimumGroup out.")


class RoleMissing(Refusal):
    kind, code = Kind.INVALID, "exchange.role-missing"
    text = Text(
        ja="項目「{operand}」には、{roles} の役割をもつ列がデータセットに必要です。",
        en="The operand “{operand}” needs columns of the dataset with the role {roles}.",
    )
    remedy = Text(
        ja="データセットの列の役割を見直して公開し直すか、この項目を外してください。",
        en="Publish the dataset again with the roles of its columns set, or leave the operand out.",
    )


class EndDatePast(Refusal):
    kind, code = Kind.INVALID, "exchange.end-date-past"
    text = Text(
        ja="終了日時 {ends_at} はすでに過ぎているため、この条件では誰も利用できません。",
        en="The end date {ends_at} is past, so nobody could use anything under these terms.",
    )
    remedy = Text(ja="将来の終了日時を指定してください。", en="Name an end date that is still to come.")


# ---- negotiations


class NegotiationMissing(Refusal):
    kind, code = Kind.MISSING, "exchange.negotiation-missing"
    text = Text(ja="交渉 {negotiation} は見つかりません。", en="There is no negotiation {negotiation} for you.")
    remedy = Text(
        ja="識別子と、交渉した組織のトークンであるかを確かめてください。",
        en="Check the identifier, and that you act for the organisation that negotiates.",
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
        ja="識別子 {pid} は、内容の異なる別の依頼ですでに使われています。",
        en="The identifier {pid} was already used for another request, with other content.",
    )
    remedy = Text(ja="新しい識別子で依頼してください。", en="Make the request under a new identifier.")


class ReasonMissing(Refusal):
    kind, code = Kind.INVALID, "exchange.reason-missing"
    text = Text(ja="理由が書かれていません。", en="No reason was given.")
    remedy = Text(
        ja="相手方に伝わる理由を一文で書いてください。", en="Say why in a sentence; it is what the other side will read."
    )


# ---- agreements


class AgreementMissing(Refusal):
    kind, code = Kind.MISSING, "exchange.agreement-missing"
    text = Text(ja="契約 {agreement} は見つかりません。", en="There is no agreement {agreement} for you.")
    remedy = Text(
        ja="識別子と、契約した組織のトークンであるかを確かめてください。",
        en="Check the identifier, and that you act for an organisation that signed it.",
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
        ja="契約 {agreement} は {ended_at} に終了しました(理由: {reason})。",
        en="The agreement {agreement} was ended at {ended_at}. The reason given: {reason}.",
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


# ---- transfers and delivery


class TransferMissing(Refusal):
    kind, code = Kind.MISSING, "exchange.transfer-missing"
    text = Text(ja="転送 {transfer} は見つかりません。", en="There is no transfer {transfer} for you.")
    remedy = Text(
        ja="識別子と、転送を始めた組織のトークンであるかを確かめてください。",
        en="Check the identifier, and that you act for the organisation that transfers.",
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
    remedy = Text(ja="渡せる形式のいずれかで依頼してください。", en="Ask for one of them.")


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


class PurposeNotOffered(Refusal):
    kind, code = Kind.DENIED, "exchange.purpose-not-offered"
    text = Text(
        ja="目的「{purpose}」での利用は、このオファーでは認められていません。",
        en="This offer does not allow use for the purpose “{purpose}”.",
    )
    remedy = Text(
        ja="認められている目的は {offered} です。そのいずれかで依頼してください。",
        en="What it allows: {offered}. Ask for one of these.",
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
        ja="相手方に {message} を {hours} 時間届けられませんでした。最後の失敗: {why}。",
        en="Our {message} could not be delivered to the peer for {hours} hours. The last failure: {why}.",
    )
    remedy = Text(
        ja="相手方の稼働を確かめてから、新しく始めてください。",
        en="Make sure that the peer is up, then begin again.",
    )


class AgreementDiffers(Refusal):
    kind, code = Kind.CONFLICT, "exchange.agreement-differs"
    text = Text(
        ja="提供者が送った契約は、依頼した内容と {what} が異なります。",
        en="The agreement that the provider sent differs from what was requested: {what}.",
    )
    remedy = Text(
        ja="署名せずに交渉を打ち切りました。提供者に確認してください。",
        en="It was not verified and the negotiation was terminated; ask the provider.",
    )
