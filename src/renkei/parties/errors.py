"""What this room refuses."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text


class SlugInvalid(Refusal):
    kind, code = Kind.INVALID, "parties.slug-invalid"
    text = Text(
        ja="「{slug}」は組織の短い名前として使えません。",
        en="“{slug}” cannot be an organisation's short name.",
    )
    remedy = Text(
        ja="英小文字・数字・ハイフンで 2〜41 文字、先頭は英小文字か数字にしてください。",
        en="Use 2 to 41 lower-case letters, digits and hyphens, starting with a letter or digit.",
    )


class SlugTaken(Refusal):
    kind, code = Kind.CONFLICT, "parties.slug-taken"
    text = Text(
        ja="短い名前「{slug}」の組織は既にあります。",
        en="An organisation with the short name “{slug}” exists already.",
    )
    remedy = Text(
        ja="別の短い名前を選ぶか、`renkei org list` で既存の組織を確かめてください。",
        en="Choose another short name, or look at the existing ones with `renkei org list`.",
    )


class NameInvalid(Refusal):
    kind, code = Kind.INVALID, "parties.name-invalid"
    text = Text(
        ja="組織の名称が空か、200 文字を超えています。",
        en="The organisation's name is empty or longer than 200 characters.",
    )
    remedy = Text(
        ja="日本語と英語の名称をそれぞれ 1〜200 文字で指定してください。",
        en="Give a Japanese and an English name of 1 to 200 characters each.",
    )


class OrganisationMissing(Refusal):
    kind, code = Kind.MISSING, "parties.organisation-missing"
    text = Text(
        ja="このノードに組織「{name}」はありません。", en="There is no organisation “{name}” on this node."
    )
    remedy = Text(
        ja="`renkei org list` で名前を確かめてください。", en="Look at the names with `renkei org list`."
    )


class OrganisationNeeded(Refusal):
    kind, code = Kind.DENIED, "parties.organisation-needed"
    text = Text(
        ja="この操作は組織として行うもので、運用者のトークンではできません。",
        en="This is done in the name of an organisation; an operator's token cannot do it.",
    )
    remedy = Text(
        ja="その組織のトークン(`renkei org token`)を使ってください。",
        en="Use a token of that organisation (`renkei org token`).",
    )


class LeadInvalid(Refusal):
    kind, code = Kind.INVALID, "parties.lead-invalid"
    text = Text(
        ja="予告時間 {minutes} 分は使えません。{least}〜{most} 分にしてください。",
        en="A lead time of {minutes} minutes cannot be used: it must be {least} to {most} minutes.",
    )
    remedy = Text(
        ja="相手が古い DID 文書を持っている間は待つ必要があります。鍵が漏れたときは `--now` を使ってください。",
        en="Peers need that time to see the new DID document. For a key that has leaked use `--now`.",
    )


class OverlapInvalid(Refusal):
    kind, code = Kind.INVALID, "parties.overlap-invalid"
    text = Text(
        ja="重なりの期間 {hours} 時間は使えません。{least}〜{most} 時間にしてください。",
        en="An overlap of {hours} hours cannot be used: it must be {least} to {most} hours.",
    )
    remedy = Text(
        ja="前の鍵で署名した最後のトークンが届くまで、前の鍵を文書に残してください。ふつうは 24 時間です。",
        en="Keep the former key in the document until the last token it signed has arrived; 24 hours is usual.",
    )


class KeyWaiting(Refusal):
    kind, code = Kind.CONFLICT, "parties.key-waiting"
    text = Text(
        ja="鍵の交換は既に進んでいます。鍵 {name} が {signs_from} から署名に使われます。",
        en="A rotation is under way already: the key {name} will sign from {signs_from} on.",
    )
    remedy = Text(
        ja="その時刻を過ぎてから改めて交換するか、鍵が漏れたときは `--now` を付けてください。",
        en="Rotate again after that time, or, when a key has leaked, with `--now`.",
    )


class SecretMissing(Refusal):
    kind, code = Kind.UNAVAILABLE, "parties.secret-missing"
    text = Text(
        ja="鍵庫({vault})に秘密「{name}」がありません。",
        en="The vault ({vault}) does not hold the secret “{name}”.",
    )
    remedy = Text(
        ja="`RENKEI_VAULT` が以前と同じか確かめ、鍵庫をバックアップから戻してください。戻せなければ `renkei org rotate-key --now` で新しい鍵に替えてください。",
        en="Check that `RENKEI_VAULT` is what it was, and restore the vault from its backup; where there is none, replace the key with `renkei org rotate-key --now`.",
    )


class VaultUnusable(Refusal):
    kind, code = Kind.UNAVAILABLE, "parties.vault-unusable"
    text = Text(ja="鍵庫 {vault} を使えません(「{why}」)。", en="The vault {vault} cannot be used (“{why}”).")
    remedy = Text(
        ja="そのフォルダーがあり、ノードの利用者が読み書きできるか確かめてください(`RENKEI_VAULT`)。",
        en="Check that the folder exists and that the node's user can read and write it (`RENKEI_VAULT`).",
    )


class LabelInvalid(Refusal):
    kind, code = Kind.INVALID, "parties.label-invalid"
    text = Text(
        ja="トークンの用途名が空か、100 文字を超えています。",
        en="The token's label is empty or longer than 100 characters.",
    )
    remedy = Text(
        ja="後で見分けられる名前(例: gateway-3)を付けてください。",
        en="Give it a name by which you will know it later, such as gateway-3.",
    )


class ScopesEmpty(Refusal):
    kind, code = Kind.INVALID, "parties.scopes-empty"
    text = Text(
        ja="権限が一つもないトークンは発行できません。", en="A token without any scope cannot be issued."
    )
    remedy = Text(
        ja="ingest、exchange、publish、audit から一つ以上選んでください。",
        en="Choose at least one of ingest, exchange, publish and audit.",
    )


class ExpiryPast(Refusal):
    kind, code = Kind.INVALID, "parties.expiry-past"
    text = Text(
        ja="有効期限 {expires_at} は既に過ぎています。", en="The expiry time {expires_at} has already passed."
    )
    remedy = Text(ja="これからの日時を指定してください。", en="Give a time that is still to come.")


class TokenMissing(Refusal):
    kind, code = Kind.MISSING, "parties.token-missing"
    text = Text(ja="トークン「{token_id}」はありません。", en="There is no token “{token_id}”.")
    remedy = Text(
        ja="`renkei org tokens` で ID を確かめてください。",
        en="Look at the token ids with `renkei org tokens`.",
    )


class TokenUnknown(Refusal):
    kind, code = Kind.UNKNOWN_CALLER, "parties.token-unknown"
    text = Text(
        ja="このトークンはこのノードが発行したものではありません。",
        en="This token is not one that this node issued.",
    )
    remedy = Text(
        ja="写し間違いがないか、別のノードのものでないかを確かめ、必要なら組織の管理者に再発行を頼んでください。",
        en="Check that it was copied whole and belongs to this node; else ask your administrator for a new one.",
    )


class TokenRevoked(Refusal):
    kind, code = Kind.UNKNOWN_CALLER, "parties.token-revoked"
    text = Text(
        ja="トークン {token_id} は {revoked_at} に取り消されました。",
        en="Token {token_id} was revoked at {revoked_at}.",
    )
    remedy = Text(
        ja="組織の管理者に新しいトークンの発行を頼んでください。",
        en="Ask your organisation's administrator for a new one.",
    )


class TokenExpired(Refusal):
    kind, code = Kind.UNKNOWN_CALLER, "parties.token-expired"
    text = Text(
        ja="トークン {token_id} は {expires_at} に期限が切れました。",
        en="Token {token_id} expired at {expires_at}.",
    )
    remedy = Text(
        ja="組織の管理者に新しいトークンの発行を頼んでください。",
        en="Ask your organisation's administrator for a new one.",
    )


class ScopeMissing(Refusal):
    kind, code = Kind.DENIED, "parties.scope-missing"
    text = Text(
        ja="トークン {token_id} には「{scope}」の権限がありません。",
        en="Token {token_id} does not have the scope “{scope}”.",
    )
    remedy = Text(
        ja="「{scope}」を含むトークンを組織の管理者に発行してもらってください。",
        en="Ask your organisation's administrator for a token with the scope “{scope}”.",
    )


class PeerTokenMalformed(Refusal):
    kind, code = Kind.UNKNOWN_CALLER, "parties.peer-token-malformed"
    text = Text(
        ja="相手ノードのトークンが定められた形ではありません: {why}。",
        en="The peer's token does not have the required form: {why}.",
    )
    remedy = Text(
        ja="自己発行 ID トークン(ES256、iss = sub = 自組織の DID、aud = 宛先の DID、jti・iat・exp、kid)を送ってください。",
        en="Send a self-issued ID token: ES256, iss = sub = your DID, aud = the receiver's DID, with jti, iat, exp and kid.",
    )


class PeerTokenExpired(Refusal):
    kind, code = Kind.UNKNOWN_CALLER, "parties.peer-token-expired"
    text = Text(
        ja="相手ノードのトークンは今の時刻({now})では有効でありません: {why}。",
        en="The peer's token is not valid at this time ({now}): {why}.",
    )
    remedy = Text(
        ja="時計を合わせ、有効期間 5 分以内の新しいトークンで送り直してください。",
        en="Set the clock right and send a new token that lives for at most 5 minutes.",
    )


class PeerTokenReplayed(Refusal):
    kind, code = Kind.UNKNOWN_CALLER, "parties.peer-token-replayed"
    text = Text(ja="このトークンは既に一度使われています。", en="This token has been used once already.")
    remedy = Text(
        ja="要求ごとに新しい jti でトークンを作ってください。",
        en="Make a token with a new jti for each request.",
    )


class PeerTokenUntrusted(Refusal):
    kind, code = Kind.UNKNOWN_CALLER, "parties.peer-token-untrusted"
    text = Text(
        ja="トークンが {issuer} のものだと確かめられません(「{why}」)。",
        en="The token cannot be shown to be from {issuer} (“{why}”).",
    )
    remedy = Text(
        ja="DID 文書の id、capabilityInvocation の鍵、署名に使った鍵の kid が合っているか確かめてください。",
        en="Check that the DID document's id, its capabilityInvocation key and the kid that signed go together.",
    )


class VouchInvalid(Refusal):
    kind, code = Kind.INVALID, "parties.vouch-invalid"
    text = Text(
        ja="これは登録できません({what})。{ja}",
        en="This cannot be entered ({what}): {en}",
    )
    remedy = Text(
        ja="`renkei org vouch --help` で書き方を見てください。",
        en="See how it is written with `renkei org vouch --help`.",
    )


class VouchMissing(Refusal):
    kind, code = Kind.MISSING, "parties.vouch-missing"
    text = Text(
        ja="確認の記録 {vouch} は見つかりません。", en="Nothing that was vouched for has the id {vouch}."
    )
    remedy = Text(
        ja="`renkei org vouched` で ID を確かめてください。", en="Look at the ids with `renkei org vouched`."
    )


class StatementUntrusted(Refusal):
    kind, code = Kind.UNKNOWN_CALLER, "parties.statement-untrusted"
    text = Text(
        ja="この陳述が {issuer} の署名したものだと確かめられません(「{why}」)。",
        en="The statement cannot be shown to be signed by {issuer} (“{why}”).",
    )
    remedy = Text(
        ja="DID 文書の capabilityInvocation にある鍵で、ES256 で署名し直してください。",
        en="Sign it with ES256 and a key in the capabilityInvocation of the DID document.",
    )
