from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0019_ops"),
    ]

    operations = [
        migrations.AddField(
            model_name="leadimport",
            name="broken_off",
            field=models.PositiveSmallIntegerField(default=0),
        ),
    ]
