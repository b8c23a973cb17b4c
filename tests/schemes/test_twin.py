"""The PostgreSQL form of the bands gives the same fen as the scalar core."""

from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemes.rules import bands
from tests.schemes.support import document

YUNNAN = document("yunnan-mutual-aid").document
EDGES = [0, 80_000, 113_334, 1_000_000, 1_034_286, 10_000_000, 50_000_000]
totals = st.lists(
    st.one_of(
        st.builds(lambda edge, off: max(edge + off, 0), st.sampled_from(EDGES), st.integers(-1, 1)),
        st.integers(0, 200_000_000),
    ),
    min_size=1, max_size=200,
)  # fmt: skip


def in_sql(expression: str, values: list[int]) -> list[int]:
    query = f"SELECT {expression} FROM unnest(%s::bigint[]) WITH ORDINALITY AS t(total, n) ORDER BY n"
    with connection.cursor() as cursor:
        cursor.execute(query, [values])
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(values=totals)
def test_sql_and_scalar_agree_on_every_population(values: list[int]) -> None:
    ready = YUNNAN.ready()
    assert in_sql(bands.sql(YUNNAN, "total"), values) == [ready.entitled(total) for total in values]


@pytest.mark.django_db
@pytest.mark.parametrize("scheme", ["chuxiong-large-expense", "lianyungang-supplementary"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=15)
@given(values=totals, near=st.lists(st.integers(-2, 2), max_size=20))
def test_documents_with_a_cap_agree_too(scheme: str, values: list[int], near: list[int]) -> None:
    other = document(scheme).document
    edges = [38_888_889, 100_000, 2_000_000, 4_928_571]
    values = values + [edge + off for edge in edges for off in near]
    assert in_sql(bands.sql(other, "total"), values) == [other.ready().entitled(total) for total in values]


@pytest.mark.django_db
def test_a_seeded_fault_in_the_statement_is_caught() -> None:
    values = [max(edge + off, 0) for edge in EDGES for off in (-1, 0, 1)]
    expected = [YUNNAN.ready().entitled(total) for total in values]
    right = bands.sql(YUNNAN, "total")
    for fault in ((" 80000", " 80001"), ("700000", "700001"), ("500000)", "499999)"),
                  ("10000000000", "9999000000"), ("50000000", "50000001")):  # fmt: skip
        wrong = right.replace(*fault)
        assert wrong != right
        assert in_sql(wrong, values) != expected


@pytest.mark.django_db
def test_a_seeded_fault_in_the_scalar_core_is_caught() -> None:
    values = [max(edge + off, 0) for edge in EDGES for off in (-1, 0, 1)]
    found = in_sql(bands.sql(YUNNAN, "total"), values)
    steps = YUNNAN.ready().steps or ()
    faulty = [step._replace(over=step.over + 1) if step.over == 80_000 else step for step in steps]
    assert [bands.entitled(tuple(faulty), total) for total in values] != found
