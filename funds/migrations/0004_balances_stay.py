"""Balances follow their lines: they are updated by posting, never deleted or emptied."""

from django.db import migrations

GUARD = """
CREATE TRIGGER funds_balance_delete_kept BEFORE DELETE ON funds_balance
  FOR EACH STATEMENT EXECUTE FUNCTION funds_kept();
CREATE TRIGGER funds_balance_truncate_kept BEFORE TRUNCATE ON funds_balance
  FOR EACH STATEMENT EXECUTE FUNCTION funds_kept();
"""
UNDO = """
DROP TRIGGER funds_balance_delete_kept ON funds_balance;
DROP TRIGGER funds_balance_truncate_kept ON funds_balance;
"""


class Migration(migrations.Migration):
    dependencies = [("funds", "0003_posting")]
    operations = [migrations.RunSQL(GUARD, UNDO)]
