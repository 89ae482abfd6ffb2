"""Refusals about terms."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text

_TERMS_REMEDY = Text(
    ja="評価できる条件の一覧は docs/reference/terms.ja.md にあります。条件を直してから、もう一度お試しください。",
    en="docs/reference/terms.md lists what can be evaluated; correct the terms and try again.",
)


class PolicyMalformed(Refusal):
    kind, code = Kind.INVALID, "exchange.policy-malformed"
    text = Text(
        ja="条件(ODRL)を読み取れません。{place}: {why}。", en="The ODRL terms cannot be read. {place}: {why}."
    )
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
    remedy = Text(
        ja="rk:cell を加えるか、rk:minimumGroup を外してください。",
        en="Add rk:cell, or leave rk:minimumGroup out.",
    )


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


class PurposeNotOffered(Refusal):
    kind, code = Kind.DENIED, "exchange.purpose-not-offered"
    text = Text(
        ja="目的「{purpose}」での利用は、このオファーでは認められていません。",
        en="This offer does not allow use for the purpose “{purpose}”.",
    )
    remedy = Text(
        ja="認められている目的は {offered} です。そのいずれかで申し込んでください。",
        en="What it allows: {offered}. Ask for one of these.",
    )
