"""Refusals of the context room."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text


class EntityExists(Refusal):
    kind, code = Kind.CONFLICT, "context.entity-exists"
    text = Text(ja="エンティティ {entity} はすでにあります。", en="There already is an entity {entity}.")
    remedy = Text(
        ja="別の ID を使うか、更新(PATCH、またはバッチの upsert)にしてください。",
        en="Use another id, or update it instead (PATCH, or a batch upsert).",
    )


class EntityMissing(Refusal):
    kind, code = Kind.MISSING, "context.entity-missing"
    text = Text(ja="エンティティ {entity} は見つかりません。", en="There is no entity {entity}.")
    remedy = Text(
        ja="ID とテナントを確かめるか、先にエンティティを作成してください。",
        en="Check the id and the tenant, or create the entity first.",
    )


class AttributeMissing(Refusal):
    kind, code = Kind.MISSING, "context.attribute-missing"
    text = Text(
        ja="エンティティ {entity} に属性 {attribute}(データセット: {dataset})はありません。",
        en="The entity {entity} has no attribute {attribute} (dataset {dataset}).",
    )
    remedy = Text(
        ja="属性名の展開(@context)と datasetId を確かめてください。",
        en="Check how the name expands (the @context) and the datasetId.",
    )


class RequestInvalid(Refusal):
    """Anything in a request that breaks the standard's rules; `why` names the place and the rule, in English as the standard does."""

    kind, code = Kind.INVALID, "context.request-invalid"
    text = Text(ja="NGSI-LD の規則に合いません: {why}。", en="This breaks a rule of NGSI-LD: {why}.")
    remedy = Text(
        ja="示された箇所を ETSI GS CIM 009 の規則に合わせて送り直してください。",
        en="Mend the place named so that it follows ETSI GS CIM 009, and send it again.",
    )


class QueryMalformed(Refusal):
    kind, code = Kind.INVALID, "context.query-malformed"
    text = Text(
        ja="検索条件 {parameter} を読み取れません({place} 文字目付近): {why}。",
        en="The query parameter {parameter} cannot be read (near character {place}): {why}.",
    )
    remedy = Text(
        ja="条件の書き方(q・geoQ・scopeQ・型の選択)は docs/reference/ngsi-ld.md にあります。",
        en="docs/reference/ngsi-ld.md shows how q, geo, scope and type conditions are written.",
    )


class SubscriptionExists(Refusal):
    kind, code = Kind.CONFLICT, "context.subscription-exists"
    text = Text(
        ja="サブスクリプション {subscription} はすでにあります。",
        en="There already is a subscription {subscription}.",
    )
    remedy = Text(
        ja="別の ID にするか、PATCH で変更してください。", en="Use another id, or change it with PATCH."
    )


class SubscriptionMissing(Refusal):
    kind, code = Kind.MISSING, "context.subscription-missing"
    text = Text(
        ja="サブスクリプション {subscription} は見つかりません。",
        en="There is no subscription {subscription}.",
    )
    remedy = Text(
        ja="ID とテナントを確かめてください。GET /ngsi-ld/v1/subscriptions で一覧できます。",
        en="Check the id and the tenant; GET /ngsi-ld/v1/subscriptions lists them.",
    )


class LdContextInvalid(Refusal):
    """A JSON-LD context that cannot be what it says; `why` names the place, in English as the standard does."""

    kind, code = Kind.INVALID, "context.ld-context-invalid"
    text = Text(
        ja="@context を JSON-LD として解釈できません: {why}。",
        en="This @context makes no JSON-LD sense: {why}.",
    )
    remedy = Text(
        ja="@context を JSON-LD 1.1 の規則に合わせて直してください。大きさと入れ子の上限は docs/reference/ngsi-ld.md にあります。",
        en="Mend the @context so that it follows JSON-LD 1.1; docs/reference/ngsi-ld.md states how large and how deep it may be.",
    )


class LdContextUnavailable(Refusal):
    """A context of somebody else that could not be fetched (clause 5.5.2, LdContextNotAvailable)."""

    kind, code = Kind.UNAVAILABLE, "context.ld-context-unavailable"
    text = Text(
        ja="@context {url} を取得できませんでした: {why}",
        en="The @context {url} could not be fetched: {why}",
    )
    remedy = Text(
        ja="URL を確かめ、しばらくしてから送り直してください。外へ出られないノードでは、運用者が `renkei context load` で登録できます。",
        en="Check the URL and send the request again in a while. Where the node cannot reach it, its operator can lay it in with `renkei context load`.",
    )


class QueryTooComplex(Refusal):
    kind, code = Kind.TOO_LARGE, "context.query-too-complex"
    text = Text(
        ja="検索に {seconds} 秒以上かかるため、途中で止めました。",
        en="The query was stopped because it took longer than {seconds} seconds.",
    )
    remedy = Text(
        ja="型や属性の条件で対象を絞り、正規表現や値の中のパスを減らしてください。",
        en="Narrow it by type or attribute, and use fewer patterns and paths into values.",
    )


class RegistrationExists(Refusal):
    kind, code = Kind.CONFLICT, "context.registration-exists"
    text = Text(
        ja="登録 {registration} はすでにあります。", en="There already is a registration {registration}."
    )
    remedy = Text(
        ja="別の ID で登録するか、PATCH で更新してください。", en="Register under another id, or PATCH it."
    )


