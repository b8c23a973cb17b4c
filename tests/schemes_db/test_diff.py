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


BANDS = """
[benefit]
article = "第七条"
[[benefit.bands]]
over = "800元"
to = "10000元"
pays = "30%"
article = "第七条(一)"
[[benefit.bands]]
over = "10000元"
to = "100000元"
pays = "70%"
article = "第七条(二)"
[[benefit.bands]]
over = "100000元"
to = "500000元"
pays = "100%"
article = "第七条(三)"
[gloss]
"第七条" = "分段。"
"""
INSERTED = """[[benefit.bands]]
over = "5000元"
to = "10000元"
pays = "50%"
article = "第七条(一之二)"
"""


def kinds(changes):
    return [(change.path, change.kind) for change in changes]


def test_a_band_put_in_between_is_one_new_band():
    """The bands behind it are the same bands; only where the one before ends has moved."""
    head, mark, rest = BANDS.partition('[[benefit.bands]]\nover = "10000元"')
    new = head.replace('to = "10000元"', 'to = "5000元"') + INSERTED + mark + rest
    assert kinds(diff(BANDS, new)) == [
        ("benefit.bands[0].to", "changed"),
        *((f"benefit.bands[1].{key}", "added") for key in ("over", "to", "pays", "article")),
    ]
    gone = kinds(diff(new, BANDS))
    assert gone == [
        ("benefit.bands[0].to", "changed"),
        *((f"benefit.bands[1].{key}", "removed") for key in ("over", "to", "pays", "article")),
    ]


def test_a_band_whose_edge_moved_is_the_same_band():
    moved = BANDS.replace('over = "800元"', 'over = "1000元"')
    (change,) = diff(BANDS, moved)
    assert (change.path, change.before, change.after) == ("benefit.bands[0].over", "800元", "1000元")
    assert change.gloss_before == change.gloss_after == "分段。"


def test_the_first_band_gone_and_a_last_one_new_are_no_change_of_one_band():
    first, _mark, rest = BANDS.partition('[[benefit.bands]]\nover = "10000元"')
    shorter = first.partition("[[benefit.bands]]")[0] + _mark + rest
    last = '[[benefit.bands]]\nover = "500000元"\nto = "900000元"\npays = "50%"\narticle = "第七条(四)"\n'
    new = shorter.replace("[gloss]", last + "[gloss]")
    assert {kind for _path, kind in kinds(diff(BANDS, new))} == {"added", "removed"}


def test_entries_without_a_name_of_their_own_keep_their_articles():
    old = '[[x]]\narticle = "甲"\nrate = "1%"\n[[x]]\narticle = "乙"\nrate = "2%"\n'
    new = '[[x]]\narticle = "新"\nrate = "9%"\n' + old
    assert kinds(diff(old, new)) == [("x[0].article", "added"), ("x[0].rate", "added")]
    assert diff(new, old)[0].kind == "removed"
    dearer = new.replace('rate = "1%"', 'rate = "3%"')
    assert ("x[1].rate", "changed") in kinds(diff(old, dearer))
