import django.contrib.postgres.constraints
import django.db.models.deletion
import django.db.models.functions.math
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '__first__'),
        ('schemes', '0002_guards'),
    ]

    operations = [
        migrations.RunSQL(
            sql="\nCREATE FUNCTION schemes_key(text, text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$\n  SELECT hashtextextended($1 || E'\\x1f' || $2, 0) & 4611686018427387903\n$$\n",
            reverse_sql='DROP FUNCTION schemes_key(text, text)',
        ),
        migrations.CreateModel(
            name='AnnouncedFigure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.SlugField(max_length=40, verbose_name='figure')),
                ('unit', models.CharField(choices=[('yuan', 'yuan'), ('percent', 'percent'), ('day', 'day of the month'), ('bands', 'bands')], max_length=7, verbose_name='unit')),
                ('year', models.PositiveSmallIntegerField(verbose_name='year')),
                ('amount', models.DecimalField(blank=True, decimal_places=4, max_digits=14, null=True, verbose_name='amount')),
                ('bands', models.JSONField(blank=True, default=list, help_text='Pairs of yuan and percent, such as ["50000.00", "60%"].', verbose_name='bands')),
                ('notice_number', models.CharField(max_length=80, verbose_name='number of the notice')),
                ('notice_date', models.DateField(verbose_name='date of the notice')),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
                ('checked_at', models.DateTimeField(blank=True, null=True, verbose_name='checked at')),
            ],
            options={
                'verbose_name': 'announced figure',
                'verbose_name_plural': 'announced figures',
                'ordering': ['scheme', '-year', 'name', '-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('amount', None), ('unit', 'bands'), models.Q(('bands', []), _negated=True)), models.Q(models.Q(('unit', 'bands'), _negated=True), ('amount__gte', 0), ('bands', [])), _connector='OR'), name='announcedfigure_value', violation_error_message='A figure is an amount, or bands.'), models.CheckConstraint(condition=models.Q(models.Q(('unit', 'yuan'), _negated=True), ('amount', django.db.models.functions.math.Round('amount', 2)), _connector='OR'), name='announcedfigure_fen', violation_error_message='An amount of yuan has at most two decimals.'), models.CheckConstraint(condition=models.Q(models.Q(('unit', 'day'), _negated=True), models.Q(('amount', django.db.models.functions.math.Round('amount', 0)), ('amount__gte', 1), ('amount__lte', 31)), _connector='OR'), name='announcedfigure_day', violation_error_message='A day of the month lies between 1 and 31.')],
            },
        ),
        migrations.CreateModel(
            name='HistoricalIllnessList',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('listing', models.SlugField(help_text='Such as major_illness or special_outpatient.', max_length=40, verbose_name='list')),
                ('code', models.CharField(max_length=40, verbose_name='code')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('valid_from', models.DateField(verbose_name='valid from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='valid to')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
            ],
            options={
                'verbose_name': 'historical listed illness',
                'verbose_name_plural': 'historical illness lists',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='IllnessList',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('listing', models.SlugField(help_text='Such as major_illness or special_outpatient.', max_length=40, verbose_name='list')),
                ('code', models.CharField(max_length=40, verbose_name='code')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('valid_from', models.DateField(verbose_name='valid from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='valid to')),
            ],
            options={
                'verbose_name': 'listed illness',
                'verbose_name_plural': 'illness lists',
                'ordering': ['scheme', 'listing', 'code', 'valid_from'],
                'constraints': [models.CheckConstraint(condition=models.Q(('valid_to', None), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='illnesslist_range', violation_error_message='An entry cannot end before it begins.')],
            },
        ),
        migrations.CreateModel(
            name='Ruling',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=60, verbose_name='number')),
                ('decided_on', models.DateField(verbose_name='decided on')),
                ('setting', models.CharField(max_length=120, verbose_name='setting')),
                ('value', models.CharField(help_text='What the setting says after the decision.', max_length=200, verbose_name='value')),
                ('question', models.TextField(verbose_name='question')),
                ('decision', models.TextField(verbose_name='decision')),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
            ],
            options={
                'verbose_name': 'ruling',
                'verbose_name_plural': 'rulings',
                'ordering': ['scheme', '-decided_on', '-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('question', ''), _negated=True), models.Q(('decision', ''), _negated=True), models.Q(('number', ''), _negated=True)), name='ruling_says_something', violation_error_message='A ruling has a number, a question and a decision.')],
            },
        ),
        migrations.CreateModel(
            name='RulingCase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=40, verbose_name='number of the case')),
                ('decided_on', models.DateField(verbose_name='decided on')),
            ],
            options={
                'verbose_name': 'case under a ruling',
                'verbose_name_plural': 'cases under rulings',
                'ordering': ['ruling', 'decided_on', 'id'],
            },
        ),
        migrations.AddField(
            model_name='schemeversion',
            name='cases',
            field=models.TextField(blank=True, default='[]', verbose_name='worked cases'),
        ),
        migrations.AddField(
            model_name='schemeversion',
            name='checked_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='checked at'),
        ),
        migrations.AddField(
            model_name='schemeversion',
            name='checked_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='checked by'),
        ),
        migrations.AddField(
            model_name='schemeversion',
            name='proposed_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='proposed at'),
        ),
        migrations.AddField(
            model_name='schemeversion',
            name='proposed_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='proposed by'),
        ),
        migrations.AddField(
            model_name='schemeversion',
            name='revision',
            field=models.PositiveIntegerField(default=1, editable=False, verbose_name='revision'),
        ),
        migrations.AddField(
            model_name='schemeversion',
            name='withdrawal_reason',
            field=models.CharField(blank=True, max_length=500, verbose_name='reason of the withdrawal'),
        ),
        migrations.AddConstraint(
            model_name='schemeversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('checked_at', None), ('checked_by', None)), models.Q(('checked_at__isnull', False), ('checked_by__isnull', False)), _connector='OR'), name='schemeversion_checked_by', violation_error_message='A check names its time and its person.'),
        ),
        migrations.AddConstraint(
            model_name='schemeversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('proposed_at', None), ('proposed_by', None)), models.Q(('proposed_at__isnull', False), ('proposed_by__isnull', False)), _connector='OR'), name='schemeversion_proposed_by', violation_error_message='A proposal names its time and its person.'),
        ),
        migrations.AddConstraint(
            model_name='schemeversion',
            constraint=models.CheckConstraint(condition=models.Q(('withdrawn_at', None), models.Q(('withdrawal_reason', ''), _negated=True), _connector='OR'), name='schemeversion_withdrawal_reason', violation_error_message='A withdrawal says why.'),
        ),
        migrations.AddConstraint(
            model_name='schemeversion',
            constraint=models.CheckConstraint(condition=models.Q(('adopted_at', None), ('shipped', True), models.Q(('checked_at__isnull', False), ('proposed_at__isnull', False)), _connector='OR'), name='schemeversion_adopted_checked', violation_error_message='A version is checked and proposed before it is adopted.'),
        ),
        migrations.AddConstraint(
            model_name='schemeversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'draft'), _negated=True), models.Q(('checked_at', None), ('proposed_at', None)), _connector='OR'), name='schemeversion_checked_state', violation_error_message='A draft that has been changed is checked and proposed anew.'),
        ),
        migrations.AddField(
            model_name='announcedfigure',
            name='checked_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='checked by'),
        ),
        migrations.AddField(
            model_name='announcedfigure',
            name='recorded_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='recorded by'),
        ),
        migrations.AddField(
            model_name='announcedfigure',
            name='scheme',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='announced', to='schemes.scheme', verbose_name='scheme'),
        ),
        migrations.AddField(
            model_name='announcedfigure',
            name='supersedes',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='successor', to='schemes.announcedfigure', verbose_name='supersedes'),
        ),
        migrations.AddField(
            model_name='historicalillnesslist',
            name='history_user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='historicalillnesslist',
            name='scheme',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='schemes.scheme', verbose_name='scheme'),
        ),
        migrations.AddField(
            model_name='illnesslist',
            name='scheme',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='illnesses', to='schemes.scheme', verbose_name='scheme'),
        ),
        migrations.AddField(
            model_name='ruling',
            name='recorded_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='recorded by'),
        ),
        migrations.AddField(
            model_name='ruling',
            name='scheme',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rulings', to='schemes.scheme', verbose_name='scheme'),
        ),
        migrations.AddField(
            model_name='ruling',
            name='supersedes',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='successor', to='schemes.ruling', verbose_name='supersedes'),
        ),
        migrations.AddField(
            model_name='rulingcase',
            name='recorded_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='recorded by'),
        ),
        migrations.AddField(
            model_name='rulingcase',
            name='ruling',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decided_cases', to='schemes.ruling', verbose_name='ruling'),
        ),
        migrations.AddConstraint(
            model_name='announcedfigure',
            constraint=models.UniqueConstraint(condition=models.Q(('supersedes', None)), fields=('scheme', 'name', 'year'), name='announcedfigure_once', violation_error_message='This figure is recorded for this year already; a correction supersedes it.'),
        ),
        migrations.AddConstraint(
            model_name='announcedfigure',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('checked_at', None), ('checked_by', None)), models.Q(('checked_at__isnull', False), ('checked_by__isnull', False)), _connector='OR'), name='announcedfigure_checked_by', violation_error_message='A check names its time and its person.'),
        ),
        migrations.AddConstraint(
            model_name='announcedfigure',
            constraint=models.CheckConstraint(condition=models.Q(('checked_by', None), models.Q(('checked_by', models.F('recorded_by')), _negated=True), _connector='OR'), name='announcedfigure_two_people', violation_error_message='A figure is checked by somebody else than who recorded it.'),
        ),
        migrations.AddConstraint(
            model_name='illnesslist',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(models.Func(models.F('scheme'), models.F('scheme'), models.Value('[]'), function='int8range'), '&&'), (models.Func(models.Func(models.F('listing'), models.F('code'), function='schemes_key', output_field=models.BigIntegerField()), models.Func(models.F('listing'), models.F('code'), function='schemes_key', output_field=models.BigIntegerField()), models.Value('[]'), function='int8range'), '&&'), (models.Func(models.F('valid_from'), models.F('valid_to'), models.Value('[]'), function='daterange'), '&&')], name='illnesslist_no_overlap', violation_error_message='This code is on the list already on some of these days.'),
        ),
        migrations.AddConstraint(
            model_name='ruling',
            constraint=models.UniqueConstraint(fields=('scheme', 'number'), name='ruling_number_once', violation_error_message='A ruling of this number is in the register already.'),
        ),
        migrations.AddConstraint(
            model_name='rulingcase',
            constraint=models.UniqueConstraint(fields=('ruling', 'number'), name='rulingcase_once', violation_error_message='This case stands under this ruling already.'),
        ),
    ]
