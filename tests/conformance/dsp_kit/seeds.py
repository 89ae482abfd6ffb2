"""What the kit expects to find: datasets with offers, and agreements that were reached before."""

import json
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "renkei.config.settings")

import django

django.setup()

from renkei.exchange import api as exchange
from renkei.exchange.models import AgreementRow, NegotiationRow
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import NODE, DatasetId, OfferId, ParticipantId, TableId
from renkei.kernel.texts import Text
from renkei.lake import api as lake
from renkei.parties import api as parties
from tests.conformance.dsp_kit.run import SLUG
from tests.conformance.dsp_kit.script import CONSUMER, PROVIDER, TERMS, TRANSFERS

KIT = ParticipantId("TCK_PARTICIPANT")
LISTED = ("CAT0101", "CAT0102")


def seeded() -> parties.Organisation:
    """Return the organisation under test, with everything that the kit names."""
    org = parties.create_organisation(
        slug=SLUG, name=Text(ja="試験対象", en="Under test"), actor=NODE, now=utc_now()
    )
    table = lake.create_table(
        owner=org.id,
        name="readings",
        columns=(lake.Column("reading", lake.ColumnType.REAL, None, Text(ja="測定値", en="Reading")),),
        subject=None,
        actor=NODE,
        now=utc_now(),
    )
    for name in (*LISTED, *PROVIDER):
        _offer(org, table.id, name)
    for name in TRANSFERS:
        _agree(org, name)
    return org


def _offer(org: parties.Organisation, table: TableId, name: str) -> None:
    dataset = exchange.publish_dataset(
        owner=org.id,
        table=table,
        title=Text(ja=f"試験 {name}", en=f"Test {name}"),
        description=Text(ja="適合試験のためのデータセット", en="A dataset for the conformance test"),
        licence="CC0-1.0",
        classes=(),
        dataset_id=DatasetId(name),
        actor=NODE,
        now=utc_now(),
    )
    exchange.offer(
        dataset=dataset.id,
        terms=TERMS,
        automatic=False,
        by_hand=True,
        offer_id=OfferId(f"CD123:{name}:456"),
        actor=NODE,
        now=utc_now(),
    )


def _agree(org: parties.Organisation, name: str) -> None:
    """Keep an agreement as if it had been reached: the kit gives its id, which our own negotiations would choose."""
    role = exchange.Role.CONSUMER if name.startswith("ATPC") else exchange.Role.PROVIDER
    sides = (KIT, org.participant) if role is exchange.Role.CONSUMER else (org.participant, KIT)
    dataset, now = LISTED[0], utc_now()
    negotiation = NegotiationRow.objects.create(
        id=f"urn:negotiation:{name}",
        role=role.value,
        org=org.id,
        participant=org.participant,
        peer=KIT,
        peer_pid=f"urn:peer:{name}",
        peer_address="",
        dataset=dataset,
        state=exchange.NegotiationState.FINALIZED.value,
        by_hand=True,
        offer=TERMS | {"@id": f"CD123:{dataset}:456", "@type": "Offer", "target": dataset},
        agreement=name,
        created_at=now,
        updated_at=now,
    )
    AgreementRow.objects.create(
        agreement=name,
        role=role.value,
        org=org.id,
        assigner=sides[0],
        assignee=sides[1],
        dataset=dataset,
        negotiation=negotiation,
        terms=TERMS,
        terms_digest=exchange.terms_digest(TERMS),
        signed_at=now,
        in_force_at=now,
    )


def told() -> dict[str, str]:
    """Return the kit's settings for its single tests: which dataset, offer or agreement each is about."""
    said: dict[str, str] = {f"CAT_01_{n:02}_DATASETID": f"CAT01{n:02}" for n in range(1, 4)}
    for name in (*PROVIDER, *CONSUMER):
        test = _test(name, "ACN", "CN")
        said |= {f"{test}_DATASETID": name, f"{test}_OFFERID": f"CD123:{name}:456"}
    for name in TRANSFERS:
        test = _test(name, "ATP", "TP")
        said |= {f"{test}_AGREEMENTID": name, f"{test}_FORMAT": exchange.HTTP_DATA}
    return said


def _test(name: str, prefix: str, test: str) -> str:
    """Return what the kit calls the test of a dataset or agreement: ACNC0101 is that of CN_C_01_01."""
    digits = name[-4:]
    side = "_C" if name.removeprefix(prefix).startswith("C") else ""
    return f"{test}{side}_{digits[:2]}_{digits[2:]}"


if __name__ == "__main__":
    seeded()
    sys.stdout.write(json.dumps(told()))
