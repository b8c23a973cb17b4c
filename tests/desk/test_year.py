"""The year as one story: from the unit's spreadsheet to proved books, then the days that pass."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from claims.models import Claim, PaymentBatch
from contributions.models import Levy, Remittance
from core import clock, runs
from core.errors import NotAllowed
from core.models import BusinessDate, Office, RunState
from core.roles import system_user
from desk import daily, proofs
from desk.demo import cast, province, story
from enrollment.models import Enrollment, Roster, RosterState
from funds.models import Voucher
from schemes.models import Period, PeriodState

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def told(db):
    """The year has run to its end."""
    return runs.work(story.begin().pk)


def test_from_spreadsheets_to_proved_books(told):
    assert (told.state, told.error) == (RunState.DONE, "")
    assert proofs.prove() == []

    frozen = Roster.objects.filter(state=RosterState.FROZEN)
    left_out = set(Roster.objects.exclude(state=RosterState.FROZEN).values_list("unit__name", flat=True))
    assert left_out == {province.SHORT_OF_QUOTA, province.PAYS_TOO_LITTLE}

    people = Enrollment.objects.filter(roster__in=frozen)
    by_hand = 120 * people.filter(continuing=True).count() + 150 * people.filter(continuing=False).count()
    levied = sum(Levy.objects.filter(enrollment__in=people).values_list("amount", flat=True))
    remitted = sum(Remittance.objects.values_list("amount", flat=True))
    assert levied == remitted == Decimal(by_hand)

    batch = PaymentBatch.objects.get()
    paid = sum(Claim.objects.filter(state="paid").values_list("amount", flat=True))
    benefit = sum(v.total for v in Voucher.objects.filter(kind="benefit_paid"))
    assert paid == benefit < batch.total, "one card did not exist"


def test_days_pass_and_the_period_closes(told):
    operator, period = cast.user("operator"), Period.objects.get(code="18")
    assert runs.work(story.begin().pk).pk == told.pk, "the year runs once in a database"
    assert (clock.today(), period.state) == (date(2022, 12, 19), PeriodState.CLAIMING)
    with pytest.raises(daily.OnlyForward):
        daily.advance(to=date(2022, 12, 18), by=operator, on=clock.today())
    with pytest.raises(NotAllowed):
        daily.advance(to=date(2022, 12, 20), by=cast.user("center"), on=clock.today())
    for since, to in ((date(2022, 12, 19), date(2022, 12, 24)), (date(2023, 6, 28), date(2023, 7, 1))):
        BusinessDate.objects.update_or_create(only=True, defaults={"day": since})
        run = runs.work(daily.advance(to=to, by=operator, on=clock.today()).pk)
        assert (run.state, clock.today()) == (RunState.DONE, to)
    period.refresh_from_db()
    assert period.state == PeriodState.CLOSED, "the last day of filing is 30 June 2023"
    again = daily.run_day(by=system_user("daily"), on=date(2023, 7, 1))
    assert daily.run_day(by=system_user("daily"), on=date(2023, 7, 1)) == again
    assert proofs.prove() == []


def test_the_command_refuses_a_database_with_other_data(db):
    call_command("open_period", "18", verbosity=0)
    Office.objects.create(code="00", name="somebody else's", kind="center")
    with pytest.raises(CommandError):
        call_command("demo", "--no-serve")
