"""Texts of the query builder."""

from renkei.kernel.texts import Text

QUESTIONS: dict[str, Text] = {
    "question.intro": Text(
        ja="欄を埋めると、そのままの NGSI-LD リクエストを示し、このノードに問い合わせます。",
        en="Fill in the fields: the page shows the very NGSI-LD request that they make, and puts it to this node.",
    ),
    "question.which": Text(ja="どのエンティティか", en="Which entities"),
    "question.type": Text(ja="型", en="Type"),
    "question.type-help": Text(
        ja="`A,B` はどちらか、`(A;B)` は両方です。", en="`A,B` for either, `(A;B)` for both."
    ),
    "question.id": Text(ja="ID(コンマ区切り)", en="Ids, separated by commas"),
    "question.local": Text(
        ja="条件がなくても、すべてを対象にする(local=true)",
        en="Ask even without a condition (local=true)",
    ),
    "question.conditions": Text(ja="属性の条件(q)", en="Conditions on attributes (q)"),
    "question.joined": Text(ja="条件の結び方", en="Of the conditions"),
    "question.all": Text(ja="すべてを満たす", en="all have to hold"),
    "question.any": Text(ja="どれかを満たす", en="one has to hold"),
    "question.row": Text(ja="条件 {number}", en="Condition {number}"),
    "question.attribute": Text(ja="属性", en="Attribute"),
    "question.operator": Text(ja="比べ方", en="Comparison"),
    "question.value": Text(ja="値", en="Value"),
    "question.sort": Text(ja="値の種類", en="Value is"),
    "question.exists": Text(ja="ある", en="exists"),
    "question.matches": Text(ja="パターンに合う(~=)", en="matches (~=)"),
    "question.matches-not": Text(ja="パターンに合わない(!~=)", en="does not match (!~=)"),
    "question.auto": Text(ja="見たまま", en="what it looks like"),
    "question.text": Text(ja="文字列", en="a text"),
    "question.written": Text(ja="q に書くまま", en="as q has it"),
    "question.add": Text(ja="条件を増やす", en="Add a condition"),
    "question.where": Text(ja="どこか", en="Where"),
    "question.georel": Text(ja="位置の関係", en="Relation of the place"),
    "question.anywhere": Text(ja="問わない", en="anywhere"),
    "question.near": Text(ja="近く(near)", en="near"),
    "question.within": Text(ja="中にある(within)", en="within"),
    "question.intersects": Text(ja="交わる(intersects)", en="intersects"),
    "question.contains": Text(ja="含む(contains)", en="contains"),
    "question.disjoint": Text(ja="離れている(disjoint)", en="disjoint"),
    "question.overlaps": Text(ja="重なる(overlaps)", en="overlaps"),
    "question.equals": Text(ja="等しい(equals)", en="equals"),
    "question.place": Text(
        ja="点(経度,緯度)または範囲(西,南,東,北)", en="Point (lon,lat) or box (west,south,east,north)"
    ),
    "question.metres": Text(ja="近くとする距離(m)", en="Metres that are near"),
    "question.geoproperty": Text(
        ja="位置の属性(空なら location)", en="Attribute of the place (location if empty)"
    ),
    "question.how": Text(ja="何を、どの形で受け取るか", en="What comes back, and how"),
    "question.shown": Text(
        ja="受け取る属性(コンマ区切り、空ならすべて)", en="Attributes, separated by commas; all if empty"
    ),
    "question.form": Text(ja="表現", en="Representation"),
    "question.order": Text(ja="並べ方(orderBy)", en="Order (orderBy)"),
    "question.limit": Text(ja="件数の上限", en="At most"),
    "question.system": Text(
        ja="作成・更新の時刻も受け取る(sysAttrs)", en="With times of creation and change (sysAttrs)"
    ),
    "question.normalized": Text(ja="正規形(normalized)", en="normalized"),
    "question.concise": Text(ja="簡潔形(concise)", en="concise"),
    "question.simplified": Text(ja="値だけ(simplified)", en="values alone (simplified)"),
    "question.geojson": Text(ja="GeoJSON", en="GeoJSON"),
    "question.temporal-values": Text(
        ja="時刻と値の組(temporalValues)", en="pairs of value and time (temporalValues)"
    ),
    "question.aggregated-values": Text(
        ja="期間ごとの集計(aggregatedValues)", en="sums by periods (aggregatedValues)"
    ),
    "question.when": Text(ja="いつのことか", en="When"),
    "question.present": Text(ja="現在", en="the present"),
    "question.past": Text(ja="履歴", en="the history"),
    "question.since": Text(ja="この時刻から(UTC)", en="From (UTC)"),
    "question.until": Text(ja="この時刻の前まで(UTC)", en="Before (UTC)"),
    "question.time": Text(ja="どの時刻か", en="Which time"),
    "question.last": Text(ja="属性ごとに最新の件数(lastN)", en="Only the latest of each attribute (lastN)"),
    "question.past-form": Text(ja="履歴の表現", en="Representation of the history"),
    "question.method": Text(ja="集計の方法", en="Summed up as"),
    "question.period": Text(ja="集計の期間(ISO 8601)", en="By periods of (ISO 8601)"),
    "question.ask": Text(ja="問い合わせる", en="Ask"),
    "question.refused": Text(ja="リクエストは受け付けられませんでした", en="The request was refused"),
    "question.request": Text(ja="リクエスト", en="The request"),
    "question.curl": Text(ja="コマンドラインから", en="From the command line"),
    "question.token": Text(
        ja="`$TOKEN` には、context-read 権限のあるトークンを入れます。",
        en="`$TOKEN` stands for a token with the scope context-read.",
    ),
    "question.answer": Text(ja="応答", en="The answer"),
    "question.cut": Text(
        ja="長いため、途中までを表示しています。", en="It is long, so only its beginning is shown."
    ),
}
