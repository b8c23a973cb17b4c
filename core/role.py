"""The roles by name; apps declare what each may do before the models are loaded."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    AGENT = "agent", _("union agent")
    REVIEWER = "reviewer", _("reviewer")
    CASHIER = "cashier", _("cashier")
    ACCOUNTANT = "accountant", _("accountant")
    POLICY = "policy", _("policy staff")
    AUDITOR = "auditor", _("auditor")
    OPERATOR = "operator", _("operator")
