"""Refusals of the log."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text


class IndexUnknown(Refusal):
    kind, code = Kind.MISSING, "audit.index-unknown"
    text = Text(
        ja="記録 {index} は、{size} 件のログの中にありません。",
        en="Entry {index} is not in the log of {size} entries.",
    )
    remedy = Text(
        ja="0 以上 {size} 未満の番号を指定するか、新しい署名付きヘッドを取り直してください。",
        en="Name an index from 0 and below {size}, or fetch a newer signed head.",
    )


class SizeUnknown(Refusal):
    kind, code = Kind.INVALID, "audit.size-unknown"
    text = Text(
        ja="サイズ {size} は使えません。このログの現在のサイズは {largest} です。",
        en="Size {size} cannot be used: this log has {largest} entries.",
    )
    remedy = Text(
        ja="`/audit/head` の2行目にあるサイズ以下を指定し、整合性証明では小さいほうを first にしてください。",
        en="Use sizes up to the second line of `/audit/head`; for a consistency proof the smaller one is `first`.",
    )


class HeadUnknown(Refusal):
    kind, code = Kind.MISSING, "audit.head-unknown"
    text = Text(
        ja="サイズ {size} の署名付きヘッドは発行されていません。",
        en="No signed head of size {size} has been issued.",
    )
    remedy = Text(
        ja="`size` を省いて最新のヘッドに対する証明を受け取るか、手元のヘッドのサイズを指定してください。",
        en="Leave `size` out to get proofs against the newest head, or name the size of a head that you hold.",
    )


class CheckpointMalformed(Refusal):
    kind, code = Kind.INVALID, "audit.checkpoint-malformed"
    text = Text(ja="チェックポイントを読み取れません: {why}。", en="The checkpoint cannot be read: {why}.")
    remedy = Text(
        ja="`/audit/head` から受け取った文面を、改行も含めてそのまま渡してください。",
        en="Hand in the text exactly as `/audit/head` gave it, line breaks included.",
    )


class CheckpointForeign(Refusal):
    kind, code = Kind.CONFLICT, "audit.checkpoint-foreign"
    text = Text(
        ja="このチェックポイントには、このログの鍵 {key} による正しい署名がありません。",
        en="This checkpoint bears no valid signature by this log's key {key}.",
    )
    remedy = Text(
        ja="別のノードのものでないか確かめてください。確かにこのノードから受け取ったものなら、ログの鍵が差し替えられています。運用者と他の参加者に知らせてください。",
        en="Check that it is not another node's. If it did come from this node, the log's key has been replaced: tell the operator and the other members.",
    )


class PeerLogContradicted(Refusal):
    kind, code = Kind.CONFLICT, "audit.peer-log-contradicted"
    text = Text(
        ja="{peer} のログ {origin} は、以前に確認したログの続きではありません({why})。",
        en="The log {origin} of {peer} does not continue what was seen of it before ({why}).",
    )
    remedy = Text(
        ja="`renkei audit witness list` に両方のヘッドが証拠として残っています。相手の運用者に別の連絡手段で確かめ、納得できる理由があれば `renkei audit witness forget` で保管したヘッドを外してください。",
        en="`renkei audit witness list` shows both heads, kept as proof. Ask the peer's operator by another channel; if there is a good reason, give the kept heads up with `renkei audit witness forget`.",
    )


class PeerMoved(Refusal):
    kind, code = Kind.CONFLICT, "audit.peer-moved"
    text = Text(
        ja="{peer} が示すログ {origin} は、以前に確認したログとは別のもので、場所も違います。",
        en="{peer} names the log {origin}, which is another one and elsewhere than the one that was seen before.",
    )
    remedy = Text(
        ja="ノードを移したのか、相手の運用者に別の連絡手段で確かめてください。移したのであれば `renkei audit witness forget {peer}` で新しいログを信頼します。どちらのログにも疑いは掛かりません。",
        en="Ask the peer's operator by another channel whether it has moved; if so, `renkei audit witness forget {peer}` trusts the new log. Neither log is accused of anything.",
    )


class PeerLogUnknown(Refusal):
    kind, code = Kind.MISSING, "audit.peer-log-unknown"
    text = Text(ja="{log} のログのヘッドは保管されていません。", en="No head of a log of {log} is kept here.")
    remedy = Text(
        ja="`renkei audit witness list --json` にあるアドレス、検証鍵、参加者の DID のどれかを指定してください。ログの名前では指定できません。",
        en="Give an address, a key or a participant's DID from `renkei audit witness list --json`; a log's name is not enough.",
    )


class SecretChanged(Refusal):
    kind, code = Kind.UNAVAILABLE, "audit.secret-changed"
    text = Text(
        ja="保存された鍵を復号できません。ノードの秘密が変わったか、データが書き換えられています。",
        en="A stored key cannot be decrypted: the node's secret has changed or the stored data has been altered.",
    )
    remedy = Text(
        ja="元の `RENKEI_NODE_SECRET`(または `$RENKEI_HOME/node.secret`)に戻すか、変更の途中なら前の値を `RENKEI_FORMER_NODE_SECRET` に設定するか、データベースをバックアップから復元してください。",
        en="Put the former `RENKEI_NODE_SECRET` (or `$RENKEI_HOME/node.secret`) back, name it in `RENKEI_FORMER_NODE_SECRET` while it is being changed, or restore the database from its backup.",
    )


class SecretGiven(Refusal):
    kind, code = Kind.CONFLICT, "audit.secret-given"
    text = Text(
        ja="ノードの秘密は `RENKEI_NODE_SECRET` で与えられているので、ここでは変えられません。",
        en="The node's secret is given by `RENKEI_NODE_SECRET`, so it cannot be changed here.",
    )
    remedy = Text(
        ja="今の値を `RENKEI_FORMER_NODE_SECRET` に、新しい値を `RENKEI_NODE_SECRET` に設定してノードを起動し直し、`renkei node-secret renew` を実行してください。",
        en="Set `RENKEI_FORMER_NODE_SECRET` to the present value and `RENKEI_NODE_SECRET` to a new one, restart the node, then run `renkei node-secret renew`.",
    )


class SecretChangeUnderWay(Refusal):
    kind, code = Kind.CONFLICT, "audit.secret-change-under-way"
    text = Text(
        ja="前回の変更の前の秘密が {file} に残っています。",
        en="The secret from before the last change is still kept in {file}.",
    )
    remedy = Text(
        ja="ノードを起動し直して `renkei node-secret renew` を終えてから、そのファイルを消してください。",
        en="Restart the node, finish `renkei node-secret renew`, then delete that file.",
    )


class LogAltered(Refusal):
    """The log is not what it was; the classes below say in what way, under the same code."""

    kind, code = Kind.CONFLICT, "audit.log-altered"
    text = Text(
        ja="監査ログが改変されています(最初の該当箇所: 記録 {index})。",
        en="The audit log has been altered (first place: entry {index}).",
    )
    remedy = Text(
        ja="このデータベースを保全し、書き込みを止め、バックアップと突き合わせてください。手元にチェックポイントを持つ参加者に知らせてください。",
        en="Preserve this database, stop writing to it and compare it with a backup; tell the members who hold checkpoints.",
    )


class EntryAltered(LogAltered):
    text = Text(
        ja="監査ログの記録 {index} の内容が、封印時のハッシュと一致しません。",
        en="Entry {index} of the audit log does not match the hash with which it was sealed.",
    )


class EntryMissing(LogAltered):
    text = Text(
        ja="監査ログの記録 {index} がありません。封印済みの記録が消されています。",
        en="Entry {index} of the audit log is missing: a sealed entry was removed.",
    )


class EntryForged(LogAltered):
    text = Text(
        ja="監査ログの記録 {index} は、封印の手続きを経ずに加えられています(封印済みは {size} 件)。",
        en="Entry {index} of the audit log was added without being sealed (the log has {size} sealed entries).",
    )


class LookupAltered(LogAltered):
    text = Text(
        ja="監査ログの記録 {index} の検索用の列が、封印された内容と一致しません。",
        en="The lookup columns of entry {index} of the audit log differ from its sealed body.",
    )


class TreeAltered(LogAltered):
    text = Text(
        ja="監査ログの記録 {index} から {last} までについて、保存された木のハッシュが記録と一致しません。",
        en="The stored tree hashes over entries {index} to {last} of the audit log do not match the entries.",
    )


class HeadAltered(LogAltered):
    text = Text(
        ja="サイズ {size} の署名付きヘッドが、記録から計算した値と一致しません。記録 {index} から {last} までのどれかが変わっています。",
        en="The signed head of size {size} does not match the entries: something among entries {index} to {last} was changed.",
    )


class LogShortened(LogAltered):
    text = Text(
        ja="サイズ {size} の署名付きヘッドがあるのに、監査ログには記録 {index} 以降がありません。",
        en="A head of size {size} was signed, but the audit log has nothing from entry {index} on.",
    )


class TrustedHeadBroken(LogAltered):
    text = Text(
        ja="手元に保管されたサイズ {size} のチェックポイントに、監査ログが一致しません。記録 {index} から {last} までのどれかが書き換えられています。",
        en="The audit log does not match the kept checkpoint of size {size}: something among entries {index} to {last} was rewritten.",
    )
