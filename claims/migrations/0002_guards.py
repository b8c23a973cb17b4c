"""What was found and decided stands: append-only tables, payments that end once, slips that do not change."""

from django.db import migrations

APPEND_ONLY = ("claims_adjudication", "claims_decision")
AMOUNTS = (
    "total", "self_funded", "over_limit", "over_package", "newly_covered", "hospital_part", "class_b_own",
    "deductible", "basic_paid", "large_paid", "critical_paid", "supplementary_paid", "civil_servant_paid",
    "assistance_paid", "other_paid", "account_paid", "family_account_paid", "cash_paid", "admitted", "discharged",
    "settlement_number",
)  # fmt: skip

FUNCTIONS = f"""
CREATE FUNCTION claims_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE FUNCTION claims_payment_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.state <> 'pending'
     OR ROW(NEW.reference, NEW.batch_id, NEW.claim_id, NEW.amount, NEW.card_number, NEW.holder_name)
        IS DISTINCT FROM ROW(OLD.reference, OLD.batch_id, OLD.claim_id, OLD.amount, OLD.card_number, OLD.holder_name)
  THEN
    RAISE EXCEPTION 'payment % cannot change: % refused', OLD.reference, TG_OP USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION claims_result_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.voucher IS NOT NULL
     OR to_jsonb(NEW) - 'voucher' IS DISTINCT FROM to_jsonb(OLD) - 'voucher'
  THEN
    RAISE EXCEPTION 'a confirmed bank result cannot change: % refused', TG_OP USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION claims_slip_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an accepted slip cannot change: %', OLD.settlement_number USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER claims_payment_guard BEFORE UPDATE OR DELETE ON claims_payment
  FOR EACH ROW EXECUTE FUNCTION claims_payment_ends_once();
CREATE TRIGGER claims_payment_no_truncate BEFORE TRUNCATE ON claims_payment
  FOR EACH STATEMENT EXECUTE FUNCTION claims_append_only();
CREATE TRIGGER claims_bankresult_guard BEFORE UPDATE OR DELETE ON claims_bankresult
  FOR EACH ROW EXECUTE FUNCTION claims_result_stands();
CREATE TRIGGER claims_bankresult_no_truncate BEFORE TRUNCATE ON claims_bankresult
  FOR EACH STATEMENT EXECUTE FUNCTION claims_append_only();
CREATE TRIGGER claims_bill_guard BEFORE UPDATE ON claims_bill
  FOR EACH ROW WHEN (OLD.state = 'accepted' AND NEW.state = 'accepted' AND
    ROW({", ".join(f"NEW.{name}" for name in AMOUNTS)})
    IS DISTINCT FROM ROW({", ".join(f"OLD.{name}" for name in AMOUNTS)}))
  EXECUTE FUNCTION claims_slip_stands();
"""

GUARDS = FUNCTIONS + "".join(
    f"""
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION claims_append_only();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION claims_append_only();
"""
    for table in APPEND_ONLY
)

UNDO = """
DROP TRIGGER claims_bill_guard ON claims_bill;
DROP TRIGGER claims_bankresult_guard ON claims_bankresult;
DROP TRIGGER claims_bankresult_no_truncate ON claims_bankresult;
DROP TRIGGER claims_payment_guard ON claims_payment;
DROP TRIGGER claims_payment_no_truncate ON claims_payment;
""" + "".join(
    f"DROP TRIGGER {table}_append_only ON {table}; DROP TRIGGER {table}_no_truncate ON {table};"
    for table in APPEND_ONLY
) + """
DROP FUNCTION claims_slip_stands();
DROP FUNCTION claims_result_stands();
DROP FUNCTION claims_payment_ends_once();
DROP FUNCTION claims_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("claims", "0001_initial")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
