"""Refusals of the member API."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text


class WaitMalformed(Refusal):
    kind, code = Kind.INVALID, "servers.wait-malformed"
    text = Text(ja="wait の値「{asked}」を読み取れません。", en="The value “{asked}” of wait cannot be read.")
    remedy = Text(
        ja="0 から {longest} までの秒数を指定してください。", en="Give seconds from 0 to {longest}."
    )


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
