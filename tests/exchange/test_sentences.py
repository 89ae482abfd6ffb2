"""Terms as sentences: what a native reader of each language is told, whole."""

import pytest

from renkei.exchange import api as exchange
from renkei.exchange.rules.sentences import duty_words
from renkei.exchange.rules.terms import parse
from tests.factories.exchange import TERMS, constraint, terms


def said(policy, lang):
    return [text.in_(lang) for text in exchange.describe_terms(policy)]


def test_the_terms_of_the_demonstration_in_english():
    assert said(TERMS, "en") == [
        "The data may be used only for education or research.",
        "The data can be read until 31 March 2027, 00:00 UTC; any later read is refused.",
        "Positions are provided only as level-2 cells of the JIS X 0410 grid (about 10 km square); latitudes and longitudes are not provided.",
        "A cell in which fewer than 2 different values of “device” were observed is left blank.",
        "What the data is really used for once it has been handed over cannot be checked by this node: keeping to the purpose rests on the recipient's promise.",
        "The recipient must not pass the data on to anyone. Once the data has been handed over this cannot be prevented technically: keeping to it rests on the recipient's promise.",
    ]


def test_the_terms_of_the_demonstration_in_japanese():
    assert said(TERMS, "ja") == [
        "データは、教育または研究の目的に限って利用できます。",
        "データは、2027 年 3 月 31 日 9 時 00 分(日本時間)まで読み出せます。これを過ぎた読み出しは拒否されます。",
        "位置は、JIS X 0410 の第 2 次地域区画(約 10 km 四方)の番号としてのみ提供され、緯度・経度は提供されません。",
        "異なる「device」の数が 2 に満たないセルの番号は、伏せて提供されます。",
        "引き渡し後にデータが実際に何の目的で使われるかは、このノードでは確かめられません。目的の遵守は、受領者の約束に基づきます。",
        "受領者は、データを第三者に提供してはなりません。引き渡し後の第三者提供を技術的に防ぐことはできず、この定めの遵守は受領者の約束に基づきます。",
    ]


def test_terms_that_say_nothing_are_said_to_say_nothing():
    assert said(terms(no_distribution=False), "en") == [
        "The data may be used for any purpose.",
        "There is no end date: the data can be read until the provider ends the agreement.",
    ]


def test_the_other_operands_have_sentences_too():
    rare = terms(
        constraint("purpose", "eq", "urn:purpose:quake-drill"),
        constraint("recipient", "isAnyOf", ["did:web:a.example", "did:web:b.example"]),
        constraint("dateTime", "gt", "2026-04-01T00:00:30Z"),
        constraint("dateTime", "lt", "2027-03-31T00:00:00Z"),
        constraint("rk:cell", "eq", "h3:5"),
        constraint("rk:withholdColumn", "isAnyOf", ["payload", "gateway"]),
        constraint("rk:observedFrom", "gteq", "2026-01-01T00:00:00Z"),
        constraint("rk:observedUntil", "lt", "2026-07-01T00:00:00Z"),
        no_distribution=False,
    )

    assert said(rare, "en")[:-1] == [
        "The data may be used only for “urn:purpose:quake-drill”.",
        "Only did:web:a.example or did:web:b.example may receive the data.",
        "The data can be read only after 1 April 2026, 00:00:30 UTC.",
        "The data can be read only before 31 March 2027, 00:00 UTC; any later read is refused.",
        "Only rows observed at or after 1 January 2026, 00:00 UTC and before 1 July 2026, 00:00 UTC are provided.",
        "Positions are provided only as H3 cells of resolution 5 (about 253 km² on average); latitudes and longitudes are not provided.",
        "These columns are not provided: “gateway”, “payload”.",
    ]
    assert said(rare, "ja")[:-1] == [
        "データは、「urn:purpose:quake-drill」の目的に限って利用できます。",
        "データの提供を受けられるのは、did:web:a.example または did:web:b.example に限ります。",
        "データは、2026 年 4 月 1 日 9 時 00 分 30 秒(日本時間)より後に読み出せます。",
        "データは、2027 年 3 月 31 日 9 時 00 分(日本時間)より前に限り読み出せます。これを過ぎた読み出しは拒否されます。",
        "提供されるのは、2026 年 1 月 1 日 9 時 00 分(日本時間)以降、2026 年 7 月 1 日 9 時 00 分(日本時間)より前に観測された行に限ります。",
        "位置は、H3 の解像度 5 のセル(平均約 253 km²)の番号としてのみ提供され、緯度・経度は提供されません。",
        "「gateway」「payload」の列は提供されません。",
    ]


