"""What the client refuses by itself, and what nodes refuse, handed on unshortened."""

from collections.abc import Sequence
from typing import Any

import msgspec

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Lang, Text

_GOING_ON = Text(ja="処理の進行", en="the process to go on")


class Refused(Refusal):
    """A node refused. `kind`, `code`, both texts and the facts are the node's own."""

    def __init__(self, *, kind: Kind, code: str, text: Text, facts: dict[str, str] | None = None) -> None:
        # What a class says of all its refusals, each of these says of itself alone.
        vars(self).update(kind=kind, code=code, text=text, remedy=Text(ja="", en=""))
        super().__init__(**facts or {})

    def said(self, lang: Lang) -> str:
        """Return what the node said: what was refused, why, and what to do next."""
        return self.text.in_(lang)


class NodeUnnamed(Refusal):
    kind, code = Kind.INVALID, "client.node-unnamed"
    text = Text(
        ja="どのノードに話すのか、またはそのトークンが指定されていません。",
        en="It is not said which node to speak to, or with which token.",
    )
    remedy = Text(
        ja="Node(url, token) に渡すか、環境変数 RENKEI_NODE と RENKEI_TOKEN を設定してください。",
        en="Pass them as Node(url, token), or set RENKEI_NODE and RENKEI_TOKEN.",
    )


class NodeUnreachable(Refusal):
    kind, code = Kind.UNAVAILABLE, "client.node-unreachable"
    text = Text(ja="{url} に接続できません: {why}。", en="{url} cannot be reached: {why}.")
    remedy = Text(
        ja="アドレスと、ノードが動いていることを確かめてください。",
        en="Check the address, and that the node is running.",
    )


class NodeAnswered(Refusal):
    kind, code = Kind.UNAVAILABLE, "client.node-answered"
    text = Text(
        ja="{url} の応答(状態コード {status})を読み取れません。",
        en="The answer of {url} (status {status}) cannot be read.",
    )
    remedy = Text(
        ja="renkei のノードのアドレスであること、版が合っていることを確かめてください。",
        en="Check that a renkei node of a fitting version is there.",
    )


class Undecided(Refusal):
    kind, code = Kind.UNAVAILABLE, "client.undecided"
    text = Text(
        ja="{seconds} 秒待ちましたが、{what_ja} {id} はまだ決まっていません。待っているもの: {waiting_ja}。",
        en="After {seconds} s, the {what_en} {id} is still open. It waits for {waiting_en}.",
    )
    remedy = Text(
        ja="決まった頃に同じ ID で続きから確かめられます。始め直す必要はありません。",
        en="It goes on by itself: ask for it again by its id later, there is no need to begin anew.",
    )


class OfferAmbiguous(Refusal):
    kind, code = Kind.INVALID, "client.offer-ambiguous"
    text = Text(
        ja="データセット {dataset} のオファーは {count} 件あり、どれを選ぶか決まりません。",
        en="The dataset {dataset} has {count} offers, so it is not settled which one is meant.",
    )
    remedy = Text(
        ja="offer= で次のいずれかを指定してください: {offers}。", en="Name one with offer=: {offers}."
    )


class DeliveryDamaged(Refusal):
    kind, code = Kind.UNAVAILABLE, "client.delivery-damaged"
    text = Text(
        ja="届いた {delivery} の内容が、記録されたハッシュと一致しません。",
        en="The bytes of {delivery} are not those whose hash was recorded when it arrived.",
    )
    remedy = Text(
        ja="もう一度取り出してください。続くときは、ノードの運用者に伝えてください。",
        en="Fetch it again; if it goes on, tell your node's operator.",
    )


class ExtraMissing(Refusal):
    kind, code = Kind.INVALID, "client.extra-missing"
    text = Text(ja="この操作には {module} が必要です。", en="This needs {module}, which is not installed.")
    remedy = Text(
        ja='pip install "renkei[notebook]" で導入してください。',
        en='Install it with pip install "renkei[notebook]".',
    )


def refusal_in(body: bytes) -> Refused | None:
    """Return the refusal in an answer's body: as it is, or within a Delta Sharing error. None when there is none."""
    try:
        said: Any = msgspec.json.decode(body)
        said = said.get("refusal", said)
        return Refused(
            kind=Kind(said["kind"]),
            code=str(said["code"]),
            text=Text(ja=str(said["ja"]), en=str(said["en"])),
            facts={str(name): str(value) for name, value in said["facts"].items()},
        )
    except (msgspec.DecodeError, UnicodeDecodeError, AttributeError, KeyError, TypeError, ValueError):
        return None


def undecided(what: Text, id: str, *, after: float, waiting_for: Text | None) -> Undecided:  # noqa: A002 — the field's word
    """Return the refusal of a process that has not come to rest `after` so many seconds."""
    waiting = waiting_for or _GOING_ON
    return Undecided(
        seconds=f"{after:g}",
        what_ja=what.ja,
        what_en=what.en,
        id=id,
        waiting_ja=waiting.ja,
        waiting_en=waiting.en,
    )


def refused_by_peer(code: str | None, reasons: Sequence[str]) -> Refused:
    """Return what a peer said when it ended a negotiation or a transfer, as the refusal that it is."""
    said = " ".join(reasons) or f"The other side ended it ({code or 'no code'})."
    kind = Kind.DENIED if reasons or code else Kind.CONFLICT
    return Refused(kind=kind, code=code or "client.ended-by-peer", text=Text(ja=said, en=said))
