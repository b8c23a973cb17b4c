"""Claims by state and place, for the tiles of the workbench and lists; built beside running work."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("claims", "0007_paidplace")]
    operations = [
        AddIndexConcurrently(
            "claim", models.Index(fields=["state", "office", "period", "id"], name="claim_state_office")
        )
    ]