GROUPED = (
    constraint("rk:minimumGroup", "gteq", "1200", **{"rk:entity": "device"}),
    constraint("rk:groupBy", "isAnyOf", ["gateway", "cell"]),
)


@pytest.mark.parametrize(
    ("constraints", "ja", "en"),
    [
        (
            [constraint("rk:membership", "isAnyOf", ["LPWA 研究会", "did:web:wg.example"])],
            "データの提供を受けられるのは、「LPWA 研究会」または「did:web:wg.example」に所属していることを確認できた者に限ります。",
            "Only those known to belong to “LPWA 研究会” or “did:web:wg.example” may receive the data.",
        ),
        (
            [constraint("spatial", "isAnyOf", ["JP-13", "DE"])],
            "データの提供を受けられるのは、所在地が DE または東京都(JP-13)であることを確認できた者に限ります。",
            "Only those known to be in DE or Tokyo (JP-13) may receive the data.",
        ),
        (
            [constraint("dateTime", "gteq", "2026-04-01T00:00:00Z")],
            "データは、2026 年 4 月 1 日 9 時 00 分(日本時間)以降に読み出せます。",
            "The data can be read from 1 April 2026, 00:00 UTC on.",
        ),
        (
            [constraint("elapsedTime", "lteq", "P30D")],
            "データは、契約の発効から 30 日が過ぎるまで読み出せます。その後の読み出しは拒否されます。",
            "The data can be read for 30 days after the agreement comes into force; any later read is refused.",
        ),
        (
            [constraint("elapsedTime", "lteq", "PT36H"), constraint("dateTime", "lt", "2027-03-31T00:00:00Z")],
            "データを読み出せるのは、2027 年 3 月 31 日 9 時 00 分(日本時間)より前、かつ契約の発効から 36 時間が過ぎるまでです。どちらかを過ぎた読み出しは拒否されます。",
            "The data can be read only before 31 March 2027, 00:00 UTC, and for no longer than 36 hours after the agreement comes into force; any later read is refused.",
        ),
        (
            [constraint("count", "lteq", "12000")],
            "読み出しと問い合わせは、合わせて 12,000 回までです。",
            "The data may be read or queried at most 12,000 times in all.",
        ),
        (
            [constraint("rk:rate", "lteq", "1/PT1H")],
            "読み出しと問い合わせは、1 時間ごとに合わせて 1 回までです。",
            "The data may be read or queried only once in each hour.",
        ),
        (
            [constraint("rk:rate", "lteq", "100/P7D")],
            "読み出しと問い合わせは、7 日ごとに合わせて 100 回までです。",
            "The data may be read or queried at most 100 times in every 7 days.",
        ),
        (
            [constraint("rk:timeResolution", "eq", "PT15M")],
            "観測の日時は、15 分単位に切り下げて提供されます。",
            "Times of observation are rounded down to the quarter of an hour.",
        ),
        (
            [constraint("rk:timeResolution", "eq", "P1M")],
            "観測の日時は、月単位(協定世界時)に切り下げて提供されます。",
            "Times of observation are rounded down to the month (UTC).",
        ),
        (
            GROUPED,
            "「cell」と「gateway」の組ごとに見て、異なる「device」の数が 1,200 に満たないグループは提供されません。",
            "A group by “cell” and “gateway” with fewer than 1,200 different values of “device” is not provided.",
        ),
        (
            [constraint("rk:mask", "eq", "note=redact")],
            "「note」の列は、値をすべて伏せて提供されます。",
            "The column “note” is provided with all its values blanked.",
        ),
        (
            [constraint("rk:mask", "eq", "device=hash")],
            "「device」の列は、この契約だけの鍵で作った仮名に置き換えて提供されます。",
            "The column “device” is provided as pseudonyms made with a key of this agreement's own.",
        ),
        (
            [constraint("rk:mask", "eq", "postcode=truncate:3")],
            "「postcode」の列は、先頭の 3 文字だけが提供されます。",
            "The column “postcode” is provided cut to its first 3 characters.",
        ),
        (
            [constraint("rk:mask", "eq", "level=round:0.5")],
            "「level」の列は、0.5 刻みに丸めて提供されます。",
            "The column “level” is provided rounded to multiples of 0.5.",
        ),
        (
            [constraint("rk:mask", "eq", "born=year")],
            "「born」の列は、年(協定世界時)だけが提供されます。",
            "The column “born” is provided as the year only (UTC).",
        ),
    ],
)  # fmt: skip
def test_each_operand_has_a_sentence_of_its_own(constraints, ja, en):
    policy = terms(*constraints, no_distribution=False)

    assert _besides(policy, "ja") == [ja]
    assert _besides(policy, "en") == [en]


