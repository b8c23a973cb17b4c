"""What decides a benefit does not change with an accepted slip; what was filed, paid and recorded stays."""

from django.db import migrations

FACTS = (
    "total", "self_funded", "over_limit", "over_package", "newly_covered", "hospital_part", "class_b_own",
    "deductible", "basic_paid", "large_paid", "critical_paid", "supplementary_paid", "civil_servant_paid",
    "assistance_paid", "other_paid", "account_paid", "family_account_paid", "cash_paid", "admitted", "discharged",
    "settled", "settlement_number", "receipt_code", "receipt_number", "member_id", "care", "designated",
    "exclusion",
)  # fmt: skip
EARLIER = FACTS[:20] + ("settlement_number",)
STAYS = ("benefitaccount", "paymentbatch", "reviewcase", "reviewstep")
HISTORIES = ("banklayout", "bill", "claim", "hospital", "paperkind", "paymentbatch")


def slip_guard(facts):
    new, old = (", ".join(f"{side}.{name}" for name in facts) for side in ("NEW", "OLD"))
    return f"""
DROP TRIGGER claims_bill_guard ON claims_bill;
CREATE TRIGGER claims_bill_guard BEFORE UPDATE ON claims_bill
  FOR EACH ROW WHEN (OLD.state = 'accepted' AND NEW.state = 'accepted' AND ROW({new}) IS DISTINCT FROM ROW({old}))
  EXECUTE FUNCTION claims_slip_stands();
"""


def trigger(name, event, table, when=""):
    each = "STATEMENT" if event == "TRUNCATE" else "ROW"
    condition = f" WHEN ({when})" if when else ""
    return f"""
CREATE TRIGGER {name} BEFORE {event} ON {table}
  FOR EACH {each}{condition} EXECUTE FUNCTION core_append_only();
"""


KEPT = {
    "claims_bill": "OLD.state = 'accepted'",
    "claims_claim": "OLD.filed_at IS NOT NULL",
    **{f"claims_{name}": "" for name in STAYS},
}
PAST = [f"claims_historical{name}" for name in HISTORIES]

GUARDS = (
    slip_guard(FACTS)
    + "".join(trigger(f"{table}_no_delete", "DELETE", table, when) for table, when in KEPT.items())
    + "".join(trigger(f"{table}_append_only", "UPDATE OR DELETE", table) for table in PAST)
    + "".join(trigger(f"{table}_no_truncate", "TRUNCATE", table) for table in [*KEPT, *PAST])
)
UNDO = (
    "".join(f"DROP TRIGGER {table}_no_delete ON {table};\n" for table in KEPT)
    + "".join(f"DROP TRIGGER {table}_append_only ON {table};\n" for table in PAST)
    + "".join(f"DROP TRIGGER {table}_no_truncate ON {table};\n" for table in [*KEPT, *PAST])
    + slip_guard(EARLIER)
)


class Migration(migrations.Migration):
    dependencies = [("claims", "0003_shipped"), ("core", "0002_guards")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
