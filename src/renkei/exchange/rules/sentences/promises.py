"""What the recipient has to do and must not do, most of which rests on its promise."""

from renkei.exchange.rules.odrl.expressions import Logical
from renkei.exchange.rules.sentences.words import clause, en_time, ja_time, length, money
from renkei.exchange.rules.terms import Ban, Duty, DutyAction, Terms
from renkei.kernel.texts import Text

_DUTIES = {
    DutyAction.ATTRIBUTE: Text(
        ja="出典の表示(「{credit}」)", en="name the source as “{credit}” when using the data"
    ),
    DutyAction.DELETE: Text(ja="受け取ったデータの消去", en="delete the data received"),
    DutyAction.LOG: Text(
        ja="利用の記録と、求めに応じたその提示", en="keep a log of the use and show it when asked"
    ),
    DutyAction.INFORM: Text(
        ja="利用結果の提供者への報告", en="inform the provider of what the data was used for"
    ),
    DutyAction.COMPENSATE: Text(ja="{amount}の支払い", en="pay {amount}"),
}
_HAS_TO_JA = {
    DutyAction.ATTRIBUTE: "データを利用する際に「{credit}」と出典を表示し",
    DutyAction.DELETE: "受け取ったデータを消去し",
    DutyAction.LOG: "利用を記録し、求めに応じてその記録を提示し",
    DutyAction.INFORM: "データを何に利用したかを提供者に報告し",
    DutyAction.COMPENSATE: "{amount}を支払わ",
}
_BANS = {
    "sell": Text(ja="データを販売して", en="sell the data"),
    "commercialize": Text(ja="データを営利目的で利用して", en="use the data commercially"),
    "derive": Text(ja="データから派生物を作成して", en="make new works out of the data"),
    "reproduce": Text(ja="データを複製して", en="make copies of the data"),
}


def duty_words(said: Duty) -> Text:
    """Say a duty as what has to be done, without until when; in Japanese as a noun, in English as a verb."""
    sum_of_money = money(said.amount, said.unit)
    ja, en = _DUTIES[said.action].ja, _DUTIES[said.action].en
    return Text(
        ja=ja.format(credit=said.credit, amount=sum_of_money.ja),
        en=en.format(credit=said.credit, amount=sum_of_money.en),
    )


def duty(said: Duty) -> Text:
    """Say a duty, until when it has to be done, and whether reading waits for it."""
    what_ja = _HAS_TO_JA[said.action].format(credit=said.credit, amount=money(said.amount, said.unit).ja)
    what_en, when = duty_words(said).en, _until(said)
    if said.first:
        return Text(
            ja=f"受領者は、読み出しを始める前に、{when.ja}{what_ja}なければなりません。それまで読み出しは拒否されます。",
            en=f"Before anything is read the recipient has to {what_en}{when.en}; until then every read is refused.",
        )
    return Text(
        ja=f"受領者は、{when.ja}{what_ja}なければなりません。",
        en=f"The recipient has to {what_en}{when.en}.",
    )


def ban(said: Ban) -> Text:
    """Say a prohibition other than of passing the data on."""
    if said.action == "use":
        lead, parts = clause(said.when[0] if len(said.when) == 1 else Logical("and", said.when))
        return Text(
            ja=f"{lead.ja}ときの利用は禁止されています{parts.ja}。",
            en=f"Use is prohibited if {lead.en}{parts.en}.",
        )
    words = _BANS[said.action]
    return Text(
        ja=f"受領者は、{words.ja}はなりません。これを技術的に防ぐことはできず、この定めの遵守は受領者の約束に基づきます。",
        en=f"The recipient must not {words.en}. Nothing technical prevents it: keeping to it rests on the recipient's promise.",
    )


def unseen(terms: Terms) -> Text | None:
    """Say that nobody sees for what the data is used in the end."""
    if not (terms.purposes or terms.speak_besides("purpose")):
        return None
    return Text(
        ja="引き渡し後にデータが実際に何の目的で使われるかは、このノードでは確かめられません。目的の遵守は、受領者の約束に基づきます。",
        en="What the data is really used for once it has been handed over cannot be checked by this node: keeping to the purpose rests on the recipient's promise.",
    )


def onward(terms: Terms) -> Text | None:
    """Say that the data must not be passed on."""
    if not terms.no_distribution:
        return None
    return Text(
        ja="受領者は、データを第三者に提供してはなりません。引き渡し後の第三者提供を技術的に防ぐことはできず、この定めの遵守は受領者の約束に基づきます。",
        en="The recipient must not pass the data on to anyone. Once the data has been handed over this cannot be prevented technically: keeping to it rests on the recipient's promise.",
    )


def _until(said: Duty) -> Text:
    ja, en = "", ""
    if said.within is not None:
        span = length(said.within)
        deleting = said.action is DutyAction.DELETE
        ja = f"{'最後に受け取ってから' if deleting else '契約の発効から'} {span.ja}以内に、"
        en = f" within {span.en} {'of the last delivery' if deleting else 'after the agreement comes into force'}"
    if said.by is not None:
        ja, en = f"{ja}{ja_time(said.by)}までに、", f"{en} by {en_time(said.by)}"
    return Text(ja=ja, en=en)
