"""Refusals of whoever verifies a receipt."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text


class ReceiptMalformed(Refusal):
    kind, code = Kind.INVALID, "receipt.malformed"
    text = Text(ja="提供証明として読み取れません: {why}。", en="This cannot be read as a receipt: {why}.")
    remedy = Text(
        ja="ヘッダー `renkei-receipt` の値を、手を加えずに渡してください。",
        en="Hand in the value of the header `renkei-receipt` as it came.",
    )


class WrongType(Refusal):
    kind, code = Kind.INVALID, "receipt.wrong-type"
    text = Text(
        ja="署名された別のもの(typ: {type}、alg: {algorithm})で、提供証明ではありません。",
        en="This is something else that was signed (typ: {type}, alg: {algorithm}), not a receipt.",
    )
    remedy = Text(
        ja="提供証明の typ は renkei-receipt+jwt、alg は ES256 だけです。提供者から取り直してください。",
        en="A receipt has typ renkei-receipt+jwt and alg ES256 and nothing else; get it from the provider again.",
    )


class KeyMalformed(Refusal):
    kind, code = Kind.INVALID, "receipt.key-malformed"
    text = Text(
        ja="検証に使う鍵または DID 文書を読み取れません: {why}。",
        en="The key or DID document to verify with cannot be read: {why}.",
    )
    remedy = Text(
        ja="提供者の DID 文書(JSON)、または公開鍵を JWK か PEM で渡してください。",
        en="Hand in the provider's DID document (JSON), or its public key as JWK or PEM.",
    )


class UnknownKey(Refusal):
    kind, code = Kind.CONFLICT, "receipt.unknown-key"
    text = Text(
        ja="提供証明は鍵 {key} で署名されたとありますが、{where} はその鍵を示していません。",
        en="The receipt says that it is signed with the key {key}, which {where} does not hold.",
    )
    remedy = Text(
        ja="提供者の、発行当時の DID 文書を使ってください。鍵の交換後なら、以前に保存した文書か鍵が要ります。",
        en="Use the provider's DID document of the time of issue; after a rotation that is one you have saved, or the key.",
    )


class ReceiptAltered(Refusal):
    kind, code = Kind.CONFLICT, "receipt.altered"
    text = Text(
        ja="署名が内容と合いません。提供証明は書き換えられたか、{provider} の署名ではありません。",
        en="The signature does not fit the content: the receipt was altered, or was not signed by {provider}.",
    )
    remedy = Text(
        ja="この提供証明を信用せず、提供者から取り直してください。",
        en="Do not trust this receipt, and fetch it from the provider again.",
    )


class FromTheFuture(Refusal):
    kind, code = Kind.CONFLICT, "receipt.from-the-future"
    text = Text(
        ja="提供証明の発行時刻 {issued_at} は、いまの時刻 {now} より先です。",
        en="The receipt says that it was issued at {issued_at}, which is later than now ({now}).",
    )
    remedy = Text(
        ja="この機械の時計を確かめてください。正しければ、提供者に発行時刻の説明を求めてください。",
        en="Check the clock of this machine; if it is right, ask the provider to explain the time of issue.",
    )


class AnotherAnswer(Refusal):
    kind, code = Kind.CONFLICT, "receipt.another-answer"
    text = Text(
        ja="提供証明は別の応答のものです。データの SHA-256 {found} は、提供証明にありません。",
        en="The receipt is of another answer: the data's SHA-256 {found} does not stand in it.",
    )
    remedy = Text(
        ja="データと、それに付いてきた提供証明の組を使ってください。合わなければ、データは提供されたものではありません。",
        en="Use the data with the receipt that came along; if they still differ, these are not the data that were handed over.",
    )


class AnswerUnstated(Refusal):
    kind, code = Kind.MISSING, "receipt.answer-unstated"
    text = Text(
        ja="この提供証明は、渡されたデータのハッシュを述べていません。",
        en="This receipt states no hash that these data could be compared with.",
    )
    remedy = Text(
        ja="CSV、JSON Lines、複数ファイルをまとめた Parquet は送る前にハッシュが決まりません。Parquet で取り直してください。",
        en="CSV, JSON Lines and several files in one have no hash before they are sent: fetch Parquet instead.",
    )


class OtherTerms(Refusal):
    kind, code = Kind.CONFLICT, "receipt.other-terms"
    text = Text(
        ja="提供証明の条件のハッシュ {stated} は、渡された条件のハッシュ {given} と違います。",
        en="The receipt states the digest {stated} of the terms, but the terms given have {given}.",
    )
    remedy = Text(
        ja="契約の条件を確かめてください。同じ契約なら、提供者は合意と違う条件で応答しています。",
        en="Check the agreement's terms; if it is that agreement, the provider answered under other terms than agreed.",
    )


class OfAnother(Refusal):
    kind, code = Kind.CONFLICT, "receipt.of-another"
    text = Text(
        ja="提供証明の {member} は {stated} で、{expected} ではありません。",
        en="The receipt states {stated} for {member}, not {expected}.",
    )
    remedy = Text(
        ja="別の契約・転送・相手の提供証明です。この応答に付いてきたものを使ってください。",
        en="It is of another agreement, transfer or party: use the one that came with this answer.",
    )


class ChainBroken(Refusal):
    kind, code = Kind.CONFLICT, "receipt.chain-broken"
    text = Text(
        ja="転送 {transfer} の提供証明がつながりません: {number} 番は {after} 番の次ではありません。",
        en="The receipts of the transfer {transfer} do not follow one another: number {number} is not the next after {after}.",
    )
    remedy = Text(
        ja="抜けている提供証明を `GET /data/転送/receipts` で取り直してください。それでも続くなら、差し替えか再使用です。",
        en="Fetch the missing ones from `GET /data/<transfer>/receipts`; if it goes on, one was replaced or shown twice.",
    )


class ReceiptLacking(Refusal):
    kind, code = Kind.MISSING, "receipt.lacking"
    text = Text(ja="{where} には提供証明がありません。", en="{where} brought no receipt.")
    remedy = Text(
        ja="提供者が renkei のノードでないか、提供証明のない版です。先にデータを取り出してください。",
        en="The provider is no renkei node, or one from before receipts; or read the data first.",
    )
