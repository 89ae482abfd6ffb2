"""The `renkei` command. A group's module is imported when it is called, so that help is there at once."""

import importlib
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from renkei import __version__
from renkei.cli.language import Language
from renkei.cli.output import told

NODE = told(ja="ノード", en="Node")
MEMBERS = told(ja="組織とそのデータ", en="Members and their data")
CONSUMERS = told(ja="データを使う", en="Using data")
COMPLETION = {"install_completion", "show_completion"}
"""Options that belong to `renkei` itself, not to each group."""


@dataclass(frozen=True, slots=True)
class Group:
    """One word after `renkei`: where it lives, where it stands in the help, and what it is for."""

    name: str
    module: str
    panel: str
    help: str


GROUPS: tuple[Group, ...] = (
    Group("up", "up", NODE, told(ja="ノード全体を起動する。", en="Start the whole node.")),
    Group(
        "serve",
        "up",
        NODE,
        told(ja="画面とプロトコルの窓口だけを動かす。", en="Serve pages and protocol endpoints alone."),
    ),
    Group("work", "up", NODE, told(ja="背景処理だけを動かす。", en="Run background work alone.")),
    Group(
        "ingest", "up", NODE, told(ja="MQTT からの受信だけを動かす。", en="Receive uplinks from MQTT alone.")
    ),
    Group(
        "demo",
        "demo",
        NODE,
        told(ja="二つのノードで一通り実演する。", en="Play the whole story with two nodes."),
    ),
    Group("audit", "audit", NODE, told(ja="監査ログを読み、検証する。", en="Read and verify the audit log.")),
    Group(
        "node",
        "node",
        NODE,
        told(ja="既知のノードとその巡回。", en="Known nodes, and the crawls of their catalogues."),
    ),
    Group(
        "context",
        "context",
        NODE,
        told(
            ja="エンティティの @context・通知・履歴を管理する(NGSI-LD)。",
            en="Contexts, notifications and histories of entities (NGSI-LD).",
        ),
    ),
    Group(
        "node-secret",
        "node_secret",
        NODE,
        told(ja="ノードの秘密を変える。", en="Change the node's secret."),
    ),
    Group(
        "org",
        "org",
        MEMBERS,
        told(ja="組織と、そのトークンと鍵。", en="Organisations, their tokens and keys."),
    ),
    Group("device", "device", MEMBERS, told(ja="デバイスと受信状況。", en="Devices and what came in.")),
    Group("dataset", "dataset", MEMBERS, told(ja="データセットを公開する。", en="Publish datasets.")),
    Group(
        "offer",
        "offer",
        MEMBERS,
        told(ja="データセットを条件付きで提供する。", en="Offer datasets under terms."),
    ),
    Group(
        "negotiation",
        "negotiation",
        MEMBERS,
        told(ja="交渉を見て、答え、進める。", en="See negotiations, answer them and take their steps."),
    ),
    Group(
        "agreement",
        "agreement",
        MEMBERS,
        told(ja="契約を見て、終わらせる。", en="See agreements and end them."),
    ),
    Group(
        "catalog",
        "catalog",
        CONSUMERS,
        told(ja="カタログを見る、探す。", en="Look into catalogues, and search them."),
    ),
    Group(
        "negotiate",
        "negotiate",
        CONSUMERS,
        told(ja="データセットの利用を交渉する。", en="Negotiate for a dataset."),
    ),
    Group(
        "transfer", "transfer", CONSUMERS, told(ja="契約に基づく転送。", en="Transfers under an agreement.")
    ),
    Group(
        "receipt",
        "receipt",
        CONSUMERS,
        told(ja="応答の提供証明を確かめる。", en="Verify the signed receipts of answers."),
    ),
    Group(
        "pull", "pull", CONSUMERS, told(ja="契約したデータを取り出す。", en="Pull the data that was agreed.")
    ),
)


class Groups(TyperGroup):
    """Knows each group's name and summary, and loads the one that is called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for group in GROUPS:
            self.add_command(TyperCommand(group.name, help=group.help, rich_help_panel=group.panel))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that the words name and load it."""
        name, found, rest = super().resolve_command(ctx, args)
        return name, load(name) if name and found else found, rest


def load(name: str) -> Any:
    """Import one group and return its command: the module's `app`, or its function of that name."""
    group = next(group for group in GROUPS if group.name == name)
    module = importlib.import_module(f"renkei.cli.{group.module}")
    one = vars(module).get("app")
    if one is None:
        one = typer.Typer()
        one.command(name, help=group.help)(vars(module)[name])
    loaded = typer.main.get_command(one)
    loaded.name = name
    loaded.params = [param for param in loaded.params if param.name not in COMPLETION]
    return loaded


app = typer.Typer(
    cls=Groups,
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    help=told(
        ja="renkei: デバイスのデータを契約のもとで交換し、何が起きたかを証明する。",
        en="renkei: exchange devices' data under agreements, and prove what happened.",
    ),
    epilog=told(
        ja="終了コード: 0 完了、1 内部の誤り、2 誤った指定、3 権限なし、4 見つからない、5 状態が許さない、6 今はできない。",
        en="Exit codes: 0 done, 1 a bug, 2 wrong request, 3 not allowed, 4 not found, 5 wrong state, 6 not possible now.",
    ),
)


def _say_version(wanted: bool) -> None:  # noqa: FBT001 — typer hands the flag over by position
    if wanted:
        typer.echo(f"renkei {__version__}")
        raise typer.Exit


@app.callback()
def start(
    *,
    _lang: Annotated[
        Language | None,
        typer.Option(
            "--lang", help=told(ja="出力の言語。", en="Language of the output."), show_default=False
        ),
    ] = None,
    _version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_say_version,
            is_eager=True,
            help=told(ja="版を表示する。", en="Print the version."),
        ),
    ] = False,
) -> None:
    # Nothing is left to do: the language was read before the commands were made, since help has one too.
    return


def run() -> None:
    """Run the command line; the entry point of the package."""
    app()


if __name__ == "__main__":
    run()
