"""What a receipt says, in sentences."""

from collections.abc import Iterator

from renkei.exchange.types import Receipt
from renkei.kernel.clock import format_utc
from renkei.kernel.notes import Checkpoint, parse_checkpoint, parse_note
from renkei.kernel.texts import Text
from renkei.wire.receipt.reading import SignedReceipt

HANDED = Text(
    ja="{provider} は {at} に、{recipient} に {rows} 行 {columns} 列を渡しました。",
    en="At {at}, {provider} handed {rows} rows in {columns} columns over to {recipient}.",
)
SOURCE = Text(
    ja="データセット {dataset} の表 {table} の版 {version} から、{channel} を通じて渡されました。",
    en="They come from version {version} of the table {table} of the dataset {dataset}, by way of {channel}.",
)
UNDER = Text(
    ja="契約 {agreement} に基づきます。条件の SHA-256 は {terms}、計画の SHA-256 は {plan} です。",
    en="The agreement is {agreement}; its terms have the SHA-256 {terms}, the plan made of them {plan}.",
)
PURPOSE = Text(ja="利用者が述べた目的は {purpose} です。", en="The reader stated the purpose {purpose}.")
NO_PURPOSE = Text(
    ja="利用者は目的を述べていません。契約の目的が適用されます。",
    en="The reader stated no purpose; those of the agreement apply.",
)
KEPT_ROWS = Text(
    ja="条件 {term} により {rows} 行が渡されていません。", en="The term {term} kept back {rows} rows."
)
KEPT_COLUMNS = Text(
    ja="条件 {term} により {rows} 行で列 {columns} が渡されていません。",
    en="The term {term} kept back the columns {columns} in {rows} rows.",
)
KEPT_UNNAMED = Text(
    ja="条件 {term} により {rows} 行で列が渡されていません。",
    en="The term {term} kept back columns in {rows} rows.",
)
KEPT_MORE = Text(
    ja="渡されなかったもの全部では {terms} の条件、{columns} 列です。一覧の SHA-256 は {sha256} です。",
    en="All that was kept back is of {terms} terms and {columns} columns; the whole list has the SHA-256 {sha256}.",
)
KEPT_NOTHING = Text(ja="渡されなかった行や列はありません。", en="No rows and no columns were kept back.")
KEPT_UNTOLD = Text(ja="渡されなかった行や列は示されていません。", en="What was kept back is not told.")
GROUP = Text(
    ja="示された最小の集団は {size} です。", en="The smallest group that is shown has {size} entities."
)
NO_GROUP = Text(ja="最小集団の条件はありません。", en="The terms ask for no minimum group.")
GROUP_UNTOLD = Text(
    ja="最小の集団の大きさは示されていません。", en="The size of the smallest group is not told."
)
LOSS = Text(ja="情報損失は {loss} ‰ です。", en="The information loss is {loss} ‰.")
QUERY = Text(
    ja="実行した問い合わせの SHA-256 は {sha256} です。",
    en="The query that was computed has the SHA-256 {sha256}.",
)
ANSWER = Text(ja="応答の SHA-256 は {sha256} です。", en="The answer has the SHA-256 {sha256}.")
FILES = Text(
    ja="リリースは Parquet ファイル {count} 個で、SHA-256 は {listed} です。",
    en="The release is {count} Parquet files with the SHA-256 {listed}.",
)
MORE_FILES = Text(
    ja="リリースは Parquet ファイル {count} 個で、最初のものの SHA-256 は {listed}、全部の一覧の SHA-256 は {sha256} です。",
    en="The release is {count} Parquet files; the first have the SHA-256 {listed}, the list of all has {sha256}.",
)
CHAIN = Text(
    ja="この転送の {number} 番目の提供証明です。",
    en="It is receipt number {number} of the transfer {transfer}.",
)
HEAD = Text(
    ja="発行のときの監査ログのヘッドは {origin} の {size} 件で、ルートは {root} です。",
    en="The head of the audit log at its issue was {origin} with {size} entries and the root {root}.",
)

SENTENCES: dict[str, Text] = {
    "handed": HANDED,
    "source": SOURCE,
    "under": UNDER,
    "purpose": PURPOSE,
    "no_purpose": NO_PURPOSE,
    "kept_rows": KEPT_ROWS,
    "kept_columns": KEPT_COLUMNS,
    "kept_unnamed": KEPT_UNNAMED,
    "kept_more": KEPT_MORE,
    "kept_nothing": KEPT_NOTHING,
    "kept_untold": KEPT_UNTOLD,
    "group": GROUP,
    "no_group": NO_GROUP,
    "group_untold": GROUP_UNTOLD,
    "loss": LOSS,
    "query": QUERY,
    "answer": ANSWER,
    "files": FILES,
    "more_files": MORE_FILES,
    "chain": CHAIN,
    "head": HEAD,
}
"""By name, for whoever tells them elsewhere."""


def head_of(receipt: SignedReceipt) -> Checkpoint:
    """Return the head of the provider's log that a receipt names, not verified."""
    return parse_checkpoint(parse_note(receipt.said.checkpoint).text)


def sentences(receipt: SignedReceipt) -> tuple[Text, ...]:
    """Say everything that a receipt says, in both languages."""
    said, head = receipt.said, head_of(receipt)
    at = format_utc(receipt.issued_at)
    parties = {"provider": said.provider, "recipient": said.recipient}
    return (
        HANDED.fill(at=at, rows=said.rows, columns=said.columns, **parties),
        SOURCE.fill(dataset=said.dataset, table=said.table, version=said.table_version, channel=said.channel),
        UNDER.fill(agreement=said.agreement, terms=said.terms, plan=said.plan),
        PURPOSE.fill(purpose=said.purpose) if said.purpose is not None else NO_PURPOSE,
        *_withheld(said),
        _group(said),
        LOSS.fill(loss=said.loss),
        *_contents(said),
        CHAIN.fill(number=said.number, transfer=said.transfer),
        HEAD.fill(origin=head.origin, size=head.size, root=head.root.hex()),
    )


def _withheld(said: Receipt) -> Iterator[Text]:
    more = said.withheld_in_full
    if not said.withheld and more is None:
        # An answer with noise lists nothing: the exact figures would be outside of its guarantee.
        yield KEPT_NOTHING if said.query is None else KEPT_UNTOLD
    for term in said.withheld:
        if term.columns:
            yield KEPT_COLUMNS.fill(term=term.term, rows=term.rows, columns=", ".join(term.columns))
        else:
            # Of the last one that is told the columns may have been left out for want of room.
            cut = more is not None and term is said.withheld[-1]
            yield (KEPT_UNNAMED if cut else KEPT_ROWS).fill(term=term.term, rows=term.rows)
    if more is not None:
        yield KEPT_MORE.fill(terms=more.terms, columns=more.columns, sha256=more.sha256)


def _group(said: Receipt) -> Text:
    if said.smallest_group is not None:
        return GROUP.fill(size=said.smallest_group)
    return NO_GROUP if said.query is None else GROUP_UNTOLD


def _contents(said: Receipt) -> Iterator[Text]:
    if said.query is not None:
        yield QUERY.fill(sha256=said.query)
    if said.answer is not None:
        yield ANSWER.fill(sha256=said.answer)
    if said.files:
        text = FILES if said.files_sha256 is None else MORE_FILES
        yield text.fill(count=said.file_count, listed=", ".join(said.files), sha256=said.files_sha256)
