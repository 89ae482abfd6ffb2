"""Refusals where this node calls another: addresses, answers, identities."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text


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
        ja="{url} が状態コード {status} で拒否しました(「{stated}」)。",
        en="{url} refused with status {status} (“{stated}”).",
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
        ja="{url} は今は処理できません(状態コード {status}、「{stated}」)。",
        en="{url} cannot answer now (status {status}, “{stated}”).",
    )
    remedy = Text(
        ja="時間をおいて再試行し、続くときは相手の運用者に伝えてください。",
        en="Try again later; if it goes on, tell the peer's operator.",
    )


class PeerAnswerMalformed(Refusal):
    kind, code = Kind.UNAVAILABLE, "servers.peer-answer-malformed"
    text = Text(
        ja="{url} の答えを読み取れません(「{why}」)。", en="The answer of {url} cannot be read (“{why}”)."
    )
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
    text = Text(
        ja="{did} に DID 文書がありません(「{why}」)。", en="There is no DID document for {did} (“{why}”)."
    )
    remedy = Text(
        ja="DID の綴りと、その文書が公開されていることを確かめてください。",
        en="Check the spelling of the DID and that its document is published.",
    )


class DidUnresolved(Refusal):
    kind, code = Kind.UNAVAILABLE, "servers.did-unresolved"
    text = Text(
        ja="{did} の DID 文書を今は取得できません(「{why}」)。",
        en="The DID document of {did} cannot be had now (“{why}”).",
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
