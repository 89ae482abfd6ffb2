"""Refusals of the doors themselves."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text


class TokenMissing(Refusal):
    kind, code = Kind.UNKNOWN_CALLER, "servers.token-missing"
    text = Text(
        ja="トークンがないため、この操作を受け付けられません。",
        en="This door needs a token and none was sent.",
    )
    remedy = Text(
        ja="`Authorization: Bearer <トークン>` を付けてください。トークンは組織の管理者が `renkei org token` で発行します。",
        en="Send `Authorization: Bearer <token>`; your organisation's administrator issues one with `renkei org token`.",
    )


class BodyTooLarge(Refusal):
    kind, code = Kind.TOO_LARGE, "servers.body-too-large"
    text = Text(
        ja="本文が上限の {limit} バイトを超えています。",
        en="The body is larger than the {limit} bytes taken here.",
    )
    remedy = Text(ja="分けて送ってください。", en="Send it in parts.")


class BodyMalformed(Refusal):
    kind, code = Kind.INVALID, "servers.body-malformed"
    text = Text(ja="本文を読み取れません: {why}。", en="The body cannot be read: {why}.")
    remedy = Text(
        ja="示された箇所を直して送り直してください。", en="Correct the place that is named and send it again."
    )


class Fault(Refusal):
    kind, code = Kind.UNAVAILABLE, "servers.fault"
    text = Text(
        ja="ノード内部の誤りで処理できませんでした。", en="A fault inside the node stopped this request."
    )
    remedy = Text(
        ja="時間をおいて再試行し、続くときは運用者に時刻を伝えてください。",
        en="Try again later; if it goes on, tell the operator the time at which it happened.",
    )


class FileAddressAltered(Refusal):
    kind, code = Kind.DENIED, "servers.file-address-altered"
    text = Text(
        ja="このファイルのアドレスは、このノードが発行したものではありません。",
        en="This node did not give out this address of a file.",
    )
    remedy = Text(
        ja="共有の問い合わせをやり直し、返されたアドレスをそのまま使ってください。",
        en="Query the share again and use the address exactly as it is returned.",
    )


class FileAddressExpired(Refusal):
    kind, code = Kind.DENIED, "servers.file-address-expired"
    text = Text(
        ja="このファイルのアドレスは {expired} に失効しました。",
        en="This address of a file expired at {expired}.",
    )
    remedy = Text(
        ja="共有の問い合わせをやり直し、新しいアドレスを使ってください。",
        en="Query the share again and use the new address.",
    )


class FileMissing(Refusal):
    kind, code = Kind.MISSING, "servers.file-missing"
    text = Text(
        ja="このファイルはもうありません。データが消去または更新されました。",
        en="This file is no longer here: the data were erased or renewed.",
    )
    remedy = Text(
        ja="共有の問い合わせをやり直し、今のファイルを読んでください。",
        en="Query the share again and read the files of today.",
    )


class MethodUnsupported(Refusal):
    kind, code = Kind.INVALID, "servers.method-unsupported"
    text = Text(ja="ここでは {method} を使えません。", en="{method} is not possible here.")
    remedy = Text(ja="{allowed} を使ってください。", en="Use {allowed}.")


class ShareUnknown(Refusal):
    kind, code = Kind.MISSING, "servers.share-unknown"
    text = Text(
        ja="このトークンでは「{asked}」を読めません。読めるのは「{granted}」だけです。",
        en="This token does not open “{asked}”; it opens “{granted}” only.",
    )
    remedy = Text(
        ja="「{granted}」を指定するか、求めるデータセットの契約で得たトークンを使ってください。",
        en="Name “{granted}”, or use the token of the agreement for the dataset that you want.",
    )


class HistoryNotKept(Refusal):
    kind, code = Kind.INVALID, "servers.history-not-kept"
    text = Text(
        ja="過去の版や変更履歴は提供していません。消去されたデータが再び読めてしまうためです。",
        en="Past versions and changes are not served, since they would bring back data that were erased.",
    )
    remedy = Text(
        ja="版・日時の指定を外して、現在の版(版番号 {version})を読んでください。",
        en="Leave out versions and times and read the present version ({version}).",
    )


class PageMalformed(Refusal):
    kind, code = Kind.INVALID, "servers.page-malformed"
    text = Text(
        ja="一覧のページ指定を読み取れません: {why}。", en="The page asked for cannot be read: {why}."
    )
    remedy = Text(
        ja="maxResults は 0 以上の整数、pageToken は前の応答の nextPageToken をそのまま指定してください。",
        en="Give maxResults as a whole number from 0, and pageToken exactly as the nextPageToken of the last answer.",
    )


class ResponseFormatUnsupported(Refusal):
    kind, code = Kind.INVALID, "servers.response-format-unsupported"
    text = Text(
        ja="応答形式は parquet だけです。クライアントは「{asked}」を求めました。",
        en="The only response format is parquet; the client asked for “{asked}”.",
    )
    remedy = Text(
        ja="クライアントの use_delta_format の指定を外すか、responseformat に parquet を加えてください。",
        en="Leave out use_delta_format in the client, or add parquet to its responseformat.",
    )


class TransferOfAnotherToken(Refusal):
    kind, code = Kind.DENIED, "servers.transfer-of-another-token"
    text = Text(
        ja="このトークンは別の転送のものです。",
        en="This token belongs to another transfer than the one addressed.",
    )
    remedy = Text(
        ja="転送のデータアドレスとそのトークンを、必ず対で使ってください。",
        en="Use a transfer's address together with the token that came with it.",
    )


class PullFormatUnknown(Refusal):
    kind, code = Kind.INVALID, "servers.pull-format-unknown"
    text = Text(ja="形式「{asked}」はありません。", en="There is no format “{asked}”.")
    remedy = Text(ja="次のいずれかを指定してください: {known}。", en="Ask for one of: {known}.")


class WaitMalformed(Refusal):
    kind, code = Kind.INVALID, "servers.wait-malformed"
    text = Text(ja="wait の値「{asked}」を読み取れません。", en="The value “{asked}” of wait cannot be read.")
    remedy = Text(
        ja="0 から {longest} までの秒数を指定してください。", en="Give seconds from 0 to {longest}."
    )


class AddressMalformed(Refusal):
    kind, code = Kind.INVALID, "servers.address-malformed"
    text = Text(
        ja="アドレス {url} は相手ノードのものとして読めません。",
        en="{url} cannot be read as the address of a peer.",
    )
    remedy = Text(
        ja="`https://ホスト/…` の形で、利用者名を含めずに指定してください。",
        en="Write it as `https://host/…`, without a user name.",
    )


class AddressInsecure(Refusal):
    kind, code = Kind.DENIED, "servers.address-insecure"
    text = Text(
        ja="{url} は https でないため、このノードからは接続しません。",
        en="{url} is not https, and this node does not connect to it.",
    )
    remedy = Text(
        ja="相手ノードの https のアドレスを使ってください。試験用の構内ノードなら、運用者が `RENKEI_INSIDE_PEERS=yes` を設定します。",
        en="Use the peer's https address; for test nodes inside one network the operator sets `RENKEI_INSIDE_PEERS=yes`.",
    )


class AddressInside(Refusal):
    kind, code = Kind.DENIED, "servers.address-inside"
    text = Text(
        ja="{host} は構内のアドレスを指すため、このノードからは接続しません。",
        en="{host} leads to an address inside a private network, and this node does not connect to it.",
    )
    remedy = Text(
        ja="外から届く相手ノードのアドレスを使ってください。試験用の構内ノードなら、運用者が `RENKEI_INSIDE_PEERS=yes` を設定します。",
        en="Use the peer's public address; for test nodes inside one network the operator sets `RENKEI_INSIDE_PEERS=yes`.",
    )


class PeerUnreachable(Refusal):
    kind, code = Kind.UNAVAILABLE, "servers.peer-unreachable"
    text = Text(ja="{url} に届きません: {why}。", en="{url} could not be reached: {why}.")
    remedy = Text(
        ja="相手ノードが動いているか、アドレスが正しいかを確かめ、時間をおいて再試行してください。",
        en="Check that the peer is running and the address is right, then try again later.",
    )


class PeerAnswered(Refusal):
    """A peer refused: its status, and what its body says about why."""

    kind, code = Kind.CONFLICT, "servers.peer-answered"
    text = Text(
        ja="{url} が状態 {status} で断りました: {stated}。",
        en="{url} refused with status {status}: {stated}.",
    )
    remedy = Text(
        ja="相手の示した理由に従って直すか、相手の組織に問い合わせてください。",
        en="Act on the reason the peer gives, or ask the peer's organisation.",
    )

    def __init__(self, *, url: str, status: int, peer_code: str = "", reasons: tuple[str, ...] = ()) -> None:
        self.status = status
        self.peer_code = peer_code
        self.reasons = reasons
        said = " / ".join(part for part in (peer_code, *reasons) if part) or "-"
        super().__init__(url=url, status=status, stated=said)


class PeerFaulted(PeerAnswered):
    """A peer could not answer now (5xx, 408, 429): the same message may be taken later."""

    kind, code = Kind.UNAVAILABLE, "servers.peer-faulted"
    text = Text(
        ja="{url} は今は処理できません(状態 {status}): {stated}。",
        en="{url} cannot answer now (status {status}): {stated}.",
    )
    remedy = Text(
        ja="時間をおいて再試行し、続くときは相手の運用者に伝えてください。",
        en="Try again later; if it goes on, tell the peer's operator.",
    )


class PeerAnswerMalformed(Refusal):
    kind, code = Kind.UNAVAILABLE, "servers.peer-answer-malformed"
    text = Text(ja="{url} の答えを読み取れません: {why}。", en="The answer of {url} cannot be read: {why}.")
    remedy = Text(
        ja="相手の運用者に、示された箇所を直すよう伝えてください。",
        en="Ask the peer's operator to correct the place that is named.",
    )


class PeerAnswerTooLarge(Refusal):
    kind, code = Kind.UNAVAILABLE, "servers.peer-answer-too-large"
    text = Text(
        ja="{url} の答えが上限の {limit} バイトを超えました。",
        en="The answer of {url} is larger than the {limit} bytes taken.",
    )
    remedy = Text(
        ja="範囲を絞って求めるか、相手の運用者に分割を頼んでください。",
        en="Ask for less at a time, or ask the peer's operator to page its answer.",
    )


class DidUnusable(Refusal):
    kind, code = Kind.INVALID, "servers.did-unusable"
    text = Text(ja="{did} に DID 文書がありません: {why}", en="There is no DID document for {did}: {why}")
    remedy = Text(
        ja="DID の綴りと、その文書が公開されていることを確かめてください。",
        en="Check the spelling of the DID and that its document is published.",
    )


class DidUnresolved(Refusal):
    kind, code = Kind.UNAVAILABLE, "servers.did-unresolved"
    text = Text(
        ja="{did} の DID 文書を今は取得できません: {why}",
        en="The DID document of {did} cannot be had now: {why}",
    )
    remedy = Text(
        ja="相手ノードが動いているか確かめ、時間をおいて再試行してください。",
        en="Check that the peer's node is running, then try again later.",
    )


class PeerVersionUnspoken(Refusal):
    kind, code = Kind.CONFLICT, "servers.peer-version-unspoken"
    text = Text(
        ja="{url} は Dataspace Protocol {version} に対応していません(対応している版: {spoken})。",
        en="{url} does not speak the Dataspace Protocol {version}; it speaks {spoken}.",
    )
    remedy = Text(
        ja="相手の組織に、{version} に対応した接続先があるかを尋ねてください。",
        en="Ask the peer's organisation for an address that speaks {version}.",
    )


class PeerIdentityUnproven(Refusal):
    kind, code = Kind.DENIED, "servers.peer-identity-unproven"
    text = Text(
        ja="{url} は {did} だと名乗っていますが、その DID 文書が示す接続先は {base} です。",
        en="{url} says that it is {did}, but the document of that DID leads to {base}.",
    )
    remedy = Text(
        ja="相手の組織に正しい DID を確かめ、アドレスの代わりにその DID を指定してください。",
        en="Make sure of the peer's DID with its organisation, and give the DID instead of the address.",
    )


class QueryMalformed(Refusal):
    kind, code = Kind.INVALID, "servers.query-malformed"
    text = Text(
        ja="問い合わせの「{name}」に「{given}」は使えません。0 以上の整数が必要です。",
        en="“{given}” cannot be used for “{name}” in the query: a whole number from 0 is needed.",
    )
    remedy = Text(ja="値を直して送り直してください。", en="Correct the value and send it again.")


class OfferNotListed(Refusal):
    kind, code = Kind.MISSING, "servers.offer-not-listed"
    text = Text(
        ja="提供者のデータセット {dataset} に、オファー {offer} はありません。",
        en="The provider's dataset {dataset} has no offer {offer}.",
    )
    remedy = Text(
        ja="カタログを読み直し、載っているオファーを指定してください。",
        en="Read the catalogue again and name an offer that stands in it.",
    )


class LogPartUnknown(Refusal):
    kind, code = Kind.MISSING, "servers.log-part-unknown"
    text = Text(ja="監査ログに「{asked}」という部分はありません。", en="An audit log has no part “{asked}”.")
    remedy = Text(ja="次のいずれかを指定してください: {known}。", en="Ask for one of: {known}.")


class NetworkUnknown(Refusal):
    kind, code = Kind.MISSING, "servers.network-unknown"
    text = Text(
        ja="ネットワーク「{network}」のアップリンクは受け付けていません(受け付けるもの: {known})。",
        en="Uplinks of the network “{network}” are not taken here; {known} are.",
    )
    remedy = Text(
        ja="送り先のアドレスの最後を、いずれかの名前に直してください。",
        en="Correct the last part of the address to one of these names.",
    )
