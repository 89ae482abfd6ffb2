"""Refusals of the NGSI-LD endpoints."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text


class MediaTypeUnsupported(Refusal):
    kind, code = Kind.INVALID, "servers.media-type-unsupported"
    text = Text(
        ja="Content-Type「{stated}」の本文は受け付けません。",
        en="A body of the type “{stated}” is not taken here.",
    )
    remedy = Text(ja="{known} のどれかで送ってください。", en="Send one of {known}.")


class AcceptableMissing(Refusal):
    kind, code = Kind.INVALID, "servers.acceptable-missing"
    text = Text(
        ja="Accept「{accept}」に合う形では答えられません。",
        en="There is no answer of a type that fits “{accept}”.",
    )
    remedy = Text(ja="{known} のどれかを受け入れてください。", en="Accept one of {known}.")


class ResourceUnknown(Refusal):
    kind, code = Kind.MISSING, "servers.resource-unknown"
    text = Text(ja="{path} という資源はありません。", en="There is no resource {path}.")
    remedy = Text(
        ja="使えるパスは docs/reference/ngsi-ld.md にあります。",
        en="docs/reference/ngsi-ld.md lists the paths that there are.",
    )


class TenantUnknown(Refusal):
    kind, code = Kind.MISSING, "servers.tenant-unknown"
    text = Text(ja="テナント {tenant} はありません。", en="There is no tenant {tenant}.")
    remedy = Text(
        ja="NGSILD-Tenant には自組織の短い名前を書くか、ヘッダーを省いてください。",
        en="Name your organisation's short name in NGSILD-Tenant, or leave the header out.",
    )


class TenantOfAnother(Refusal):
    kind, code = Kind.DENIED, "servers.tenant-of-another"
    text = Text(
        ja="テナント {tenant} は別の組織のもので、このトークンでは使えません。",
        en="The tenant {tenant} is another organisation's; this token does not serve there.",
    )
    remedy = Text(
        ja="他の組織のエンティティは、契約を結んで NGSI-LD-PULL の転送で読んでください。",
        en="Read another's entities under an agreement, by a transfer of the format NGSI-LD-PULL.",
    )


class ParameterUnknown(Refusal):
    kind, code = Kind.INVALID, "servers.parameter-unknown"
    text = Text(ja="パラメーター {named} は使えません。", en="The parameter {named} is not known here.")
    remedy = Text(
        ja="使えるのは {known} です。綴りを確かめてください。", en="Known are {known}: check the spelling."
    )
