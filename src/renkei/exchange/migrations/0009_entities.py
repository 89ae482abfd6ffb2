from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exchange", "0008_queries")]

    operations = [
        migrations.AddField("datasetrow", "entities", models.JSONField(null=True)),
        migrations.CreateModel(
            name="NoticeRow",
            fields=[
                ("notice", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("transfer", models.CharField(max_length=45)),
                ("receipt", models.TextField()),
                ("at", models.DateTimeField()),
            ],
            options={"db_table": "exchange_notice"},
        ),
    ]
