"""What the federated catalogue refuses, and why a crawl fails."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text


class NodeMissing(Refusal):
    kind, code = Kind.MISSING, "federation.node-missing"
    text = Text(ja="既知のノード {node} は見つかりません。", en="There is no known node {node}.")
    remedy = Text(
        ja="`renkei node list` で ID を確かめてください。", en="Look up its id with `renkei node list`."
    )


class NodeTaken(Refusal):
    kind, code = Kind.CONFLICT, "federation.node-taken"
    text = Text(
        ja="{participant} はすでに既知のノードです({node})。",
        en="{participant} is a known node already ({node}).",
    )
    remedy = Text(
        ja="問い合わせる組織や範囲を変えるなら、いったん外してから加え直してください。",
        en="To have another organisation ask, or for another circle, remove it and add it again.",
    )


class NodeOwn(Refusal):
    kind, code = Kind.INVALID, "federation.node-own"
    text = Text(
        ja="{participant} はこのノードの組織です。",
        en="{participant} is an organisation of this node.",
    )
    remedy = Text(
        ja="加える必要はありません。自ノードのカタログは常に検索の対象です。",
        en="There is no need to add it: the catalogues of this node are always searched.",
    )


class CrawlUnderWay(Refusal):
    kind, code = Kind.CONFLICT, "federation.crawl-under-way"
    text = Text(
        ja="{participant} のカタログはいま巡回中です。",
        en="The catalogue of {participant} is being crawled at this moment.",
    )
    remedy = Text(
        ja="終わるまで待ち、`renkei node list` で結果を見てください。",
        en="Wait until it is done and see the outcome with `renkei node list`.",
    )


class CatalogueTooLong(Refusal):
    kind, code = Kind.TOO_LARGE, "federation.catalogue-too-long"
    text = Text(
        ja="カタログが巡回の上限({what_ja} {limit})を超えたため、途中で止めました。",
        en="The catalogue goes on beyond what is crawled ({limit} {what_en}), so the crawl stopped there.",
    )
    remedy = Text(
        ja="そこまでのデータセットは残しています。必要なら運用者が `RENKEI_CRAWL_DATASETS` を上げるか、相手の運用者に問い合わせてください。",
        en="What came before is kept. If it is rightly so long the operator raises `RENKEI_CRAWL_DATASETS`; otherwise ask the peer's operator.",
    )


class CatalogueCircular(Refusal):
    kind, code = Kind.UNAVAILABLE, "federation.catalogue-circular"
    text = Text(
        ja="カタログの次のページが、読んだばかりのページを指しています({page})。",
        en="The catalogue's next page is the page that was just read ({page}).",
    )
    remedy = Text(
        ja="相手の運用者に、`Link` ヘッダーを直すよう伝えてください。",
        en="Ask the peer's operator to correct the `Link` header.",
    )


class EntryMissing(Refusal):
    kind, code = Kind.MISSING, "federation.entry-missing"
    text = Text(
        ja="検索の項目 {entry} は見つかりません。", en="There is no entry {entry} in the federated catalogue."
    )
    remedy = Text(
        ja="検索し直して、見つかったものから選んでください。",
        en="Search again and choose among what is found.",
    )


class QueryUnreadable(Refusal):
    kind, code = Kind.INVALID, "federation.query-unreadable"
    text = Text(
        ja="検索条件「{name}」の値「{given}」を読み取れません。",
        en="“{given}” cannot be read as the search's “{name}”.",
    )
    remedy = Text(
        ja="場所は `西,南,東,北`(度)、期間は `2026-04-01` か RFC 3339 の時刻、続きは前の答えの `next` をそのまま指定してください。",
        en="Give the place as `west,south,east,north` in degrees, times as `2026-04-01` or in RFC 3339, and `after` exactly as the `next` of the last answer.",
    )
