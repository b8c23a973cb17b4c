"""What was allocated, summed up and sent stays; a frozen roster's levies do not change."""

from django.db import migrations

GUARD = """
CREATE FUNCTION contributions_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION contributions_levy_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM enrollment_roster WHERE id = OLD.roster_id AND state = 'frozen') THEN
    RAISE EXCEPTION 'the roster is frozen: its levies do not change' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION contributions_remittance_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.received_on IS NOT NULL
     OR (NEW.office_id, NEW.period_id, NEW.summary_id, NEW.amount, NEW.sent_on, NEW.sent_by_id)
        IS DISTINCT FROM (OLD.office_id, OLD.period_id, OLD.summary_id, OLD.amount, OLD.sent_on, OLD.sent_by_id)
     OR (OLD.sent_voucher_id IS NOT NULL AND NEW.sent_voucher_id IS DISTINCT FROM OLD.sent_voucher_id) THEN
    RAISE EXCEPTION 'remittance % has been sent: it cannot change', OLD.id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER contributions_levy_stays BEFORE UPDATE OR DELETE ON contributions_levy
  FOR EACH ROW EXECUTE FUNCTION contributions_levy_stays();
CREATE TRIGGER contributions_remittance_once BEFORE UPDATE ON contributions_remittance
  FOR EACH ROW EXECUTE FUNCTION contributions_remittance_once();
"""
KEPT = {
    "BEFORE UPDATE": ["allocation", "officesummary", "summaryline"],
    "BEFORE DELETE": ["allocation", "officesummary", "summaryline", "rosterfee", "remittance"],
    "BEFORE TRUNCATE": ["allocation", "officesummary", "summaryline", "levy", "rosterfee", "remittance"],
}


def kept() -> str:
    """Append-only tables: one trigger per event and table."""
    return "\n".join(
        f"CREATE TRIGGER contributions_{table}_{when.split()[1].lower()}_kept {when} ON contributions_{table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION contributions_kept();"
        for when, tables in KEPT.items()
        for table in tables
    )


UNDO = "\n".join(
    f"DROP FUNCTION contributions_{name} CASCADE;" for name in ("kept", "levy_stays", "remittance_once")
)


class Migration(migrations.Migration):
    dependencies = [("contributions", "0001_initial")]
    operations = [migrations.RunSQL(GUARD + kept(), UNDO)]
