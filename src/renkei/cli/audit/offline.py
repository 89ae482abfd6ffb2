"""Verifying an exported file: everything that is needed stands in it, save the key that one trusts."""

from pathlib import Path
from typing import TYPE_CHECKING

from renkei.cli import output
from renkei.cli.errors import FileUnreadable
from renkei.kernel.texts import Text

if TYPE_CHECKING:
    from renkei.wire import tlog

CHECKED = {
    "origin": Text(ja="ログ", en="Log"),
    "size": Text(ja="件数", en="Entries in the log"),
    "proven": Text(ja="証明された操作", en="Proven acts"),
    "confirmed": Text(ja="このログを見た他のノード", en="Other nodes that saw this log"),
    "witnessed": Text(ja="このログに残る他のログのヘッド", en="Other logs whose heads stand here"),
    "provisions": Text(ja="提供記録のハッシュ", en="Hashes of records of provision"),
}


def verify_export(file: Path, *, keep: Path | None, key: str | None, as_json: bool) -> None:
    """Verify an exported file without any network, under a given key, a kept one, or the one that came along."""
    from renkei.wire import tlog

    size = file.stat().st_size
    if size > tlog.LARGEST:
        raise tlog.ExportTooLarge(size=size, limit=tlog.LARGEST)
    kept = None if keep is None else tlog.read_kept(read_file(keep))
    if key is not None and kept is not None and key.strip() != kept.vkey:
        raise tlog.VerifierChanged(kept=kept.vkey, shown=key)
    trusted = key if kept is None else kept.vkey
    found = tlog.verify_export(tlog.read_export(file.read_bytes()), vkey=trusted)
    if kept is not None and kept.head().size == found.head.size and kept.head() != found.head:
        raise tlog.LogRewritten(kept=kept.head().size, shown=found.head.size)
    fact = _facts(found, trusted=trusted is not None)
    if as_json:
        output.show(fact, as_json)
        return
    words = {
        "proven": ", ".join(f"{e.index} {e.action}" for e in found.entries),
        "confirmed": ", ".join(f"{each.address} ({each.size})" for each in found.confirmed),
        "witnessed": ", ".join(found.witnessed),
    }
    output.show({**fact, **words}, columns=CHECKED)
    if trusted is None:
        output.say(
            Text(
                ja="鍵を指定していないので、ファイルに入っていた鍵 {vkey} を使いました。別の連絡手段でログの運用者と照合してください。",
                en="No key was given, so the one in the file was taken: compare {vkey} with the log's operator by another channel.",
            ),
            vkey=found.vkey,
        )


def entry_as_json(entry: "tlog.ProvenEntry") -> dict[str, object]:
    """Return a proven entry for a program."""
    return {"index": entry.index, "action": entry.action, "at": entry.at, "body": entry.body}


def read_file(file: Path) -> bytes:
    """Read a file. Raises cli.file-unreadable."""
    try:
        return file.read_bytes()
    except OSError as why:
        raise FileUnreadable(file=file, why=why.strerror) from None


def _facts(found: "tlog.CheckedExport", *, trusted: bool) -> dict[str, object]:
    return {
        "origin": found.head.origin,
        "size": found.head.size,
        "verifier": found.vkey,
        "trusted": trusted,
        "proven": [entry_as_json(entry) for entry in found.entries],
        "confirmed": [
            {"node": each.address, "key": each.witness, "size": each.size, "at": each.at}
            for each in found.confirmed
        ],
        "witnessed": found.witnessed,
        "provisions": found.provisions,
        "following": found.following,
    }
