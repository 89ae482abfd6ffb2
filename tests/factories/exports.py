"""An auditor's export of a log in memory, true in everything, for tests that then break it."""

import json

from renkei.kernel.notes import to_base64
from renkei.wire import tlog
from tests.factories.foreign_log import ForeignLog

NEAR, FAR = "near.example", "far.example"


def body(action: str, *, subject: str = "urn:uuid:a", **facts: object) -> str:
    """An entry's body as a room records it."""
    said = {
        "action": action,
        "actor": "node",
        "at": "2026-05-01T09:00:00Z",
        "concerns": ["did:web:a"],
        "facts": facts,
        "subject": subject,
        "v": 1,
    }
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def logs() -> tuple[ForeignLog, ForeignLog]:
    """Our log, where the other's head stands as its fourth entry, and the other's, of five entries."""
    other = ForeignLog(FAR).grow(*"abcde")
    root = tlog.open_checkpoint(other.checkpoint(), vkey=other.vkey).root.hex()
    ours = ForeignLog(NEAR).grow(
        body("exchange.requested"),
        body("parties.token-issued", subject="another thing"),
        body("exchange.agreement-in-force", terms="5f" * 32),
        body("audit.head-witnessed", subject=FAR, size=5, root=root, agreement="urn:uuid:a"),
        body("exchange.read", rows=7),
        body("exchange.read", rows=9),
        body("telemetry.batch-committed", subject="another thing"),
    )
    return ours, other


def export(ours: ForeignLog, other: ForeignLog) -> tlog.Export:
    """Everything that our log says of `urn:uuid:a`, confirmed by the other at size 3 of our log."""
    return tlog.Export(
        format=tlog.FORMAT,
        version=tlog.VERSION,
        subject="urn:uuid:a",
        org=None,
        exported_at="2026-05-01T10:00:00Z",
        vkey=ours.vkey,
        cosigner=ours.cosigner.text(),
        checkpoint=ours.checkpoint(),
        entries=tuple(
            tlog.BundleEntry(
                index=index,
                body=ours.bodies[index].decode(),
                path=tuple(map(to_base64, ours.inclusion(index))),
            )
            for index in (0, 2, 3, 4, 5)
        ),
        witnessed=(
            tlog.WitnessedNote(
                address=f"https://{FAR}",
                vkey=other.vkey,
                checkpoint=ours.cosign(other.checkpoint()),
                seen_at="2026-05-01T09:00:00Z",
            ),
        ),
        cosigned=(
            tlog.CosignedHead(
                address=f"https://{FAR}",
                witness=other.cosigner.text(),
                checkpoint=other.cosign(ours.checkpoint(3)),
                path=tuple(map(to_base64, ours.consistency(3, len(ours.bodies)))),
            ),
        ),
        provisions=(
            tlog.ProvisionMark(
                transfer="urn:uuid:t", role="provider", at="2026-05-01T09:00:00Z", sha256="0f" * 32
            ),
        ),
    )
