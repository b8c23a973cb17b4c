"""A voucher's keys are those that are read: each is written with the draft and again with the flip."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('funds', '0004_balances_stay'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='voucher',
            constraint=models.UniqueConstraint(fields=('key',), name='voucher_key_once', violation_error_message='This key has been used for another voucher.'),
        ),
        migrations.AlterField(
            model_name='voucher',
            name='book',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='vouchers', to='funds.book', verbose_name='book'),
        ),
        migrations.AlterField(
            model_name='voucher',
            name='checked_by',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='checker'),
        ),
        migrations.AlterField(
            model_name='voucher',
            name='key',
            field=models.CharField(max_length=120, verbose_name='idempotency key'),
        ),
        migrations.AlterField(
            model_name='voucher',
            name='made_by',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='maker'),
        ),
        migrations.AlterField(
            model_name='voucher',
            name='period',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='vouchers', to='funds.fiscalperiod', verbose_name='fiscal period'),
        ),
        migrations.AlterField(
            model_name='voucher',
            name='posted_by',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='poster'),
        ),
    ]
