from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, OuterRef, Q, Subquery


def say_who_entered_it(apps, schema_editor):  # type: ignore[no-untyped-def]
    """Whoever typed it in; of what a script brought, the person its token speaks for."""
    leads = apps.get_model("leads", "Submission").objects
    tokens = apps.get_model("leads", "GatewayToken").objects
    leads.filter(created_by__isnull=False).update(entered_by=F("created_by"))
    owner = tokens.filter(pk=OuterRef("token_id")).values("owner_id")[:1]
    leads.filter(created_by=None, token__isnull=False).update(entered_by=Subquery(owner))


def person() -> models.ForeignKey:
    on_delete = django.db.models.deletion.PROTECT
    return models.ForeignKey(blank=True, null=True, on_delete=on_delete, related_name="+", to=settings.AUTH_USER_MODEL)


class Migration(migrations.Migration):
    dependencies = [("leads", "0002_audit_is_append_only")]

    operations = [
        migrations.AddField("submission", "entered_by", person()),
        migrations.AddField("submission", "rewritten_by", person()),
        migrations.AddField("revision", "by_replacing", models.BooleanField(default=False)),
        migrations.RenameField("notificationsettings", "reviews_mailed_at", "digest_mailed_at"),
        migrations.AddField("notificationsettings", "own_returns", models.BooleanField(default=True)),
        migrations.RemoveConstraint("submission", "nobody_decides_on_their_own_lead"),
        migrations.AddConstraint(
            "submission",
            models.CheckConstraint(
                condition=Q(four_eyes=False) | Q(decided_by=None) | Q(entered_by=None) | ~Q(decided_by=F("entered_by")),
                name="nobody_decides_on_their_own_lead",
            ),
        ),
        migrations.AddConstraint(
            "submission",
            models.CheckConstraint(
                condition=Q(four_eyes=False)
                | Q(decided_by=None)
                | Q(rewritten_by=None)
                | ~Q(decided_by=F("rewritten_by")),
                name="nobody_decides_on_their_own_words",
            ),
        ),
        migrations.AddIndex(
            "submission", models.Index(fields=["team", "entered_by", "-id"], name="submission_of_person")
        ),
        migrations.AddIndex(
            "submission",
            models.Index(
                fields=["team", "entered_by", "review_since", "id"],
                condition=Q(state="pending_review"),
                name="submission_review_person",
            ),
        ),
        migrations.AddIndex(
            "submission",
            models.Index(
                fields=["token", "review_since", "id"],
                condition=Q(state="pending_review", token__isnull=False),
                name="submission_review_script",
            ),
        ),
        migrations.AddIndex(
            "submission",
            models.Index(
                fields=["team", "entered_by", "decided_at"],
                condition=Q(state__in=["changes_requested", "rejected"]),
                name="submission_turned_back",
            ),
        ),
        migrations.RunPython(
            say_who_entered_it, migrations.RunPython.noop
        ),  # last: PostgreSQL alters no table after it
    ]
