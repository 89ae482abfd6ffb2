"""Keys become rows of their own. Three steps, since PostgreSQL alters no table whose rows changed in the same transaction."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("parties", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="SecretRow",
            fields=[
                ("name", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("concealed", models.BinaryField()),
            ],
            options={
                "db_table": "parties_secret",
            },
        ),
        migrations.CreateModel(
            name="KeyRow",
            fields=[
                ("name", models.CharField(max_length=43, primary_key=True, serialize=False)),
                ("public_key", models.JSONField()),
                ("created_at", models.DateTimeField()),
                ("signs_from", models.DateTimeField()),
                ("signs_until", models.DateTimeField(null=True)),
                ("leaves_at", models.DateTimeField(null=True)),
                ("wiped_at", models.DateTimeField(null=True)),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.organisationrow",
                    ),
                ),
            ],
            options={
                "db_table": "parties_key",
                "indexes": [
                    models.Index(
                        condition=models.Q(("wiped_at__isnull", True)),
                        fields=["leaves_at"],
                        name="parties_key_to_wipe",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("signs_until__isnull", True)),
                        fields=("org",),
                        name="parties_key_one_newest",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("leaves_at__isnull", True), ("signs_until__isnull", True)),
                            models.Q(
                                ("leaves_at__gte", models.F("signs_until")),
                                ("signs_until__gte", models.F("signs_from")),
                            ),
                            _connector="OR",
                        ),
                        name="parties_key_order",
                    ),
                ],
            },
        ),
    ]
