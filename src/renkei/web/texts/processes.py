"""Texts of negotiations and transfers that run: what they wait for, what was said, what can be done."""

from renkei.kernel.texts import Text

PROCESSES: dict[str, Text] = {
    "waiting.turn": Text(ja="動く番", en="Who has to act"),
    "waiting.since": Text(ja="いつから", en="Since"),
    "waiting.silent": Text(
        ja="相手からは 7 日以上、動きがありません。直接たずねるか、理由を書いて打ち切ることができます。",
        en="The other side has not moved for more than 7 days. Ask it directly, or terminate with a reason.",
    ),
    "turn.ours": Text(ja="自組織", en="your organisation"),
    "delivery.title": Text(ja="まだ届いていないメッセージ", en="Not delivered yet"),
    "delivery.queued": Text(ja="作成", en="Written"),
    "delivery.next": Text(ja="次の試行", en="Next attempt"),
    "delivery.gives-up": Text(ja="あきらめる時刻", en="Given up at"),
    "delivery.trouble": Text(ja="最後の失敗", en="Last failure"),
    "delivery.try-now": Text(ja="いますぐ送る", en="Try now"),
    "history.title": Text(ja="これまでのやり取り", en="What was said so far"),
    "history.none": Text(ja="やり取りはまだありません。", en="Nothing has been said yet."),
    "history.attempts": Text(ja="試行 {count} 回", en="attempts: {count}"),
    "history.terms": Text(ja="示された条件", en="The terms that were proposed"),
    "compare.alone": Text(
        ja="ほかに示された条件はないので、比べる相手はありません。",
        en="No other terms have been proposed, so there is nothing to compare them with.",
    ),
    "compare.same": Text(ja="どちらも同じ条件です。", en="Both say the same."),
    "compare.withdrawn": Text(ja="このオファーは取り下げられています:", en="This offer was withdrawn at"),
    "compare.obstacle": Text(
        ja="このノードでは評価できない条件が含まれるため、ODRL のまま示します。",
        en="The terms hold something that this node cannot evaluate, so they stand as ODRL.",
    ),
    "compare.change": Text(ja="違い", en="Difference"),
    "compare.table": Text(ja="いまの条件", en="Terms on the table"),
    "compare.by-us": Text(ja="こちらの提案", en="proposed by us"),
    "compare.by-them": Text(ja="相手の提案", en="proposed by the other side"),
    "compare.absent": Text(ja="定めなし", en="not mentioned"),
    "compare.odrl-table": Text(ja="いまの条件を ODRL で見る", en="The terms on the table as ODRL"),
    "compare.odrl-before": Text(ja="比べた条件を ODRL で見る", en="The terms compared with, as ODRL"),
    "process.handling": Text(ja="進め方", en="Handling"),
    "process.by-hand": Text(ja="一手ずつ人が進める", en="every step by hand"),
    "process.terminate": Text(ja="打ち切る", en="Terminate"),
    "process.terminate-reason": Text(
        ja="打ち切る理由(相手に伝わります)", en="Reason for terminating (the other side reads it)"
    ),
    "negotiation.send-agreement": Text(ja="契約を送る", en="Send the agreement"),
    "negotiation.verify": Text(ja="契約を確認する", en="Verify the agreement"),
    "negotiation.verify-note": Text(
        ja="届いた契約は、求めた条件のとおりです。確認すると、提供者が契約を成立させられます。",
        en="The agreement that came says what was asked for. Once you verify it, the provider can put it into force.",
    ),
    "negotiation.finalize": Text(ja="契約を成立させる", en="Finalize"),
    "negotiation.finalize-note": Text(
        ja="利用者が契約を確認しました。成立させると、契約はこの時点から有効です。",
        en="The consumer has verified the agreement. Once you finalize, it is in force from that moment.",
    ),
    "negotiation.refuse-summary": Text(ja="断る…", en="Refuse …"),
    "negotiation.terminate-summary": Text(ja="交渉を打ち切る…", en="Terminate the negotiation …"),
    "transfer.title": Text(ja="転送", en="Transfer"),
    "transfer.acts": Text(ja="できること", en="What you can do"),
    "transfer.start": Text(ja="転送を始める", en="Start the transfer"),
    "transfer.start-note": Text(
        ja="始めると、利用者にデータアドレスと新しい秘密が送られ、すぐに読み出せるようになります。",
        en="Once you start, the consumer is sent the data address with a new secret, and can read.",
    ),
    "transfer.resume": Text(ja="転送を再開する", en="Resume the transfer"),
    "transfer.resume-note": Text(
        ja="再開すると、同じ秘密でまた読み出せるようになります。",
        en="Once resumed, it can be read again with the same secret.",
    ),
    "transfer.complete": Text(ja="完了を伝える", en="Complete the transfer"),
    "transfer.complete-note": Text(
        ja="すべて読み出したことを伝えます。秘密は使えなくなります。",
        en="Say that everything was read; the secret is void from then on.",
    ),
    "transfer.suspend": Text(ja="一時停止する", en="Suspend"),
    "transfer.suspend-summary": Text(ja="転送を一時停止する…", en="Suspend the transfer …"),
    "transfer.suspend-reason": Text(
        ja="一時停止の理由(相手に伝わります)", en="Reason for suspending (the other side reads it)"
    ),
    "transfer.suspended-because": Text(ja="一時停止の理由", en="Why it is suspended"),
    "transfer.terminate-summary": Text(ja="転送を打ち切る…", en="Terminate the transfer …"),
    "list.choose": Text(ja="表示するもの", en="What is shown"),
    "list.all": Text(ja="すべて", en="All"),
    "list.due": Text(ja="自組織の番", en="Your turn"),
    "list.stuck": Text(ja="滞っているもの", en="Stuck or failing"),
    "list.none-stuck": Text(ja="滞っているものはありません。", en="Nothing is stuck or fails."),
    "list.retries": Text(ja="試行 {count} 回、次は", en="attempts: {count}, the next at"),
    "overview.starting": Text(ja="開始を待つ転送", en="Transfers that wait for you to start them"),
    "overview.start": Text(ja="見て始める", en="Look and start"),
    "overview.stuck": Text(ja="滞っている交渉", en="Negotiations stuck or failing"),
    "overview.stuck-transfers": Text(ja="滞っている転送", en="Transfers stuck or failing"),
}
