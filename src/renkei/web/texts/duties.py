"""Texts about duties and uses."""

from renkei.kernel.texts import Text

DUTIES: dict[str, Text] = {
    "duty.duties": Text(ja="義務", en="Duties"),
    "duty.duty": Text(ja="義務", en="Duty"),
    "duty.first": Text(ja="読み出しの前に", en="before anything is read"),
    "duty.due": Text(ja="期限", en="Due"),
    "duty.evidence": Text(ja="証跡", en="Evidence"),
    "duty.untold": Text(ja="相手が証跡を受け取りません", en="The other side does not take the evidence"),
    "duty.fulfil": Text(ja="果たしたことを記録する", en="State that it is fulfilled"),
    "duty.statement": Text(
        ja="何をしたか(組織の署名を付けて相手に届きます)",
        en="What was done (it goes to the other side, signed by your organisation)",
    ),
    "duty.sha256": Text(
        ja="証跡となる文書の SHA-256(あれば)", en="SHA-256 of a document that shows it, where there is one"
    ),
    "duty.unsaid": Text(
        ja="何をしたかを 3 文字以上で書き、SHA-256 は 16 進小文字 64 字で書いてください。",
        en="Say in 3 characters or more what was done; a SHA-256 has 64 lower-case hexadecimal digits.",
    ),
    "uses.all": Text(ja="利用回数", en="Uses"),
    "uses.window": Text(ja="今の期間の利用回数、次の期間は", en="Uses in the present window, which ends at"),
    "overview.overdue": Text(ja="期限を過ぎた義務", en="Duties overdue"),
    "overview.overdue-see": Text(ja="契約を見る", en="See the agreement"),
}
