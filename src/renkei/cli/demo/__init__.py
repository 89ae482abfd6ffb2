"""`renkei demo`: two nodes, real uplinks, one agreement, and every proof, told as it happens."""

from pathlib import Path
from typing import Annotated

import typer

from renkei.cli import output
from renkei.cli.output import told


@output.command(node=False)
def demo(
    *,
    folder: Annotated[
        Path,
        typer.Option(
            "--folder",
            help=told(
                ja="両ノードのデータを置くフォルダー。中身は作り直される。",
                en="Folder for both nodes' data; made anew.",
            ),
        ),
    ] = Path("build/demo"),
    data: Annotated[
        Path,
        typer.Option(
            help=told(
                ja="LoRaWAN の記録があるフォルダー。なければ同梱の抜粋を使う。",
                en="Folder with the LoRaWAN recordings; the packaged excerpt stands in.",
            ),
        ),
    ] = Path("../shared/data/lorawan"),
    keep: Annotated[
        bool,
        typer.Option(
            "--keep",
            help=told(
                ja="最後に両ノードを動かしたまま待つ。", en="Leave both nodes running at the end and wait."
            ),
        ),
    ] = False,
    as_json: output.AsJson = False,
) -> None:
    from renkei.cli.demo.play import play

    play(folder=folder.resolve(), data=data, keep=keep, as_json=as_json, lang=output.lang())
