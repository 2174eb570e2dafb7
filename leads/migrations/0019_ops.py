import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0018_entry")]

    operations = [
        migrations.CreateModel(
            name="WorkerBeat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("started_at", models.DateTimeField()),
                ("beat_at", models.DateTimeField()),
            ],
        ),
        migrations.AddIndex(
            model_name="deliveryattempt",
            index=models.Index(fields=["started_at"], name="attempt_by_start"),
        ),
    ]
