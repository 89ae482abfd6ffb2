"""The second half of the story: what is refused, what can be proved, and how a falsified log is caught."""

import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from renkei.cli.demo import texts
from renkei.cli.demo.nodes import DemoBroken
from renkei.client import Agreement, Listing
from renkei.client.errors import refusal_in
from renkei.kernel.refusals import Refusal
from renkei.kernel.texts import Text
from renkei.wire.member import HTTP_DATA

if TYPE_CHECKING:
    from renkei.cli.demo.story import Stage


def other_purpose(stage: "Stage", listing: Listing) -> None:
    """Ask for a purpose that the offer does not have."""
    stage.telling.chapter(texts.REFUSING)
    node = stage.reader()
    must_refuse(stage, texts.OTHER_PURPOSE, lambda: node.agree(listing, purpose="advertising", timeout=20))


def strangers(stage: "Stage", agreement: Agreement) -> None:
    """Read without a token, with another's, and send for a device of somebody else."""
    data = agreement.transfer(HTTP_DATA).data_address
    if data is None:
        raise DemoBroken("the transfer has no data address")
    other = {"Authorization": f"Bearer {stage.tokens['town-office']}"}
    must_refuse(stage, texts.NO_TOKEN, lambda: _ask("GET", data.endpoint))
    must_refuse(stage, texts.STRANGER, lambda: _ask("GET", data.endpoint, headers=other))
    _, message = next(stage.recordings.messages())
    must_refuse(
        stage,
        texts.OTHER_ORG,
        lambda: _ask("POST", f"{stage.provider.url}/ingest/helium", headers=other, content=message),
    )


def prove(stage: "Stage", agreement: Agreement) -> int:
    """Verify from outside that agreement and transfer stand in the provider's log, which only grew.

    Returns the place in the log of the first entry that was proven.
    """
    telling = stage.telling
    telling.chapter(texts.PROVING)
    transfers = [each.id for each in stage.reader().transfers() if each.agreement == agreement.id]
    verified = stage.reader().verify_audit(
        agreement.signed.peer, agreement.id, *transfers, keep=stage.kept_head
    )
    telling.line(
        texts.PROVEN, before=verified.before, size=verified.size, actions=", ".join(verified.actions)
    )
    telling.keep(proven={"before": verified.before, "size": verified.size, "actions": list(verified.actions)})
    return verified.entries[0].index


def end(stage: "Stage", agreement: Agreement) -> None:
    """End the agreement at the provider; the consumer's next read is refused."""
    words = ("--org", "field-lab", "--reason", "The demo ends here. / 実演はここまでです。")
    stage.provider.command("agreement", "end", agreement.id, *words)
    must_refuse(stage, texts.AFTER_END, agreement.to_pandas)


def tamper(stage: "Stage", agreement: Agreement, *, index: int) -> None:
    """Rewrite one proven entry in the provider's database, show that the consumer notices, and put it back."""
    database = stage.provider.home / "renkei.sqlite3"
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "kept.json"
        kept.write_bytes(stage.kept_head.read_bytes())

        def visit() -> object:
            return stage.reader().verify_audit(agreement.signed.peer, agreement.id, keep=kept)

        body = _rewrite(database, index)
        try:
            must_refuse(stage, None, visit)
        finally:
            _write(database, index, body)
        visit()
    stage.telling.line(texts.RESTORED)


def _rewrite(database: Path, index: int) -> str:
    with closing(sqlite3.connect(database, timeout=20)) as connection:
        (body,) = connection.execute("SELECT body FROM audit_entry WHERE leaf_index = ?", [index]).fetchone()
    _write(database, index, body.replace('"at":"20', '"at":"19', 1))
    return str(body)


def _write(database: Path, index: int, body: str) -> None:
    with closing(sqlite3.connect(database, timeout=20)) as connection, connection:
        connection.execute("UPDATE audit_entry SET body = ? WHERE leaf_index = ?", [body, index])


def _ask(
    method: str, url: str, *, headers: dict[str, str] | None = None, content: bytes | None = None
) -> object:
    answer = httpx.request(method, url, headers=headers, content=content, timeout=20, trust_env=False)
    refusal = refusal_in(answer.content)
    if refusal is not None:
        raise refusal
    return answer.status_code


def must_refuse(stage: "Stage", who: Text | None, act: Callable[[], object]) -> None:
    telling = stage.telling
    try:
        outcome = act()
    except Refusal as refusal:
        if who is None:
            telling.refusal(texts.TAMPERED, refusal)
        else:
            telling.refusal(texts.REFUSAL, refusal, who=who.in_(telling.lang))
        telling.keep(refused=[*telling.figures.get("refused", []), refusal.code])
        return
    raise DemoBroken(f"this should have been refused, and was answered with {outcome}")
