"""The access log is append-only; the table's owner alone could lift it."""

from django.db import migrations

GUARD = """
CREATE FUNCTION core_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;
END $$;
CREATE TRIGGER core_access_append_only BEFORE UPDATE OR DELETE ON core_access
  FOR EACH ROW EXECUTE FUNCTION core_append_only();
CREATE TRIGGER core_access_no_truncate BEFORE TRUNCATE ON core_access
  FOR EACH STATEMENT EXECUTE FUNCTION core_append_only();
"""

UNDO = """
DROP TRIGGER core_access_append_only ON core_access;
DROP TRIGGER core_access_no_truncate ON core_access;
DROP FUNCTION core_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [migrations.RunSQL(GUARD, UNDO)]
