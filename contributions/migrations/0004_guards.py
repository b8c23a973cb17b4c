"""A sent remittance keeps its reason; a frozen roster's fee, levies and allocations are final, a sent summary too."""

from django.db import migrations

GUARD = """
CREATE OR REPLACE FUNCTION contributions_remittance_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.received_on IS NOT NULL
     OR (NEW.office_id, NEW.period_id, NEW.summary_id, NEW.amount, NEW.sent_on, NEW.sent_by_id, NEW.sequence, NEW.reason)
        IS DISTINCT FROM
        (OLD.office_id, OLD.period_id, OLD.summary_id, OLD.amount, OLD.sent_on, OLD.sent_by_id, OLD.sequence, OLD.reason)
     OR (OLD.sent_voucher_id IS NOT NULL AND NEW.sent_voucher_id IS DISTINCT FROM OLD.sent_voucher_id) THEN
    RAISE EXCEPTION 'remittance % has been sent: it cannot change', OLD.id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION contributions_frozen(roster_ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- Locked for the rest of the transaction, so that no freeze can slip in between.
  PERFORM 1 FROM enrollment_roster WHERE id = ANY(roster_ids) ORDER BY id FOR SHARE;
  IF EXISTS (SELECT 1 FROM enrollment_roster WHERE id = ANY(roster_ids) AND state = 'frozen') THEN
    RAISE EXCEPTION 'the roster is frozen: what it owes and has paid is final'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
END $$;

CREATE FUNCTION contributions_fee_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM contributions_frozen(ARRAY(SELECT DISTINCT roster_id FROM touched));
  RETURN NULL;
END $$;

CREATE FUNCTION contributions_allocated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM contributions_frozen(
    ARRAY(SELECT DISTINCT f.roster_id FROM touched t JOIN contributions_rosterfee f ON f.id = t.fee_id));
  RETURN NULL;
END $$;

CREATE FUNCTION contributions_summed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM touched t JOIN contributions_remittance m ON m.summary_id = t.summary_id) THEN
    RAISE EXCEPTION 'the summary has been sent: it takes no more units' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER contributions_rosterfee_stays AFTER UPDATE ON contributions_rosterfee
  REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION contributions_fee_stays();
CREATE TRIGGER contributions_levy_added AFTER INSERT ON contributions_levy
  REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION contributions_fee_stays();
CREATE TRIGGER contributions_levy_moved AFTER UPDATE ON contributions_levy
  REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION contributions_fee_stays();
CREATE TRIGGER contributions_allocated AFTER INSERT ON contributions_allocation
  REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION contributions_allocated();
CREATE TRIGGER contributions_summed AFTER INSERT ON contributions_summaryline
  REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION contributions_summed();
"""
UNDO = "\n".join(
    f"DROP FUNCTION contributions_{name} CASCADE;"
    for name in ("fee_stays", "allocated", "summed", "frozen(bigint[])")
)


class Migration(migrations.Migration):
    dependencies = [("contributions", "0003_supplement")]
    operations = [migrations.RunSQL(GUARD, UNDO)]
