"""A voucher in one call of the database: drafts, strict places, lines, turnover, numbers and the flip.

The steps are functions of their own, for batches that copy their lines or settle holds in between. Their plans are
made once in a session and reach each row by its key: a plan made while the tables are small is kept as they grow.
The functions of 0003 stay for workers of the version before; they go with the next migration.
"""

from django.db import migrations

BY_KEY = "SET enable_seqscan TO off SET enable_hashjoin TO off SET enable_mergejoin TO off"
KEPT = f"{BY_KEY} SET plan_cache_mode TO force_generic_plan"

DRAFT = f"""
CREATE FUNCTION funds_draft(vouchers json) RETURNS bigint[] LANGUAGE plpgsql {KEPT} AS $$
-- The ids of the drafts in the order asked for; NULL where the key was known or the book has no such month.
DECLARE
  ids bigint[];
  made bigint;
BEGIN
  SELECT array_agg(nextval('funds_voucher_id_seq')) INTO ids FROM generate_series(1, json_array_length(vouchers));
  INSERT INTO funds_voucher (id, book_id, period_id, date, kind, state, key, request_hash, source_type, source_id,
      summary, total, line_count, attachments, made_by_id, made_at, checked_by_id, reverses_id)
  SELECT ids[a.place], a.book_id, p.id, a.date, a.kind, 'draft', a.key, a.request_hash, a.source_type, a.source_id,
      a.summary, a.total, a.line_count, a.attachments, a.made_by_id, clock_timestamp(), a.checked_by_id, a.reverses_id
    FROM json_to_recordset(vouchers) AS a (place int, book_id bigint, date date, kind text, key text,
           request_hash text, source_type text, source_id bigint, summary text, total numeric, line_count int,
           attachments int, made_by_id bigint, checked_by_id bigint, reverses_id bigint)
    JOIN funds_fiscalperiod p ON p.book_id = a.book_id AND p.month = date_trunc('month', a.date)::date
   ORDER BY a.key ON CONFLICT (key) DO NOTHING;
  GET DIAGNOSTICS made = ROW_COUNT;
  IF made < cardinality(ids) THEN
    SELECT array_agg(v.id ORDER BY u.place) INTO ids
      FROM unnest(ids) WITH ORDINALITY AS u (id, place) LEFT JOIN funds_voucher v ON v.id = u.id;
  END IF;
  RETURN ids;
END $$;
"""
# The row of the book's first month stands for all months of a place (an account and a dimension). A dip is the lowest
# sum of what the vouchers move on a place, as counted from a month up to the next in which they move anything.
REFUSED = f"""
CREATE FUNCTION funds_refused(
  dips json, OUT account bigint, OUT dimension text, OUT there numeric, OUT held numeric, OUT asked numeric
) LANGUAGE plpgsql {KEPT} AS $$
#variable_conflict use_column
DECLARE
  locked bigint;
BEGIN
  FOR attempt IN 1..2 LOOP
    PERFORM b.id FROM json_to_recordset(dips) AS d (account bigint, dimension text, first bigint)
       JOIN funds_balance b ON b.account_id = d.account AND b.dimension = d.dimension AND b.period_id = d.first
      ORDER BY b.account_id, b.dimension FOR UPDATE OF b;
    GET DIAGNOSTICS locked = ROW_COUNT;
    EXIT WHEN locked = json_array_length(dips);
    INSERT INTO funds_balance (book_id, period_id, account_id, dimension, opening, debit, credit)
    SELECT DISTINCT d.book, d.first, d.account, d.dimension, 0, 0, 0
      FROM json_to_recordset(dips) AS d (account bigint, dimension text, first bigint, book bigint)
     ORDER BY d.account, d.dimension ON CONFLICT (account_id, dimension, period_id) DO NOTHING;
  END LOOP;
  SELECT d.account, d.dimension, s.low, h.held, -d.change INTO account, dimension, there, held, asked
    FROM json_to_recordset(dips)
      AS d (account bigint, dimension text, sign int, since date, until date, change numeric)
   CROSS JOIN LATERAL (
     SELECT least(coalesce(sum(t.net) FILTER (WHERE t.month <= d.since), 0.00),
                  min(t.standing) FILTER (WHERE t.month > d.since AND (d.until IS NULL OR t.month < d.until))) AS low,
            coalesce(sum(t.net), 0.00) AS last
       FROM (SELECT p.month, d.sign * (b.debit - b.credit) AS net,
                    sum(d.sign * (b.debit - b.credit)) OVER (ORDER BY p.month) AS standing
               FROM funds_balance b JOIN funds_fiscalperiod p ON p.id = b.period_id
              WHERE b.account_id = d.account AND b.dimension = d.dimension) t
   ) s CROSS JOIN LATERAL (
     SELECT coalesce(sum(h.amount - h.settled - h.released), 0.00) AS held
       FROM funds_holdon o JOIN funds_hold h ON h.id = o.hold_id AND h.state = 'active'
      WHERE o.account_id = d.account AND o.dimension = d.dimension
   ) h
   WHERE s.low + d.change < 0 OR d.until IS NULL AND s.last + d.change < h.held
   ORDER BY d.account, d.dimension, d.since LIMIT 1;
END $$;
"""
FINISH = f"""
CREATE FUNCTION funds_finish(
  vouchers bigint[], turnover json, poster bigint, OUT numbers int[], OUT periods bigint[]
) LANGUAGE plpgsql {KEPT} AS $$
#variable_conflict use_column
BEGIN
  INSERT INTO funds_balance AS b (book_id, period_id, account_id, dimension, opening, debit, credit)
  SELECT t.book, p.id, t.account, t.dimension, 0, t.debit, t.credit
    FROM json_to_recordset(turnover)
      AS t (book bigint, month date, account bigint, dimension text, debit numeric, credit numeric)
    JOIN funds_fiscalperiod p ON p.book_id = t.book AND p.month = t.month
   ORDER BY t.account, t.dimension, p.id
  ON CONFLICT (account_id, dimension, period_id) DO UPDATE
     SET debit = b.debit + excluded.debit, credit = b.credit + excluded.credit;
  IF cardinality(vouchers) > 1 THEN
    PERFORM 1 FROM funds_fiscalperiod WHERE id IN (SELECT period_id FROM funds_voucher WHERE id = ANY(vouchers))
      ORDER BY id FOR NO KEY UPDATE;
  END IF;
  WITH due AS (
    SELECT u.id, u.place, v.period_id AS period, row_number() OVER (PARTITION BY v.period_id ORDER BY u.place) AS nth
      FROM unnest(vouchers) WITH ORDINALITY AS u (id, place) JOIN funds_voucher v ON v.id = u.id
  ), taken AS (
    UPDATE funds_fiscalperiod p SET next_number = p.next_number + m.many
      FROM (SELECT period, count(*)::int AS many FROM due GROUP BY period) m
     WHERE p.id = m.period AND p.state = 'open' RETURNING p.id, p.next_number - m.many AS first
  ), flipped AS (
    UPDATE funds_voucher v
       SET state = 'posted', number = t.first + d.nth - 1, posted_by_id = poster, posted_at = clock_timestamp()
      FROM due d JOIN taken t ON t.id = d.period WHERE v.id = d.id RETURNING d.place, v.number, d.period
  )
  SELECT array_agg(f.number ORDER BY f.place), array_agg(f.period ORDER BY f.place) INTO numbers, periods FROM flipped f;
  IF cardinality(numbers) IS DISTINCT FROM cardinality(vouchers) THEN
    numbers := NULL;  -- a month is not open: the caller refuses by name and everything rolls back
  END IF;
END $$;
"""
POST = """
CREATE FUNCTION funds_post(
  vouchers json, dips json, lines json, turnover json, poster bigint, alone boolean,
  OUT ids bigint[], OUT numbers int[], OUT periods bigint[],
  OUT account bigint, OUT dimension text, OUT there numeric, OUT held numeric, OUT asked numeric
) LANGUAGE plpgsql SET plan_cache_mode TO force_generic_plan AS $$
-- Stops after the drafts where a key was known or a month is not there, and where a strict place refuses; a
-- statement that is a transaction of its own then takes its drafts back.
#variable_conflict use_column
BEGIN
  ids := funds_draft(vouchers);
  IF array_position(ids, NULL) IS NULL THEN
    IF json_array_length(dips) > 0 THEN
      SELECT r.account, r.dimension, r.there, r.held, r.asked INTO account, dimension, there, held, asked
        FROM funds_refused(dips) r;
    END IF;
    IF account IS NULL THEN
      INSERT INTO funds_line (voucher_id, account_id, account_code, account_name, debit, credit, dimension, subject)
      SELECT ids[l.place], l.account_id, l.account_code, l.account_name, l.debit, l.credit, l.dimension, l.subject
        FROM json_to_recordset(lines) AS l (place int, account_id bigint, account_code text, account_name text,
               debit numeric, credit numeric, dimension text, subject text);
      SELECT f.numbers, f.periods INTO numbers, periods FROM funds_finish(ids, turnover, poster) f;
    END IF;
  END IF;
  IF alone AND numbers IS NULL THEN
    RAISE EXCEPTION 'not posted in one statement';
  END IF;
END $$;
"""
GUARDS = ("funds_voucher_updated", "funds_line_inserted", "funds_line_updated", "funds_line_deleted")
PLANS = "".join(f"ALTER FUNCTION {name}() {KEPT};\n" for name in GUARDS)
UNDO = """
DROP FUNCTION funds_post;
DROP FUNCTION funds_finish(bigint[], json, bigint);
DROP FUNCTION funds_refused;
DROP FUNCTION funds_draft;
""" + "".join(f"ALTER FUNCTION {name}() RESET ALL;\n" for name in GUARDS)


class Migration(migrations.Migration):
    dependencies = [("funds", "0005_voucher_keys")]
    operations = [migrations.RunSQL(DRAFT + REFUSED + FINISH + POST + PLANS, UNDO)]
