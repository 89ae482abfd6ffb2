"""Refusals of the lake."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text


class TableMissing(Refusal):
    kind, code = Kind.MISSING, "lake.table-missing"
    text = Text(ja="表 {table} はありません。", en="There is no table {table}.")
    remedy = Text(
        ja="表の名前と、どの組織の表かを確かめてください。",
        en="Check the table's name and whose table it is.",
    )


class TableNameTaken(Refusal):
    kind, code = Kind.CONFLICT, "lake.table-name-taken"
    text = Text(
        ja="この組織には「{name}」という表がすでにあります。",
        en="This organisation already has a table named {name}.",
    )
    remedy = Text(ja="その表を使うか、別の名前にしてください。", en="Use that table or choose another name.")


class ColumnsInvalid(Refusal):
    kind, code = Kind.INVALID, "lake.columns-invalid"
    text = Text(
        ja="表の列の定めに誤りがあり、表を作れません(列「{column}」、規則: {rule})。",
        en="The table was not made: column “{column}” breaks the rule {rule}.",
    )
    remedy = Text(
        ja="列を一つ以上、互いに異なる名前(英小文字で始まり、英小文字・数字・下線で63字まで)で定め、データ主体の列はその中から選んでください。",
        en="Give at least one column, each with a name of its own (a lower-case letter, then letters, digits and underscores, at most 63); the subject's column must be one of them.",
    )


class RowsMisshapen(Refusal):
    kind, code = Kind.INVALID, "lake.rows-misshapen"
    text = Text(
        ja="行が表の列に合わないため、追加しませんでした({why})。",
        en="The rows do not fit the table and were not appended: {why}.",
    )
    remedy = Text(
        ja="表の列の名前と型に合わせて送り直してください。",
        en="Send rows with the table's own columns and types.",
    )


class DiskFull(Refusal):
    kind, code = Kind.UNAVAILABLE, "lake.disk-full"
    text = Text(
        ja="ノードのディスクに空きがなく、書き込めませんでした。表は前のままです。",
        en="The node's disk is full; nothing was written and the table is as it was.",
    )
    remedy = Text(
        ja="空きを作ってから同じ操作をやり直してください。二重には書き込まれません。",
        en="Free some space and repeat the same request; nothing will be written twice.",
    )


class VersionGone(Refusal):
    kind, code = Kind.MISSING, "lake.version-gone"
    text = Text(
        ja="表 {table} の版 {version} は読めません(まだ無いか、整理または消去で失われました)。",
        en="Version {version} of table {table} cannot be read: it does not exist yet, or tidying or an erasure removed it.",
    )
    remedy = Text(
        ja="版を指定せず、最新の版を読んでください。", en="Read the latest version: name no version."
    )


class TableUnreadable(Refusal):
    kind, code = Kind.UNAVAILABLE, "lake.table-unreadable"
    text = Text(
        ja="表 {table} は、このノードが安全に読めない Delta の機能({features})を使っています。",
        en="Table {table} uses Delta features that this node cannot read safely: {features}.",
    )
    remedy = Text(
        ja="その機能を外した表として書き直すよう、運用者に伝えてください。",
        en="Ask the operator to rewrite the table without these features.",
    )


class SubjectUnknown(Refusal):
    kind, code = Kind.INVALID, "lake.subject-unknown"
    text = Text(
        ja="表 {table} にはデータ主体を示す列がないため、誰の行かを決められません。",
        en="Table {table} has no column that names a data subject, so nobody's rows can be told apart.",
    )
    remedy = Text(
        ja="データ主体の列を定めた表で行ってください。",
        en="Erase in a table that was made with a subject's column.",
    )
