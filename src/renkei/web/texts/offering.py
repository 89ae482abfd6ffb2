"""Texts of the pages on which an owner offers its data."""

from renkei.kernel.texts import Text

OFFERING: dict[str, Text] = {
    "dataset.offer": Text(ja="条件を付けて提供する", en="Offer it under terms"),
    "dataset.compare": Text(ja="オファーを比べる", en="Compare offers"),
    "dataset.audience": Text(ja="誰が読めるかを見る", en="See who could read it"),
    "dataset.from-offer": Text(ja="この条件から新しく作る", en="Begin a new offer from this one"),
    "dataset.withdraw": Text(ja="このオファーを取り下げる", en="Withdraw this offer"),
    "dataset.withdraw-note": Text(
        ja="カタログから消え、新しい申し込みは受けられなくなります。既に結んだ契約は続きます。",
        en="It leaves the catalogue and nobody can ask for it any more; agreements already made go on.",
    ),
    "dataset.withdraw-do": Text(ja="取り下げる", en="Withdraw"),
    "offering.title": Text(ja="条件を付けて提供する", en="Offer under terms"),
    "offering.back": Text(ja="データセットに戻る", en="Back to the dataset"),
    "offering.template": Text(ja="ひな型", en="Template"),
    "offering.template-help": Text(
        ja="選ぶと、下の欄がこのデータセットに合わせて埋まります。そのあと自由に変えられます。",
        en="It fills in the fields below for this dataset; change them as you like.",
    ),
    "offering.begin": Text(ja="このひな型から始める", en="Begin from it"),
    "offering.which": Text(ja="どれを選べばよいか", en="Which one fits"),
    "offering.wrong": Text(ja="直すところへ進む", en="Go to what has to be corrected"),
    "offering.untold": Text(
        ja="元の条件のうち、次のことはこの画面では表せないため、引き継がれません:",
        en="These parts of the terms cannot be said on this page and are left out:",
    ),
    "offering.said": Text(ja="この条件の意味", en="What these terms say"),
    "offering.who": Text(ja="何のために、誰が使えるか", en="For what, and who"),
    "offering.purpose": Text(ja="許す利用目的", en="Purposes that are allowed"),
    "offering.purpose-help": Text(
        ja="どれも選ばなければ、目的は限られません。", en="Choose none to allow any purpose."
    ),
    "offering.purposes": Text(ja="ほかの目的(コンマ区切り)", en="Other purposes, separated by commas"),
    "offering.place": Text(ja="受領者の所在地", en="Where the recipient has to be"),
    "offering.place-help": Text(
        ja="ISO 3166 の符号。空なら問いません。", en="Codes of ISO 3166; empty for anywhere."
    ),
    "offering.recipient": Text(ja="受け取れる参加者(DID)", en="Participants who may receive it (DIDs)"),
    "offering.recipient-help": Text(
        ja="1 行に 1 つ。空なら誰でも申し込めます。", en="One a line; empty to let anyone ask."
    ),
    "offering.membership": Text(ja="所属していなければならない団体", en="Bodies to belong to"),
    "offering.membership-help": Text(
        ja="1 行に 1 つ。どれか 1 つに所属していれば足ります。",
        en="One a line; belonging to one of them is enough.",
    ),
    "offering.when": Text(ja="いつ、何回使えるか", en="When and how often"),
    "offering.starts": Text(ja="開始(日本時間)", en="From (Japan time)"),
    "offering.until": Text(ja="終了(日本時間)", en="Until (Japan time)"),
    "offering.lasting": Text(ja="契約の発効から使える長さ", en="How long after the agreement"),
    "offering.unit": Text(ja="単位", en="Unit"),
    "offering.count": Text(ja="合計の回数", en="Uses in all"),
    "offering.rate-uses": Text(ja="一定期間あたりの回数", en="Uses in each span of time"),
    "offering.rate": Text(ja="その期間", en="That span of time"),
    "span.days": Text(ja="日", en="days"),
    "span.hours": Text(ja="時間", en="hours"),
    "span.minutes": Text(ja="分", en="minutes"),
    "span.iso": Text(ja="ISO 8601 の期間", en="as ISO 8601"),
    "offering.what": Text(ja="何を、どこまで渡すか", en="What leaves, and how coarse"),
    "offering.delivery": Text(ja="渡し方", en="How it leaves"),
    "offering.budget": Text(ja="差分プライバシーの ε の合計", en="Whole ε of differential privacy"),
    "offering.budget-help": Text(
        ja="行を渡さず問い合わせに答えるときだけ。空なら正確な答えを返します。",
        en="Only where queries are answered in place; empty for exact answers.",
    ),
    "offering.observed-from": Text(ja="この観測時刻から(日本時間)", en="Observed from (Japan time)"),
    "offering.observed-until": Text(ja="この観測時刻の前まで(日本時間)", en="Observed before (Japan time)"),
    "offering.cell": Text(ja="位置の粗さ", en="Positions"),
    "offering.cell-help": Text(
        ja="jis-mesh:1 は約 80 km、:2 は約 10 km、:3 は約 1 km 四方。h3 は数が小さいほど粗くなります。",
        en="jis-mesh:1 is about 80 km, :2 10 km, :3 1 km square; the lower the number of h3, the coarser.",
    ),
    "offering.exact": Text(ja="そのまま", en="as they are"),
    "offering.time": Text(ja="日時の粗さ", en="Times"),
    "offering.group": Text(ja="グループの最小の大きさ", en="Least size of a group"),
    "offering.group-help": Text(
        ja="これより小さいグループやセルは伏せます。個人情報の位置には 2 以上、集計には 3 以上が要ります。",
        en="Smaller groups and cells are withheld. Positions of people need 2 at least, statistics 3.",
    ),
    "offering.entity": Text(ja="何を数えるか", en="What is counted"),
    "offering.columns": Text(ja="列ごとの扱い", en="Column by column"),
    "offering.give": Text(ja="渡し方", en="Given"),
    "offering.amount": Text(ja="文字数・刻み", en="Characters or step"),
    "offering.group-by": Text(ja="グループを決める", en="Makes the groups"),
    "offering.as-it-is": Text(ja="そのまま", en="as it is"),
    "offering.withheld": Text(ja="渡さない", en="withheld"),
    "offering.group-cell": Text(ja="位置のセルもグループを決める", en="Cells of positions make groups, too"),
    "offering.columns-help": Text(
        ja="文字数は「先頭の文字だけ」に、刻みは「丸める」に使います。",
        en="Characters are for “first characters only”, the step is for “rounded”.",
    ),
    "offering.promises": Text(ja="受領者の約束", en="What the recipient promises"),
    "offering.duty": Text(ja="義務(1 行に 1 つ)", en="Duties, one a line"),
    "offering.duty-help": Text(
        ja="`attribute:出典の文言`、`delete:P30D`(最後の受け取りから 30 日以内に消去)、`inform:P60D`(利用結果の報告)、`log`(利用の記録)、`compensate:5000:JPY`。前に `first ` と書くと、果たすまで読み出せません。",
        en="`attribute:WORDS`, `delete:P30D` (within 30 days of the last delivery), `inform:P60D` (of the use), `log` (keep one), `compensate:5000:JPY`. After `first ` nothing can be read until it is done.",
    ),
    "offering.forbid": Text(ja="禁じること", en="What is forbidden"),
    "offering.onward": Text(ja="第三者への提供を認める", en="Passing it on to others is allowed"),
    "offering.try": Text(ja="提供する前に確かめる", en="Try it before you offer"),
    "offering.asker": Text(ja="この参加者ならどうなるか(DID)", en="What this participant would meet (DID)"),
    "offering.asker-help": Text(ja="空でもかまいません。", en="May be left empty."),
    "offering.asker-purpose": Text(ja="その参加者が述べる目的", en="The purpose it states"),
    "offering.say": Text(ja="文章で確かめる", en="Show as sentences"),
    "offering.simulate": Text(ja="いまの表で試す", en="Simulate on the table"),
    "offering.simulate-help": Text(
        ja="表の全体を読むので、大きな表では数十秒かかることがあります。提供の記録は残りません。",
        en="It reads the whole table: a large one takes some tens of seconds. No provision is recorded.",
    ),
    "offering.offer-legend": Text(ja="申し込みへの答え方", en="How requests are answered"),
    "offering.decide": Text(
        ja="担当者が一度決め、あとは自動で進める", en="A person decides once, the rest goes on by itself"
    ),
    "offering.automatic": Text(
        ja="条件どおりの申し込みには自動で合意する", en="Agree by itself to a request that fits"
    ),
    "offering.by-hand": Text(ja="一手ごとに人が進める", en="A person takes every step"),
    "offering.offer": Text(ja="この条件で提供する", en="Offer under these terms"),
    "simulation.title": Text(ja="いまの表で試した結果", en="On the table as it is now"),
    "simulation.rows": Text(ja="渡る行", en="Rows that leave"),
    "simulation.table-rows": Text(ja="表の行", en="Rows of the table"),
    "simulation.smallest": Text(ja="最小のグループ", en="Smallest group"),
    "simulation.loss": Text(ja="失われる情報", en="Information lost"),
    "simulation.withheld": Text(ja="伏せるもの・変えるもの", en="Withheld or changed"),
    "simulation.term": Text(ja="条件", en="Term"),
    "simulation.kept": Text(ja="行数", en="Rows"),
    "simulation.columns": Text(ja="どの列を", en="Of which columns"),
    "simulation.columns-out": Text(ja="渡る列", en="Columns that leave"),
    "simulation.whole-rows": Text(ja="行ごと", en="whole rows"),
    "simulation.sample": Text(
        ja="受け取る側に見える最初の {count} 行", en="The first {count} rows as the recipient would see them"
    ),
    "simulation.in-place": Text(
        ja="行は渡りません。数値は、答えの元になる行のものです。",
        en="No row leaves; the figures are of the rows that answers are made from.",
    ),
    "simulation.nothing": Text(
        ja="この条件では、一行も渡りません。", en="Under these terms not a single row leaves."
    ),
    "decision.may": Text(ja="読める", en="may read"),
    "decision.refused": Text(ja="読めない", en="refused"),
    "decision.unknown": Text(ja="確認できない", en="not known"),
    "beside.title": Text(ja="オファーを比べる", en="Compare offers"),
    "beside.too-few": Text(
        ja="比べるには、オファーが二つ以上必要です。", en="It takes two offers to compare them."
    ),
    "beside.one": Text(ja="オファー", en="Offer"),
    "beside.other": Text(ja="比べるオファー", en="Beside"),
    "beside.show": Text(ja="並べて見る", en="Lay side by side"),
    "beside.terms": Text(ja="条件の違い", en="Terms"),
    "beside.odrl-one": Text(ja="オファーの ODRL", en="The offer as ODRL"),
    "beside.odrl-other": Text(ja="比べるオファーの ODRL", en="The one beside it as ODRL"),
    "beside.released": Text(ja="いまの表で渡るもの", en="What leaves of the table as it is now"),
    "beside.simulate": Text(ja="渡るものも比べる", en="Compare what leaves, too"),
    "audience.title": Text(ja="誰が読めるか", en="Who could read it"),
    "audience.intro": Text(
        ja="このノードの組織、交渉したことのある相手、知られているノードの参加者について、それぞれのオファーがカタログで見えるか、いま契約したら読めるかを示します。",
        en="For the organisations of this node, those that negotiated with you, and the participants of known nodes: whether each offer stands in the catalogue they are shown, and whether they could read if they agreed now.",
    ),
    "audience.participant": Text(ja="参加者", en="Participant"),
    "audience.offer": Text(ja="オファー", en="Offer"),
    "audience.sees": Text(ja="カタログで見える", en="Sees it"),
    "audience.reads": Text(ja="いま契約したら", en="If it agreed now"),
    "audience.yes": Text(ja="はい", en="yes"),
    "audience.no": Text(ja="いいえ", en="no"),
    "audience.none": Text(
        ja="オファーがないか、参加者がまだ知られていません。",
        en="There is no offer, or no participant is known yet.",
    ),
}