def _besides(policy, lang):
    """Return what is said besides what terms without constraints say."""
    nothing = said(terms(no_distribution=False), lang)
    return [sentence for sentence in said(policy, lang) if sentence not in nothing]


def test_aggregates_and_answers_in_place_are_told_from_rows():
    aggregates = terms(*GROUPED, constraint("rk:delivery", "eq", "aggregates"), no_distribution=False)
    in_place = terms(
        constraint("rk:delivery", "eq", "in-place"),
        GROUPED[0],
        constraint("rk:privacyBudget", "lteq", "10.0"),
        no_distribution=False,
    )

    assert _besides(aggregates, "ja") == [
        "提供されるのは、「cell」と「gateway」の組ごとに集計した行数と「device」の数、数値の列の平均だけで、個々の行は提供されません。",
        "「cell」と「gateway」の組ごとに見て、異なる「device」の数が 1,200 に満たないグループは提供されません。",
    ]
    assert _besides(aggregates, "en") == [
        "Only figures for each group by “cell” and “gateway” are provided: its number of rows, how many different values of “device” it has, and the mean of each numeric column; single rows are not.",
        "A group by “cell” and “gateway” with fewer than 1,200 different values of “device” is not provided.",
    ]
    assert _besides(in_place, "ja") == [
        "データの行は提供者のノードから出ません。集計の問い合わせを送ると、提供者のノードの中で計算された答えだけが返ります。",
        "異なる「device」の数が 1,200 に満たないグループは、答えに含まれません。",
        "答えには差分プライバシーのための雑音が加えられ、使える ε は合計 10 までです。",
    ]
    assert _besides(in_place, "en") == [
        "No row leaves the provider's node: aggregate queries are answered inside it, and only the answers leave.",
        "Answers leave out groups with fewer than 1,200 different values of “device”.",
        "Differential privacy adds noise to the answers, which together may use up an ε of at most 10.",
    ]


def _duty(action, *constraints, first=False):
    rule = {"action": action} | ({"constraint": list(constraints)} if constraints else {})
    said = terms(no_distribution=False)
    if first:
        return said | {"permission": [said["permission"][0] | {"duty": [rule]}]}
    return said | {"obligation": [rule]}


