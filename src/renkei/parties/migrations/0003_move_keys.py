"""Each organisation's key moves into the key table, its private half into the vault in the database."""

from django.db import migrations

from renkei.audit import api as audit


def move(apps, schema_editor):
    """Conceal each private key anew, bound to its name; where it cannot be read, raise before anything is lost."""
    organisation, key, secret = (
        apps.get_model("parties", name) for name in ("OrganisationRow", "KeyRow", "SecretRow")
    )
    database = schema_editor.connection.alias
    for row in organisation.objects.using(database).iterator():
        name = f"org-key-{row.key_name}"
        private = audit.reveal(bytes(row.private_key))
        secret.objects.using(database).create(
            name=name, concealed=audit.conceal(private, purpose=f"parties.secret {name}")
        )
        key.objects.using(database).create(
            name=row.key_name,
            org=row,
            public_key=row.public_key,
            created_at=row.created_at,
            signs_from=row.created_at,
        )


class Migration(migrations.Migration):
    dependencies = [("parties", "0002_key_tables")]

    operations = [migrations.RunPython(move)]
