from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0021_imports"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="event",
            name="event_failures_of_team",
        ),
        migrations.AlterField(
            model_name="event",
            name="kind",
            field=models.CharField(
                choices=[
                    ("lead.created", "A lead is in Breakcold"),
                    ("lead.failed", "A lead was not accepted"),
                    ("lead.needs_attention", "A lead needs a person: nobody knows whether it arrived"),
                    ("review.wanted", "A lead waits for review"),
                    ("review.decided", "A reviewer approved, sent back or rejected a lead"),
                    ("key.paused", "The key was paused, so leads wait"),
                    ("export.large", "Somebody took out very many leads, or wanted to"),
                    ("webhook.switched_off", "A webhook was switched off because it kept failing"),
                    ("webhook.test", "A test, sent from the settings"),
                ],
                max_length=30,
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(
                    (
                        "kind__in",
                        ["lead.failed", "lead.needs_attention", "key.paused", "export.large", "webhook.switched_off"],
                    )
                ),
                fields=["team", "at"],
                name="event_failures_of_team",
            ),
        ),
    ]
