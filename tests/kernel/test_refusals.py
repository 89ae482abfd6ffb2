from renkei.audit.errors import EntryAltered, IndexUnknown, LogAltered
from renkei.kernel.refusals import every_refusal
from renkei.kernel.texts import Text


def test_a_refusal_says_what_why_and_what_to_do_in_both_languages() -> None:
    refusal = IndexUnknown(index=7, size=3)

    assert refusal.said("en") == (
        "Entry 7 is not in the log of 3 entries. Name an index from 0 and below 3, or fetch a newer signed head."
    )
    assert refusal.said("ja") == (
        "記録 7 は、3 件のログの中にありません。0 以上 3 未満の番号を指定するか、新しい署名付きヘッドを取り直してください。"
    )
    assert str(refusal) == f"audit.index-unknown: {refusal.said('en')}"


def test_a_refusal_for_a_machine_carries_its_facts_as_strings() -> None:
    refusal = IndexUnknown(index=7, size=3)

    assert refusal.as_dict() == {
        "kind": "missing",
        "code": "audit.index-unknown",
        "ja": refusal.said("ja"),
        "en": refusal.said("en"),
        "facts": {"index": "7", "size": "3"},
    }


def test_refusals_are_listed_once_per_code() -> None:
    listed = every_refusal()

    assert LogAltered in listed
    assert EntryAltered not in listed
    assert [each.code for each in listed] == sorted({each.code for each in listed})


def test_every_refusal_can_be_said_once_its_facts_are_given() -> None:
    class AnyFacts(dict[str, str]):
        def __missing__(self, name: str) -> str:
            return "x"

    for each in every_refusal():
        for text in (each.text, each.remedy):
            assert "" not in (text.ja.format_map(AnyFacts()), text.en.format_map(AnyFacts()))


def test_a_text_is_filled_in_both_languages() -> None:
    filled = Text(ja="{n} 件", en="{n} entries").fill(n=2)

    assert (filled, filled.in_("ja"), filled.in_("en")) == (
        Text(ja="2 件", en="2 entries"),
        "2 件",
        "2 entries",
    )
