"""What the demo says, in both languages."""

from renkei.kernel.texts import Text

NODES = Text(ja="二つのノード", en="Two nodes")
NODES_READY = Text(
    ja="提供者のノード {provider}(組織 {hosted})、利用者のノード {consumer}(組織 {member})。データベースも秘密も別々です。",
    en="Provider at {provider} (hosting {hosted}), consumer at {consumer} (for {member}); databases and secrets apart.",
)
INGESTION = Text(ja="アップリンクを受ける", en="Uplinks come in")
RECORDINGS = Text(
    ja="グルノーブル周辺の実際の LoRaWAN アップリンク {count} 件(CampusIoT、ODbL-1.0)を {broker} 経由で送ります。",
    en="{count} real LoRaWAN uplinks from around Grenoble (CampusIoT, ODbL-1.0), sent through {broker}.",
)
EXCERPT = Text(
    ja="元の記録が手元にないので、同梱の抜粋を使います。",
    en="The full recordings are not at hand: this is the excerpt that comes with the package.",
)
SENDING = Text(ja="送信", en="Sending")
SENT = Text(
    ja="送信 {messages} 通 = 記録 {recorded} + 再送 {again} + 壊れたもの {broken}。",
    en="{messages} messages sent = {recorded} recorded + {again} sent again + {broken} broken.",
)
TAKEN = Text(
    ja="受信 {received}、保存 {stored}(一通を一度だけ)、重複 {duplicates}、拒否 {refused}。{seconds} 秒で表まで届きました。",
    en="{received} received, {stored} stored once, {duplicates} known already, {refused} refused; in the table after {seconds} s.",
)
REFUSED_AS = Text(ja="拒否 {count} 件: {code}", en="refused {count}: {code}")
PUBLISHING = Text(ja="データセットにして、条件を付けて出す", en="A dataset, offered under terms")
QUALITY = Text(
    ja="{rows} 行、{first} から {last} まで、デバイス {subjects} 台、位置のある行 {positions} ‰(表の版 {version} から計算)。",
    en="{rows} rows from {first} to {last}, {subjects} devices, {positions} ‰ with a position (computed from table version {version}).",
)
AGREEING = Text(ja="見つけて、契約する", en="Found, and agreed")
FOUND = Text(
    ja="利用者から見たカタログ: 「{title}」、オファー {offers} 件。",
    en="In the provider's catalogue, as the consumer sees it: “{title}”, {offers} offer.",
)
AGREED = Text(
    ja="Dataspace Protocol 2025-1 で交渉し、{milliseconds} ミリ秒で発効: {agreement}",
    en="Negotiated over the Dataspace Protocol 2025-1 and in force after {milliseconds} ms: {agreement}",
)
READING = Text(ja="読む", en="Read")
READ = Text(
    ja="公式の delta-sharing クライアントで pandas へ {rows} 行 × {columns} 列、{seconds} 秒。HTTP でも同じ {pulled} 行。",
    en="The official delta-sharing client brings {rows} rows × {columns} columns into pandas in {seconds} s; plain HTTP the same {pulled}.",
)
WITHHELD = Text(
    ja="渡さなかったもの({term}): {columns}({rows} 行)",
    en="withheld by {term}: {columns}, in {rows} rows",
)
ASKING = Text(ja="行を渡さずに答える", en="Answered without handing over a row")
IN_PLACE_TERMS = Text(
    ja="同じデータセットに、行を出さない条件のオファーも付けます。",
    en="The same dataset is offered under terms that let no row leave, too.",
)
ROWS_ASKED = Text(ja="行そのものを求める問い合わせ", en="a query for the rows themselves")
FILE_ASKED = Text(
    ja="ノードのファイルを読もうとする問い合わせ", en="a query that tries to read a file of the node"
)
TRACKED = Text(
    ja="除くと二台だけになる条件で差を取ろうとする問い合わせ",
    en="a query whose difference from the whole would tell of two devices",
)
ROWS_PULLED = Text(ja="行のままの読み出し", en="a read of the rows as they are")
ANSWERED = Text(
    ja="「{sql}」への答え({columns}):",
    en="“{sql}” is answered ({columns}):",
)
ROW = Text(ja="  {row}", en="  {row}")
RECEIVED = Text(
    ja="答えには提供者が署名した提供証明が付き、利用者はその鍵・条件・答えのバイト列を確かめました:",
    en="The answer carries a receipt signed by the provider; the consumer verified its key, its terms and the answer's bytes:",
)
CONTEXT = Text(ja="エンティティとして読む", en="Read as entities")
ENTITIES = Text(
    ja="受け取ったアップリンクは、所有者には NGSI-LD のエンティティ {count} 件として見えます。例: {id}(最後の観測 {observed})",
    en="To their owner the uplinks are {count} NGSI-LD entities, such as {id}, last observed at {observed}.",
)
TYPE_TITLE = Text(ja="デバイスの現在と履歴", en="Devices, present and history")
TYPE_DESCRIPTION = Text(
    ja="デバイスの現在の値は NGSI-LD で、履歴は表で読めます。",
    en="What devices are now can be read by NGSI-LD, what they were as a table.",
)
TYPE_PUBLISHED = Text(
    ja="型 {type} からデータセットを公開しました。履歴は {rows} 行です。ID は仮名に、位置はセルに、RSSI は丸めて出します。",
    en="A dataset is published from the type {type}, its history in {rows} rows; ids leave as pseudonyms, positions as cells, RSSI rounded.",
)
ENTITIES_READ = Text(
    ja="利用者が NGSI-LD-PULL で {count} 件を読みました(提供証明も検証済み):",
    en="The consumer reads {count} of them by NGSI-LD-PULL, and verifies the receipt:",
)
ENTITY = Text(ja="  {id}: RSSI {rssi} dBm、セル {cell}", en="  {id}: RSSI {rssi} dBm, cell {cell}")
HIDDEN_ASKED = Text(
    ja="丸めた RSSI の元の値を条件にした検索", en="a question about the RSSI, which leaves rounded only"
)
TOLD = Text(
    ja="新しいアップリンクが 1 通届くと、NGSI-LD-SUBSCRIPTION で利用者に通知されました: {id}、RSSI {rssi} dBm",
    en="One more uplink comes in, and the consumer is told by NGSI-LD-SUBSCRIPTION: {id}, RSSI {rssi} dBm",
)
REFUSING = Text(ja="断る", en="Refused")
OTHER_PURPOSE = Text(ja="別の目的(広告)での申し込み", en="a request for another purpose, advertising")
STRANGER = Text(ja="契約のない他人の読み出し", en="a stranger without an agreement who reads")
NO_TOKEN = Text(ja="トークンのない呼び出し", en="a call without a token")
OTHER_ORG = Text(
    ja="同じノードの別組織が、他人のデバイスのアップリンクを送る",
    en="another member of the same node who sends for the owner's device",
)
AFTER_END = Text(ja="契約終了後の利用者の読み出し", en="the consumer's read after the agreement was ended")
REFUSAL = Text(ja="{who} → [{code}] {said}", en="{who} → [{code}] {said}")
PROVING = Text(ja="証明する", en="Proved")
PROVEN = Text(
    ja="利用者は自分で保管した署名付きヘッド({before} 件時点)から今のヘッド({size} 件)までの整合性を確かめ、次の記録の所在を証明しました: {actions}",
    en="From the signed head it kept at {before} entries, the consumer verified the log up to {size} entries, and that these stand in it: {actions}",
)
TAMPERED = Text(
    ja="提供者のデータベースで記録 1 件をこっそり書き換えると → [{code}] {said}",
    en="One entry rewritten behind the provider's back → [{code}] {said}",
)
RESTORED = Text(ja="書き換えを戻すと、ログは再び検証に通ります。", en="Put back, the log verifies again.")
ACCOUNT = Text(ja="まとめ", en="The account")
TOOK = Text(ja="全体で {seconds} 秒。", en="{seconds} s in all.")
LEFT_RUNNING = Text(
    ja="両ノードは動いています。Ctrl-C で止まります。",
    en="Both nodes are left running; Ctrl-C stops them.",
)
SIGN_IN = Text(ja="{url} に {who} として入るトークン: {token}", en="{url} — sign in as {who} with {token}")
OPERATOR = Text(ja="運用者", en="the operator")
SYNTHETIC = Text(
    ja="組織は架空、アップリンクは実データです。", en="The organisations are made up; the uplinks are real."
)

OWNER = Text(ja="アルプス現地試験室", en="Alpine Field Lab")
NEIGHBOUR = Text(ja="イゼール市庁", en="Isère Town Office")
READER = Text(ja="北信大学", en="Hokushin University")
TITLE = Text(ja="グルノーブルの LoRaWAN 受信記録", en="LoRaWAN receptions around Grenoble")
DESCRIPTION = Text(
    ja="五台のデバイスの受信記録。うち三台は人が持ち歩く電測器で、その位置は個人情報として扱う。",
    en="Receptions of five devices. Three are field testers that people carry: their positions are treated as personal.",
)
REFUSED_CODES = Text(ja="断ったもの: {codes}", en="Refused, each with a reason: {codes}")
TERM = Text(ja="・{sentence}", en="- {sentence}")
