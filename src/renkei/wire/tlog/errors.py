"""Refusals of whoever verifies a log from outside."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text


class CheckpointUnreadable(Refusal):
    kind, code = Kind.INVALID, "tlog.checkpoint-malformed"
    text = Text(ja="チェックポイントを読み取れません: {why}。", en="The checkpoint cannot be read: {why}.")
    remedy = Text(
        ja="ノードの `/audit/head` から取り直してください。保管したファイルなら、手を加えていないものを使ってください。",
        en="Fetch it again from the node's `/audit/head`; if it is a kept file, use one that nobody has edited.",
    )


class VerifierMalformed(Refusal):
    kind, code = Kind.INVALID, "tlog.key-malformed"
    text = Text(
        ja="ログの検証鍵を読み取れません: {why}。", en="The log's verifier key cannot be read: {why}."
    )
    remedy = Text(
        ja="`/audit/key` の1行(名前+ハッシュ+base64)をそのまま渡してください。",
        en="Hand in the one line of `/audit/key` (name+hash+base64) as it is.",
    )


class VerifierChanged(Refusal):
    kind, code = Kind.CONFLICT, "tlog.key-changed"
    text = Text(
        ja="ノードの示す検証鍵 {shown} が、保管している鍵 {kept} と違います。",
        en="The node shows the verifier key {shown}, but the one you kept is {kept}.",
    )
    remedy = Text(
        ja="相手の運用者に別の連絡手段で鍵の交換があったか確かめてください。確認できるまで、このログを信用しないでください。",
        en="Ask the node's operator by another channel whether the key was replaced; until then do not trust this log.",
    )


class SignatureWrong(Refusal):
    kind, code = Kind.CONFLICT, "tlog.signature-wrong"
    text = Text(
        ja="チェックポイントに、検証鍵 {name} による正しい署名がありません。",
        en="The checkpoint bears no valid signature by the verifier key {name}.",
    )
    remedy = Text(
        ja="正しいノードの鍵を使っているか確かめ、取り直してください。続くなら、途中で書き換えられているか、ログが偽物です。",
        en="Check that the key is that node's and fetch again; if it goes on, the log was altered on the way or is not the node's.",
    )


class LogShrunk(Refusal):
    kind, code = Kind.CONFLICT, "tlog.log-shrunk"
    text = Text(
        ja="ログが短くなっています。保管したヘッドは {kept} 件、いまノードが示すのは {shown} 件です。",
        en="The log has become shorter: the head you kept has {kept} entries, the node now shows {shown}.",
    )
    remedy = Text(
        ja="保管したチェックポイントを消さずに、運用者と他の参加者に示してください。記録が消された証拠です。",
        en="Keep your checkpoint and show it to the operator and the other members: it proves that entries were removed.",
    )


class LogRewritten(Refusal):
    kind, code = Kind.CONFLICT, "tlog.log-rewritten"
    text = Text(
        ja="ログが書き換えられています。サイズ {shown} のヘッドは、保管したサイズ {kept} のヘッドの続きではありません。",
        en="The log was rewritten: its head of size {shown} does not continue the head of size {kept} that you kept.",
    )
    remedy = Text(
        ja="2つのチェックポイントを両方保管し、運用者と他の参加者に示してください。署名付きなので、否定できない証拠になります。",
        en="Keep both checkpoints and show them to the operator and the other members: being signed, they cannot be denied.",
    )


class ProofRefused(Refusal):
    kind, code = Kind.UNAVAILABLE, "tlog.proof-refused"
    text = Text(
        ja="サイズ {kept} と {shown} の間の証明が得られません。ログが証明を拒んだか、証明ではないものを返しました。これだけでは、他者に対する証拠になりません。",
        en="The proof between the sizes {kept} and {shown} cannot be had: the log refuses it, or answers something else. This proves nothing to others.",
    )
    remedy = Text(
        ja="しばらくしてからもう一度試してください。続くなら、ログの運用者に説明を求めてください。",
        en="Try again after a while; if it goes on, ask the log's operator to explain.",
    )


class BundleMalformed(Refusal):
    kind, code = Kind.INVALID, "tlog.evidence-malformed"
    text = Text(ja="証拠データを読み取れません: {why}。", en="The evidence cannot be read: {why}.")
    remedy = Text(
        ja="ノードから受け取ったものを、手を加えずに渡してください。",
        en="Hand in what the node gave you, unedited.",
    )


class EntryNotInLog(Refusal):
    kind, code = Kind.CONFLICT, "tlog.entry-not-in-log"
    text = Text(
        ja="記録 {index} は、サイズ {size} の署名付きヘッドのログに含まれていません。",
        en="Entry {index} does not stand in the log whose signed head has size {size}.",
    )
    remedy = Text(
        ja="証拠を取り直してください。続くなら、その記録は示された形ではログに存在しません。運用者に説明を求めてください。",
        en="Fetch the evidence again; if it goes on, the entry is not in the log as shown: ask the operator to explain.",
    )


class NothingProven(Refusal):
    kind, code = Kind.MISSING, "tlog.nothing-proven"
    text = Text(
        ja="サイズ {size} までのログに、「{subject}」についての、あなたに関わる記録はありません。",
        en="Up to size {size} the log has no entry about “{subject}” that concerns you.",
    )
    remedy = Text(
        ja="ID と、どの組織として尋ねているかを確かめてください。直前の操作なら数秒後にもう一度試してください。",
        en="Check the id and the organisation as which you ask; if it has only just happened, try again in a few seconds.",
    )


class SplitView(Refusal):
    kind, code = Kind.CONFLICT, "tlog.split-view"
    text = Text(
        ja="ログは人によって違う内容を見せています。証人 {witness} に見せたサイズ {seen} のヘッドと、いま示したサイズ {shown} のヘッドは、一つのログのものではありません。",
        en="The log shows different people different things: its head of size {seen}, seen by the witness {witness}, and its head of size {shown}, shown now, are not of one log.",
    )
    remedy = Text(
        ja="2つのチェックポイントを両方保管し、証人とほかの参加者に示してください。どちらにもログ自身の署名があり、否定できません。",
        en="Keep both checkpoints and show them to the witness and the other members: both bear the log's own signature and cannot be denied.",
    )


class WitnessKeyDiffers(Refusal):
    kind, code = Kind.CONFLICT, "tlog.witness-key-differs"
    text = Text(
        ja="証人 {witness} は、このノードのログの鍵として {seen} を見ていますが、いま示された鍵は {shown} です。",
        en="The witness {witness} saw the key {seen} at this node's log, but the key shown now is {shown}.",
    )
    remedy = Text(
        ja="どちらの鍵が正しいか、証人とノードの運用者の双方に別の連絡手段で確かめてください。確認できるまで、どちらも信用しないでください。",
        en="Ask both the witness and the node's operator by another channel which key is right; until then trust neither.",
    )


class WitnessUnusable(Refusal):
    kind, code = Kind.CONFLICT, "tlog.witness-unusable"
    text = Text(
        ja="証人 {witness} の申し立ては使えません: {why}。",
        en="The statement of the witness {witness} cannot be used: {why}.",
    )
    remedy = Text(
        ja="ログについては何も言えません。証人の運用者に確かめるか、別の証人に尋ねてください。",
        en="This says nothing about the log: ask the witness's operator, or another witness.",
    )


class ExportMalformed(Refusal):
    kind, code = Kind.INVALID, "tlog.export-malformed"
    text = Text(ja="監査用の書き出しを読み取れません: {why}。", en="The export cannot be read: {why}.")
    remedy = Text(
        ja="`renkei audit export` が書き出したファイルを、手を加えずに渡してください。",
        en="Hand in the file that `renkei audit export` wrote, unedited.",
    )


class ExportTooLarge(Refusal):
    kind, code = Kind.TOO_LARGE, "tlog.export-too-large"
    text = Text(
        ja="監査用の書き出しは {size} バイトあり、上限の {limit} バイトを超えています。",
        en="The export has {size} bytes, more than the limit of {limit}.",
    )
    remedy = Text(
        ja="`renkei audit export --limit` で分けて書き出してください。",
        en="Have it written in parts with `renkei audit export --limit`.",
    )


class ExportContradictory(Refusal):
    kind, code = Kind.CONFLICT, "tlog.export-contradictory"
    text = Text(
        ja="監査用の書き出しは、自分が示すヘッドと合いません: {why}。",
        en="The export does not agree with the heads that it shows: {why}.",
    )
    remedy = Text(
        ja="書き出しを取り直してください。続くなら、ログの運用者に説明を求めてください。",
        en="Have it written again; if it goes on, ask the log's operator to explain.",
    )
