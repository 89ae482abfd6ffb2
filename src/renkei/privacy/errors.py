"""Refusals of the privacy room."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text


class CellUnknown(Refusal):
    kind, code = Kind.INVALID, "privacy.cell-unknown"
    text = Text(ja="「{cell}」というセルの定めはありません。", en="There are no cells named “{cell}”.")
    remedy = Text(
        ja="`h3:0`〜`h3:15`、または `jis-mesh:1`(約80km)・`jis-mesh:2`(約10km)・`jis-mesh:3`(約1km)で指定してください。",
        en="Use `h3:0` to `h3:15`, or `jis-mesh:1` (about 80 km), `jis-mesh:2` (10 km) or `jis-mesh:3` (1 km).",
    )


class PlanInconsistent(Refusal):
    kind, code = Kind.INVALID, "privacy.plan-inconsistent"
    text = Text(
        ja="提供の定めが表と合わないか、定めどうしが矛盾しています(列「{column}」、規則: {rule})。",
        en="What is to be released contradicts itself or the table: column “{column}”, rule {rule}.",
    )
    remedy = Text(
        ja="データセットの列の分類と、条件のセル・最小集団・除外列・期間を見直してください。",
        en="Review the dataset's column classes and the terms on cells, minimum group, withheld columns and time.",
    )


class NoLawfulRoute(Refusal):
    kind, code = Kind.INVALID, "privacy.no-lawful-route"
    text = Text(
        ja="列「{column}」は{category_ja}で、このままでは本人の同意なく外へ出ることになるため、提供できません。",
        en="Column “{column}” is {category} data and would leave as it is, without its subjects' consent; this cannot be offered.",
    )
    remedy = Text(
        ja="位置は、データ主体の列で数える最小集団(2以上)付きのセルにし、それ以外の列は提供から除いてください。",
        en="Release positions as cells with a minimum group of at least 2, counted by the data subject's column, and withhold any other such column.",
    )


class RowsStay(Refusal):
    kind, code = Kind.DENIED, "privacy.rows-stay"
    text = Text(
        ja="この契約ではデータの行は提供者のノードから出ません(rk:delivery = in-place)。",
        en="Under this agreement no row leaves the provider's node (rk:delivery is in-place).",
    )
    remedy = Text(
        ja="SqlQuery-PULL の転送を開き、集計の問い合わせを送ってください。",
        en="Open a transfer of the format SqlQuery-PULL and send an aggregate query instead.",
    )


class QueryUnreadable(Refusal):
    kind, code = Kind.INVALID, "privacy.query-unreadable"
    text = Text(
        ja="問い合わせを SQL として読み取れません({line} 行 {column} 文字目付近)。",
        en="The query cannot be read as SQL (near line {line}, column {column}).",
    )
    remedy = Text(
        ja="`SELECT … FROM data …` の形の文を 1 つだけ、DuckDB の書き方で送ってください。",
        en="Send one statement of the form `SELECT … FROM data …`, written as for DuckDB.",
    )


class QueryTooLarge(Refusal):
    kind, code = Kind.TOO_LARGE, "privacy.query-too-large"
    text = Text(
        ja="問い合わせが大きすぎます({what} は {limit} まで)。",
        en="The query is too large: {what} may be {limit} at most.",
    )
    remedy = Text(
        ja="問い合わせを短く、入れ子を浅くするか、いくつかに分けてください。",
        en="Write it shorter and less nested, or split it.",
    )


class QueryPartRefused(Refusal):
    kind, code = Kind.INVALID, "privacy.query-part-refused"
    text = Text(
        ja="問い合わせの中の {part} は、ここでは使えません。",
        en="{part} cannot be used in a query here.",
    )
    remedy = Text(
        ja="表 `data` だけからの SELECT を 1 つ、WHERE・GROUP BY・HAVING・ORDER BY・LIMIT で書いてください。一覧は docs/reference/queries.ja.md にあります。",
        en="Write one SELECT from `data` alone, with WHERE, GROUP BY, HAVING, ORDER BY and LIMIT; docs/reference/queries.md lists all that may be asked.",
    )


class QueryFunctionRefused(Refusal):
    kind, code = Kind.INVALID, "privacy.query-function-refused"
    text = Text(
        ja="関数 {function} は、ここでは使えません。",
        en="The function {function} cannot be used here.",
    )
    remedy = Text(ja="使える関数は次のとおりです: {allowed}。", en="Functions that may be used: {allowed}.")


class QueryTableUnknown(Refusal):
    kind, code = Kind.INVALID, "privacy.query-table-unknown"
    text = Text(
        ja="問い合わせで読めるのは表 `data` だけです。",
        en="A query can read the table `data`, and nothing else.",
    )
    remedy = Text(
        ja="`FROM data` と書いてください。ファイル・ほかの表・表を返す関数は読めません。",
        en="Write `FROM data`; files, other tables and functions that return tables cannot be read.",
    )


class QueryColumnUnknown(Refusal):
    kind, code = Kind.INVALID, "privacy.query-column-unknown"
    text = Text(ja="列「{column}」はありません。", en="There is no column “{column}”.")
    remedy = Text(ja="問い合わせに使える列: {columns}。", en="Columns that may be asked about: {columns}.")


class QueryTypesDiffer(Refusal):
    kind, code = Kind.INVALID, "privacy.query-types-differ"
    text = Text(
        ja="型が合いません: {place} に {found} は使えません({wanted} が必要です)。",
        en="Types do not fit: {place} takes {wanted}, not {found}.",
    )
    remedy = Text(
        ja="CAST で型をそろえるか、時刻は '2026-05-01T09:00:00Z' のように書いてください。",
        en="Bring both to one type with CAST; write times such as '2026-05-01T09:00:00Z'.",
    )


class QueryNotGrouped(Refusal):
    kind, code = Kind.INVALID, "privacy.query-not-grouped"
    text = Text(
        ja="列「{column}」が、GROUP BY にも集計関数の中にもありません。",
        en="The column “{column}” stands neither in GROUP BY nor inside an aggregate.",
    )
    remedy = Text(
        ja="GROUP BY に加えるか、COUNT・SUM・AVG などの中に入れてください。この契約では行そのものは出ません。",
        en="Add it to GROUP BY, or put it inside COUNT, SUM, AVG or the like: no row leaves as it is.",
    )


class QueryArgumentRefused(Refusal):
    kind, code = Kind.INVALID, "privacy.query-argument-refused"
    text = Text(
        ja="{function} の中には、列の名前 1 つ(真偽の列は CAST(列 AS INTEGER))しか書けません。",
        en="Inside {function} there may be one column as it stands, or CAST(… AS INTEGER) of one that is true or false.",
    )
    remedy = Text(
        ja="行を選ぶ条件は WHERE に、分け方は GROUP BY に、計算は集計の外に書いてください(AVG(x) * 2 など)。集計の中の計算では、一人の値だけを取り出せてしまいます。",
        en="Select rows in WHERE, split them in GROUP BY and compute outside, as in AVG(x) * 2: what is computed inside an aggregate could single out one person's value.",
    )


class QueryFailed(Refusal):
    kind, code = Kind.INVALID, "privacy.query-failed"
    text = Text(
        ja="問い合わせは、決められた時間・メモリーの範囲で答えを出せませんでした。",
        en="The query gave no answer within its limits of time and memory.",
    )
    remedy = Text(
        ja="期間やグループを絞ってください。理由の詳しい内容は、データについて何かを知らせかねないため示しません。",
        en="Ask for a shorter time or fewer groups. The reason is not told in detail, since it could tell of the data.",
    )


class AnswerTooLarge(Refusal):
    kind, code = Kind.TOO_LARGE, "privacy.answer-too-large"
    text = Text(
        ja="答えが大きすぎます(10,000 行・4 MB まで)。",
        en="The answer is too large: 10,000 rows and 4 MB at most.",
    )
    remedy = Text(
        ja="GROUP BY を粗くするか、LIMIT を付けてください。", en="Group more coarsely, or set a LIMIT."
    )


class QueriesBusy(Refusal):
    kind, code = Kind.UNAVAILABLE, "privacy.queries-busy"
    text = Text(
        ja="いま、ほかの問い合わせに答えています(同時に {limit} 件まで)。",
        en="Other queries are being answered ({limit} at a time).",
    )
    remedy = Text(
        ja="少し待って、同じ問い合わせを送り直してください。", en="Send the same query again shortly."
    )


class QueryDiffersTooLittle(Refusal):
    kind, code = Kind.DENIED, "privacy.query-differs-too-little"
    text = Text(
        ja="この答えと、すでに渡した答え(または表全体)との差から、{least} 未満の対象についての値が分かってしまいます。",
        en="Between this answer and one given before, or the whole table, the difference would tell of fewer than {least} entities.",
    )
    remedy = Text(
        ja="条件を前の問い合わせと同じにするか、大きく変えてください。小さなグループは CASE でほかとまとめ、残りが {least} 未満にならないようにしてください。",
        en="Ask with the same conditions as before, or with clearly different ones; merge small groups with others by CASE, so that no fewer than {least} are left out.",
    )


class QueryRefusalsUsed(Refusal):
    kind, code = Kind.DENIED, "privacy.query-refusals-used"
    text = Text(
        ja="前の答えとの差が小さすぎて断られた問い合わせが、24 時間で {limit} 件に達しました。断られ方からも値を絞り込めるため、しばらく答えません。",
        en="{limit} queries within 24 hours were refused for differing too little. Since refusals tell something too, none is answered for a while.",
    )
    remedy = Text(
        ja="24 時間後にやり直すか、提供者に相談してください。",
        en="Try again after 24 hours, or ask the provider.",
    )


class QueryLedgerFull(Refusal):
    kind, code = Kind.DENIED, "privacy.query-ledger-full"
    text = Text(
        ja="答えどうしの差を確かめるための台帳がいっぱいです(上限: {limit})。確かめられない答えは渡しません。",
        en="The ledger that guards against differences between answers is full ({limit}). What cannot be checked is not answered.",
    )
    remedy = Text(
        ja="前と同じ問い合わせには、これからも答えます。新しい問い合わせはグループを減らすか、提供者に相談してください。",
        en="Queries asked before are still answered. For new ones ask for fewer groups, or speak to the provider.",
    )


class NoiseMissing(Refusal):
    kind, code = Kind.UNAVAILABLE, "privacy.noise-missing"
    text = Text(
        ja="この契約の答えには雑音を加える必要がありますが、提供者のノードに OpenDP が入っていません。",
        en="Answers under this agreement need noise, and OpenDP is not installed on the provider's node.",
    )
    remedy = Text(
        ja='提供者に、`pip install "renkei[noise]"` で入れてもらってください。',
        en='Ask the provider to install it with pip install "renkei[noise]".',
    )


class NoiseRequestMalformed(Refusal):
    kind, code = Kind.INVALID, "privacy.noise-request-malformed"
    text = Text(
        ja="雑音付きの問い合わせになっていません: {ja}。", en="This is no query for noisy answers: {en}."
    )
    remedy = Text(
        ja="docs/reference/queries.ja.md の「雑音を加えた答え」に従って直してください。",
        en="Correct it as docs/reference/queries.md says under “Answers with noise”.",
    )


class BudgetUsedUp(Refusal):
    kind, code = Kind.DENIED, "privacy.budget-used-up"
    text = Text(
        ja="プライバシー予算が足りません(残り ε = {left}、この問い合わせは {asked})。",
        en="The privacy budget does not suffice: ε = {left} is left and this query asks for {asked}.",
    )
    remedy = Text(
        ja="ε を小さくするか、すでに答えた問い合わせを使ってください(同じ問い合わせには同じ答えが、予算を使わずに返ります)。",
        en="Ask with a smaller ε, or repeat a query that was answered: its answer comes again at no cost.",
    )


class BudgetNotAgreed(Refusal):
    kind, code = Kind.INVALID, "privacy.budget-not-agreed"
    text = Text(
        ja="この契約にはプライバシー予算(rk:privacyBudget)がなく、答えに雑音は加わりません。",
        en="This agreement has no privacy budget (rk:privacyBudget): its answers bear no noise.",
    )
    remedy = Text(
        ja="epsilon・bounds・groups を外して送ってください。", en="Leave out epsilon, bounds and groups."
    )
