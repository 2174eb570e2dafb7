from django.core.management import call_command
from django.db import migrations, models


def make_cache_table(apps, schema_editor):
    """What limits are counted in. Nothing happens where it is there already."""
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("leads", "0015_imports")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="sign_in_epoch",
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="team",
            name="second_factor",
            field=models.CharField(
                choices=[("reviewers", "Admins and reviewers, once live"), ("all", "Everybody")],
                default="reviewers",
                max_length=10,
            ),
        ),
        migrations.RunPython(make_cache_table, migrations.RunPython.noop),
    ]
