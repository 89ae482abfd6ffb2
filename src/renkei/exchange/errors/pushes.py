"""Refusals about data that are pushed, by us or to us."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text


class DestinationMissing(Refusal):
    kind, code = Kind.INVALID, "exchange.destination-missing"
    text = Text(
        ja="形式「{format}」はデータを送り込む形式ですが、申し込みに送り先(`dataAddress`)がありません。",
        en="With the format “{format}” the data are pushed, and the request names no `dataAddress` to push them to.",
    )
    remedy = Text(
        ja="送り先の https アドレスを `dataAddress` に入れて申し込むか、取得(PULL)の形式を使ってください。",
        en="Give the https address of your own door as `dataAddress`, or use one of the PULL formats.",
    )


class DestinationUnwanted(Refusal):
    kind, code = Kind.INVALID, "exchange.destination-unwanted"
    text = Text(
        ja="形式「{format}」は利用者が取りに来る形式なので、送り先(`dataAddress`)は使えません。",
        en="With the format “{format}” the consumer fetches the data, so that a `dataAddress` has no use.",
    )
    remedy = Text(
        ja="`dataAddress` を外すか、送り込みの形式「{push}」で申し込んでください。",
        en="Leave `dataAddress` out, or ask for the format “{push}”.",
    )


class FormUnwanted(Refusal):
    kind, code = Kind.INVALID, "exchange.form-unwanted"
    text = Text(
        ja="形式「{format}」では、ファイルの形式「{form}」を申し込みで選べません。",
        en="With the format “{format}” the form of the files, “{form}”, is not chosen by the request.",
    )
    remedy = Text(
        ja="`form` を外し、取り出すときに選んでください。",
        en="Leave `form` out, and choose when you fetch the data.",
    )


class PushRefused(Refusal):
    kind, code = Kind.CONFLICT, "exchange.push-refused"
    text = Text(
        ja="利用者の送り先がデータを拒否しました(状態コード {status}、{code_given})。",
        en="The consumer's address refused the data (status {status}, {code_given}).",
    )
    remedy = Text(
        ja="送り先の示した理由を確かめ、直してから新しい転送を申し込んでください。",
        en="Read the reasons that it gave, correct what can be corrected, and ask for a new transfer.",
    )


class PushUndelivered(Refusal):
    kind, code = Kind.UNAVAILABLE, "exchange.push-undelivered"
    text = Text(
        ja="利用者の送り先へ {hours} 時間データを送り込めませんでした(最後の失敗:「{why_ja}」)。",
        en="The data could not be pushed to the consumer's address for {hours} hours (last failure: “{why_en}”).",
    )
    remedy = Text(
        ja="送り先の稼働を確かめてから、新しい転送を申し込んでください。",
        en="Make sure that the address takes data, then ask for a new transfer.",
    )


class DeliveryUnexpected(Refusal):
    kind, code = Kind.DENIED, "exchange.delivery-unexpected"
    text = Text(
        ja="転送 {transfer} は {state} で終わっているため、データを受け取りません。",
        en="The transfer {transfer} is over ({state}), and takes no more data.",
    )
    remedy = Text(
        ja="引き続き届けるには、利用者に新しい転送を申し込んでもらってください。",
        en="To deliver more, let the consumer ask for a new transfer.",
    )


class DeliveryPaused(Refusal):
    kind, code = Kind.UNAVAILABLE, "exchange.delivery-paused"
    text = Text(
        ja="転送 {transfer} は停止中のため、今はデータを受け取りません。",
        en="The transfer {transfer} is suspended, and takes no data for the moment.",
    )
    remedy = Text(ja="再開してから送り直してください。", en="Send the data again when it has been resumed.")


class DeliveryTooLarge(Refusal):
    kind, code = Kind.TOO_LARGE, "exchange.delivery-too-large"
    text = Text(
        ja="1 件の転送で受け取るのは合わせて {limit} バイトまでで、それを超えています。",
        en="One transfer may bring {limit} bytes in all, and this is more.",
    )
    remedy = Text(
        ja="受け取る組織の運用者に上限(`RENKEI_MAX_PUSH`)を尋ねるか、取得(PULL)の形式で渡してください。",
        en="Ask the receiving node's operator about the limit (`RENKEI_MAX_PUSH`), or deliver in a PULL format.",
    )


class DeliveryTooParted(Refusal):
    kind, code = Kind.TOO_LARGE, "exchange.delivery-too-parted"
    text = Text(
        ja="1 件の転送で受け取るのは {limit} 個までで、それを超えています。",
        en="One transfer may bring {limit} parts, and this would be one more.",
    )
    remedy = Text(
        ja="まとめて送るか、利用者に新しい転送を申し込んでもらってください。",
        en="Send fewer and larger parts, or let the consumer ask for a new transfer.",
    )


class DeliveryMissing(Refusal):
    kind, code = Kind.MISSING, "exchange.delivery-missing"
    text = Text(
        ja="転送 {transfer} で届いたものの中に {delivery} はありません。",
        en="Nothing called {delivery} has arrived by the transfer {transfer}.",
    )
    remedy = Text(
        ja="届いたものの一覧で ID を確かめてください。", en="Look up its id in the list of what has arrived."
    )
