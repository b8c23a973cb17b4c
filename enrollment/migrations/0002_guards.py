"""A frozen roster keeps its people: nobody added, removed or moved; nothing is emptied behind the product's back."""

from django.db import migrations

GUARD = """
CREATE FUNCTION enrollment_refuse_frozen(roster_ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  roster_state text;
BEGIN
  -- Locked for the rest of the transaction, so that no freeze can slip in between.
  FOR roster_state IN
    SELECT state FROM enrollment_roster WHERE id = ANY(roster_ids) ORDER BY id FOR SHARE
  LOOP
    IF roster_state = 'frozen' THEN
      RAISE EXCEPTION 'the roster is frozen: nobody is added, removed or changed'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'enrollment_roster_frozen';
    END IF;
  END LOOP;
END $$;

CREATE FUNCTION enrollment_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM enrollment_refuse_frozen(ARRAY(SELECT DISTINCT roster_id FROM added));
  RETURN NULL;
END $$;

CREATE FUNCTION enrollment_taken() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM enrollment_refuse_frozen(ARRAY(SELECT DISTINCT roster_id FROM taken));
  RETURN NULL;
END $$;

CREATE FUNCTION enrollment_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM enrollment_refuse_frozen(ARRAY(
    SELECT unnest(ARRAY[o.roster_id, n.roster_id]) FROM taken o FULL JOIN added n USING (id)
    WHERE (o.member_id, o.roster_id, o.period_id, o.unit_id, o.plan, o.shares, o.kind, o.continuing)
       IS DISTINCT FROM (n.member_id, n.roster_id, n.period_id, n.unit_id, n.plan, n.shares, n.kind, n.continuing)
  ));
  RETURN NULL;
END $$;

CREATE TRIGGER enrollment_added AFTER INSERT ON enrollment_enrollment
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION enrollment_added();
CREATE TRIGGER enrollment_taken AFTER DELETE ON enrollment_enrollment
  REFERENCING OLD TABLE AS taken FOR EACH STATEMENT EXECUTE FUNCTION enrollment_taken();
CREATE TRIGGER enrollment_changed AFTER UPDATE ON enrollment_enrollment
  REFERENCING OLD TABLE AS taken NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION enrollment_changed();

CREATE FUNCTION enrollment_roster_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'frozen' THEN
    IF TG_OP = 'DELETE' THEN
      RAISE EXCEPTION 'a frozen roster cannot be deleted'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'roster_frozen_stays';
    END IF;
    IF (NEW.state, NEW.unit_id, NEW.period_id, NEW.insured_active, NEW.confirmed_active)
       IS DISTINCT FROM (OLD.state, OLD.unit_id, OLD.period_id, OLD.insured_active, OLD.confirmed_active) THEN
      RAISE EXCEPTION 'a frozen roster cannot be changed'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'roster_frozen_stays';
    END IF;
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER enrollment_roster_guard BEFORE UPDATE OR DELETE ON enrollment_roster
  FOR EACH ROW EXECUTE FUNCTION enrollment_roster_guard();

CREATE FUNCTION enrollment_no_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% cannot be truncated', TG_TABLE_NAME;
END $$;
CREATE TRIGGER enrollment_no_truncate BEFORE TRUNCATE ON enrollment_enrollment
  FOR EACH STATEMENT EXECUTE FUNCTION enrollment_no_truncate();
CREATE TRIGGER enrollment_roster_no_truncate BEFORE TRUNCATE ON enrollment_roster
  FOR EACH STATEMENT EXECUTE FUNCTION enrollment_no_truncate();
CREATE TRIGGER enrollment_cover_no_truncate BEFORE TRUNCATE ON enrollment_cover
  FOR EACH STATEMENT EXECUTE FUNCTION enrollment_no_truncate();
"""

UNDO = """
DROP TRIGGER enrollment_added ON enrollment_enrollment;
DROP TRIGGER enrollment_taken ON enrollment_enrollment;
DROP TRIGGER enrollment_changed ON enrollment_enrollment;
DROP TRIGGER enrollment_roster_guard ON enrollment_roster;
DROP TRIGGER enrollment_no_truncate ON enrollment_enrollment;
DROP TRIGGER enrollment_roster_no_truncate ON enrollment_roster;
DROP TRIGGER enrollment_cover_no_truncate ON enrollment_cover;
DROP FUNCTION enrollment_added();
DROP FUNCTION enrollment_taken();
DROP FUNCTION enrollment_changed();
DROP FUNCTION enrollment_refuse_frozen(bigint[]);
DROP FUNCTION enrollment_roster_guard();
DROP FUNCTION enrollment_no_truncate();
"""


class Migration(migrations.Migration):
    dependencies = [("enrollment", "0001_initial")]
    operations = [migrations.RunSQL(GUARD, UNDO)]
