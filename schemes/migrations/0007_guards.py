"""A figure supersedes one of its own place; a draft never becomes one that "shipped with the product"."""

from django.db import migrations

FIGURE = """
CREATE OR REPLACE FUNCTION schemes_figure_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  may CONSTANT text[] := ARRAY['checked_at', 'checked_by_id'];
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.supersedes_id IS NOT NULL AND NOT EXISTS (
      SELECT FROM schemes_announcedfigure f WHERE f.id = NEW.supersedes_id
        AND (f.scheme_id, f.name, f.year) = (NEW.scheme_id, NEW.name, NEW.year){place}) THEN
      RAISE EXCEPTION 'a figure supersedes one of the same scheme, name{words} and year';
    END IF;
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' AND OLD.checked_at IS NULL AND NEW.checked_at IS NOT NULL
     AND (to_jsonb(NEW) - may) = (to_jsonb(OLD) - may) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'an announced figure is append-only: % refused', TG_OP;
END $$;
"""
BY_PLACE = FIGURE.format(place=" AND f.office_id IS NOT DISTINCT FROM NEW.office_id", words=", place")
BEFORE = FIGURE.format(place="", words="")

# An adoption with this mark needs no second person: it is written when the row is made, by the migration.
SHIPPED = """
CREATE FUNCTION schemes_version_ships_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a version cannot become one that shipped with the product';
END $$;
CREATE TRIGGER schemes_version_ships_once BEFORE UPDATE ON schemes_schemeversion
  FOR EACH ROW WHEN (NEW.shipped IS DISTINCT FROM OLD.shipped) EXECUTE FUNCTION schemes_version_ships_once();
"""
NOT_SHIPPED = """
DROP TRIGGER schemes_version_ships_once ON schemes_schemeversion;
DROP FUNCTION schemes_version_ships_once();
"""


class Migration(migrations.Migration):
    dependencies = [("schemes", "0006_figures_by_place")]
    operations = [
        migrations.RunSQL(BY_PLACE, BEFORE),
        migrations.RunSQL(SHIPPED, NOT_SHIPPED),
    ]
