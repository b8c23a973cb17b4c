"""The steps of posting that need no answer in between, as functions: fewer round trips, plans kept.

`funds_lock_strict` locks in one statement and reads in the next; `funds_finish` writes lines and turnover, takes
the numbers last and flips to posted.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION funds_lock_strict(accounts bigint[], dimensions text[], firsts bigint[], books bigint[])
RETURNS TABLE (account bigint, dimension text, month date, net numeric, held numeric) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  locked bigint;
BEGIN
  FOR attempt IN 1..2 LOOP
    PERFORM b.id FROM funds_balance b JOIN unnest(accounts, dimensions, firsts) AS w (account, dimension, first)
         ON b.account_id = w.account AND b.dimension = w.dimension AND b.period_id = w.first
      ORDER BY b.account_id, b.dimension FOR UPDATE OF b;
    GET DIAGNOSTICS locked = ROW_COUNT;
    EXIT WHEN locked = cardinality(accounts);
    INSERT INTO funds_balance (book_id, period_id, account_id, dimension, opening, debit, credit)
    SELECT w.book, w.first, w.account, w.dimension, 0, 0, 0
      FROM unnest(accounts, dimensions, firsts, books) AS w (account, dimension, first, book)
     ORDER BY w.account, w.dimension ON CONFLICT (account_id, dimension, period_id) DO NOTHING;
  END LOOP;
  RETURN QUERY
  SELECT w.account, w.dimension, p.month, b.debit - b.credit, 0::numeric
    FROM unnest(accounts, dimensions) AS w (account, dimension)
    JOIN funds_balance b ON b.account_id = w.account AND b.dimension = w.dimension
    JOIN funds_fiscalperiod p ON p.id = b.period_id
  UNION ALL
  SELECT w.account, w.dimension, NULL, 0, h.amount - h.settled - h.released
    FROM unnest(accounts, dimensions) AS w (account, dimension)
    JOIN funds_holdon o ON o.account_id = w.account AND o.dimension = w.dimension
    JOIN funds_hold h ON h.id = o.hold_id AND h.state = 'active';
END $$;

CREATE FUNCTION funds_finish(
  line_vouchers bigint[], line_accounts bigint[], line_codes text[], line_names text[], line_debits numeric[],
  line_credits numeric[], line_dimensions text[], line_subjects text[],
  turn_books bigint[], turn_periods bigint[], turn_accounts bigint[], turn_dimensions text[], turn_debits numeric[],
  turn_credits numeric[], vouchers bigint[], periods bigint[], poster bigint
) RETURNS int[] LANGUAGE plpgsql AS $$
DECLARE
  numbers int[];
BEGIN
  IF cardinality(line_vouchers) > 0 THEN
    INSERT INTO funds_line (voucher_id, account_id, account_code, account_name, debit, credit, dimension, subject)
    SELECT * FROM unnest(line_vouchers, line_accounts, line_codes, line_names, line_debits, line_credits,
                         line_dimensions, line_subjects);
  END IF;
  INSERT INTO funds_balance AS b (book_id, period_id, account_id, dimension, opening, debit, credit)
  SELECT t.book, t.period, t.account, t.dimension, 0, t.debit, t.credit
    FROM unnest(turn_books, turn_periods, turn_accounts, turn_dimensions, turn_debits, turn_credits)
      AS t (book, period, account, dimension, debit, credit)
   ORDER BY t.account, t.dimension, t.period
  ON CONFLICT (account_id, dimension, period_id) DO UPDATE
     SET debit = b.debit + excluded.debit, credit = b.credit + excluded.credit;
  IF cardinality(periods) > 1 THEN
    PERFORM 1 FROM funds_fiscalperiod WHERE id = ANY(periods) ORDER BY id FOR NO KEY UPDATE;
  END IF;
  WITH taken AS (
    UPDATE funds_fiscalperiod f SET next_number = f.next_number + w.many
      FROM (SELECT period, count(*)::int AS many FROM unnest(periods) AS period GROUP BY period) w
     WHERE f.id = w.period AND f.state = 'open' RETURNING f.id, f.next_number - w.many AS first
  )
  SELECT array_agg((t.first + v.place - 1)::int ORDER BY v.ord) INTO numbers
    FROM (SELECT period, ord, row_number() OVER (PARTITION BY period ORDER BY ord) AS place
            FROM unnest(periods) WITH ORDINALITY AS u (period, ord)) v
    JOIN taken t ON t.id = v.period;
  IF cardinality(numbers) IS DISTINCT FROM cardinality(vouchers) THEN
    RETURN NULL;  -- a month is not open: the caller refuses by name and everything rolls back
  END IF;
  UPDATE funds_voucher v SET state = 'posted', number = d.number, posted_by_id = poster, posted_at = clock_timestamp()
    FROM unnest(vouchers, numbers) AS d (id, number) WHERE v.id = d.id;
  RETURN numbers;
END $$;
"""
UNDO = """
DROP FUNCTION funds_lock_strict;
DROP FUNCTION funds_finish;
"""


class Migration(migrations.Migration):
    dependencies = [("funds", "0002_guards")]
    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
