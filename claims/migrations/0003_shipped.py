"""The lists that ship: papers of a claim (第九条) and the layout of a bank file."""

from django.db import migrations

PAPERS = [
    ("settlement_data", "医保部门住院结算数据", True, True),
    ("receipt", "医院住院收费收据", True, False),
    ("slip", "医院费用结算单", True, False),
    ("bank_card", "本人银行账户", False, False),
    ("other", "其他资料", False, False),
]


def ship(apps, schema_editor):
    kinds = apps.get_model("claims", "PaperKind")
    for position, (code, name, required, by_import) in enumerate(PAPERS, 1):
        kinds.objects.create(code=code, name=name, required=required, by_import=by_import, position=position)
    apps.get_model("claims", "BankLayout").objects.create(name="通用")


class Migration(migrations.Migration):
    dependencies = [("claims", "0002_guards")]
    operations = [migrations.RunPython(ship, migrations.RunPython.noop)]
