"""Refusals of bodies that are not even JSON of the right sort; the standard's InvalidRequest (clause 5.5.2)."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text


class BodyUnreadable(Refusal):
    kind, code = Kind.INVALID, "ngsild.body-unreadable"
    text = Text(ja="本文を JSON として読み取れません: {why}", en="The body cannot be read as JSON: {why}.")
    remedy = Text(
        ja="UTF-8 の正しい JSON(RFC 8259)を送ってください。",
        en="Send well-formed JSON in UTF-8 (RFC 8259).",
    )


class BodyTooLarge(Refusal):
    kind, code = Kind.TOO_LARGE, "ngsild.body-too-large"
    text = Text(
        ja="本文が {size} バイトあり、上限の {limit} バイトを超えています。",
        en="The body has {size} bytes; the most that is taken is {limit}.",
    )
    remedy = Text(ja="何回かに分けて送ってください。", en="Send it in several parts.")
