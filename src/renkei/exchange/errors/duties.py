"""Refusals about duties."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text


class DutyMissing(Refusal):
    kind, code = Kind.MISSING, "exchange.duty-missing"
    text = Text(
        ja="契約 {agreement} に、番号 {number} の義務はありません。",
        en="The agreement {agreement} has no duty number {number}.",
    )
    remedy = Text(
        ja="`renkei agreement duties` で番号を確かめてください。",
        en="Look at the numbers with `renkei agreement duties`.",
    )


class DutyOfRecipient(Refusal):
    kind, code = Kind.DENIED, "exchange.duty-of-recipient"
    text = Text(
        ja="義務 {number}({action})を果たしたと述べられるのは、データの受領者だけです。",
        en="Only the recipient of the data can state that duty {number} ({action}) is fulfilled.",
    )
    remedy = Text(
        ja="受領者に証跡を求めてください。提供者が記録できるのは、対価の受領(compensate)だけです。",
        en="Ask the recipient for it. A provider can only record that it was paid (compensate).",
    )


class DutyStatementInvalid(Refusal):
    kind, code = Kind.INVALID, "exchange.duty-statement-invalid"
    text = Text(ja="義務の証跡を受け取れません。{ja}", en="The evidence of a duty cannot be taken: {en}")
    remedy = Text(
        ja="`renkei agreement fulfil --help` で書き方を見てください。",
        en="See how it is written with `renkei agreement fulfil --help`.",
    )
