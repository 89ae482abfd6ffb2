"""Taking organisations in."""

from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from renkei.audit import api as audit
from renkei.kernel.ids import Actor, new_id
from renkei.kernel.texts import Text
from renkei.parties.errors import SlugTaken
from renkei.parties.models import OrganisationRow
from renkei.parties.rules import organisations
from renkei.parties.types import Organisation


@transaction.atomic
def create_organisation(*, slug: str, name: Text, actor: Actor, now: datetime) -> Organisation:
    """Take a member organisation in; its signing key is made when it is first needed.

    Its participant id is the `did:web` of `<public address>/orgs/<slug>`. Raises SlugInvalid, NameInvalid, SlugTaken.
    """
    organisations.check_slug(slug)
    organisations.check_name(name)
    row = OrganisationRow(
        id=new_id(),
        slug=slug,
        name_ja=name.ja,
        name_en=name.en,
        participant=organisations.participant_of(public_url=settings.RENKEI.public_url, slug=slug),
        created_at=now,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise SlugTaken(slug=slug) from None
    fact = row.as_fact()
    audit.record(
        "parties.organisation-created",
        actor=actor,
        subject=fact.id,
        at=now,
        concerns=[fact.participant],
        participant=fact.participant,
    )
    return fact
