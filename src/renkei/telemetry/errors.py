"""Refusals of the telemetry room."""

from typing import Any

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text


class DeviceUnknown(Refusal):
    kind, code = Kind.MISSING, "telemetry.unknown-device"
    text = Text(
        ja="登録されていないデバイスのアップリンクなので、保存しませんでした({why})。",
        en="The uplink was not stored: its device is not enrolled ({why}).",
    )
    remedy = Text(
        ja="デバイスの所有者が `renkei device enrol` で EUI とネットワークを登録してから送り直してください。",
        en="Let the device's owner enrol its EUI and network with `renkei device enrol`, then send it again.",
    )


class ClockFarOff(Refusal):
    kind, code = Kind.INVALID, "telemetry.clock-far-off"
    text = Text(
        ja="受信時刻がありえない値なので、保存しませんでした({why})。",
        en="The uplink was not stored: its time of reception cannot be right ({why}).",
    )
    remedy = Text(
        ja="ネットワークサーバーとゲートウェイの時計を合わせてください。2015年から1時間先までの時刻を受け付けます。",
        en="Set the clocks of the network server and the gateways; times from 2015 up to one hour ahead are taken.",
    )


class JsonBroken(Refusal):
    kind, code = Kind.INVALID, "telemetry.broken-json"
    text = Text(
        ja="JSON として読めないため、保存しませんでした({why})。",
        en="The message was not stored: it is not JSON ({why}).",
    )
    remedy = Text(
        ja="ネットワークサーバーの出力形式を JSON(UTF-8)にしてください。",
        en="Set the network server's output to JSON in UTF-8.",
    )


class ShapeWrong(Refusal):
    kind, code = Kind.INVALID, "telemetry.wrong-shape"
    text = Text(
        ja="このネットワークのアップリンクの形をしていないため、保存しませんでした({why})。",
        en="The message was not stored: it does not have the shape of this network's uplinks ({why}).",
    )
    remedy = Text(
        ja="送り先のネットワーク名と、示された項目を確かめてください。",
        en="Check that it was sent to the right network's address, and the field that is named.",
    )


class MessageOversize(Refusal):
    kind, code = Kind.TOO_LARGE, "telemetry.oversize"
    text = Text(
        ja="メッセージが大きすぎるため、読まずに捨てました({why})。",
        en="The message is too large and was dropped unread ({why}).",
    )
    remedy = Text(
        ja="一つのメッセージに一つのアップリンクだけを入れてください。上限は RENKEI_MAX_BODY です。",
        en="Put one uplink in one message; RENKEI_MAX_BODY is the limit.",
    )


class MessageUnstorable(Refusal):
    kind, code = Kind.UNAVAILABLE, "telemetry.unstorable"
    text = Text(
        ja="ノード内部の誤りで保存できませんでした({why})。",
        en="A fault inside the node kept the message from being stored ({why}).",
    )
    remedy = Text(
        ja="運用者はログで原因を調べ、直してからネットワークサーバーに再送させてください。",
        en="The operator finds the cause in the log; have the network server send it again once it is mended.",
    )


class DeviceTaken(Refusal):
    kind, code = Kind.CONFLICT, "telemetry.device-taken"
    text = Text(
        ja="{network} のデバイス {eui} はすでに登録されています。",
        en="The device {eui} of {network} is already enrolled.",
    )
    remedy = Text(
        ja="EUI を確かめてください。所有者が変わったときは、先の所有者に `renkei device retire` を頼んでください。",
        en="Check the EUI; if the device changed hands, ask its former owner to run `renkei device retire`.",
    )


class DeviceMissing(Refusal):
    kind, code = Kind.MISSING, "telemetry.device-missing"
    text = Text(
        ja="この組織にデバイス {device} はありません。", en="This organisation has no device {device}."
    )
    remedy = Text(
        ja="`renkei device list` で ID を確かめてください。", en="Look the id up with `renkei device list`."
    )


class EuiMalformed(Refusal):
    kind, code = Kind.INVALID, "telemetry.eui-malformed"
    text = Text(ja="「{eui}」はデバイスの EUI ではありません。", en="“{eui}” is not a device's EUI.")
    remedy = Text(
        ja="16桁の16進数(例 0018B20000020CBC)で指定してください。",
        en="Give 16 hexadecimal digits, such as 0018B20000020CBC.",
    )


class NameUnusable(Refusal):
    kind, code = Kind.INVALID, "telemetry.name-unusable"
    text = Text(ja="デバイスの名前が空か、100字を超えています。", en="A device's name is empty or too long.")
    remedy = Text(ja="1字から100字の名前にしてください。", en="Give a name of 1 to 100 characters.")


class TableMissing(Refusal):
    kind, code = Kind.MISSING, "telemetry.table-missing"
    text = Text(
        ja="組織 {owner} はまだデバイスを登録していないため、アップリンクの表がありません。",
        en="Organisation {owner} has enrolled no device yet, so there is no table of its uplinks.",
    )
    remedy = Text(
        ja="まず `renkei device enrol` でデバイスを登録してください。",
        en="Enrol a device first with `renkei device enrol`.",
    )


_OF_MESSAGES: tuple[type[Refusal], ...] = (
    DeviceUnknown,
    ClockFarOff,
    JsonBroken,
    ShapeWrong,
    MessageOversize,
    MessageUnstorable,
)


def refusal_of(code: str, **facts: Any) -> Refusal:
    """Return the refusal that a refused message's code stands for. Raises KeyError for any other code."""
    return {kind.code: kind for kind in _OF_MESSAGES}[code](**facts)
