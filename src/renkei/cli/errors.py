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
