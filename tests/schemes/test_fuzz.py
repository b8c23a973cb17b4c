"""Whatever a request holds, a quote answers: with a result, or with an error that names its path."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemes.quotes import quote
from schemes.rules import cases, facts
from schemes.rules.quote import ASKS
from tests.schemes.support import ask, ask_chain, document, loaded, shipped

SCHEMES = sorted({loaded(path).document.scheme for path in shipped()})
ERRORS = {"bill_inconsistent", "unknown_field", "figure_missing", "no_document", "bad_amount", "bad_date"}
NAMES = sorted(
    {
        info.alias or name
        for model in vars(facts).values()
        if isinstance(model, type) and issubclass(model, facts.Facts)
        for name, info in model.model_fields.items()
    }
)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 10**9), st.floats(allow_nan=True), st.text(max_size=6),
    st.sampled_from(["0.00", "800.01", "999999999999.99", "30%", "2022-02-28", "9999-12-31", "1899-12-31",
                     "2022-05", "active", "retired", "flexible", "new_form", "inpatient", "approved",
                     "unapproved", "fraud", "review", "pay", "claim", "18", "17", "M", "F", "dibao",
                     "medical", "women", "with_account"]),
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)
    ),
    max_leaves=12,
)
requests = st.fixed_dictionaries(
    {"ask": st.sampled_from([*ASKS, "waterfall", "x"])},
    optional={"facts": st.dictionaries(st.sampled_from(NAMES), values, max_size=5), "on": scalars,
              "period": scalars},
)  # fmt: skip


def checked(found: dict[str, Any]) -> None:
    json.dumps(found, allow_nan=False)
    assert found["answer"].get("error") in {None, *ERRORS}
    if "error" in found["answer"]:
        assert found["answer"]["message"]


@settings(max_examples=400, deadline=None)
@given(requests, st.sampled_from(SCHEMES))
def test_any_request_is_answered(request: dict[str, Any], scheme: str) -> None:
    checked(quote({"scheme": scheme, **request}, document=document(scheme)))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_worked_case_with_one_value_changed_is_answered(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(shipped()))
    case = data.draw(st.sampled_from(cases.read(cases.file_of(path))))
    request = cases.request_of(json.loads(json.dumps(case)))
    here: Any = request["facts"]
    while True:
        keys = sorted(here) if isinstance(here, dict) else list(range(len(here)))
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        if isinstance(here[key], dict | list) and data.draw(st.booleans()):
            here = here[key]
            continue
        here[key] = data.draw(values)
        break
    checked(ask(loaded(path), request))


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(facts.ChainStay.model_fields)), scalars, max_size=6))
def test_any_slip_runs_down_a_chain_or_is_refused(stay: dict[str, Any]) -> None:
    request = {"scheme": "lianyungang", "on": "2022-06-01", "ask": "waterfall", "facts": {"stay": stay}}
    checked(ask_chain(request))
