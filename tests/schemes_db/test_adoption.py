"""A new version: copied, edited, checked, proposed by one, adopted by another, withdrawn again."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from core.errors import Moved, NotAllowed
from core.models import Office, Role, StaffRole, User
from core.roles import system_user
from schemes import adoption
from schemes import shipped as shipping
from schemes.models import Period, PeriodState, SchemeVersion
from schemes.periods import move, open_period
from schemes.versions import NoDocument, Provisional, document_for, document_of, require_settled, standing
from tests.schemes_db.conftest import ON, YUNNAN
from tests.support.worked import worked

FOUR_THOUSAND = {
    "id": "forty",
    "scheme": YUNNAN,
    "period": "18",
    "ask": "benefit",
    "article": "第七条(一)",
    "facts": {"stays": [{"base": "5000.00"}]},
    "answer": {"total": "1680.00"},
}
NEW_CITY = """
scheme = "new-city"
name = "新市职工互助"
effective = 2023-01-01

[instrument]
title = "办法"
number = "新工发〔2022〕1号"
issuer = "新市总工会"
date = 2022-12-01

[gloss]
"第一条" = "每人每年100元。"

[[levy]]
kind = "per_head"
article = "第一条"
payer = "individual"
heads = ["active"]
amount = "100元"
"""


NEW_CITY_CASES = json.dumps(
    [
        {
            "id": "levy",
            "scheme": "new-city",
            "on": "2023-06-01",
            "ask": "levy",
            "article": "第一条",
            "facts": {"person": {"kind": "active"}},
            "answer": {"individual": "100.00"},
        }
    ]
)


def with_cases(shipped: SchemeVersion, text: str, *more: dict) -> str:
    """A case for each question as the text answers it, and more."""
    return json.dumps([*json.loads(worked(text, shipped.cases)), *more])


@pytest.fixture
def draft(shipped, better, li) -> SchemeVersion:
    cases = with_cases(shipped, better, FOUR_THOUSAND)
    return adoption.draft(scheme=YUNNAN, text=better, cases=cases, by=li, on=ON)


@pytest.fixture
def proposed(draft, li) -> SchemeVersion:
    checked, _found = adoption.record_check(version=draft, by=li, on=ON)
    return adoption.propose_adoption(version=checked, by=li, on=ON)


@pytest.fixture
def adopted(proposed, wang) -> SchemeVersion:
    return adoption.adopt(version=proposed, by=wang, on=ON)


def test_from_a_copy_to_the_version_in_force(shipped, better, li, wang):
    version = adoption.copy(version=shipped, by=li, on=ON)
    assert version.state == "draft"
    cases = with_cases(shipped, better, FOUR_THOUSAND)
    version = adoption.edit(version=version, text=better, cases=cases, by=li, on=ON)
    version, found = adoption.record_check(version=version, by=li, on=ON)
    assert (version.state, found.clean, {case.green for case in found.cases}) == ("checked", True, {True})
    assert document_for(YUNNAN, period="18").version == shipped
    version = adoption.propose_adoption(version=version, by=li, on=ON)
    version = adoption.adopt(version=version, by=wang, on=ON)
    assert (version.state, version.adopted_by, version.second_adopter) == ("adopted", li, wang)
    assert document_for(YUNNAN, period="18").version == version
    assert [standing(shipped), standing(version)] == ["superseded", "adopted"]
    before = version.adopted_at - timedelta(microseconds=1)
    assert document_for(YUNNAN, period="18", as_of=before).version == shipped
    assert standing(shipped, as_of=before) == "adopted"


def test_all_that_is_wrong_is_said_at_once(draft, li):
    text = draft.document.replace('pays = "70%"', 'pays = "75%"').replace("[routing]", "[routin]")
    text = text.replace('at_least = "100元"', 'at_least = "100%"\nat_most = "5元"')
    broken = adoption.edit(version=draft, text=text, by=li, on=ON)
    version, found = adoption.record_check(version=broken, by=li, on=ON)
    paths = [problem.path for problem in found.problems]
    assert version.state == "draft"
    assert "benefit.bands[0].at_least" in paths and "benefit.bands[0].at_most" in paths
    with pytest.raises(adoption.NotClean):
        adoption.propose_adoption(version=version, by=li, on=ON)


def test_a_text_that_is_no_toml_yet_can_be_kept_and_says_its_line(draft, li):
    version = adoption.edit(version=draft, text='scheme = "yunnan-mutual-aid\n', by=li, on=ON)
    assert version.effective_from == draft.effective_from
    (problem,) = adoption.check(version).problems
    assert problem.line == 1


def test_a_red_case_keeps_a_version_from_being_adopted(draft, li):
    wrong = {**FOUR_THOUSAND, "answer": {"total": "1260.00"}}
    cases = json.dumps([*json.loads(draft.cases), wrong])
    version = adoption.edit(version=draft, text=draft.document, cases=cases, by=li, on=ON)
    version, found = adoption.record_check(version=version, by=li, on=ON)
    assert (version.state, len(found.red), found.problems) == ("draft", 1, ())
    assert "1680.00" in found.red[0].differences[0]
    with pytest.raises(adoption.NotClean):
        adoption.propose_adoption(version=version, by=li, on=ON)


def test_a_version_without_worked_cases_is_never_adopted(shipped, better, li):
    """Nothing shows that it does what it should; the check names the questions that nobody worked."""
    version = adoption.draft(scheme=YUNNAN, text=better, by=li, on=ON)
    version, found = adoption.record_check(version=version, by=li, on=ON)
    assert (version.state, [problem.path for problem in found.problems]) == ("draft", ["cases"])
    assert "缴费（levy）" in str(found.problems[0]) and "还没有算例" in str(found.problems[0])
    with pytest.raises(adoption.NotClean):
        adoption.propose_adoption(version=version, by=li, on=ON)
    cases = json.loads(worked(better, shipped.cases))
    fewer = json.dumps([case for case in cases if case["ask"] != "quota"])
    version = adoption.edit(version=version, text=better, cases=fewer, by=li, on=ON)
    (problem,) = adoption.check(version).problems
    assert "quota" in str(problem) and "levy" not in str(problem)
    error = {
        "ask": "quota",
        "scheme": YUNNAN,
        "period": "18",
        "facts": {"x": 1},
        "answer": {"error": "unknown_field"},
    }
    version = adoption.edit(
        version=version, text=better, cases=json.dumps([*json.loads(fewer), error]), by=li, on=ON
    )
    assert adoption.check(version).problems, "a case that only expects an error works no question"
    version = adoption.edit(version=version, text=better, cases=json.dumps(cases), by=li, on=ON)
    assert adoption.record_check(version=version, by=li, on=ON)[1].clean


def test_every_shipped_version_could_be_adopted_by_an_office(db):
    for version in SchemeVersion.objects.filter(shipped=True):
        found = adoption.check(version)
        assert found.clean and found.cases, (version, found.problems, found.red)


@pytest.mark.parametrize("cases", ["{", "{}", "[1]", '[{"ask": "benefit"}]', "[" * 5000])
def test_cases_that_cannot_be_read_are_a_problem_and_no_crash(draft, li, cases):
    version = adoption.edit(version=draft, text=draft.document, cases=cases, by=li, on=ON)
    problems = adoption.check(version).problems
    assert problems and problems[0].path.startswith("cases")


@pytest.mark.parametrize("text", ["", " \n", "a\0b", "x" * 500_001])
def test_a_text_that_can_be_no_document_is_refused(li, text):
    with pytest.raises(adoption.NoText):
        adoption.draft(scheme=YUNNAN, text=text, by=li, on=ON)


def test_a_document_of_another_scheme_is_refused(better, li):
    with pytest.raises(adoption.OtherScheme):
        adoption.draft(scheme="another", text=better, by=li, on=ON)


def test_line_ends_of_a_browser_do_not_change_the_document(better, li):
    version = adoption.draft(scheme=YUNNAN, text=better.replace("\n", "\r\n"), by=li, on=ON)
    assert version.document == better


def test_the_text_in_force_is_not_adopted_again(shipped, li):
    version = adoption.copy(version=shipped, by=li, on=ON)
    assert adoption.check(version).problems


def test_a_new_city_needs_a_document_and_nothing_else(li, wang):
    version = adoption.draft(scheme="new-city", text=NEW_CITY, cases=NEW_CITY_CASES, by=li, on=ON)
    version, found = adoption.record_check(version=version, by=li, on=ON)
    assert found.clean, found.problems
    version = adoption.propose_adoption(version=version, by=li, on=ON)
    adoption.adopt(version=version, by=wang, on=ON)
    assert document_for("new-city", on=date(2023, 5, 1)).version == version
    year = open_period(scheme="new-city", code="2023", by=li, on=ON)
    assert (year.cover_from, year.cover_to) == (date(2023, 1, 1), date(2023, 12, 31))
    assert document_of(year).version == version


# --- two people --------------------------------------------------------------------------------------------


def test_who_proposed_cannot_adopt(proposed, li):
    with pytest.raises(adoption.SecondPerson):
        adoption.adopt(version=proposed, by=li, on=ON)


def test_what_nobody_proposed_cannot_be_adopted(draft, li, wang):
    checked, _found = adoption.record_check(version=draft, by=li, on=ON)
    with pytest.raises(adoption.NotProposed):
        adoption.adopt(version=checked, by=wang, on=ON)


def test_an_edit_after_the_proposal_takes_both_signatures_away(proposed, li, wang):
    version = adoption.edit(version=proposed, text=proposed.document + "\n", by=li, on=ON)
    assert (version.state, version.checked_by, version.proposed_by) == ("draft", None, None)
    with pytest.raises(Moved):
        adoption.adopt(version=proposed, by=wang, on=ON)
    with pytest.raises(adoption.NotProposed):
        adoption.adopt(version=version, by=wang, on=ON)


def test_two_editors_at_once_have_one_effect(draft, li, wang):
    adoption.edit(version=draft, text=draft.document + "\n# li\n", by=li, on=ON)
    with pytest.raises(Moved):
        adoption.edit(version=draft, text=draft.document + "\n# wang\n", by=wang, on=ON)


def test_adopting_twice_has_one_effect(proposed, wang, person):
    adoption.adopt(version=proposed, by=wang, on=ON)
    with pytest.raises(Moved):
        adoption.adopt(version=proposed, by=person("zhao"), on=ON)


def test_a_job_adopts_nothing(proposed):
    with pytest.raises(NotAllowed):
        adoption.adopt(version=proposed, by=system_user("night"), on=ON)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.POLICY])
def test_no_other_role_touches_a_version(role, person, draft, proposed, shipped, better):
    other = person("other", role)
    acts = [
        lambda: adoption.draft(scheme=YUNNAN, text=better, by=other, on=ON),
        lambda: adoption.copy(version=shipped, by=other, on=ON),
        lambda: adoption.edit(version=draft, text=better, by=other, on=ON),
        lambda: adoption.record_check(version=draft, by=other, on=ON),
        lambda: adoption.propose_adoption(version=proposed, by=other, on=ON),
        lambda: adoption.adopt(version=proposed, by=other, on=ON),
        lambda: adoption.withdraw(version=shipped, reason="x", by=other, on=ON),
    ]
    for act in acts:
        with pytest.raises(NotAllowed):
            act()


@pytest.mark.parametrize("role", list(Role))
def test_drafts_are_seen_by_those_who_write_and_audit_them(role, person, draft, shipped):
    seen = set(SchemeVersion.objects.visible_to(person("reader", role), on=ON))
    assert shipped in seen
    assert (draft in seen) == (role in {Role.POLICY, Role.AUDITOR})


# --- the database keeps it ---------------------------------------------------------------------------------


def refused_by_database(statement: str, *values: object) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
    except (IntegrityError, DatabaseError):
        return True
    return False


@pytest.mark.parametrize(
    "change",
    [
        "document = 'x'",
        "cases = '[1]'",
        "sha = 'x'",
        "effective_from = '2000-01-01'",
        "period_codes = '{99}'",
        "provisional = true",
        "adopted_at = now()",
        "state = 'draft', adopted_at = NULL, adopted_by_id = NULL",
        "withdrawal_reason = ''",
    ],
)
def test_an_adopted_version_is_immutable_in_the_database(adopted, change):
    before = SchemeVersion.objects.filter(pk=adopted.pk).values().get()
    changed_nothing = "withdrawal_reason" in change
    where = f"UPDATE schemes_schemeversion SET {change} WHERE id = %s"
    assert refused_by_database(where, adopted.pk) != changed_nothing
    assert SchemeVersion.objects.filter(pk=adopted.pk).values().get() == before


def test_an_adopted_version_is_not_deleted_and_the_table_not_emptied(adopted):
    assert refused_by_database("DELETE FROM schemes_schemeversion WHERE id = %s", adopted.pk)
    assert refused_by_database("TRUNCATE schemes_schemeversion CASCADE")


def test_the_database_wants_two_people(proposed, li):
    statement = """UPDATE schemes_schemeversion SET state = 'adopted', adopted_at = now(), adopted_by_id = %s,
        second_adopter_id = %s WHERE id = %s"""
    assert refused_by_database(statement, li.pk, li.pk, proposed.pk)
    assert refused_by_database(statement, li.pk, None, proposed.pk)


def test_the_database_wants_a_check_and_a_proposal(draft, li, wang):
    statement = """UPDATE schemes_schemeversion SET state = 'adopted', adopted_at = now(), adopted_by_id = %s,
        second_adopter_id = %s WHERE id = %s"""
    assert refused_by_database(statement, li.pk, wang.pk, draft.pk)


def test_a_withdrawn_version_is_final(adopted, li):
    gone = adoption.withdraw(version=adopted, reason="mistake", by=li, on=ON)
    statement = """UPDATE schemes_schemeversion SET state = 'adopted', withdrawn_at = NULL,
        withdrawn_by_id = NULL, withdrawal_reason = '' WHERE id = %s"""
    assert refused_by_database(statement, gone.pk)


# --- withdrawal, periods, provisional ----------------------------------------------------------------------


def test_after_a_withdrawal_the_earlier_version_stands_again(adopted, shipped, li):
    assert standing(shipped) == "superseded"
    moment = datetime.now(UTC)
    gone = adoption.withdraw(version=adopted, reason="The notice was recalled.", by=li, on=ON)
    assert (gone.state, gone.withdrawn_by, standing(shipped)) == ("withdrawn", li, "adopted")
    assert document_for(YUNNAN, period="18").version == shipped
    assert document_for(YUNNAN, period="18", as_of=moment).version == adopted


def test_a_withdrawal_needs_a_reason_and_an_adopted_version(adopted, draft, shipped, li):
    with pytest.raises(adoption.NeedsReason):
        adoption.withdraw(version=adopted, reason="  ", by=li, on=ON)
    other = adoption.copy(version=shipped, by=li, on=ON)
    with pytest.raises(Moved):
        adoption.withdraw(version=other, reason="x", by=li, on=ON)


def test_no_open_period_is_left_without_a_document(shipped, li):
    open_period(scheme=YUNNAN, code="18", by=li, on=ON)
    with pytest.raises(adoption.LeavesPeriodOpen) as refusal:
        adoption.withdraw(version=shipped, reason="x", by=li, on=ON)
    assert "18" in str(refusal.value)


def test_without_an_open_period_the_last_version_can_go(shipped, li):
    adoption.withdraw(version=shipped, reason="x", by=li, on=ON)
    with pytest.raises(NoDocument):
        document_for(YUNNAN, period="18")


def test_an_open_period_follows_the_version_that_changes_it(shipped, li, wang):
    period = open_period(scheme=YUNNAN, code="18", by=li, on=ON)
    text = shipped.document.replace("to = 2023-06-30", "to = 2023-07-31").replace(
        "2023年6月30日", "2023年7月31日"
    )
    assert text != shipped.document
    version = adoption.draft(scheme=YUNNAN, text=text, cases=worked(text, shipped.cases), by=li, on=ON)
    assert adoption.touched_periods(version) == [period]
    seen = adoption.preview(version)
    assert (seen.against, seen.periods) == (shipped, (period,))
    assert any(change.after == "2023-07-31" for change in seen.changes)
    version, _found = adoption.record_check(version=version, by=li, on=ON)
    version = adoption.propose_adoption(version=version, by=li, on=ON)
    version = adoption.adopt(version=version, by=wang, on=ON)
    period.refresh_from_db()
    assert (period.version, period.claim_to) == (version, date(2023, 7, 31))
    assert period.history.latest().history_user == wang
    assert adoption.touched_periods(version) == [period]
    assert adoption.touched_periods(shipped) == []
    adoption.withdraw(version=version, reason="recalled", by=li, on=ON)
    period.refresh_from_db()
    assert (period.version, period.claim_to) == (shipped, date(2023, 6, 30))


def test_a_closed_period_is_not_touched(draft, li):
    period = open_period(scheme=YUNNAN, code="18", by=li, on=ON)
    for to in (PeriodState.FROZEN, PeriodState.CLAIMING, PeriodState.CLOSED):
        move(period=period, to=to, by=li, on=ON)
    assert adoption.touched_periods(draft) == []
    with pytest.raises(Moved):
        move(period=period, to=PeriodState.ENROLLING, by=li, on=ON)


def test_a_provisional_document_opens_no_period_outside_training(shipped, li, wang, settings):
    text = shipped.document.replace(
        'version_by = "discharge"', 'version_by = "discharge"\nprovisional = true', 1
    )
    version = adoption.draft(scheme=YUNNAN, text=text, cases=worked(text, shipped.cases), by=li, on=ON)
    assert version.provisional
    version, _found = adoption.record_check(version=version, by=li, on=ON)
    version = adoption.propose_adoption(version=version, by=li, on=ON)
    adoption.adopt(version=version, by=wang, on=ON)
    settings.TRAINING = False
    with pytest.raises(Provisional):
        open_period(scheme=YUNNAN, code="18", by=li, on=ON)
    assert document_for(YUNNAN, period="18").document.provisional
    settings.TRAINING = True
    assert open_period(scheme=YUNNAN, code="18", by=li, on=ON).provisional


def test_a_provisional_part_refuses_only_what_uses_it(shipped, li, wang, settings):
    text = shipped.document.replace('kind = "bands"', 'kind = "bands"\nprovisional = true', 1)
    version = adoption.draft(scheme=YUNNAN, text=text, cases=worked(text, shipped.cases), by=li, on=ON)
    version, found = adoption.record_check(version=version, by=li, on=ON)
    assert found.clean, found.problems
    version = adoption.propose_adoption(version=version, by=li, on=ON)
    adoption.adopt(version=version, by=wang, on=ON)
    settings.TRAINING = False
    loaded = document_for(YUNNAN, period="18")
    require_settled(loaded, "levy")
    with pytest.raises(Provisional) as refusal:
        require_settled(loaded, "levy", "benefit")
    assert "benefit" in str(refusal.value)


# --- what the release ships --------------------------------------------------------------------------------


def test_a_release_never_overrules_what_the_office_has_adopted(adopted, shipped, tmp_path, monkeypatch):
    folder = tmp_path / YUNNAN
    folder.mkdir()
    newer = shipped.document.replace("# 数字", "# 新版 数字", 1)
    (folder / "2022-01-01.toml").write_text(newer)
    monkeypatch.setattr(shipping, "FOLDER", tmp_path)
    (new,) = shipping.adopt_shipped()
    assert new.state == "draft"
    assert document_for(YUNNAN, period="18").version == adopted
    assert shipping.adopt_shipped() == []


def test_a_newer_release_supersedes_the_older_one_with_its_cases(shipped, li, tmp_path, monkeypatch):
    period = open_period(scheme=YUNNAN, code="18", by=li, on=ON)
    folder = tmp_path / YUNNAN
    folder.mkdir()
    (folder / "2022-01-01.toml").write_text(shipped.document.replace("# 数字", "# 新版 数字", 1))
    (folder / "2022-01-01.cases.json").write_text("[]\n")
    monkeypatch.setattr(shipping, "FOLDER", tmp_path)
    (new,) = shipping.adopt_shipped()
    assert (document_for(YUNNAN, period="18").version, new.cases) == (new, "[]\n")
    assert Period.objects.get(pk=period.pk).version == new


# --- at the same moment ---


def test_two_second_people_at_once_adopt_it_once(committed):
    li, wang, zhao = (_policy_person(name) for name in ("li", "wang", "zhao"))
    version = adoption.draft(scheme="new-city", text=NEW_CITY, cases=NEW_CITY_CASES, by=li, on=ON)
    version, _found = adoption.record_check(version=version, by=li, on=ON)
    proposed = adoption.propose_adoption(version=version, by=li, on=ON)
    results = committed.together(
        *(lambda by=by: adoption.adopt(version=proposed, by=by, on=ON) for by in (wang, zhao))
    )
    assert sorted(type(result).__name__ for result in results) == ["Moved", "SchemeVersion"]
    assert SchemeVersion.objects.get(pk=version.pk).second_adopter in {wang, zhao}


def _policy_person(name: str) -> User:
    center, _new = Office.objects.get_or_create(code="00", defaults={"name": "centre", "kind": "center"})
    user = User.objects.create(username=name)
    StaffRole.objects.create(user=user, office=center, role=Role.POLICY, since=date(2020, 1, 1))
    return user
