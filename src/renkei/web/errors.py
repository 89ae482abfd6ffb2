"""What the portal refuses."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text


class TooManyAttempts(Refusal):
    kind, code = Kind.DENIED, "web.too-many-attempts"
    text = Text(
        ja="このアドレスから誤ったトークンが {count} 回続いたため、サインインを止めています。",
        en="Sign-in is closed for this address after {count} wrong tokens.",
    )
    remedy = Text(
        ja="{minutes} 分待ってから、正しいトークンで試してください。",
        en="Wait {minutes} minutes, then try again with the right token.",
    )


class SignInNeeded(Refusal):
    kind, code = Kind.UNKNOWN_CALLER, "web.sign-in-needed"
    text = Text(ja="このページを見るにはサインインが必要です。", en="This page needs a sign-in.")
    remedy = Text(
        ja="組織のトークンでサインインしてください。", en="Sign in with a token of your organisation."
    )


class DecisionDenied(Refusal):
    kind, code = Kind.DENIED, "web.decision-denied"
    text = Text(
        ja="このトークンには、組織として決める権限(publish)がありません。",
        en="This token may look, but not decide for the organisation: it lacks the scope publish.",
    )
    remedy = Text(
        ja="publish 権限のあるトークンでサインインし直してください。",
        en="Sign in again with a token that has the scope publish.",
    )


class OperatorNeeded(Refusal):
    kind, code = Kind.DENIED, "web.operator-needed"
    text = Text(ja="これはノードの運用者だけができます。", en="Only the operator of the node may do this.")
    remedy = Text(ja="運用者に頼んでください。", en="Ask the operator to do it.")


class MemberNeeded(Refusal):
    kind, code = Kind.DENIED, "web.member-needed"
    text = Text(
        ja="運用者は、どの組織に代わっても申し込みをできません。",
        en="The operator asks for data in nobody's name.",
    )
    remedy = Text(
        ja="申し込む組織のトークンでサインインし直してください。",
        en="Sign in with a token of the organisation that wants it.",
    )


class PageMissing(Refusal):
    kind, code = Kind.MISSING, "web.page-missing"
    text = Text(
        ja="ここには何もないか、あなたの組織のものではありません。",
        en="There is nothing here, or it is not your organisation's.",
    )
    remedy = Text(
        ja="アドレスを確かめるか、概要からたどってください。",
        en="Check the address, or find your way from the overview.",
    )


class TokenTooNarrow(Refusal):
    kind, code = Kind.DENIED, "web.token-too-narrow"
    text = Text(
        ja="このトークンは機器用で、画面を見る権限(exchange または publish)がありません。",
        en="This token is for machines: it has neither of the scopes exchange and publish, which the pages need.",
    )
    remedy = Text(
        ja="exchange または publish 権限のあるトークンを `renkei org token` で発行してください。",
        en="Have a token with one of them issued by `renkei org token`.",
    )


class TermsUnreadable(Refusal):
    kind, code = Kind.INVALID, "web.terms-unreadable"
    text = Text(
        ja="対案の条件を JSON のオブジェクトとして読み取れません({why})。",
        en="The terms of the counter-offer cannot be read as a JSON object ({why}).",
    )
    remedy = Text(
        ja="括弧と引用符、コンマを確かめてください。下に書かれたものは残してあります。",
        en="Check brackets, quotes and commas; what you wrote is still there.",
    )


class TermsUnchanged(Refusal):
    kind, code = Kind.INVALID, "web.terms-unchanged"
    text = Text(
        ja="対案の条件が、いま示されている条件と同じです。",
        en="The counter-offer says the same as the terms on the table.",
    )
    remedy = Text(
        ja="条件を変えるか、このままでよければ合意または受諾してください。",
        en="Change the terms, or agree to them if they suit you.",
    )


class OwnerNeeded(Refusal):
    kind, code = Kind.DENIED, "web.owner-needed"
    text = Text(
        ja="データセットの行を見て条件を決めるのは、その持ち主の組織だけです。運用者は代わりに行えません。",
        en="Only the organisation that owns a dataset looks at its rows and sets its terms; the operator does not.",
    )
    remedy = Text(
        ja="持ち主の組織のトークンでサインインし直してください。",
        en="Sign in with a token of the organisation that owns it.",
    )


class SimulationBusy(Refusal):
    kind, code = Kind.UNAVAILABLE, "web.simulation-busy"
    text = Text(
        ja="ほかの試算が進行中のため、いまは始められません。",
        en="Other simulations are under way, so this one was not begun.",
    )
    remedy = Text(
        ja="少し待ってから、もう一度お試しください。書いた条件は残っています。",
        en="Wait a moment and try again; what you wrote is still there.",
    )
