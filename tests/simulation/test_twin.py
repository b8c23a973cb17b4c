"""A population in SQL and the same people by the scalar core: the same fen, and a fault in either is seen."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from claims import account, population
from claims.account import Entry
from claims.coverage import Answer
from claims.models import Claim, ClaimState
from schemes.rules import benefit, columns
from schemes.rules.document import Document, load
from schemes.rules.errors import RuleError
from schemes.rules.stay import Stay
from tests.schemes.support import DOCUMENTS, document
from tests.simulation.populations import EDGES, Fact, facts, of, result_of

YUNNAN = document("yunnan-mutual-aid").document
TEXT = (DOCUMENTS / "yunnan-mutual-aid" / "2022-01-01.toml").read_text()
RELAXED = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30
)


def by_scalar(rule: Document, made: list[Fact]) -> dict[int, tuple]:
    """Each account settled as `claims.adjudication` settles it."""
    found: dict[int, tuple] = {}
    for member in sorted({fact.member for fact in made}):
        entries = []
        for fact in (each for each in made if each.member == member):
            try:
                benefit.base_for(rule, fact.stay)
            except RuleError:
                found[fact.claim] = (0, None, 0, "", False, True)
                continue
            state = ClaimState.APPROVED if fact.accepted else ClaimState.REVIEW
            cover = Answer(True) if fact.covered else Answer(False, reason="not_covered")
            entries.append(Entry(Claim(pk=fact.claim, state=state), fact.stay, cover, fact.place))
        for each in account.settle(rule, entries):
            before = each.before if each.counts else None
            found[each.entry.claim.pk] = (each.base, before, each.amount, each.level, each.counts, False)
    return found


def same(rule: Document, made: list[Fact]) -> bool:
    in_sql = result_of(rule, of(made))
    return in_sql == by_scalar(rule, made)


def at_the_edges() -> list[Fact]:
    """Around each edge: stays of people of whom nothing, one of two, or the only one is accepted."""
    made = []
    for member, (edge, off) in enumerate([(edge, off) for edge in EDGES for off in (-1, 0, 1)], 1):
        base = max(edge + off, 0)
        bill = {"total": base + 1, "self_funded": 1, "cash_paid": base + 1}
        made += [
            Fact(2 * member, member, None, False, True, Stay(bill=bill)),
            Fact(2 * member + 1, member, None, True, True, Stay(bill={"total": 90_000, "cash_paid": 90_000})),
            Fact(2_000 + 2 * member, 2_000 + member, None, False, True, Stay(bill=bill)),
            Fact(2_001 + 2 * member, 2_000 + member, None, False, True, Stay(bill=bill)),
            Fact(1_000 + member, 1_000 + member, None, False, True, Stay(bill=bill)),
        ]
    return made


@pytest.mark.django_db
@RELAXED
@given(made=facts())
def test_every_account_is_settled_to_the_same_fen_in_both_forms(made: list[Fact]) -> None:
    in_sql = result_of(YUNNAN, of(made))
    assert in_sql == by_scalar(YUNNAN, made)


@pytest.mark.django_db
@RELAXED
@given(made=facts())
def test_what_an_account_pays_is_what_its_counted_base_entitles_to(made: list[Fact]) -> None:
    found = result_of(YUNNAN, of(made))
    for member in {fact.member for fact in made}:
        mine = [found[fact.claim] for fact in made if fact.member == member]
        counted = sum(row[0] for row in mine if row[4])
        assert sum(row[2] for row in mine) == YUNNAN.ready().entitled(counted)


@pytest.mark.django_db
@RELAXED
@given(made=facts())
def test_the_scalar_core_in_chunks_writes_the_same_rows(made: list[Fact]) -> None:
    walked = {
        one.row.claim: (one.base, one.before, one.amount, one.level, one.counts, one.faulty)
        for one in population.walk(
            YUNNAN, population.rows_of(of(made), sorted({fact.member for fact in made}))
        )
    }
    assert walked == result_of(YUNNAN, of(made))


@pytest.mark.django_db
def test_a_stay_that_pays_nothing_counts_from_its_acceptance_on() -> None:
    small, later = (
        Stay(bill={"total": 50_000, "cash_paid": 50_000}),
        Stay(bill={"total": 50_000, "cash_paid": 50_000}),
    )
    waiting = [Fact(1, 1, None, False, True, small), Fact(2, 1, None, False, True, later)]
    accepted = [Fact(1, 1, 1, True, True, small), Fact(2, 1, None, False, True, later)]
    assert [row[2] for row in result_of(YUNNAN, of(waiting)).values()] == [0, 0]
    assert [result_of(YUNNAN, of(accepted))[claim][2] for claim in (1, 2)] == [0, 10_000]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fault",
    [(" 80000", " 80001"), ("700000", "700001"), ("+ 500000)", "+ 499999)"), ("10000000000", "9999000000"),
     ("f.self_funded", "0"), ("f.total + 5", "f.total - 9999999"), ("AND 1 PRECEDING", "AND CURRENT ROW"),
     ("amount > 0 OR accepts,", "TRUE,"), ("'agency'", "'office'")],
)  # fmt: skip
def test_a_seeded_fault_in_the_statement_is_seen(monkeypatch, fault: tuple[str, str]) -> None:
    made = at_the_edges()
    assert same(YUNNAN, made)
    right = population.first_pass_sql
    wrong = right(YUNNAN, of(made).select).replace(*fault)
    assert wrong != right(YUNNAN, of(made).select)
    monkeypatch.setattr(
        population, "first_pass_sql", lambda document, facts: right(document, facts).replace(*fault)
    )
    assert not same(YUNNAN, made)


@pytest.mark.django_db
def test_a_seeded_fault_in_the_walk_of_the_open_accounts_is_seen(monkeypatch) -> None:
    right, made = population.second_pass_sql, at_the_edges()
    monkeypatch.setattr(
        population,
        "second_pass_sql",
        lambda document, table: right(document, table).replace(
            "WHEN p.amount > 0 THEN", "WHEN p.amount >= 0 THEN"
        ),
    )
    assert not same(YUNNAN, made)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("was", "is_now"), [("800元", "800.01元"), ('"70%"', '"70.01%"'), ('"100元"', '"99.99元"')]
)
def test_a_seeded_fault_in_the_scalar_cores_document_is_seen(was: str, is_now: str) -> None:
    made = at_the_edges()
    faulty = load(TEXT.replace(was, is_now).replace(was.strip('"'), is_now.strip('"')).encode())
    in_sql = result_of(YUNNAN, of(made))
    assert in_sql != by_scalar(faulty, made)


def test_documents_without_a_column_form_say_so() -> None:
    assert columns.has_form(YUNNAN)
    assert not columns.has_form(document("guangxi-medical-assistance").document)
