from typing import Any

from django.db import migrations, models


def count(apps: Any, _schema: Any) -> None:
    """Count the rows of batches that are under way."""
    streams, staged = apps.get_model("telemetry", "StreamRow"), apps.get_model("telemetry", "StagedRow")
    for stream in streams.objects.filter(claimed_to__isnull=False):
        rows = staged.objects.filter(stream=stream, id__lte=stream.claimed_to)
        streams.objects.filter(pk=stream.pk).update(claimed_rows=rows.count())


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="streamrow",
            name="claimed_rows",
            field=models.BigIntegerField(default=0),
        ),
        migrations.RunPython(count, migrations.RunPython.noop),
    ]
