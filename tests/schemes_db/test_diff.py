"""Two versions side by side: every path that differs, both values, both glosses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemes import paths
from schemes.diff import diff


@pytest.mark.django_db
def test_a_changed_rate_shows_both_values_and_both_glosses(shipped, better):
    changes = {change.path: change for change in diff(shipped.document, better)}
    assert set(changes) == {"benefit.bands[0].pays", "gloss.第七条"}
    rate = changes["benefit.bands[0].pays"]
    assert (rate.kind, rate.before, rate.after) == ("changed", "30%", "40%")
    assert rate.article_before == rate.article_after == "第七条(一)"
    assert "10000元的部分补30%" in rate.gloss_before
    assert "10000元的部分补40%" in rate.gloss_after


OLD = """
[gloss]
"第一条" = "一"
"第二条" = "二"
[[exclusions]]
reason = "maternity"
article = "第一条"
[[exclusions]]
reason = "third_party"
article = "第一条"
"""
NEW = """
[gloss]
"第一条" = "一"
"第二条" = "二"
[[exclusions]]
reason = "fraud"
article = "第二条"
[[exclusions]]
reason = "third_party"
article = "第二条"
"""


def test_entries_are_known_again_wherever_they_stand():
    found = [(c.path, c.kind, c.before, c.after) for c in diff(OLD, NEW)]
    assert found == [
        ("exclusions[0].reason", "added", None, "fraud"),
        ("exclusions[0].article", "added", None, "第二条"),
        ("exclusions[1].article", "changed", "第一条", "第二条"),
        ("exclusions[0].reason", "removed", "maternity", None),
        ("exclusions[0].article", "removed", "第一条", None),
    ]


def test_what_moved_to_another_article_names_both():
    moved = diff(OLD, NEW)[2]
    assert (moved.article_before, moved.article_after) == ("第一条", "第二条")
    assert (moved.gloss_before, moved.gloss_after) == ("一", "二")


def test_a_text_that_is_no_toml_yet_differs_in_everything():
    assert {change.kind for change in diff(OLD, "[")} == {"removed"}


def test_true_is_not_one():
    (change,) = diff("a = true", "a = 1")
    assert (change.before, change.after) == ("true", "1")


leaf = st.integers() | st.booleans() | st.sampled_from(["800元", "30%", ""])
tables = st.dictionaries(st.sampled_from("abc"), leaf | st.lists(leaf, max_size=2), max_size=3)
documents = st.dictionaries(st.sampled_from("abc"), leaf | tables | st.lists(tables, max_size=3), max_size=3)


@given(documents)
def test_every_leaf_is_found_again_by_its_path(data):
    for path, value in paths.leaves(data):
        if path:
            assert paths.holds(data, path)
            assert paths.value_at(data, path) == value


@given(documents)
def test_no_path_leads_beside_the_document(data):
    assert not paths.holds(data, "zz")
    assert not paths.holds(data, "a[99].b")
    assert not paths.holds(data, "")
