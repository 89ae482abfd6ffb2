"""Words for the members of the rooms' enumerations: states, sides, categories, networks."""

from enum import Enum

from renkei.context import api as context
from renkei.exchange import api as exchange
from renkei.federation import api as federation
from renkei.kernel.texts import Text
from renkei.lake import api as lake
from renkei.parties import api as parties
from renkei.privacy import api as privacy
from renkei.telemetry import api as telemetry

WORDS: dict[type[Enum], dict[str, Text]] = {
    context.Kind: {
        "Property": Text(ja="プロパティ", en="property"),
        "Relationship": Text(ja="関係", en="relationship"),
        "GeoProperty": Text(ja="位置", en="place"),
        "LanguageProperty": Text(ja="多言語", en="languages"),
        "VocabProperty": Text(ja="語彙", en="vocabulary"),
        "JsonProperty": Text(ja="JSON", en="JSON"),
        "ListProperty": Text(ja="リスト", en="list"),
        "ListRelationship": Text(ja="関係のリスト", en="list of relationships"),
    },
    context.Status: {
        "active": Text(ja="有効", en="active"),
        "paused": Text(ja="停止中", en="paused"),
        "expired": Text(ja="期限切れ", en="expired"),
    },
    context.Circuit: {
        "closed": Text(ja="正常", en="working"),
        "open": Text(ja="休止中", en="left alone"),
        "trying": Text(ja="試行中", en="being tried"),
    },
    privacy.Delivery: {
        "rows": Text(ja="行のまま", en="rows"),
        "aggregates": Text(ja="集計だけ", en="aggregates only"),
        "in-place": Text(ja="渡さず、問い合わせに答える", en="not at all; queries are answered"),
    },
    privacy.MaskKind: {
        "redact": Text(ja="値を伏せる", en="values blanked"),
        "hash": Text(ja="仮名にする", en="pseudonyms"),
        "truncate": Text(ja="先頭の文字だけ", en="first characters only"),
        "round": Text(ja="丸める", en="rounded"),
        "year": Text(ja="年だけ", en="year only"),
    },
    privacy.TimeStep: {
        "PT1M": Text(ja="1 分単位", en="to the minute"),
        "PT5M": Text(ja="5 分単位", en="to five minutes"),
        "PT10M": Text(ja="10 分単位", en="to ten minutes"),
        "PT15M": Text(ja="15 分単位", en="to the quarter of an hour"),
        "PT30M": Text(ja="30 分単位", en="to the half hour"),
        "PT1H": Text(ja="1 時間単位", en="to the hour"),
        "P1D": Text(ja="日単位", en="to the day"),
        "P1M": Text(ja="月単位", en="to the month"),
        "P1Y": Text(ja="年単位", en="to the year"),
    },
    exchange.Role: {
        "provider": Text(ja="提供者", en="provider"),
        "consumer": Text(ja="利用者", en="consumer"),
    },
    exchange.NegotiationState: {
        "REQUESTED": Text(ja="申し込み", en="requested"),
        "OFFERED": Text(ja="提示", en="offered"),
        "ACCEPTED": Text(ja="受諾", en="accepted"),
        "AGREED": Text(ja="合意", en="agreed"),
        "VERIFIED": Text(ja="確認済み", en="verified"),
        "FINALIZED": Text(ja="成立", en="finalized"),
        "TERMINATED": Text(ja="打ち切り", en="terminated"),
    },
    exchange.TransferState: {
        "REQUESTED": Text(ja="申し込み", en="requested"),
        "STARTED": Text(ja="転送中", en="started"),
        "SUSPENDED": Text(ja="一時停止", en="suspended"),
        "COMPLETED": Text(ja="完了", en="completed"),
        "TERMINATED": Text(ja="打ち切り", en="terminated"),
    },
    exchange.MessageKind: {
        "contract-request": Text(ja="契約の申し込み", en="contract request"),
        "contract-offer": Text(ja="条件の提示", en="contract offer"),
        "contract-accepted": Text(ja="条件の受諾", en="acceptance of an offer"),
        "contract-agreement": Text(ja="契約", en="contract agreement"),
        "contract-verification": Text(ja="契約の確認", en="verification of an agreement"),
        "contract-finalized": Text(ja="契約の成立", en="finalization of an agreement"),
        "contract-termination": Text(ja="交渉の打ち切り", en="termination of a negotiation"),
        "contract-duty-fulfilment": Text(ja="義務の履行の証跡", en="evidence of a fulfilled duty"),
        "transfer-request": Text(ja="転送の申し込み", en="transfer request"),
        "transfer-start": Text(ja="転送の開始", en="transfer start"),
        "transfer-suspension": Text(ja="転送の一時停止", en="transfer suspension"),
        "transfer-completion": Text(ja="転送の完了", en="transfer completion"),
        "transfer-termination": Text(ja="転送の打ち切り", en="transfer termination"),
    },
    exchange.DutyState: {
        "open": Text(ja="未履行", en="open"),
        "fulfilled": Text(ja="履行済み", en="fulfilled"),
        "overdue": Text(ja="期限超過", en="overdue"),
    },
    exchange.Turn: {
        "ours": Text(ja="自組織", en="your organisation"),
        "peer": Text(ja="相手", en="the other side"),
        "node": Text(ja="このノード(自動)", en="this node, by itself"),
    },
    exchange.Outcome: {
        "taken": Text(ja="相手に届いた", en="taken by the other side"),
        "waiting": Text(ja="送信待ち", en="waiting to be sent"),
        "failing": Text(ja="届かず再試行中", en="failing, tried again"),
        "untaken": Text(ja="届かなかった", en="never taken"),
    },
    exchange.Event: {
        "said": Text(ja="メッセージ", en="message"),
        "retried": Text(ja="すぐに送り直すよう指示", en="told the node to try again at once"),
        "given-up": Text(
            ja="届けられず、ノードが打ち切り", en="given up by the node: the message could not be delivered"
        ),
    },
    exchange.Change: {
        "same": Text(ja="同じ", en="same"),
        "added": Text(ja="追加", en="added"),
        "removed": Text(ja="削除", en="removed"),
        "changed": Text(ja="変更", en="changed"),
    },
    exchange.Basis: {
        "published": Text(ja="公開したオファーの条件", en="Terms of the published offer"),
        "ours": Text(ja="前にこちらが示した条件", en="Terms that we proposed before"),
        "theirs": Text(ja="前に相手が示した条件", en="Terms that the other side proposed before"),
    },
    federation.Standing: {
        "current": Text(ja="現行", en="current"),
        "stale": Text(ja="未確認", en="stale"),
        "withdrawn": Text(ja="取り下げ", en="withdrawn"),
    },
    privacy.Category: {
        "non-personal": Text(ja="個人に関わらない", en="not personal"),
        "personal-related": Text(ja="個人関連情報", en="personal-related"),
        "personal": Text(ja="個人情報", en="personal"),
        "sensitive": Text(ja="要配慮個人情報", en="sensitive"),
    },
    privacy.Role: {
        "plain": Text(ja="–", en="–"),
        "subject": Text(ja="対象を名指す", en="names the subject"),
        "latitude": Text(ja="緯度", en="latitude"),
        "longitude": Text(ja="経度", en="longitude"),
        "place": Text(ja="場所がわかる", en="tells a place"),
        "time": Text(ja="時刻", en="time"),
    },
    lake.ColumnType: {
        "text": Text(ja="文字", en="text"),
        "integer": Text(ja="整数", en="whole number"),
        "real": Text(ja="実数", en="number"),
        "flag": Text(ja="真偽", en="yes or no"),
        "instant": Text(ja="時刻", en="time"),
        "bytes": Text(ja="バイト列", en="bytes"),
    },
    telemetry.Network: {
        "helium": Text(ja="Helium", en="Helium"),
        "chirpstack": Text(ja="ChirpStack", en="ChirpStack"),
        "the-things-stack": Text(ja="The Things Stack", en="The Things Stack"),
    },
    parties.Scope: {
        "ingest": Text(ja="アップリンクの送信", en="send uplinks"),
        "exchange": Text(ja="閲覧・交渉・取得", en="look, negotiate, read"),
        "publish": Text(ja="公開・決定", en="publish and decide"),
        "audit": Text(ja="監査の証明", en="audit proofs"),
        "context-read": Text(ja="エンティティの閲覧", en="reading entities"),
        "context-write": Text(ja="エンティティの更新", en="writing entities"),
    },
}
