"""The document in force: by event date, by period, as of a moment; a gap is named."""

from datetime import UTC, date, datetime, timedelta

import pytest

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
