import django.contrib.postgres.fields
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
        ('schemes', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ChartVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=60, verbose_name='code')),
                ('version', models.CharField(max_length=40, verbose_name='version')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('sha', models.CharField(max_length=64, unique=True, verbose_name='SHA-256')),
                ('text', models.TextField(verbose_name='text')),
            ],
            options={
                'verbose_name': 'chart of accounts',
                'verbose_name_plural': 'charts of accounts',
                'ordering': ['code', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Book',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('details', models.CharField(blank=True, max_length=40, verbose_name='accounts in parts')),
                ('settings', models.JSONField(blank=True, default=dict, verbose_name='settings')),
                ('pays', models.BooleanField(default=False, verbose_name='pays benefits')),
                ('opened_on', models.DateField(verbose_name='opened on')),
                ('opened_at', models.DateTimeField(auto_now_add=True, verbose_name='opened at')),
                ('office', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.office', verbose_name='office')),
                ('opened_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='opened by')),
                ('scheme', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='schemes.scheme', verbose_name='scheme')),
                ('chart', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='funds.chartversion', verbose_name='chart of accounts')),
            ],
            options={
                'verbose_name': 'book',
                'verbose_name_plural': 'books',
                'ordering': ['scheme', 'office'],
                'constraints': [models.UniqueConstraint(fields=('scheme', 'office'), name='book_once', violation_error_message='This office already keeps a book for this scheme.')],
            },
        ),
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=10, verbose_name='code')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('kind', models.CharField(choices=[('asset', 'assets'), ('liability', 'liabilities'), ('equity', 'balances of the fund'), ('income', 'income'), ('expense', 'spending')], max_length=9, verbose_name='class')),
                ('side', models.CharField(choices=[('debit', 'debit'), ('credit', 'credit')], max_length=6, verbose_name='normal side')),
                ('leaf', models.BooleanField(default=True, verbose_name='takes postings')),
                ('strict', models.BooleanField(default=False, verbose_name='may not cross zero')),
                ('asks', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, default=list, size=None, verbose_name='dimensions')),
                ('book', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='accounts', to='funds.book', verbose_name='book')),
            ],
            options={
                'verbose_name': 'account',
                'verbose_name_plural': 'accounts',
                'ordering': ['book', 'code'],
                'constraints': [models.UniqueConstraint(fields=('book', 'code'), name='account_once', violation_error_message='This account exists already in this book.')],
            },
        ),
        migrations.CreateModel(
            name='FiscalPeriod',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField(help_text='The first day of the month.', verbose_name='month')),
                ('state', models.CharField(choices=[('open', 'open'), ('closed', 'closed')], default='open', max_length=6, verbose_name='state')),
                ('next_number', models.PositiveIntegerField(default=1, verbose_name='next number')),
                ('book', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='months', to='funds.book', verbose_name='book')),
            ],
            options={
                'verbose_name': 'fiscal period',
                'verbose_name_plural': 'fiscal periods',
                'ordering': ['book', 'month'],
                'constraints': [models.UniqueConstraint(fields=('book', 'month'), name='fiscalperiod_once', violation_error_message='This month exists already in this book.'), models.CheckConstraint(condition=models.Q(('month__day', 1)), name='fiscalperiod_first_day', violation_error_message='A month is named by its first day.')],
            },
        ),
        migrations.CreateModel(
            name='Balance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('dimension', models.CharField(blank=True, max_length=80, verbose_name='dimension')),
                ('opening', models.DecimalField(decimal_places=2, default=0, help_text='Debit less credit; set when the month before closes.', max_digits=14, verbose_name='opening')),
                ('debit', models.DecimalField(decimal_places=2, default=0, max_digits=14, verbose_name='debit')),
                ('credit', models.DecimalField(decimal_places=2, default=0, max_digits=14, verbose_name='credit')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='balances', to='funds.account', verbose_name='account')),
                ('book', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='funds.book', verbose_name='book')),
                ('period', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='balances', to='funds.fiscalperiod', verbose_name='fiscal period')),
            ],
            options={
                'verbose_name': 'balance',
                'verbose_name_plural': 'balances',
                'ordering': ['period', 'account', 'dimension'],
                'constraints': [models.UniqueConstraint(fields=('account', 'dimension', 'period'), name='balance_once')],
            },
        ),
        migrations.CreateModel(
            name='Hold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.CharField(max_length=40, verbose_name='event')),
                ('key', models.CharField(max_length=120, unique=True, verbose_name='idempotency key')),
                ('source_type', models.CharField(max_length=40, verbose_name='source')),
                ('source_id', models.BigIntegerField(verbose_name="source's number")),
                ('dims', models.JSONField(default=dict, verbose_name='dimensions')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='amount')),
                ('settled', models.DecimalField(decimal_places=2, default=0, max_digits=14, verbose_name='used')),
                ('released', models.DecimalField(decimal_places=2, default=0, max_digits=14, verbose_name='freed')),
                ('state', models.CharField(choices=[('active', 'active'), ('settled', 'used'), ('released', 'freed'), ('expired', 'expired')], default='active', max_length=8, verbose_name='state')),
                ('held_on', models.DateField(verbose_name='held on')),
                ('ended_on', models.DateField(blank=True, null=True, verbose_name='ended on')),
                ('book', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='funds.book', verbose_name='book')),
                ('ended_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='ended by')),
                ('held_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='held by')),
            ],
            options={
                'verbose_name': 'hold',
                'verbose_name_plural': 'holds',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['source_type', 'source_id'], name='hold_source')],
                'constraints': [models.CheckConstraint(condition=models.Q(('amount__gt', 0), ('amount__gte', django.db.models.expressions.CombinedExpression(models.F('settled'), '+', models.F('released'))), ('released__gte', 0), ('settled__gte', 0)), name='hold_within_amount', violation_error_message='A hold cannot give more than it reserved.'), models.CheckConstraint(condition=models.Q(models.Q(('amount__gt', django.db.models.expressions.CombinedExpression(models.F('settled'), '+', models.F('released'))), ('ended_by', None), ('ended_on', None), ('state', 'active')), models.Q(models.Q(('state', 'active'), _negated=True), ('amount', django.db.models.expressions.CombinedExpression(models.F('settled'), '+', models.F('released'))), ('ended_by__isnull', False), ('ended_on__isnull', False)), _connector='OR'), name='hold_ends_once', violation_error_message='A hold is over when nothing is left of it.')],
            },
        ),
        migrations.CreateModel(
            name='HoldOn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('dimension', models.CharField(blank=True, max_length=80, verbose_name='dimension')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='funds.account', verbose_name='account')),
                ('hold', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='places', to='funds.hold', verbose_name='hold')),
            ],
            options={
                'verbose_name': 'reserved account',
                'verbose_name_plural': 'reserved accounts',
                'constraints': [models.UniqueConstraint(fields=('hold', 'account', 'dimension'), name='holdon_once')],
            },
        ),
        migrations.CreateModel(
            name='Receipt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='amount')),
                ('received_on', models.DateField(help_text='The day the payer paid.', verbose_name='received on')),
                ('payer', models.CharField(blank=True, max_length=120, verbose_name='payer')),
                ('reference', models.CharField(max_length=60, verbose_name='bank serial')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                ('matched', models.DecimalField(decimal_places=2, default=0, max_digits=14, verbose_name='matched')),
                ('returned', models.DecimalField(decimal_places=2, default=0, max_digits=14, verbose_name='given back')),
                ('recorded_at', models.DateTimeField(auto_now_add=True, verbose_name='recorded at')),
                ('book', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='receipts', to='funds.book', verbose_name='book')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='recorded by')),
                ('run', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.run', verbose_name='run')),
                ('unit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='receipts', to='enrollment.unit', verbose_name='paid by')),
            ],
            options={
                'verbose_name': 'receipt',
                'verbose_name_plural': 'receipts',
                'ordering': ['-id'],
                'constraints': [models.UniqueConstraint(fields=('book', 'reference'), name='receipt_once', violation_error_message='This bank serial has been received before.'), models.CheckConstraint(condition=models.Q(('amount__gt', 0), ('amount__gte', django.db.models.expressions.CombinedExpression(models.F('matched'), '+', models.F('returned'))), ('matched__gte', 0), ('returned__gte', 0)), name='receipt_within_amount', violation_error_message='No more can be matched or given back than arrived.')],
            },
        ),
        migrations.CreateModel(
            name='Voucher',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('date', models.DateField(verbose_name='date')),
                ('kind', models.CharField(max_length=40, verbose_name='kind')),
                ('state', models.CharField(choices=[('draft', 'draft'), ('posted', 'posted')], default='draft', max_length=6, verbose_name='state')),
                ('number', models.PositiveIntegerField(blank=True, null=True, verbose_name='number')),
                ('key', models.CharField(max_length=120, unique=True, verbose_name='idempotency key')),
                ('request_hash', models.CharField(max_length=64, verbose_name="request's SHA-256")),
                ('source_type', models.CharField(max_length=40, verbose_name='source')),
                ('source_id', models.BigIntegerField(verbose_name="source's number")),
                ('summary', models.CharField(max_length=120, verbose_name='summary')),
                ('total', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='total')),
                ('line_count', models.PositiveIntegerField(verbose_name='lines')),
                ('attachments', models.PositiveSmallIntegerField(default=0, verbose_name='number of papers')),
                ('made_at', models.DateTimeField(auto_now_add=True, verbose_name='made at')),
                ('posted_at', models.DateTimeField(blank=True, null=True, verbose_name='posted at')),
                ('book', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='vouchers', to='funds.book', verbose_name='book')),
                ('checked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='checker')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='maker')),
                ('period', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='vouchers', to='funds.fiscalperiod', verbose_name='fiscal period')),
                ('posted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='poster')),
                ('reverses', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversed_by', to='funds.voucher', verbose_name='reverses')),
            ],
            options={
                'verbose_name': 'voucher',
                'verbose_name_plural': 'vouchers',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['source_type', 'source_id'], name='voucher_source')],
                'constraints': [models.UniqueConstraint(fields=('period', 'number'), name='voucher_number_once', violation_error_message='This number is taken.'), models.CheckConstraint(condition=models.Q(('line_count__gte', 2), ('total__gt', 0)), name='voucher_total_positive', violation_error_message='A voucher has at least two lines and an amount.'), models.CheckConstraint(condition=models.Q(models.Q(('number', None), ('posted_at', None), ('posted_by', None), ('state', 'draft')), models.Q(('checked_by__isnull', False), ('number__gte', 1), ('posted_at__isnull', False), ('posted_by__isnull', False), ('state', 'posted')), _connector='OR'), name='voucher_posted_whole', violation_error_message='A posted voucher has a number, a checker and a poster.'), models.CheckConstraint(condition=models.Q(('checked_by', None), models.Q(('checked_by', models.F('made_by')), _negated=True), _connector='OR'), name='voucher_two_people', violation_error_message='Nobody checks their own voucher.')],
            },
        ),
        migrations.CreateModel(
            name='ReceiptReturn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='amount')),
                ('returned_on', models.DateField(verbose_name='given back on')),
                ('reason', models.CharField(max_length=200, verbose_name='reason')),
                ('receipt', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='returns', to='funds.receipt', verbose_name='receipt')),
                ('returned_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='given back by')),
                ('voucher', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='funds.voucher', verbose_name='voucher')),
            ],
            options={
                'verbose_name': 'returned receipt',
                'verbose_name_plural': 'returned receipts',
                'constraints': [models.CheckConstraint(condition=models.Q(('amount__gt', 0), models.Q(('reason', ''), _negated=True)), name='receiptreturn_amount')],
            },
        ),
        migrations.CreateModel(
            name='Line',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account_code', models.CharField(max_length=10, verbose_name="account's code")),
                ('account_name', models.CharField(max_length=60, verbose_name="account's name")),
                ('debit', models.DecimalField(decimal_places=2, default=0, max_digits=14, verbose_name='debit')),
                ('credit', models.DecimalField(decimal_places=2, default=0, max_digits=14, verbose_name='credit')),
                ('dimension', models.CharField(blank=True, max_length=80, verbose_name='dimension')),
                ('subject', models.CharField(blank=True, max_length=120, verbose_name='subject')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='funds.account', verbose_name='account')),
                ('voucher', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='funds.voucher', verbose_name='voucher')),
            ],
            options={
                'verbose_name': 'voucher line',
                'verbose_name_plural': 'voucher lines',
                'ordering': ['id'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('credit', 0), ('debit__gt', 0)), models.Q(('credit__gt', 0), ('debit', 0)), _connector='OR'), name='line_one_side', violation_error_message='A line has a debit or a credit.')],
            },
        ),
    ]
