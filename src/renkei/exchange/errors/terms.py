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
        ja="選択肢(or、xone)に入れられるのは purpose、recipient、rk:membership、spatial、dateTime、elapsedTime だけです。ほかは並べて書くか、オファーを分けてください。",
        en="Alternatives (or, xone) take purpose, recipient, rk:membership, spatial, dateTime and elapsedTime; write the others side by side, or make several offers.",
    )


class TermsTooDeep(Refusal):
    kind, code = Kind.INVALID, "exchange.terms-too-deep"
    text = Text(
        ja="条件の入れ子が {deepest} 段を超えているため、評価しません。",
        en="The terms are nested more than {deepest} deep and are not evaluated.",
    )
    remedy = Text(
        ja="条件が自分自身を含んでいないか確かめ、入れ子を浅くしてください。",
        en="See whether a constraint contains itself, and nest the constraints less deeply.",
    )


class ActionUnknown(Refusal):
    kind, code = Kind.INVALID, "exchange.action-unknown"
    text = Text(
        ja="{rule} の行為「{action}」は扱えません。",
        en="The action “{action}” in {rule} is not handled.",
    )
    remedy = Text(
        ja="許可できるのは use、禁止できるのは use(条件付き)、distribute、sell、commercialize、derive、reproduce です。",
        en="What can be permitted is use; what can be prohibited is use (under constraints), distribute, sell, commercialize, derive and reproduce.",
    )


class DutyUnknown(Refusal):
    kind, code = Kind.INVALID, "exchange.duty-unknown"
    text = Text(
        ja="義務「{duty}」は履行を追跡できないため、受け付けられません。{ja}",
        en="Nobody here can track the duty “{duty}”, so these terms are not taken. {en}",
    )
    remedy = _TERMS_REMEDY


class TermsContradict(Refusal):
    kind, code = Kind.INVALID, "exchange.terms-contradict"
    text = Text(ja="条件どうしが矛盾しています。{ja}", en="The terms contradict each other. {en}")
    remedy = Text(ja="{fix_ja}", en="{fix_en}")


class PermissionUnreachable(Refusal):
    kind, code = Kind.INVALID, "exchange.permission-unreachable"
    text = Text(
        ja="どのような相手・目的・日時でも満たせない条件のため、許可が決して成り立ちません。",
        en="No recipient, purpose, place or time could ever satisfy these terms: the permission can never be used.",
    )
    remedy = Text(
        ja="互いに打ち消し合っている条件({operands})を見直してください。",
        en="Review the constraints that cancel each other out: {operands}.",
    )


class TermsTooComplex(Refusal):
    kind, code = Kind.INVALID, "exchange.terms-too-complex"
    text = Text(
        ja="満たせる条件かどうかを確かめるのに {cases} 回の比較が必要で、上限の {most} 回を超えています。",
        en="To tell whether these terms can be satisfied would take {cases} comparisons, and at most {most} are made.",
    )
    remedy = Text(
        ja="選択肢を減らすか、オファーを分けてください。", en="Write fewer alternatives, or several offers."
    )


class TermsCyclic(Refusal):
    kind, code = Kind.INVALID, "exchange.terms-cyclic"
    text = Text(
        ja="条件「{name}」が自分自身を参照しています({way})。",
        en="The constraint “{name}” refers to itself ({way}).",
    )
    remedy = Text(
        ja="参照をたどると終わるように書き直してください。",
        en="Write it so that following the names comes to an end.",
    )


class ReferenceUnresolved(Refusal):
    kind, code = Kind.INVALID, "exchange.reference-unresolved"
    text = Text(
        ja="条件「{name}」は名前だけで、この中に定めがありません。",
        en="The constraint “{name}” is only named; nothing in these terms says what it is.",
    )
    remedy = Text(
        ja="その場所に条件そのものを書いてください。", en="Write the constraint itself in its place."
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
        ja="rk:minimumGroup だけでは、何をグループとするかが決まりません。",
        en="rk:minimumGroup alone does not say what makes a group.",
    )
    remedy = Text(
        ja="rk:cell または rk:groupBy を加えるか、rk:delivery を in-place にしてください。",
        en="Add rk:cell or rk:groupBy, or set rk:delivery to in-place.",
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
