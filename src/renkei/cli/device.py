"""`renkei device`: an organisation's devices, and what came in from them."""

from typing import Annotated

import typer

from renkei.cli import output
from renkei.cli.output import told
from renkei.kernel.texts import Text
from renkei.telemetry.types import Network

app = typer.Typer(help=told(ja="デバイスと受信状況。", en="Devices and what came in."), no_args_is_help=True)

COLUMNS = {
    "id": Text(ja="ID", en="Id"),
    "name": Text(ja="名前", en="Name"),
    "network": Text(ja="ネットワーク", en="Network"),
    "eui": Text(ja="EUI", en="EUI"),
    "uplinks": Text(ja="受信数", en="Uplinks"),
    "last_seen": Text(ja="最終受信", en="Last seen"),
    "last_rssi": Text(ja="RSSI (dBm)", en="RSSI (dBm)"),
    "last_snr": Text(ja="SNR (dB)", en="SNR (dB)"),
    "retired_at": Text(ja="登録解除", en="Retired"),
}
INTAKE = {
    "received": Text(ja="届いた数", en="Received"),
    "stored": Text(ja="保存", en="Stored"),
    "duplicates": Text(ja="重複", en="Duplicates"),
    "staged": Text(ja="表への移動待ち", en="Waiting for the table"),
}
REFUSED = {
    "code": Text(ja="拒否の理由", en="Refused as"),
    "count": Text(ja="件数", en="Messages"),
}
SAMPLES = {
    "at": Text(ja="日時", en="At"),
    "code": Text(ja="拒否の理由", en="Refused as"),
    "why": Text(ja="詳細", en="Why"),
    "size": Text(ja="バイト", en="Bytes"),
}
DeviceId = Annotated[
    str,
    typer.Argument(
        metavar="ID",
        help=told(ja="デバイスの ID(`renkei device list`)。", en="Id, from `renkei device list`."),
    ),
]


@app.command(
    help=told(
        ja="デバイスを登録し、アップリンクの保存を始める。",
        en="Enrol a device: its uplinks are stored from now on.",
    )
)
@output.command()
def enrol(
    eui: Annotated[
        str, typer.Argument(metavar="EUI", help=told(ja="16桁の16進数。", en="16 hexadecimal digits."))
    ],
    *,
    org: output.Org,
    network: Annotated[
        Network,
        typer.Option(help=told(ja="どのネットワークから届くか。", en="The network it is heard through.")),
    ],
    name: Annotated[
        str | None, typer.Option(help=told(ja="名前。省けば EUI。", en="Name; the EUI if left out."))
    ] = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.kernel.clock import utc_now
    from renkei.kernel.ids import NODE
    from renkei.telemetry import api as telemetry

    enrolled = telemetry.enrol_device(
        owner=output.organisation(org).id,
        network=network,
        eui=eui,
        name=name or eui,
        actor=NODE,
        now=utc_now(),
    )
    output.show(enrolled, as_json, columns=COLUMNS)


@app.command("list", help=told(ja="デバイスの一覧。", en="List devices."))
@output.command()
def list_devices(*, org: output.AnyOrg = None, as_json: output.AsJson = False) -> None:
    from renkei.telemetry import api as telemetry

    owner = output.organisation(org).id if org else None
    output.show(telemetry.devices(owner), as_json, columns=COLUMNS)


@app.command(
    help=told(
        ja="デバイスのアップリンクの保存をやめる。保存済みの分は残る。",
        en="Stop storing a device's uplinks; what is stored stays.",
    )
)
@output.command()
def retire(device: DeviceId, *, org: output.Org, as_json: output.AsJson = False) -> None:
    from renkei.kernel.clock import utc_now
    from renkei.kernel.ids import NODE
    from renkei.kernel.ids import DeviceId as Id
    from renkei.telemetry import api as telemetry

    retired = telemetry.retire_device(
        owner=output.organisation(org).id, device_id=Id(device), actor=NODE, now=utc_now()
    )
    output.show(retired, as_json, columns=COLUMNS)


@app.command(
    help=told(
        ja="デバイスと、それが送ったすべてを消去する。元に戻せない。",
        en="Erase a device and all that it sent, for good.",
    )
)
@output.command()
def erase(device: DeviceId, *, org: output.Org, as_json: output.AsJson = False) -> None:
    from renkei.kernel.clock import utc_now
    from renkei.kernel.ids import NODE
    from renkei.kernel.ids import DeviceId as Id
    from renkei.privacy import api as privacy
    from renkei.telemetry import api as telemetry

    owner = output.organisation(org).id
    table = telemetry.uplink_table(owner)
    erased = telemetry.erase_device(owner=owner, device_id=Id(device), actor=NODE, now=utc_now())
    privacy.drop_releases(table.id)
    output.show(erased, as_json)


@app.command(
    help=told(
        ja="届いたアップリンクと、拒否したものの理由。", en="What came in, and why the rest was refused."
    )
)
@output.command()
def intake(*, org: output.AnyOrg = None, as_json: output.AsJson = False) -> None:
    from renkei.telemetry import api as telemetry

    owner = output.organisation(org).id if org else None
    counted, samples = telemetry.intake(owner), telemetry.refused_samples(owner, limit=10)
    if as_json:
        output.show({"intake": counted, "last_refused": samples}, as_json=True)
        return
    output.show(counted, columns=INTAKE)
    refused = [{"code": code, "count": count} for code, count in counted.refused.items()]
    if refused:
        output.show(refused, columns=REFUSED)
        output.show(samples, columns=SAMPLES)
