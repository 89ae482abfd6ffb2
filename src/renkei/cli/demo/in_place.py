"""The part of the story in which rows stay: queries that are refused, one that is answered, masked, and its receipt."""

from datetime import timedelta
from typing import TYPE_CHECKING

from renkei.cli.demo import texts
from renkei.cli.demo.refused import must_refuse
from renkei.kernel.clock import format_utc, utc_now
from renkei.wire.receipt import sentences

if TYPE_CHECKING:
    from renkei.cli.demo.story import Stage

TERMS = ("--delivery", "in-place", "--minimum-group", "3:device", "--cell", "h3:5", "--mask", "rssi=round:5")
QUERY = (
    "SELECT count(*) AS uplinks, count(DISTINCT device) AS devices, avg(rssi) AS rssi FROM data "
    "WHERE spreading_factor = 12"
)
TRACKER = "SELECT count(*) AS uplinks, avg(rssi) AS rssi FROM data WHERE spreading_factor <> 7"
"""All but what two devices sent: beside the whole it would tell of these two."""
FILE = "SELECT count(*) AS n FROM read_csv('/etc/hostname')"
DAYS = 30


def ask(stage: "Stage", dataset: str) -> None:
    """Offer the dataset in place, agree, be refused what would tell rows, and be answered with a receipt."""
    telling = stage.telling
    telling.chapter(texts.ASKING)
    telling.line(texts.IN_PLACE_TERMS)
    end = format_utc((utc_now() + timedelta(days=DAYS)).replace(microsecond=0))
    offered = stage.provider.command(
        "offer", "add", dataset, "--purpose", "statistics", "--until", end, *TERMS, "--automatic"
    )
    node = stage.reader()
    listing = node.catalog(stage.provider_root)[0]
    agreement = node.agree(listing, offer=offered["id"], purpose="statistics", timeout=20)
    must_refuse(stage, texts.ROWS_PULLED, agreement.to_pandas)
    must_refuse(stage, texts.ROWS_ASKED, lambda: agreement.answer("SELECT * FROM data"))
    must_refuse(stage, texts.FILE_ASKED, lambda: agreement.answer(FILE))
    answer = agreement.answer(QUERY, purpose="statistics")
    telling.line(texts.ANSWERED, sql=QUERY, columns=", ".join(answer.columns))
    for row in answer.rows:
        telling.line(
            texts.ROW, row=", ".join(f"{cell:.1f}" if isinstance(cell, float) else str(cell) for cell in row)
        )
    receipt = agreement.verify_receipt()
    telling.line(texts.RECEIVED)
    for sentence in sentences(receipt):
        telling.line(texts.TERM, sentence=sentence.in_(telling.lang))
    must_refuse(stage, texts.TRACKED, lambda: agreement.answer(TRACKER))
    telling.keep(
        in_place={
            "agreement": agreement.id,
            "columns": list(answer.columns),
            "rows": [list(row) for row in answer.rows],
            "smallest_group": answer.smallest_group,
            "receipt": receipt.sha256,
        }
    )
