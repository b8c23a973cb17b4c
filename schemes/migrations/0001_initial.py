import django.contrib.postgres.fields
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('core', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='Scheme',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=60, unique=True, verbose_name='code')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
            ],
            options={
                'verbose_name': 'scheme',
                'verbose_name_plural': 'schemes',
                'ordering': ['code'],
            },
        ),
        migrations.CreateModel(
            name='SchemeVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('document', models.TextField(verbose_name='document')),
                ('sha', models.CharField(max_length=64, verbose_name="document's SHA-256")),
                ('effective_from', models.DateField(verbose_name='effective from')),
                ('effective_to', models.DateField(blank=True, null=True, verbose_name='effective to')),
                ('period_codes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, default=list, size=None, verbose_name='periods')),
                ('provisional', models.BooleanField(default=False, verbose_name='provisional')),
                ('state', models.CharField(choices=[('draft', 'draft'), ('checked', 'checked'), ('adopted', 'adopted'), ('withdrawn', 'withdrawn')], default='draft', max_length=9, verbose_name='state')),
                ('shipped', models.BooleanField(default=False, verbose_name='shipped with the product')),
                ('adopted_at', models.DateTimeField(blank=True, null=True, verbose_name='adopted at')),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True, verbose_name='withdrawn at')),
                ('adopted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='adopted by')),
                ('scheme', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='schemes.scheme', verbose_name='scheme')),
                ('second_adopter', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='second adopter')),
                ('withdrawn_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='withdrawn by')),
                ('written_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='written by')),
            ],
            options={
                'verbose_name': 'scheme version',
                'verbose_name_plural': 'scheme versions',
                'ordering': ['scheme', '-effective_from', '-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('effective_to', None), ('effective_to__gte', models.F('effective_from')), _connector='OR'), name='schemeversion_range', violation_error_message='A version cannot end before it begins.'), models.CheckConstraint(condition=models.Q(models.Q(('adopted_at', None), ('adopted_by', None)), models.Q(('adopted_at__isnull', False), ('adopted_by__isnull', False)), _connector='OR'), name='schemeversion_adopted_by', violation_error_message='An adoption names its time and its person.'), models.CheckConstraint(condition=models.Q(('adopted_at', None), ('shipped', True), models.Q(('second_adopter__isnull', False), models.Q(('second_adopter', models.F('adopted_by')), _negated=True)), _connector='OR'), name='schemeversion_two_people', violation_error_message='A version is adopted by two people.'), models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at', None), ('withdrawn_by', None)), models.Q(('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False)), _connector='OR'), name='schemeversion_withdrawn_by', violation_error_message='A withdrawal names its time and its person.'), models.CheckConstraint(condition=models.Q(models.Q(('adopted_at', None), ('state__in', ['draft', 'checked'])), models.Q(('adopted_at__isnull', False), ('state', 'adopted'), ('withdrawn_at', None)), models.Q(('adopted_at__isnull', False), ('state', 'withdrawn'), ('withdrawn_at__isnull', False)), _connector='OR'), name='schemeversion_state', violation_error_message='The state of a version follows its adoption and withdrawal.')],
            },
        ),
        migrations.CreateModel(
            name='Period',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, verbose_name='code')),
                ('cover_from', models.DateField(verbose_name='cover from')),
                ('cover_to', models.DateField(verbose_name='cover to')),
                ('pay_from', models.DateField(blank=True, null=True, verbose_name='fees from')),
                ('pay_to', models.DateField(blank=True, null=True, verbose_name='fees to')),
                ('claim_from', models.DateField(blank=True, null=True, verbose_name='claims from')),
                ('claim_to', models.DateField(blank=True, null=True, verbose_name='claims to')),
                ('state', models.CharField(choices=[('planned', 'planned'), ('enrolling', 'enrolling'), ('frozen', 'frozen'), ('claiming', 'claiming'), ('closed', 'closed')], default='planned', max_length=9, verbose_name='state')),
                ('provisional', models.BooleanField(default=False, verbose_name='provisional')),
                ('scheme', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='periods', to='schemes.scheme', verbose_name='scheme')),
                ('version', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='schemes.schemeversion', verbose_name='version')),
            ],
            options={
                'verbose_name': 'period',
                'verbose_name_plural': 'periods',
                'ordering': ['scheme', 'cover_from'],
                'constraints': [models.UniqueConstraint(fields=('scheme', 'code'), name='period_once', violation_error_message='This period exists already.'), models.CheckConstraint(condition=models.Q(('cover_to__gte', models.F('cover_from'))), name='period_range', violation_error_message='A period cannot end before it begins.')],
            },
        ),
        migrations.CreateModel(
            name='HistoricalPeriod',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('code', models.CharField(max_length=20, verbose_name='code')),
                ('cover_from', models.DateField(verbose_name='cover from')),
                ('cover_to', models.DateField(verbose_name='cover to')),
                ('pay_from', models.DateField(blank=True, null=True, verbose_name='fees from')),
                ('pay_to', models.DateField(blank=True, null=True, verbose_name='fees to')),
                ('claim_from', models.DateField(blank=True, null=True, verbose_name='claims from')),
                ('claim_to', models.DateField(blank=True, null=True, verbose_name='claims to')),
                ('state', models.CharField(choices=[('planned', 'planned'), ('enrolling', 'enrolling'), ('frozen', 'frozen'), ('claiming', 'claiming'), ('closed', 'closed')], default='planned', max_length=9, verbose_name='state')),
                ('provisional', models.BooleanField(default=False, verbose_name='provisional')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('scheme', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='schemes.scheme', verbose_name='scheme')),
                ('version', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='schemes.schemeversion', verbose_name='version')),
            ],
            options={
                'verbose_name': 'historical period',
                'verbose_name_plural': 'historical periods',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
    ]
