"""Refusals about reading entities under an agreement."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text


class NotAnEntityType(Refusal):
    kind, code = Kind.DENIED, "exchange.not-an-entity-type"
    text = Text(
        ja="データセット {dataset} はエンティティの型から公開されたものではないため、NGSI-LD では読めません。",
        en="The dataset {dataset} was not published from a type of entity, so that it cannot be read by NGSI-LD.",
    )
    remedy = Text(
        ja="カタログに載っている形式(DeltaSharing-PULL など)で転送を開いてください。",
        en="Open a transfer in one of the formats that its catalogue entry names, such as DeltaSharing-PULL.",
    )


class EntitiesKeptBack(Refusal):
    kind, code = Kind.DENIED, "exchange.entities-kept-back"
    text = Text(
        ja="データセット {dataset} の条件のもとでは、エンティティを一つずつ示すことができません(行が出ないか、列 {column} が伏せられています)。",
        en="Under its terms no single entity of the dataset {dataset} can be shown: no rows leave, or the column {column} is kept back.",
    )
    remedy = Text(
        ja="カタログに載っている他の形式で読むか、ID が(仮名としてでも)出る条件を提供者に求めてください。",
        en="Read it in another format of its catalogue entry, or ask for terms under which ids leave, at least as pseudonyms.",
    )


class FormatDiffers(Refusal):
    kind, code = Kind.DENIED, "exchange.format-differs"
    text = Text(
        ja="この転送の形式は {format} です。ここで使えるのは {wanted} の転送だけです。",
        en="This transfer's format is {format}; only one of {wanted} can be used here.",
    )
    remedy = Text(
        ja="同じ契約のもとで {wanted} の転送を開き、その秘密の値を使ってください。",
        en="Open a transfer of {wanted} under the same agreement, and use its secret.",
    )


class QuestionHidden(Refusal):
    """A question whose answer would tell of what the terms keep back."""

    kind, code = Kind.DENIED, "exchange.question-hidden"
    text = Text(
        ja="{asked} は、この契約ではそのままの値では提供されないため、検索や並べ替えの条件にできません。",
        en="{asked} does not leave as it is under this agreement, so that nothing may be asked about it.",
    )
    remedy = Text(
        ja="契約の条件でマスクも除外もされない属性だけを条件に使ってください。",
        en="Ask only about attributes that leave unmasked; the terms of the agreement name those that do not.",
    )


class SubscriptionsTooMany(Refusal):
    """Each change of the owner's entities is held against all of them."""

    kind, code = Kind.DENIED, "exchange.subscriptions-too-many"
    text = Text(
        ja="この転送には、すでに上限の {most} 件の購読があります。",
        en="This transfer has {most} subscriptions already, the most that it may have.",
    )
    remedy = Text(
        ja="使わない購読をやめるか、一つの購読にまとめてください(`entities` と `watchedAttributes` には複数を書けます)。",
        en="End those that are not needed, or join several in one: `entities` and `watchedAttributes` take more than one.",
    )


class SubscriptionUnwanted(Refusal):
    """Something in a subscription that cannot be had under an agreement."""

    kind, code = Kind.DENIED, "exchange.subscription-unwanted"
    text = Text(
        ja="契約のもとでの購読では {member} は使えません。",
        en="A subscription under an agreement cannot have {member}.",
    )
    remedy = Text(
        ja="{member} を外して送り直してください。変化の前の値・削除の通知・リンク先は提供されません。",
        en="Leave {member} out. Values before a change, deletions and linked entities are not told under an agreement.",
    )
