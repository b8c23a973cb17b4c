"""A recovery keeps what it is of; what has ended, and what was set off, stays as it is."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION claims_recovery_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  may CONSTANT text[] := ARRAY['state', 'taken', 'decided_on', 'decided_at', 'decided_by_id', 'reason'];
BEGIN
  IF TG_OP <> 'UPDATE' OR OLD.state NOT IN ('waiting', 'approved') OR NEW.taken < OLD.taken
     OR (to_jsonb(NEW) - may) IS DISTINCT FROM (to_jsonb(OLD) - may)
     OR (OLD.decided_at IS NOT NULL
         AND (NEW.decided_at, NEW.decided_by_id, NEW.decided_on, NEW.reason)
             IS DISTINCT FROM (OLD.decided_at, OLD.decided_by_id, OLD.decided_on, OLD.reason)) THEN
    RAISE EXCEPTION 'a recovery cannot change like this: % refused', TG_OP USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER claims_recovery_guard BEFORE UPDATE OR DELETE ON claims_recovery
  FOR EACH ROW EXECUTE FUNCTION claims_recovery_guard();
CREATE TRIGGER claims_recovery_no_truncate BEFORE TRUNCATE ON claims_recovery
  FOR EACH STATEMENT EXECUTE FUNCTION claims_append_only();
CREATE TRIGGER claims_setoff_append_only BEFORE UPDATE OR DELETE ON claims_setoff
  FOR EACH ROW EXECUTE FUNCTION claims_append_only();
CREATE TRIGGER claims_setoff_no_truncate BEFORE TRUNCATE ON claims_setoff
  FOR EACH STATEMENT EXECUTE FUNCTION claims_append_only();
"""
UNDO = """
DROP TRIGGER claims_recovery_guard ON claims_recovery;
DROP TRIGGER claims_recovery_no_truncate ON claims_recovery;
DROP TRIGGER claims_setoff_append_only ON claims_setoff;
DROP TRIGGER claims_setoff_no_truncate ON claims_setoff;
DROP FUNCTION claims_recovery_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("claims", "0005_recoveries")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
