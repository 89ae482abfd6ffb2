"""Refusals of the command line itself."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text


class SettingUnusable(Refusal):
    kind, code = Kind.INVALID, "cli.setting-unusable"
    text = Text(ja="設定を使えません: {why}。", en="A setting cannot be used: {why}.")
    remedy = Text(
        ja="環境変数を直してください。一覧は `docs/reference/settings.ja.md` にあります。",
        en="Correct the environment variable; docs/reference/settings.md lists them all.",
    )


class DatabaseNotReady(Refusal):
    kind, code = Kind.UNAVAILABLE, "cli.database-not-ready"
    text = Text(
        ja="ノードのデータベースを使えません: {why}。", en="The node's database cannot be used: {why}."
    )
    remedy = Text(
        ja="RENKEI_HOME と RENKEI_DATABASE_URL を確かめてください。初めてなら、先に `renkei up` で表を作ってください。",
        en="Check RENKEI_HOME and RENKEI_DATABASE_URL; on a new node, run `renkei up` first, which makes its tables.",
    )


class FileUnreadable(Refusal):
    kind, code = Kind.INVALID, "cli.file-unreadable"
    text = Text(ja="{file} を読み取れません: {why}。", en="{file} cannot be read: {why}.")
    remedy = Text(ja="示された箇所を直してください。", en="Correct the place that is named.")


class TimeMisspelt(Refusal):
    kind, code = Kind.INVALID, "cli.time-misspelt"
    text = Text(ja="「{text}」を時刻として読み取れません。", en="“{text}” cannot be read as a time.")
    remedy = Text(
        ja="日付・時刻・時差を書いてください(例: 2027-03-31T23:59:59+09:00)。",
        en="Write date, time and offset, such as 2027-03-31T23:59:59+09:00.",
    )


class MinimumGroupMisspelt(Refusal):
    kind, code = Kind.INVALID, "cli.minimum-group-misspelt"
    text = Text(
        ja="「{text}」を最小集団として読み取れません。", en="“{text}” cannot be read as a minimum group."
    )
    remedy = Text(
        ja="`数:列名` と書いてください(例: 5:device)。", en="Write `size:column`, such as 5:device."
    )


class BoundsMisspelt(Refusal):
    kind, code = Kind.INVALID, "cli.bounds-misspelt"
    text = Text(
        ja="「{text}」を列の範囲として読み取れません。", en="“{text}” cannot be read as a column's bounds."
    )
    remedy = Text(
        ja="`列名=最小値:最大値` と書いてください(例: reading=-10:40)。",
        en="Write `column=least:greatest`, such as reading=-10:40.",
    )


class GroupsMisspelt(Refusal):
    kind, code = Kind.INVALID, "cli.groups-misspelt"
    text = Text(
        ja="「{text}」をグループの一覧として読み取れません。", en="“{text}” cannot be read as groups."
    )
    remedy = Text(
        ja='GROUP BY の値の組を JSON で書いてください(例: [["A", 1], ["B", 1]])。',
        en='Write the values of GROUP BY as JSON, such as [["A", 1], ["B", 1]].',
    )


class DescriptionIncomplete(Refusal):
    kind, code = Kind.INVALID, "cli.description-incomplete"
    text = Text(
        ja="{file} の {place} が足りないか、使えない値です: {why}。",
        en="{file}: {place} is missing or unusable: {why}.",
    )
    remedy = Text(
        ja="`renkei dataset draft` が書き出す形に合わせてください。",
        en="Follow the form that `renkei dataset draft` writes.",
    )


class TermsTwice(Refusal):
    kind, code = Kind.INVALID, "cli.terms-twice"
    text = Text(
        ja="条件がファイルとオプションの両方で指定されています。",
        en="The terms are given both as a file and as options.",
    )
    remedy = Text(ja="どちらか一方にしてください。", en="Give them in one way only.")


class NowAlone(Refusal):
    kind, code = Kind.INVALID, "cli.now-alone"
    text = Text(
        ja="`--now` は `--lead` や `--overlap` と一緒には使えません。",
        en="`--now` goes with neither `--lead` nor `--overlap`.",
    )
    remedy = Text(
        ja="鍵が漏れたか失われたなら `--now` だけを、計画した交換なら他の二つを指定してください。",
        en="Give `--now` alone for a key that has leaked or is lost, the other two for a planned rotation.",
    )


class KeySourceUnclear(Refusal):
    kind, code = Kind.INVALID, "cli.key-source-unclear"
    text = Text(
        ja="提供者の鍵をどこから取るかが決まりません。",
        en="It is not settled where the provider's key comes from.",
    )
    remedy = Text(
        ja="`--did-document`、`--key`、`--online` のうち 1 つだけを指定してください。",
        en="Give exactly one of `--did-document`, `--key` and `--online`.",
    )


class VerifyUnclear(Refusal):
    kind, code = Kind.INVALID, "cli.verify-unclear"
    text = Text(ja="何を検証するのか分かりません。", en="It is not clear what is to be verified.")
    remedy = Text(
        ja="ノードを検証するなら `NODE` と `--keep` を、書き出しを検証するなら `--export`(と `--key` または `--keep`)を指定してください。",
        en="Give `NODE` and `--keep` to verify a node, or `--export` (with `--key` or `--keep`) to verify an exported file.",
    )


class AlreadyThere(Refusal):
    kind, code = Kind.CONFLICT, "cli.file-already-there"
    text = Text(ja="{file} はすでにあります。", en="{file} is there already.")
    remedy = Text(
        ja="別の名前を指定するか、そのファイルを移してください。",
        en="Name another file, or move that one away.",
    )


class OneOfTwo(Refusal):
    kind, code = Kind.INVALID, "cli.one-of-two"
    text = Text(
        ja="{one} と {other} は、どちらか一方だけを指定します。",
        en="Exactly one of {one} and {other} is given.",
    )
    remedy = Text(
        ja="両方を登録するときは、二度に分けて実行してください。", en="Run the command twice to enter both."
    )
