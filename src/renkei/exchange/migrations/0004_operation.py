"""What operation shows: earlier proposals, the offer that was narrowed, who suspended."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0003_push"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="negotiationrow",
            name="proposed",
        ),
        migrations.AddField(
            model_name="negotiationrow",
            name="earlier",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="negotiationrow",
            name="published",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="transferrow",
            name="suspended_by",
            field=models.CharField(default="", max_length=8),
        ),
    ]
