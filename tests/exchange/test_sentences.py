"""Terms as sentences."""

from renkei.exchange import api as exchange
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
        "異なる「device」が 2 未満しか観測されていないセルの番号は、伏せて提供されます。",
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
        "データの提供を受けられるのは、did:web:a.exampleまたはdid:web:b.example に限ります。",
        "データは、2026 年 4 月 1 日 9 時 00 分 30 秒(日本時間)より後に読み出せます。",
        "データは、2027 年 3 月 31 日 9 時 00 分(日本時間)より前に限り読み出せます。これを過ぎた読み出しは拒否されます。",
        "提供されるのは、2026 年 1 月 1 日 9 時 00 分(日本時間)以降、2026 年 7 月 1 日 9 時 00 分(日本時間)より前に観測された行に限ります。",
        "位置は、H3 の解像度 5 のセル(平均約 253 km²)の番号としてのみ提供され、緯度・経度は提供されません。",
        "「gateway」「payload」の列は提供されません。",
    ]