@pytest.mark.parametrize(
    ("policy", "ja", "en"),
    [
        (
            _duty("attribute", constraint("rk:credit", "eq", "東海市")),
            "受領者は、データを利用する際に「東海市」と出典を表示しなければなりません。",
            "The recipient has to name the source as “東海市” when using the data.",
        ),
        (
            _duty("delete", constraint("elapsedTime", "lteq", "P1D")),
            "受領者は、最後に受け取ってから 1 日以内に、受け取ったデータを消去しなければなりません。",
            "The recipient has to delete the data received within 1 day of the last delivery.",
        ),
        (
            _duty("delete", constraint("dateTime", "lteq", "2027-03-31T14:59:59Z")),
            "受領者は、2027 年 3 月 31 日 23 時 59 分 59 秒(日本時間)までに、受け取ったデータを消去しなければなりません。",
            "The recipient has to delete the data received by 31 March 2027, 14:59:59 UTC.",
        ),
        (
            _duty("rk:log"),
            "受領者は、利用を記録し、求めに応じてその記録を提示しなければなりません。",
            "The recipient has to keep a log of the use and show it when asked.",
        ),
        (
            _duty("inform", constraint("elapsedTime", "lteq", "P60D")),
            "受領者は、契約の発効から 60 日以内に、データを何に利用したかを提供者に報告しなければなりません。",
            "The recipient has to inform the provider of what the data was used for within 60 days after the agreement comes into force.",
        ),
        (
            _duty("compensate", constraint("payAmount", "eq", "5000", unit="JPY"), first=True),
            "受領者は、読み出しを始める前に、5,000 円を支払わなければなりません。それまで読み出しは拒否されます。",
            "Before anything is read the recipient has to pay JPY 5,000; until then every read is refused.",
        ),
        (
            _duty("compensate", constraint("payAmount", "eq", "12.50", unit="CHF")),
            "受領者は、12.5 CHF を支払わなければなりません。",
            "The recipient has to pay CHF 12.5.",
        ),
    ],
)  # fmt: skip
def test_each_duty_says_what_has_to_be_done_and_until_when(policy, ja, en):
    assert _besides(policy, "ja") == [ja]
    assert _besides(policy, "en") == [en]


@pytest.mark.parametrize(
    ("action", "ja", "en"),
    [
        ("sell", "データを販売して", "sell the data"),
        ("commercialize", "データを営利目的で利用して", "use the data commercially"),
        ("derive", "データから派生物を作成して", "make new works out of the data"),
        ("reproduce", "データを複製して", "make copies of the data"),
    ],
)
def test_each_ban_says_that_nothing_technical_prevents_what_it_forbids(action, ja, en):
    policy = terms(no_distribution=False) | {"prohibition": [{"action": action}]}

    assert _besides(policy, "ja") == [
        f"受領者は、{ja}はなりません。これを技術的に防ぐことはできず、この定めの遵守は受領者の約束に基づきます。"
    ]
    assert _besides(policy, "en") == [
        f"The recipient must not {en}. Nothing technical prevents it: keeping to it rests on the recipient's promise."
    ]


RESEARCH = constraint("purpose", "eq", "research")
JAPAN = constraint("spatial", "isPartOf", "JP")
MEMBER = constraint("rk:membership", "eq", "LPWA 研究会")
SOON = constraint("dateTime", "lteq", "2026-12-31T15:00:00Z")


UNSEEN = {
    "ja": "引き渡し後にデータが実際に何の目的で使われるかは、このノードでは確かめられません。目的の遵守は、受領者の約束に基づきます。",
    "en": "What the data is really used for once it has been handed over cannot be checked by this node: keeping to the purpose rests on the recipient's promise.",
}


