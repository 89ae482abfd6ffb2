"""Refusals about datasets and offers."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text


class DatasetMissing(Refusal):
    kind, code = Kind.MISSING, "exchange.dataset-missing"
    text = Text(ja="データセット {dataset} は見つかりません。", en="There is no dataset {dataset}.")
    remedy = Text(
        ja="提供者のカタログで ID を確かめてください。",
        en="Look up its id in the provider's catalogue.",
    )


class DatasetTaken(Refusal):
    kind, code = Kind.CONFLICT, "exchange.dataset-taken"
    text = Text(
        ja="ID が {dataset} のデータセットはすでにあります。",
        en="A dataset with the id {dataset} already exists.",
    )
    remedy = Text(ja="別の ID を指定するか、省略してください。", en="Choose another id or leave it out.")


class ColumnUnknown(Refusal):
    kind, code = Kind.INVALID, "exchange.column-unknown"
    text = Text(ja="表に「{column}」という列はありません。", en="The table has no column “{column}”.")
    remedy = Text(ja="ある列は次のとおりです: {columns}。", en="Its columns are: {columns}.")


class ColumnUnclassed(Refusal):
    kind, code = Kind.INVALID, "exchange.column-unclassed"
    text = Text(
        ja="個人情報にかかわる列を含むデータセットなのに、次の列の区分が示されていません: {columns}。",
        en="The dataset has personal columns, and these columns have not been classed: {columns}.",
    )
    remedy = Text(
        ja="すべての列に区分(non-personal、personal-related、personal、sensitive)を付けてください。",
        en="Class every column as non-personal, personal-related, personal or sensitive.",
    )


class ColumnRepeated(Refusal):
    kind, code = Kind.INVALID, "exchange.column-repeated"
    text = Text(
        ja="列「{column}」の区分が 2 度示されています。", en="The column “{column}” is classed twice."
    )
    remedy = Text(ja="どちらか一方を残してください。", en="Keep one of the two.")


class NotTheOwner(Refusal):
    kind, code = Kind.DENIED, "exchange.not-the-owner"
    text = Text(
        ja="この表は別の組織のものなので、データセットとして公開できません。",
        en="The table belongs to another organisation, so it cannot be published as yours.",
    )
    remedy = Text(ja="自組織の表を指定してください。", en="Name a table of your own organisation.")


class NotTheTable(Refusal):
    kind, code = Kind.CONFLICT, "exchange.not-the-table"
    text = Text(
        ja="データセット {dataset} は別の表を公開しています。公開後に表を差し替えることはできません。",
        en="The dataset {dataset} is of another table, and a published dataset keeps its table.",
    )
    remedy = Text(
        ja="説明ファイルの表の名前を直すか、別のデータセットとして公開してください。",
        en="Correct the table's name in the description, or publish it as another dataset.",
    )


class OffersBroken(Refusal):
    kind, code = Kind.CONFLICT, "exchange.offers-broken"
    text = Text(
        ja="この区分に改めると、公開中のオファー {offers} の条件ではデータを渡せなくなります。最初のオファーについての理由: {why_ja}",
        en="With these classes the standing offers {offers} could no longer be kept. Of the first: {why_en}",
    )
    remedy = Text(
        ja="先にこれらのオファーを取り下げ、必要なら改めた区分に合う条件で提供し直してください。",
        en="Withdraw these offers first, and offer the dataset again under terms that fit the new classes.",
    )


class OfferMissing(Refusal):
    kind, code = Kind.MISSING, "exchange.offer-missing"
    text = Text(ja="オファー {offer} は見つかりません。", en="There is no offer {offer}.")
    remedy = Text(
        ja="提供者のカタログを読み直し、載っているオファーを使ってください。",
        en="Read the provider's catalogue again and take an offer that stands in it.",
    )


class OfferTaken(Refusal):
    kind, code = Kind.CONFLICT, "exchange.offer-taken"
    text = Text(
        ja="ID が {offer} のオファーはすでにあります。",
        en="An offer with the id {offer} already exists.",
    )
    remedy = Text(ja="別の ID を指定するか、省略してください。", en="Choose another id or leave it out.")


class OfferHandling(Refusal):
    kind, code = Kind.INVALID, "exchange.offer-handling"
    text = Text(
        ja="オファーを自動で合意し、同時に一歩ずつ手で進めることはできません。",
        en="An offer cannot be agreed automatically and be taken by hand at the same time.",
    )
    remedy = Text(
        ja="「自動で合意」か「手で進める」のどちらか一方だけを指定してください。",
        en="Ask for either of the two, automatic or by hand, not for both.",
    )


class OfferWithdrawn(Refusal):
    kind, code = Kind.CONFLICT, "exchange.offer-withdrawn"
    text = Text(ja="オファー {offer} は取り下げられました。", en="The offer {offer} has been withdrawn.")
    remedy = Text(
        ja="提供者のカタログを読み直し、いま有効なオファーを使ってください。",
        en="Read the provider's catalogue again and take an offer that stands now.",
    )
