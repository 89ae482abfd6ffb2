"""Texts of the page itself, and the refusals that it can come to."""

from renkei.kernel.texts import Text
from renkei.wire import receipt as wire

TEXTS: dict[str, Text] = {
    "title": Text(ja="提供証明を確かめる", en="Verify a receipt"),
    "intro": Text(
        ja="データの提供者が応答に付けた署名付きの提供証明を確かめます。確かめるのはこのブラウザーの中だけで、何も送りません。ページを保存すれば、ネットワークなしでも使えます。",
        en="Verifies the signed receipt that a provider of data sent with an answer. It is verified in this browser alone and nothing is sent; saved as a file, the page works without a network.",
    ),
    "receipt": Text(ja="提供証明", en="Receipt"),
    "receipt-note": Text(
        ja="ヘッダー renkei-receipt の値 1 通。貼り付けるか、ファイルをここに置いてください。",
        en="One value of the header renkei-receipt. Paste it, or drop its file here.",
    ),
    "key": Text(ja="提供者の DID 文書または公開鍵", en="The provider's DID document or public key"),
    "key-note": Text(
        ja="信頼できる経路で得たもの。DID 文書(JSON)、JWK、PEM のいずれか。",
        en="Got in a way that you trust: a DID document (JSON), a JWK or PEM.",
    ),
    "data": Text(ja="照合するデータ(任意)", en="Data to compare (optional)"),
    "data-note": Text(
        ja="受け取ったファイルそのもの。SHA-256 を提供証明と比べます。",
        en="The file as you received it; its SHA-256 is compared with the receipt.",
    ),
    "verify": Text(ja="確かめる", en="Verify"),
    "good": Text(
        ja="署名は正しく、内容は提供者が署名したとおりです。",
        en="The signature is good: the receipt says what the provider signed.",
    ),
    "good-with-data": Text(
        ja="署名は正しく、データはこの提供証明のものです。",
        en="The signature is good, and the data are those that the receipt is of.",
    ),
    "not-checked": Text(
        ja="ここでは、契約の条件、提供証明の連なり、監査ログのヘッドの署名は確かめていません。それらは `renkei receipt verify` で確かめられます。",
        en="Not checked here: the agreement's terms, the chain of receipts and the signature of the log's head. `renkei receipt verify` checks them.",
    ),
    "says": Text(ja="内容", en="What it says"),
    "members": Text(ja="すべての項目", en="Every member"),
    "member": Text(ja="項目", en="Member"),
    "value": Text(ja="値", en="Value"),
}
INSECURE = (
    Text(
        ja="暗号化されていない接続で開いたので、ブラウザーが署名の検証をさせません。",
        en="The page was opened over an unencrypted connection, so the browser does not let it verify signatures.",
    ),
    Text(
        ja="https で開くか、ページを保存してファイルとして開いてください。",
        en="Open it over https, or save the page and open the file.",
    ),
)
NO_KEY = (
    Text(ja="提供者の鍵がありません。", en="The provider's key is missing."),
    Text(
        ja="DID 文書か公開鍵を貼り付けてください。提供者の `/orgs/組織/did.json` にあります。",
        en="Paste the DID document or the public key; it lies at the provider's `/orgs/<organisation>/did.json`.",
    ),
)

FAILED = (
    Text(ja="確かめられませんでした: {why}。", en="It could not be verified: {why}."),
    Text(
        ja="データのファイルを選び直し、もう一度試してください。それでも続くなら `renkei receipt verify` で確かめてください。",
        en="Choose the data file again and try once more; if it goes on, use `renkei receipt verify`.",
    ),
)


def page_refusals() -> dict[str, tuple[Text, Text]]:
    """Return what the page refuses and what to do then, by code."""
    shared = (
        wire.ReceiptMalformed,
        wire.WrongType,
        wire.KeyMalformed,
        wire.UnknownKey,
        wire.ReceiptAltered,
        wire.FromTheFuture,
        wire.AnotherAnswer,
        wire.AnswerUnstated,
    )
    own = {"page.insecure": INSECURE, "page.no-key": NO_KEY, "page.failed": FAILED}
    return own | {refusal.code: (refusal.text, refusal.remedy) for refusal in shared}
