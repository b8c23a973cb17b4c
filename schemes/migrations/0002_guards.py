"""From adoption a version is immutable: only its withdrawal may still be written, once."""

from django.db import migrations

GUARD = """
CREATE FUNCTION schemes_version_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'adopted scheme versions cannot be truncated';
  END IF;
  IF OLD.adopted_at IS NULL THEN
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'an adopted scheme version cannot be deleted';
  END IF;
  IF OLD.withdrawn_at IS NOT NULL
     OR (to_jsonb(NEW) - ARRAY['state', 'withdrawn_at', 'withdrawn_by_id'])
        IS DISTINCT FROM (to_jsonb(OLD) - ARRAY['state', 'withdrawn_at', 'withdrawn_by_id']) THEN
    RAISE EXCEPTION 'an adopted scheme version cannot be changed';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER schemes_version_guard BEFORE UPDATE OR DELETE ON schemes_schemeversion
  FOR EACH ROW EXECUTE FUNCTION schemes_version_guard();
CREATE TRIGGER schemes_version_no_truncate BEFORE TRUNCATE ON schemes_schemeversion
  FOR EACH STATEMENT EXECUTE FUNCTION schemes_version_guard();
"""

UNDO = """
DROP TRIGGER schemes_version_guard ON schemes_schemeversion;
DROP TRIGGER schemes_version_no_truncate ON schemes_schemeversion;
DROP FUNCTION schemes_version_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("schemes", "0001_initial")]
    operations = [migrations.RunSQL(GUARD, UNDO)]
