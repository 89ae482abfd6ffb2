"""The settings of a node: each is one environment variable, with its default and what it is for."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from renkei.kernel.texts import Text


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable that a node reads at its start."""

    name: str
    default: str
    text: Text


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "RENKEI_HOME",
        ".renkei",
        Text(
            ja="ノードのデータを置くフォルダー(SQLite、表、リリース、鍵)。",
            en="Folder for the node's data: SQLite file, tables, releases, secret.",
        ),
    ),
    Setting(
        "RENKEI_DATABASE_URL",
        "sqlite:///$RENKEI_HOME/renkei.sqlite3",
        Text(
            ja="データベース。`sqlite:///パス` または `postgresql://利用者:パスワード@ホスト:ポート/名前`。",
            en="Database: `sqlite:///path` or `postgresql://user:password@host:port/name`.",
        ),
    ),
    Setting(
        "RENKEI_PUBLIC_URL",
        "http://127.0.0.1:8080",
        Text(
            ja="他のノードから見たこのノードのアドレス。組織の DID はここから作られるので、運用開始後に変えないこと。",
            en="Address of this node as peers see it. Organisations' DIDs are made from it: do not change it in service.",
        ),
    ),
    Setting(
        "RENKEI_NODE_SECRET",
        "",
        Text(
            ja="保存する鍵の暗号化とセッション署名に使う秘密。空なら初回に作り、`$RENKEI_HOME/node.secret` に置く。",
            en="Secret that encrypts stored keys and signs sessions. If empty, made once and kept in `$RENKEI_HOME/node.secret`.",
        ),
    ),
    Setting(
        "RENKEI_FORMER_NODE_SECRET",
        "",
        Text(
            ja="ノードの秘密を変える間の、前の秘密。空なら、あれば `$RENKEI_HOME/node.secret.former` を読む。",
            en="The secret before, while the node's secret is being changed. If empty, read from `$RENKEI_HOME/node.secret.former` where that exists.",
        ),
    ),
    Setting(
        "RENKEI_VAULT",
        "database",
        Text(
            ja="組織の秘密鍵を置く鍵庫。`database`、または `dir:/絶対パス`(既にあるフォルダー。一つの秘密が一つのファイル)。どちらでもノードの秘密で暗号化する。",
            en="Vault for organisations' private keys: `database`, or `dir:/absolute/path` (a folder that exists; one file per secret). Encrypted with the node's secret either way.",
        ),
    ),
    Setting(
        "RENKEI_MQTT_URL",
        "",
        Text(
            ja="デバイスのアップリンクを受ける MQTT ブローカー(`mqtt://利用者:パスワード@ホスト:1883`)。空なら MQTT を使わない。",
            en="MQTT broker that uplinks come from (`mqtt://user:password@host:1883`). Empty: no MQTT.",
        ),
    ),
    Setting(
        "RENKEI_INSIDE_PEERS",
        "no",
        Text(
            ja="`yes` なら、相手ノードが http・ループバック・構内アドレスでもよい。試験と実演のためのもの。",
            en="`yes` lets peers be on plain http, loopback or private addresses. For tests and demonstrations.",
        ),
    ),
    Setting(
        "RENKEI_MAX_BODY",
        "1048576",
        Text(
            ja="受け取る本文の上限(バイト)。超えると 413。",
            en="Largest request body taken, in bytes; beyond it 413.",
        ),
    ),
    Setting(
        "RENKEI_MAX_PUSH",
        "1073741824",
        Text(
            ja="1 件の転送で送り込まれるデータを受け取る上限(全部分の合計バイト数)。超えると 413。",
            en="Most that is taken of what a provider pushes by one transfer, all parts together, in bytes; beyond it 413.",
        ),
    ),
    Setting(
        "RENKEI_FILE_URL_SECONDS",
        "600",
        Text(
            ja="データファイルの署名付きアドレスが有効な秒数。",
            en="How long a signed address of a data file is valid, in seconds.",
        ),
    ),
    Setting(
        "RENKEI_CRAWL_SECONDS",
        "900",
        Text(
            ja="既知のノードのカタログを巡回する間隔(秒)。失敗が続くと倍ずつ、最長 6 時間まで延びる。",
            en="Seconds between two crawls of a known node's catalogue; doubled after each failure, up to 6 hours.",
        ),
    ),
    Setting(
        "RENKEI_CRAWL_STALE_SECONDS",
        "86400",
        Text(
            ja="カタログを最後まで巡回できない時間がこの秒数を超えたら、その項目に「未確認」と印を付ける。",
            en="Seconds without a complete crawl after which a catalogue's entries are marked as stale.",
        ),
    ),
    Setting(
        "RENKEI_CRAWL_DATASETS",
        "20000",
        Text(
            ja="一つのカタログから取り込むデータセットの上限。超えると巡回を止め、理由を示す。",
            en="Most datasets taken from one catalogue; beyond it the crawl stops and says so.",
        ),
    ),
    Setting(
        "RENKEI_EXPORT_CRAWLED",
        "no",
        Text(
            ja="`yes` なら、ノードの DCAT-AP の書き出しに、全会員に見せている既知のノードの公開データセットも含める。",
            en="`yes` adds to the node's DCAT-AP export what known nodes offer to everybody, where all members may see them.",
        ),
    ),
    Setting(
        "RENKEI_CONTEXT_RECENT_HOURS",
        "24",
        Text(
            ja="エンティティの履歴をデータベースに置く時間数。それより前の閉じた時間帯は、表(アーカイブ)へ移す。",
            en="Hours for which the history of entities stays in the database; closed hours before that move to tables (the archive).",
        ),
    ),
    Setting(
        "RENKEI_CONTEXT_FEED_SECONDS",
        "10",
        Text(
            ja="型ごとに公開した表へ、新しい履歴を書き足す間隔(秒)。",
            en="Seconds between two additions of new history to the tables that types are published as.",
        ),
    ),
    Setting(
        "RENKEI_CONTEXT_INSTANCES",
        "10000",
        Text(
            ja="履歴の一つの応答に入れるインスタンスのおよその上限。超えると 206 と Content-Range で続きを示す。",
            en="About how many instances go into one answer about history; beyond it 206, and Content-Range says what is told.",
        ),
    ),
    Setting(
        "RENKEI_BACKGROUND",
        "yes",
        Text(
            ja="`no` なら、このサーバープロセスでは送信箱などの背景処理を動かさない(`renkei work` で別に動かす)。",
            en="`no` keeps background work (outbox, commits to tables) out of the server process; run `renkei work` beside it.",
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Environment:
    """The settings of this process, read once."""

    home: Path
    database_url: str = field(repr=False)
    public_url: str
    node_secret: str = field(repr=False)
    former_node_secret: str = field(repr=False)
    """Empty unless the secret is being changed."""
    secret_file: Path | None
    """None: the secret was given."""
    vault_folder: Path | None
    """None: secrets lie in the database."""
    mqtt_url: str = field(repr=False)
    inside_peers: bool
    max_body: int
    max_push: int
    file_url_seconds: int
    crawl_seconds: int
    crawl_stale_seconds: int
    crawl_datasets: int
    export_crawled: bool
    context_recent_hours: int
    context_feed_seconds: int
    context_instances: int
    background: bool


def read_environment(environ: Mapping[str, str]) -> Environment:
    """Read the settings; make the home folder and the node's secret where they are absent.

    Raises ValueError naming the variable when a value cannot be used.
    """
    values = {setting.name: environ.get(setting.name, setting.default) for setting in SETTINGS}
    home = Path(values["RENKEI_HOME"]).resolve()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Environment(
        home=home,
        database_url=values["RENKEI_DATABASE_URL"].replace("$RENKEI_HOME", str(home)),
        public_url=values["RENKEI_PUBLIC_URL"].rstrip("/"),
        node_secret=values["RENKEI_NODE_SECRET"] or _kept_secret(home / "node.secret"),
        former_node_secret=values["RENKEI_FORMER_NODE_SECRET"] or _former_secret(home),
        secret_file=None if values["RENKEI_NODE_SECRET"] else home / "node.secret",
        vault_folder=_vault_folder(values["RENKEI_VAULT"]),
        mqtt_url=values["RENKEI_MQTT_URL"],
        inside_peers=_yes(values, "RENKEI_INSIDE_PEERS"),
        max_body=_whole(values, "RENKEI_MAX_BODY"),
        max_push=_whole(values, "RENKEI_MAX_PUSH"),
        file_url_seconds=_whole(values, "RENKEI_FILE_URL_SECONDS"),
        crawl_seconds=_whole(values, "RENKEI_CRAWL_SECONDS"),
        crawl_stale_seconds=_whole(values, "RENKEI_CRAWL_STALE_SECONDS"),
        crawl_datasets=_whole(values, "RENKEI_CRAWL_DATASETS"),
        export_crawled=_yes(values, "RENKEI_EXPORT_CRAWLED"),
        context_recent_hours=_whole(values, "RENKEI_CONTEXT_RECENT_HOURS"),
        context_feed_seconds=_whole(values, "RENKEI_CONTEXT_FEED_SECONDS"),
        context_instances=_whole(values, "RENKEI_CONTEXT_INSTANCES"),
        background=_yes(values, "RENKEI_BACKGROUND"),
    )


def database(url: str) -> dict[str, object]:
    """Return Django's description of the database that a URL names.

    Raises ValueError for a scheme other than `sqlite` and `postgresql`.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(parts.path)
    if parts.scheme in {"postgresql", "postgres"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.path.lstrip("/"),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": None,
            "CONN_HEALTH_CHECKS": True,
        }
    raise ValueError(f"RENKEI_DATABASE_URL: {parts.scheme!r} is neither sqlite nor postgresql")


def _sqlite(path: str) -> dict[str, object]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path.removeprefix("/") if path.startswith("//") else path,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            # FULL: what is acknowledged to a sender survives a power cut.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY;",
        },
    }


def _kept_secret(path: Path) -> str:
    if not path.exists():
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(48))
        try:
            os.link(fresh, path)  # whoever comes second keeps the first one's secret
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().strip()


def _former_secret(home: Path) -> str:
    path = home / "node.secret.former"
    return path.read_text().strip() if path.exists() else ""


def _vault_folder(vault: str) -> Path | None:
    if vault == "database":
        return None
    kind, _, folder = vault.partition(":")
    if kind != "dir" or not Path(folder).is_absolute():
        raise ValueError(f"RENKEI_VAULT must be database or dir:/absolute/path, not {vault!r}")
    return Path(folder)


def _yes(values: Mapping[str, str], name: str) -> bool:
    if values[name] not in {"yes", "no"}:
        raise ValueError(f"{name} must be yes or no, not {values[name]!r}")
    return values[name] == "yes"


def _whole(values: Mapping[str, str], name: str) -> int:
    if not values[name].isdigit() or values[name] == "0":
        raise ValueError(f"{name} must be a whole number above zero, not {values[name]!r}")
    return int(values[name])
