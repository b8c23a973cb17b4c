"""Withdrawals say why; announced figures take a check once; rulings and their cases are append-only."""

from django.db import migrations

VERSION = """
CREATE OR REPLACE FUNCTION schemes_version_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  may CONSTANT text[] := ARRAY['state', 'withdrawn_at', 'withdrawn_by_id', 'withdrawal_reason'];
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
  IF OLD.withdrawn_at IS NOT NULL OR (to_jsonb(NEW) - may) IS DISTINCT FROM (to_jsonb(OLD) - may) THEN
    RAISE EXCEPTION 'an adopted scheme version cannot be changed';
  END IF;
  RETURN NEW;
END $$;
"""

FIGURE = """
CREATE FUNCTION schemes_figure_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  may CONSTANT text[] := ARRAY['checked_at', 'checked_by_id'];
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.supersedes_id IS NOT NULL AND NOT EXISTS (
      SELECT FROM schemes_announcedfigure f WHERE f.id = NEW.supersedes_id
        AND (f.scheme_id, f.name, f.year) = (NEW.scheme_id, NEW.name, NEW.year)) THEN
      RAISE EXCEPTION 'a figure supersedes one of the same scheme, name and year';
    END IF;
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' AND OLD.checked_at IS NULL AND NEW.checked_at IS NOT NULL
     AND (to_jsonb(NEW) - may) = (to_jsonb(OLD) - may) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'an announced figure is append-only: % refused', TG_OP;
END $$;
CREATE TRIGGER schemes_figure_guard BEFORE INSERT OR UPDATE OR DELETE ON schemes_announcedfigure
  FOR EACH ROW EXECUTE FUNCTION schemes_figure_guard();
CREATE TRIGGER schemes_figure_no_truncate BEFORE TRUNCATE ON schemes_announcedfigure
  FOR EACH STATEMENT EXECUTE FUNCTION schemes_figure_guard();
"""

RULINGS = "".join(
    f"""
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION core_append_only();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION core_append_only();
"""
    for table in ("schemes_ruling", "schemes_rulingcase")
)

UNDO = """
DROP TRIGGER schemes_figure_guard ON schemes_announcedfigure;
DROP TRIGGER schemes_figure_no_truncate ON schemes_announcedfigure;
DROP FUNCTION schemes_figure_guard();
DROP TRIGGER schemes_ruling_append_only ON schemes_ruling;
DROP TRIGGER schemes_ruling_no_truncate ON schemes_ruling;
DROP TRIGGER schemes_rulingcase_append_only ON schemes_rulingcase;
DROP TRIGGER schemes_rulingcase_no_truncate ON schemes_rulingcase;
"""


class Migration(migrations.Migration):
    dependencies = [("schemes", "0003_registers"), ("core", "0002_guards")]
    operations = [migrations.RunSQL(VERSION + FIGURE + RULINGS, UNDO)]
