"""Nothing reads the organisation's key columns any more."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("parties", "0003_move_keys")]

    operations = [
        migrations.RemoveField(
            model_name="organisationrow",
            name="key_name",
        ),
        migrations.RemoveField(
            model_name="organisationrow",
            name="private_key",
        ),
        migrations.RemoveField(
            model_name="organisationrow",
            name="public_key",
        ),
    ]
