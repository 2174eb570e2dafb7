"""The database itself refuses to change or delete audit entries, whoever asks."""

from django.db import migrations

SQLITE = (
    """CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON leads_auditentry
    BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END""",
    """CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON leads_auditentry
    BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END""",
    # INSERT OR REPLACE deletes without asking the trigger above.
    """CREATE TRIGGER audit_entry_no_replace BEFORE INSERT ON leads_auditentry
    WHEN EXISTS (SELECT 1 FROM leads_auditentry WHERE id = NEW.id)
    OR EXISTS (SELECT 1 FROM leads_auditentry WHERE team_id = NEW.team_id AND sequence = NEW.sequence)
    BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END""",
)
SQLITE_REVERSE = (
    "DROP TRIGGER audit_entry_no_update",
    "DROP TRIGGER audit_entry_no_delete",
    "DROP TRIGGER audit_entry_no_replace",
)
POSTGRESQL = (
    """CREATE FUNCTION audit_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'audit entries are append-only'; END $$""",
    """CREATE TRIGGER audit_entry_no_change BEFORE UPDATE OR DELETE ON leads_auditentry
    FOR EACH ROW EXECUTE FUNCTION audit_entry_refuse()""",
    """CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON leads_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_refuse()""",
)
POSTGRESQL_REVERSE = (
    "DROP TRIGGER audit_entry_no_change ON leads_auditentry",
    "DROP TRIGGER audit_entry_no_truncate ON leads_auditentry",
    "DROP FUNCTION audit_entry_refuse()",
)


def run(sqlite, postgresql):
    def execute(apps, schema_editor):
        is_postgresql = schema_editor.connection.vendor == "postgresql"
        with schema_editor.connection.cursor() as cursor:
            for statement in postgresql if is_postgresql else sqlite:
                cursor.execute(statement)

    return execute


class Migration(migrations.Migration):
    dependencies = [("leads", "0001_initial")]
    operations = [migrations.RunPython(run(SQLITE, POSTGRESQL), run(SQLITE_REVERSE, POSTGRESQL_REVERSE))]
