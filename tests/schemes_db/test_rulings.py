"""Rulings: a question, its decision, the setting it binds, and the cases decided under it."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction

from core.errors import NotAllowed
from core.models import Role
from schemes import adoption, rulings
from schemes.models import Ruling
from tests.schemes_db.conftest import ON, YUNNAN
from tests.support.worked import worked

pytestmark = pytest.mark.django_db
COUNTED = {
    "scheme": YUNNAN,
    "question": "参加比例以什么为分母？",
    "decision": "以工会会员为分母。",
    "setting": "quota_denominator",
    "value": "union_members",
    "decided_on": date(2022, 5, 20),
    "on": ON,
}


@pytest.fixture
def ruling(li) -> Ruling:
    return rulings.record(number="裁〔2022〕1号", by=li, **COUNTED)


def test_a_ruling_waits_until_a_document_says_it(ruling, shipped, li, wang):
    assert rulings.setting_in(shipped, "quota_denominator") == "insured_active"
    assert rulings.waiting(YUNNAN) == [ruling]
    only_said = shipped.document.replace('value = "insured_active"', 'value = "union_members"')
    half = adoption.draft(scheme=YUNNAN, text=only_said, by=li, on=ON)
    assert [found.says for found in rulings.departures(half)] == ["insured_active"]  # the quota decides
    text = only_said.replace('counts = "insured_active"', 'counts = "union_members"')
    version = adoption.draft(scheme=YUNNAN, text=text, cases=worked(text, shipped.cases), by=li, on=ON)
    version, found = adoption.record_check(version=version, by=li, on=ON)
    assert found.clean, found.problems
    version = adoption.propose_adoption(version=version, by=li, on=ON)
    adoption.adopt(version=version, by=wang, on=ON)
    assert rulings.waiting(YUNNAN) == []
    assert rulings.standing(YUNNAN) == [ruling]


def test_a_ruling_may_bind_a_path_of_the_document(li):
    given = {**COUNTED, "setting": "benefit.bands[0].pays", "value": "30%"}
    rulings.record(number="2", by=li, **given)
    assert rulings.waiting(YUNNAN) == []


@pytest.mark.parametrize("setting", ["no_such", "benefit.bands[9].pays", "", "settings[99]"])
def test_a_setting_that_does_not_exist_is_refused_and_the_known_ones_are_named(li, setting):
    with pytest.raises(rulings.UnknownSetting) as refusal:
        rulings.record(number="3", by=li, **{**COUNTED, "setting": setting})
    assert "quota_denominator" in str(refusal.value)


@pytest.mark.parametrize("field", ["question", "decision", "value"])
def test_a_ruling_says_what_was_asked_and_decided(li, field):
    with pytest.raises(rulings.Incomplete):
        rulings.record(number="4", by=li, **{**COUNTED, field: " "})


def test_a_number_is_taken_once(ruling, li):
    with pytest.raises(rulings.RulingExists):
        rulings.record(number=ruling.number, by=li, **COUNTED)


def test_a_later_ruling_on_the_same_setting_supersedes(ruling, li):
    later = rulings.record(number="5", by=li, **{**COUNTED, "value": "staff"}, supersedes=ruling)
    assert rulings.standing(YUNNAN) == [later]
    with pytest.raises(rulings.UnknownSetting):
        other = {**COUNTED, "setting": "benefit.bands[0].pays"}
        rulings.record(number="6", by=li, **other, supersedes=later)


def test_the_cases_decided_under_it_are_noted_once(ruling, person):
    reviewer = person("reviewer", Role.REVIEWER)
    first = rulings.decided_under(ruling=ruling, number="C-1", by=reviewer, on=ON)
    assert rulings.decided_under(ruling=ruling, number=" C-1 ", by=reviewer, on=ON) == first
    assert [case.number for case in ruling.decided_cases.all()] == ["C-1"]


@pytest.mark.parametrize("role", [role for role in Role if role != Role.POLICY])
def test_other_roles_decide_no_readings(role, person, ruling):
    other = person("other", role)
    with pytest.raises(NotAllowed):
        rulings.record(number="7", by=other, **COUNTED)
    if role != Role.REVIEWER:
        with pytest.raises(NotAllowed):
            rulings.decided_under(ruling=ruling, number="C-2", by=other, on=ON)
    sees = role in {Role.REVIEWER, Role.ACCOUNTANT, Role.AUDITOR}
    assert Ruling.objects.visible_to(other, on=ON).exists() == sees


@pytest.mark.parametrize("table", ["schemes_ruling", "schemes_rulingcase"])
@pytest.mark.parametrize("act", ["UPDATE {} SET number = 'x'", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_register_is_append_only_in_the_database(ruling, li, table, act):
    rulings.decided_under(ruling=ruling, number="C-1", by=_reviewer(li), on=ON)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(act.format(table))


def _reviewer(user):
    from core.models import StaffRole, User

    role = StaffRole.objects.get(user=user)
    other = User.objects.create(username="reviewer")
    StaffRole.objects.create(user=other, office=role.office, role=Role.REVIEWER, since=date(2020, 1, 1))
    return other
