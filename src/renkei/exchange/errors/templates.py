"""Refusals about ready terms."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text


class TemplateMissing(Refusal):
    kind, code = Kind.MISSING, "exchange.template-missing"
    text = Text(ja="ひな型「{template}」はありません。", en="There is no template “{template}”.")
    remedy = Text(ja="使えるのは {known} です。", en="There are {known}.")


class TemplateUnfit(Refusal):
    kind, code = Kind.INVALID, "exchange.template-unfit"
    text = Text(
        ja="ひな型「{template}」には、{roles} の役割をもつ列がデータセットに必要です。",
        en="The template “{template}” needs columns of the dataset with the role {roles}.",
    )
    remedy = Text(
        ja="データセットの列の役割を見直して改めるか、ほかのひな型を選んでください。",
        en="Revise the dataset with the roles of its columns set, or choose another template.",
    )