class RegistrationMissing(Refusal):
    kind, code = Kind.MISSING, "context.registration-missing"
    text = Text(ja="登録 {registration} は見つかりません。", en="There is no registration {registration}.")
    remedy = Text(ja="ID とテナントを確かめてください。", en="Check the id and the tenant.")


class LdContextMissing(Refusal):
    kind, code = Kind.MISSING, "context.ld-context-missing"
    text = Text(
        ja="@context {named} はこのノードにありません。", en="This node keeps no @context {named} for you."
    )
    remedy = Text(
        ja="GET /ngsi-ld/v1/jsonldContexts で、使える ID と URL を確かめてください。",
        en="GET /ngsi-ld/v1/jsonldContexts lists the ids and addresses there are.",
    )


class LdContextAbsent(Refusal):
    kind, code = Kind.INVALID, "context.ld-context-absent"
    text = Text(
        ja="@context を持つ JSON オブジェクトではありません。", en="This is no JSON object with an @context."
    )
    remedy = Text(
        ja='{{"@context": …}} の形で送ってください。', en='Send an object of the form {{"@context": …}}.'
    )


class LdContextNotReloadable(Refusal):
    kind, code = Kind.INVALID, "context.ld-context-not-reloadable"
    text = Text(
        ja="{named} は取得した @context(Cached)ではないので、再取得できません。",
        en="{named} is no @context that was fetched (Cached), so it cannot be fetched again.",
    )
    remedy = Text(
        ja="reload を付けずに削除するか、取得した @context の ID か URL を指定してください。",
        en="Delete it without reload, or name the id or address of one that was fetched.",
    )


class LdContextProtected(Refusal):
    kind, code = Kind.INVALID, "context.ld-context-protected"
    text = Text(
        ja="コアの @context は NGSI-LD の一部で、削除できません。",
        en="The core @context is part of NGSI-LD and cannot be deleted.",
    )
    remedy = Text(ja="自分で追加した @context を指定してください。", en="Name an @context of your own.")


class AttributesKept(Refusal):
    """Of one entity in a batch: the rest of it was written."""

    kind, code = Kind.CONFLICT, "context.attributes-kept"
    text = Text(
        ja="エンティティ {entity} の属性 {attributes} はすでにあり、noOverwrite のため元のまま残しました。",
        en="The attributes {attributes} of {entity} were there already and, with noOverwrite, were kept as they are.",
    )
    remedy = Text(
        ja="上書きするときは noOverwrite を付けずに送ってください。",
        en="Leave noOverwrite out to overwrite them.",
    )


class TooManyLinked(Refusal):
    kind, code = Kind.TOO_LARGE, "context.too-many-linked"
    text = Text(
        ja="リンク先のエンティティが {most} 件を超えるため、まとめて返せません。",
        en="More than {most} linked entities would have to be shown.",
    )
    remedy = Text(
        ja="joinLevel を下げるか、1 ページの件数を減らしてください。",
        en="Ask for fewer levels (joinLevel) or a smaller page.",
    )


class TypeUnknown(Refusal):
    kind, code = Kind.MISSING, "context.type-unknown"
    text = Text(ja="型 {iri} のエンティティはありません。", en="No entity has the type {iri}.")
    remedy = Text(
        ja="GET /ngsi-ld/v1/types で型の一覧を、Link ヘッダーの @context で名前の展開を確かめてください。",
        en="GET /ngsi-ld/v1/types lists the types; check how the name expands (the @context in the Link header).",
    )


class AttributeUnknown(Refusal):
    kind, code = Kind.MISSING, "context.attribute-unknown"
    text = Text(ja="属性 {iri} を持つエンティティはありません。", en="No entity has the attribute {iri}.")
    remedy = Text(
        ja="GET /ngsi-ld/v1/attributes で属性の一覧を、Link ヘッダーの @context で名前の展開を確かめてください。",
        en="GET /ngsi-ld/v1/attributes lists them; check how the name expands (the @context in the Link header).",
    )


class InstanceMissing(Refusal):
    kind, code = Kind.MISSING, "context.instance-missing"
    text = Text(
        ja="エンティティ {entity} の属性 {attribute} に、インスタンス {instance} はありません。",
        en="The attribute {attribute} of the entity {entity} has no instance {instance}.",
    )
    remedy = Text(
        ja="時系列を取得し直し、そこにある instanceId を使ってください。",
        en="Read the temporal evolution again and use an instanceId from there.",
    )


class FeedExists(Refusal):
    kind, code = Kind.CONFLICT, "context.feed-exists"
    text = Text(
        ja="型 {type} から表 {name} への書き出しはすでにあります。",
        en="The type {type} is already published as the table {name}.",
    )
    remedy = Text(
        ja="別の表名を指定するか、すでにある表を使ってください。",
        en="Give the table another name, or use the one that is there.",
    )


class RetentionInvalid(Refusal):
    kind, code = Kind.INVALID, "context.retention-invalid"
    text = Text(
        ja="履歴の保存日数 {days} は使えません(1 から {most})。",
        en="History cannot be kept for {days} days (1 to {most}).",
    )
    remedy = Text(
        ja="1 以上の日数を指定するか、期限なし(forever)にしてください。",
        en="Name a number of days from 1 on, or keep it for ever.",
    )