def test_alternatives_are_numbered_and_may_lie_in_each_other():
    policy = terms({"or": [RESEARCH, {"xone": [JAPAN, MEMBER]}]}, no_distribution=False)

    assert _besides(policy, "ja") == [
        "利用できるのは、次の少なくとも一つに当てはまるときに限ります〔(1) 利用目的が研究である、(2) 次のうち一つだけに当てはまる〔(1) 受領者が「LPWA 研究会」に所属している、(2) 受領者の所在地が日本(JP)である〕〕。",
        UNSEEN["ja"],
    ]
    assert _besides(policy, "en") == [
        "The data may be used only if at least one of these holds: (1) the purpose is research; (2) [exactly one of these holds: (1) the recipient belongs to “LPWA 研究会”; (2) the recipient is in Japan (JP)].",
        UNSEEN["en"],
    ]


@pytest.mark.parametrize(
    ("when", "ja", "en"),
    [
        ([SOON], "日時が 2027 年 1 月 1 日 0 時 00 分(日本時間)以前であるときの利用は禁止されています。",
         "Use is prohibited if the time is no later than 31 December 2026, 15:00 UTC."),
        ([SOON | {"operator": "lt"}], "日時が 2027 年 1 月 1 日 0 時 00 分(日本時間)より前であるときの利用は禁止されています。",
         "Use is prohibited if the time is before 31 December 2026, 15:00 UTC."),
        ([SOON | {"operator": "gteq"}], "日時が 2027 年 1 月 1 日 0 時 00 分(日本時間)以降であるときの利用は禁止されています。",
         "Use is prohibited if the time is 31 December 2026, 15:00 UTC or later."),
        ([SOON | {"operator": "gt"}], "日時が 2027 年 1 月 1 日 0 時 00 分(日本時間)より後であるときの利用は禁止されています。",
         "Use is prohibited if the time is after 31 December 2026, 15:00 UTC."),
        ([constraint("elapsedTime", "lteq", "P1D")], "契約の発効から 1 日以内であるときの利用は禁止されています。",
         "Use is prohibited if it is no more than 1 day since the agreement came into force."),
        ([constraint("recipient", "isAnyOf", ["did:web:a.example", "did:web:b.example"])],
         "受領者が did:web:a.example または did:web:b.example であるときの利用は禁止されています。",
         "Use is prohibited if the recipient is did:web:a.example or did:web:b.example."),
        ([JAPAN, RESEARCH],
         "次のすべてに当てはまるときの利用は禁止されています〔(1) 利用目的が研究である、(2) 受領者の所在地が日本(JP)である〕。",
         "Use is prohibited if all of these hold: (1) the purpose is research; (2) the recipient is in Japan (JP)."),
    ],
)  # fmt: skip
def test_a_prohibited_use_says_when_it_is_prohibited(when, ja, en):
    policy = terms(no_distribution=False) | {"prohibition": [{"action": "use", "constraint": when}]}

    unseen = RESEARCH in when
    assert _besides(policy, "ja") == [*([UNSEEN["ja"]] if unseen else []), ja]
    assert _besides(policy, "en") == [*([UNSEEN["en"]] if unseen else []), en]


def test_a_duty_alone_is_named_as_a_noun_in_japanese_and_a_verb_in_english():
    policy = _duty("compensate", constraint("payAmount", "eq", "1000000", unit="EUR"))

    said = [duty_words(duty) for duty in parse(policy).duties]

    assert [(words.ja, words.en) for words in said] == [("1,000,000 ユーロの支払い", "pay EUR 1,000,000")]


def test_nothing_is_said_to_be_free_that_alternatives_or_prohibitions_bind():
    education = constraint("purpose", "eq", "education")
    late = constraint("dateTime", "gt", "2027-01-01T00:00:00Z")
    said = terms({"or": [education, constraint("rk:membership", "eq", "urn:b")]}) | {
        "prohibition": [{"action": "use", "constraint": [late]}]
    }

    sentences = [text.en for text in exchange.describe_terms(said)]

    assert not any("any purpose" in each or "no end date" in each for each in sentences)
    assert any("cannot be checked by this node" in each for each in sentences)
