"""Heads are asked for by their log's key, and a head that was given up stays beside the one that is kept anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_witnesses"),
    ]

    operations = [
        migrations.AddField(
            model_name="visitrow",
            name="vkey",
            field=models.CharField(default="", max_length=500),
        ),
        migrations.RemoveConstraint(
            model_name="witnessedrow",
            name="audit_witnessed_once",
        ),
        migrations.AddConstraint(
            model_name="witnessedrow",
            constraint=models.UniqueConstraint(
                condition=models.Q(("dropped_at__isnull", True)),
                fields=("address", "vkey", "size"),
                name="audit_witnessed_once",
            ),
        ),
        migrations.RemoveIndex(
            model_name="witnessedrow",
            name="audit_witnessed_origin",
        ),
        migrations.RemoveIndex(
            model_name="witnessedrow",
            name="audit_witnessed_peer",
        ),
        migrations.AddIndex(
            model_name="witnessedrow",
            index=models.Index(fields=["origin", "id"], name="audit_witnessed_origin"),
        ),
        migrations.AddIndex(
            model_name="witnessedrow",
            index=models.Index(fields=["vkey", "id"], name="audit_witnessed_vkey"),
        ),
        migrations.AddIndex(
            model_name="witnessedrow",
            index=models.Index(fields=["peer", "id"], name="audit_witnessed_peer"),
        ),
    ]
