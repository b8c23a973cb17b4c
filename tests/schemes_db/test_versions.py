"""The document in force: by event date, by period, as of a moment; a gap is named."""

from datetime import UTC, date, datetime, timedelta

import pytest

from schemes.periods import UnknownPeriod, find, find_or_open
from schemes.versions import NoDocument, document_for

pytestmark = pytest.mark.django_db
YUNNAN = "yunnan-mutual-aid"


def test_the_shipped_document_answers_for_its_period_and_its_days():
    by_period = document_for(YUNNAN, period="18")
    by_day = document_for(YUNNAN, on=date(2022, 12, 31))
    assert by_period.version == by_day.version
    assert by_period.period_code == by_day.period_code == "18"


def test_a_day_without_a_document_is_refused_and_the_gap_is_named():
    with pytest.raises(NoDocument) as refusal:
        document_for(YUNNAN, on=date(2021, 12, 31))
    assert "2021-12-31" in str(refusal.value)
    assert "2022-01-01" in str(refusal.value)


def test_before_its_adoption_a_document_was_not_in_force():
    loaded = document_for(YUNNAN, period="18")
    with pytest.raises(NoDocument):
        document_for(YUNNAN, period="18", as_of=loaded.version.adopted_at - timedelta(seconds=1))
    assert document_for(YUNNAN, period="18", as_of=datetime.now(UTC)).sha == loaded.sha


def test_a_period_that_was_never_opened_is_named():
    with pytest.raises(UnknownPeriod) as refusal:
        find(YUNNAN, "77")
    assert refusal.value.code == "period_unknown"
    assert "77" in str(refusal.value)


def test_a_calendar_year_is_the_period_of_a_scheme_that_states_none():
    loaded = document_for("chuxiong-large-expense", period="2024")
    assert loaded.period_code == "2024"
    with pytest.raises(NoDocument):
        document_for("chuxiong-large-expense", period="2022")
    with pytest.raises(NoDocument):
        document_for("chuxiong-large-expense", period="18")


def test_the_first_command_for_a_stated_period_opens_it_once(db):
    first = find_or_open("yunnan-mutual-aid", "18", on=date(2022, 1, 10))
    assert (first.code, first.state, first.pay_to) == ("18", "enrolling", date(2022, 2, 25))
    assert find_or_open("yunnan-mutual-aid", "18", on=date(2022, 1, 11)) == first
    with pytest.raises(UnknownPeriod):
        find_or_open("yunnan-mutual-aid", "99", on=date(2022, 1, 10))
