"""Refusals where data are fetched: shares, files, pulls."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text


class FileAddressAltered(Refusal):
    kind, code = Kind.DENIED, "servers.file-address-altered"
    text = Text(
        ja="このファイルのアドレスは、このノードが発行したものではありません。",
        en="This node did not give out this address of a file.",
    )
    remedy = Text(
        ja="共有の問い合わせをやり直し、返されたアドレスをそのまま使ってください。",
        en="Query the share again and use the address exactly as it is returned.",
    )


class FileAddressExpired(Refusal):
    kind, code = Kind.DENIED, "servers.file-address-expired"
    text = Text(
        ja="このファイルのアドレスは {expired} に失効しました。",
        en="This address of a file expired at {expired}.",
    )
    remedy = Text(
        ja="共有の問い合わせをやり直し、新しいアドレスを使ってください。",
        en="Query the share again and use the new address.",
    )


class FileSuperseded(Refusal):
    kind, code = Kind.DENIED, "servers.file-superseded"
    text = Text(
        ja="このファイルは、提供者が列の区分を改める前のもので、もう渡せません。",
        en="This file was made before the provider classed the columns anew, and is no longer handed out.",
    )
    remedy = Text(
        ja="共有の問い合わせをやり直し、新しいアドレスを使ってください。",
        en="Query the share again and use the new address.",
    )


class FileMissing(Refusal):
    kind, code = Kind.MISSING, "servers.file-missing"
    text = Text(
        ja="このファイルはもうありません。データが消去または更新されました。",
        en="This file is no longer here: the data were erased or renewed.",
    )
    remedy = Text(
        ja="共有の問い合わせをやり直し、今のファイルを読んでください。",
        en="Query the share again and read the files of today.",
    )


class ShareUnknown(Refusal):
    kind, code = Kind.MISSING, "servers.share-unknown"
    text = Text(
        ja="このトークンでは「{asked}」を読めません。読めるのは「{granted}」だけです。",
        en="This token does not open “{asked}”; it opens “{granted}” only.",
    )
    remedy = Text(
        ja="「{granted}」を指定するか、求めるデータセットの契約で得たトークンを使ってください。",
        en="Name “{granted}”, or use the token of the agreement for the dataset that you want.",
    )


class HistoryNotKept(Refusal):
    kind, code = Kind.INVALID, "servers.history-not-kept"
    text = Text(
        ja="過去の版や変更履歴は提供していません。消去されたデータが再び読めてしまうためです。",
        en="Past versions and changes are not served, since they would bring back data that were erased.",
    )
    remedy = Text(
        ja="版・日時の指定を外して、現在の版(版番号 {version})を読んでください。",
        en="Leave out versions and times and read the present version ({version}).",
    )


class PageMalformed(Refusal):
    kind, code = Kind.INVALID, "servers.page-malformed"
    text = Text(
        ja="一覧のページ指定を読み取れません: {why}。", en="The page asked for cannot be read: {why}."
    )
    remedy = Text(
        ja="maxResults は 0 以上の整数、pageToken は前の応答の nextPageToken をそのまま指定してください。",
        en="Give maxResults as a whole number from 0, and pageToken exactly as the nextPageToken of the last answer.",
    )


class ResponseFormatUnsupported(Refusal):
    kind, code = Kind.INVALID, "servers.response-format-unsupported"
    text = Text(
        ja="応答形式は parquet だけです。クライアントは「{asked}」を求めました。",
        en="The only response format is parquet; the client asked for “{asked}”.",
    )
    remedy = Text(
        ja="クライアントの use_delta_format の指定を外すか、responseformat に parquet を加えてください。",
        en="Leave out use_delta_format in the client, or add parquet to its responseformat.",
    )


class ExportFormUnknown(Refusal):
    kind, code = Kind.MISSING, "servers.export-form-unknown"
    text = Text(
        ja="カタログの書き出しに形式「{asked}」はありません。", en="A catalogue is not exported as “{asked}”."
    )
    remedy = Text(
        ja="アドレスの終わりを次のいずれかにしてください: {known}。",
        en="End the address with one of: {known}.",
    )


class TransferOfAnotherToken(Refusal):
    kind, code = Kind.DENIED, "servers.transfer-of-another-token"
    text = Text(
        ja="このトークンは別の転送のものです。",
        en="This token belongs to another transfer than the one addressed.",
    )
    remedy = Text(
        ja="転送のデータアドレスとそのトークンを、必ず対で使ってください。",
        en="Use a transfer's address together with the token that came with it.",
    )


class PullFormatUnknown(Refusal):
    kind, code = Kind.INVALID, "servers.pull-format-unknown"
    text = Text(ja="形式「{asked}」はありません。", en="There is no format “{asked}”.")
    remedy = Text(ja="次のいずれかを指定してください: {known}。", en="Ask for one of: {known}.")
