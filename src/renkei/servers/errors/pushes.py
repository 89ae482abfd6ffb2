"""Refusals at the door where pushed data land."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text


class InboxFull(Refusal):
    kind, code = Kind.UNAVAILABLE, "servers.inbox-full"
    text = Text(
        ja="ノードのディスクに空きがなく、データを受け取れませんでした。途中までの分は残していません。",
        en="The node's disk is full; the data were not taken, and nothing of them was kept.",
    )
    remedy = Text(
        ja="受け取る組織の運用者に空きを作ってもらい、送り直してください。",
        en="Let the receiving node's operator free some space, then send them again.",
    )


class DeliveriesAtOnce(Refusal):
    kind, code = Kind.UNAVAILABLE, "servers.deliveries-at-once"
    text = Text(
        ja="この転送のデータが同時に {limit} バイトを超えて届いたため、これは受け取りませんでした。途中までの分は残していません。",
        en="More than {limit} bytes of this transfer were arriving at the same time; these were not taken, and nothing of them was kept.",
    )
    remedy = Text(
        ja="ほかの送信が終わってから送り直してください。",
        en="Send them again when the others are through.",
    )


class DeliveryStalled(Refusal):
    kind, code = Kind.UNAVAILABLE, "servers.delivery-stalled"
    text = Text(
        ja="{seconds} 秒間データが届かなかったため、受け取りを打ち切りました。途中までの分は残していません。",
        en="No data came for {seconds} s, so that taking them was broken off; nothing of them was kept.",
    )
    remedy = Text(ja="最初から送り直してください。", en="Send them again from the beginning.")


class DeliveryEncoded(Refusal):
    kind, code = Kind.INVALID, "servers.delivery-encoded"
    text = Text(
        ja="`Content-Encoding: {encoding}` のデータは受け取りません。",
        en="Data with `Content-Encoding: {encoding}` are not taken.",
    )
    remedy = Text(
        ja="符号化せず、データをそのまま送ってください。",
        en="Send the data as they are, without an encoding.",
    )
