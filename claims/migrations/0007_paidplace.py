"""Sums of a bank result by agency point, filled from the payments that stand; written once like the result."""

import django.db.models.deletion
from django.db import migrations, models

FILL = """
INSERT INTO claims_paidplace (result_id, office_id, count, amount)
SELECT y.result_id, c.office_id, count(*), sum(y.amount)
  FROM claims_payment y JOIN claims_claim c ON c.id = y.claim_id WHERE y.state = 'paid' GROUP BY 1, 2
"""
GUARD = """
CREATE TRIGGER claims_paidplace_append_only BEFORE UPDATE OR DELETE ON claims_paidplace
  FOR EACH ROW EXECUTE FUNCTION claims_append_only();
CREATE TRIGGER claims_paidplace_no_truncate BEFORE TRUNCATE ON claims_paidplace
  FOR EACH STATEMENT EXECUTE FUNCTION claims_append_only();
"""
UNDO = """
DROP TRIGGER claims_paidplace_append_only ON claims_paidplace;
DROP TRIGGER claims_paidplace_no_truncate ON claims_paidplace;
"""


class Migration(migrations.Migration):
    dependencies = [("claims", "0006_guards"), ("core", "0003_apiclient")]
    operations = [
        migrations.CreateModel(
            name="PaidPlace",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("count", models.PositiveIntegerField(verbose_name="paid")),
                ("amount", models.DecimalField(decimal_places=2, max_digits=14, verbose_name="paid total")),
                ("office", models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.office", verbose_name="agency point")),
                ("result", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="places", to="claims.bankresult", verbose_name="bank result")),
            ],
            options={
                "verbose_name": "payments of a place",
                "verbose_name_plural": "payments by place",
                "ordering": ["result", "office"],
                "constraints": [
                    models.UniqueConstraint(fields=("result", "office"), name="paidplace_once", violation_error_message="A place's sum is written once."),
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0), ("count__gte", 1)), name="paidplace_positive", violation_error_message="A payment is above zero."),
                ],
            },
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(GUARD, UNDO),
    ]
