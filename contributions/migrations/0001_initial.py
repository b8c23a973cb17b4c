import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('core', '0001_initial'),
        ('core', '__first__'),
        ('enrollment', '0001_initial'),
        ('funds', '0001_initial'),
        ('schemes', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='OfficeSummary',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('made_on', models.DateField(verbose_name='made on')),
                ('made_at', models.DateTimeField(auto_now_add=True, verbose_name='made at')),
                ('units', models.PositiveIntegerField(verbose_name='units')),
                ('persons', models.PositiveIntegerField(verbose_name='persons')),
                ('continuing', models.PositiveIntegerField(verbose_name='continuing')),
                ('new', models.PositiveIntegerField(verbose_name='new')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='amount')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='made by')),
                ('office', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.office', verbose_name='office')),
                ('period', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='schemes.period', verbose_name='period')),
            ],
            options={
                'verbose_name': 'office summary',
                'verbose_name_plural': 'office summaries',
                'ordering': ['-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('persons', django.db.models.expressions.CombinedExpression(models.F('continuing'), '+', models.F('new')))), name='officesummary_adds_up')],
            },
        ),
        migrations.CreateModel(
            name='Remittance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='amount')),
                ('sent_on', models.DateField(verbose_name='sent on')),
                ('sent_at', models.DateTimeField(auto_now_add=True, verbose_name='sent at')),
                ('received_on', models.DateField(blank=True, null=True, verbose_name='received on')),
                ('received_at', models.DateTimeField(blank=True, null=True, verbose_name='received at')),
                ('office', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.office', verbose_name='office')),
                ('period', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='schemes.period', verbose_name='period')),
                ('received_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='received by')),
                ('received_voucher', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='funds.voucher', verbose_name='voucher of the centre')),
                ('sent_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='sent by')),
                ('sent_voucher', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='funds.voucher', verbose_name='voucher of the office')),
                ('summary', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contributions.officesummary', verbose_name='office summary')),
            ],
            options={
                'verbose_name': 'remittance',
                'verbose_name_plural': 'remittances',
                'ordering': ['-id'],
                'constraints': [models.UniqueConstraint(fields=('office', 'period'), name='remittance_once', violation_error_message='An office remits once for a period.'), models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='remittance_amount'), models.CheckConstraint(condition=models.Q(models.Q(('received_at', None), ('received_by', None), ('received_on', None), ('received_voucher', None)), models.Q(('received_at__isnull', False), ('received_by__isnull', False), ('received_on__isnull', False), ('received_voucher__isnull', False)), _connector='OR'), name='remittance_received_whole', violation_error_message='An act names its time and its person.'), models.CheckConstraint(condition=models.Q(('received_by', None), models.Q(('received_by', models.F('sent_by')), _negated=True), _connector='OR'), name='remittance_two_people', violation_error_message='Who sends a remittance does not confirm that it arrived.')],
            },
        ),
        migrations.CreateModel(
            name='RosterFee',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('owed', models.DecimalField(decimal_places=2, default=0, max_digits=14, verbose_name='owed')),
                ('paid', models.DecimalField(decimal_places=2, default=0, max_digits=14, verbose_name='paid')),
                ('persons', models.PositiveIntegerField(default=0, verbose_name='persons')),
                ('paid_on', models.DateField(blank=True, help_text='The day of the last payment that it took.', null=True, verbose_name='paid in full on')),
                ('assessed_on', models.DateField(verbose_name='assessed on')),
                ('assessed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='assessed by')),
                ('roster', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='fee', to='enrollment.roster', verbose_name='roster')),
            ],
            options={
                'verbose_name': "unit's fee",
                'verbose_name_plural': "units' fees",
                'ordering': ['-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('paid_on', None), models.Q(('owed__gt', 0), ('paid', models.F('owed'))), _connector='OR'), name='rosterfee_paid_is_whole', violation_error_message='A unit has paid when its receipts equal its roster.'), models.CheckConstraint(condition=models.Q(('owed__gte', 0), ('paid__gte', 0)), name='rosterfee_amounts')],
            },
        ),
        migrations.CreateModel(
            name='Allocation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='amount')),
                ('allocated_on', models.DateField(verbose_name='allocated on')),
                ('allocated_at', models.DateTimeField(auto_now_add=True, verbose_name='allocated at')),
                ('allocated_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='allocated by')),
                ('receipt', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='funds.receipt', verbose_name='receipt')),
                ('fee', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='contributions.rosterfee', verbose_name="unit's fee")),
            ],
            options={
                'verbose_name': 'allocation',
                'verbose_name_plural': 'allocations',
                'ordering': ['-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='allocation_amount')],
            },
        ),
        migrations.CreateModel(
            name='SummaryLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('persons', models.PositiveIntegerField(verbose_name='persons')),
                ('continuing', models.PositiveIntegerField(verbose_name='continuing')),
                ('new', models.PositiveIntegerField(verbose_name='new')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='amount')),
                ('summary', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='contributions.officesummary', verbose_name='office summary')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='enrollment.unit', verbose_name='unit')),
            ],
            options={
                'verbose_name': 'summary line',
                'verbose_name_plural': 'summary lines',
                'ordering': ['summary', 'unit'],
                'constraints': [models.UniqueConstraint(fields=('summary', 'unit'), name='summaryline_once')],
            },
        ),
        migrations.CreateModel(
            name='Levy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.CharField(blank=True, help_text='Where a levy is monthly.', max_length=7, verbose_name='month')),
                ('continuing', models.BooleanField(verbose_name='in the period before')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='amount')),
                ('article', models.CharField(max_length=60, verbose_name='article')),
                ('due', models.DateField(verbose_name='due')),
                ('void', models.BooleanField(default=False, help_text='The name was taken off the roster.', verbose_name='void')),
                ('enrollment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='levies', to='enrollment.enrollment', verbose_name='enrolment')),
                ('period', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='schemes.period', verbose_name='period')),
                ('roster', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='levies', to='enrollment.roster', verbose_name='roster')),
                ('unit', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='enrollment.unit', verbose_name='unit')),
            ],
            options={
                'verbose_name': 'levy',
                'verbose_name_plural': 'levies',
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('enrollment', 'month'), name='levy_once'), models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='levy_amount')],
            },
        ),
    ]
