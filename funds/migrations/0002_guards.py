"""What makes a posted voucher final: checked once at the flip, then closed to everyone, raw SQL included.

Vouchers and lines are guarded per statement with transition tables. A line's statement takes a share lock
on its vouchers, so that a flip in another transaction waits for it and then sees the line.
"""

from django.db import migrations

GUARD = """
CREATE FUNCTION funds_voucher_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM new_rows WHERE state <> 'draft') THEN
    RAISE EXCEPTION 'a voucher begins as a draft' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION funds_voucher_updated() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong record;
BEGIN
  SELECT id INTO wrong FROM old_rows WHERE state = 'posted' LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'voucher % is posted: it cannot change', wrong.id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM 1 FROM funds_fiscalperiod
   WHERE id IN (SELECT period_id FROM new_rows WHERE state = 'posted') ORDER BY id FOR SHARE;
  SELECT v.id INTO wrong FROM new_rows v JOIN funds_fiscalperiod p ON p.id = v.period_id
   WHERE v.state = 'posted' AND (p.state <> 'open' OR p.book_id <> v.book_id OR v.number >= p.next_number
         OR date_trunc('month', v.date)::date <> p.month) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'voucher %: its month is not open, not its own, or did not give its number', wrong.id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  SELECT v.id INTO wrong FROM new_rows v
    LEFT JOIN LATERAL (
      SELECT count(*) AS lines, sum(l.debit) AS debit, sum(l.credit) AS credit,
             bool_or(a.book_id <> v.book_id OR NOT a.leaf) AS stray
        FROM funds_line l JOIN funds_account a ON a.id = l.account_id WHERE l.voucher_id = v.id) s ON true
   WHERE v.state = 'posted' AND (s.lines <> v.line_count OR s.debit IS DISTINCT FROM v.total
         OR s.credit IS DISTINCT FROM v.total OR s.stray) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'voucher %: its lines do not add up to its head', wrong.id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION funds_voucher_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM old_rows WHERE state = 'posted') THEN
    RAISE EXCEPTION 'a posted voucher cannot be deleted' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION funds_line_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE touched bigint[];
BEGIN
  SELECT array_agg(DISTINCT voucher_id) INTO touched FROM new_rows;
  PERFORM 1 FROM funds_voucher WHERE id = ANY(touched) ORDER BY id FOR SHARE;
  IF EXISTS (SELECT 1 FROM funds_voucher WHERE id = ANY(touched) AND state = 'posted') THEN
    RAISE EXCEPTION 'a posted voucher takes no more lines' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION funds_line_updated() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE touched bigint[];
BEGIN
  SELECT array_agg(DISTINCT voucher_id) INTO touched
    FROM (SELECT voucher_id FROM new_rows UNION SELECT voucher_id FROM old_rows) both_sides;
  PERFORM 1 FROM funds_voucher WHERE id = ANY(touched) ORDER BY id FOR SHARE;
  IF EXISTS (SELECT 1 FROM funds_voucher WHERE id = ANY(touched) AND state = 'posted') THEN
    RAISE EXCEPTION 'lines of a posted voucher cannot change' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION funds_line_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE touched bigint[];
BEGIN
  SELECT array_agg(DISTINCT voucher_id) INTO touched FROM old_rows;
  PERFORM 1 FROM funds_voucher WHERE id = ANY(touched) ORDER BY id FOR SHARE;
  IF EXISTS (SELECT 1 FROM funds_voucher WHERE id = ANY(touched) AND state = 'posted') THEN
    RAISE EXCEPTION 'lines of a posted voucher cannot be deleted' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION funds_month_moves_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'closed' OR NEW.next_number < OLD.next_number
     OR (NEW.book_id, NEW.month) IS DISTINCT FROM (OLD.book_id, OLD.month) THEN
    RAISE EXCEPTION 'a month is not opened again, nor numbered anew' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION funds_hold_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state <> 'active' OR NEW.settled < OLD.settled OR NEW.released < OLD.released
     OR (NEW.book_id, NEW.event, NEW.key, NEW.amount, NEW.source_type, NEW.source_id, NEW.dims)
        IS DISTINCT FROM (OLD.book_id, OLD.event, OLD.key, OLD.amount, OLD.source_type, OLD.source_id, OLD.dims) THEN
    RAISE EXCEPTION 'hold % is over or would be rewritten', OLD.id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION funds_receipt_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.matched < OLD.matched OR NEW.returned < OLD.returned
     OR (NEW.book_id, NEW.amount, NEW.received_on, NEW.reference, NEW.payer, NEW.recorded_by_id)
        IS DISTINCT FROM (OLD.book_id, OLD.amount, OLD.received_on, OLD.reference, OLD.payer, OLD.recorded_by_id)
     OR (OLD.unit_id IS NOT NULL AND NEW.unit_id IS DISTINCT FROM OLD.unit_id) THEN
    RAISE EXCEPTION 'receipt % cannot be rewritten', OLD.id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION funds_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER funds_voucher_inserted AFTER INSERT ON funds_voucher
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION funds_voucher_inserted();
CREATE TRIGGER funds_voucher_updated AFTER UPDATE ON funds_voucher
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION funds_voucher_updated();
CREATE TRIGGER funds_voucher_deleted AFTER DELETE ON funds_voucher
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION funds_voucher_deleted();
CREATE TRIGGER funds_line_inserted AFTER INSERT ON funds_line
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION funds_line_inserted();
CREATE TRIGGER funds_line_updated AFTER UPDATE ON funds_line
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION funds_line_updated();
CREATE TRIGGER funds_line_deleted AFTER DELETE ON funds_line
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION funds_line_deleted();
CREATE TRIGGER funds_fiscalperiod_forward BEFORE UPDATE ON funds_fiscalperiod
  FOR EACH ROW EXECUTE FUNCTION funds_month_moves_forward();
CREATE TRIGGER funds_hold_ends_once BEFORE UPDATE ON funds_hold
  FOR EACH ROW EXECUTE FUNCTION funds_hold_ends_once();
CREATE TRIGGER funds_receipt_stays BEFORE UPDATE ON funds_receipt
  FOR EACH ROW EXECUTE FUNCTION funds_receipt_stays();
"""
KEPT = {
    "BEFORE DELETE": ["fiscalperiod", "hold", "holdon", "receipt", "receiptreturn", "book", "account", "chartversion"],
    "BEFORE UPDATE": ["account", "chartversion", "holdon", "receiptreturn"],
    "BEFORE TRUNCATE": [
        "voucher", "line", "fiscalperiod", "hold", "holdon", "receipt", "receiptreturn", "book", "account", "chartversion",
    ],
}  # fmt: skip
FUNCTIONS = [
    "voucher_inserted", "voucher_updated", "voucher_deleted", "line_inserted", "line_updated", "line_deleted",
    "month_moves_forward", "hold_ends_once", "receipt_stays", "kept",
]  # fmt: skip


def kept() -> str:
    """Append-only tables: one trigger per event and table."""
    return "\n".join(
        f"CREATE TRIGGER funds_{table}_{when.split()[1].lower()}_kept {when} ON funds_{table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION funds_kept();"
        for when, tables in KEPT.items()
        for table in tables
    )


UNDO = "\n".join(f"DROP FUNCTION funds_{name} CASCADE;" for name in FUNCTIONS)


class Migration(migrations.Migration):
    dependencies = [("funds", "0001_initial")]
    operations = [migrations.RunSQL(GUARD + kept(), UNDO)]
