"""The calculator and the editor in a real browser: by keyboard, without script, on a phone, under axe."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from schemes import adoption
from schemes.models import SchemeVersion
from tests.site.test_browser import PASSWORD, SERIOUS, log_in

YUNNAN = "yunnan-mutual-aid/18"
ANSWERED = {
    "two kinds of facts": (YUNNAN, "benefit", {"stays-0-base": "9000"}),
    "an error": (YUNNAN, "benefit", {"stays-0-base": "many"}),
    "a verdict with reasons": (YUNNAN, "quota", {"active_insured": "100", "active_joining": "59"}),
    "groups to tick": ("guangxi-medical-assistance", "benefit", {"stays-0-base": "100"}),
    "provisional figures": ("lianyungang-basic", "benefit", {"stays-0-base": "9000"}),
    "rows of payments": ("lianyungang-basic", "late_fee", {"arrears": "100", "due": "2022-03-31"}),
    "a sum per share": ("municipal-mutual-plans", "event", {"event-units": "3"}),
    "a chain": (
        "chain:chuxiong",
        "waterfall",
        {"stay-bill-total": "20000", "stay-bill-basic_paid": "9000", "stay-discharged": "2023-02-01"},
    ),
    "the insurer's year": (
        "guangxi-critical-illness",
        "corridor",
        {"premium": "100", "claims": "90", "target": "5%"},
    ),
}


@pytest.fixture
def people(world: Any) -> Any:
    for name in ("agent", "policy"):
        world.people[name].set_password(PASSWORD)
        world.people[name].save()
    return world.people


def calculate(page: Any, choice: str, ask: str, facts: dict[str, str]) -> None:
    page.goto(f"/calculator/?choice={choice}&ask={ask}")
    for name, value in facts.items():
        page.fill(f"[name='{name}']", value)
    page.click("main form[method=post] button[type=submit]:not([name])")
    page.wait_for_selector("#answer .card, #answer .error-summary")


def test_every_kind_of_answer_passes_axe_and_does_not_scroll_sideways(people: Any, open_page: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page, axe, wrong = open_page(viewport={"width": 360, "height": 740}), Axe(), []
    log_in(page, "agent")
    for name, asked in ANSWERED.items():
        calculate(page, *asked)
        wrong += [
            (name, each["id"], each["nodes"][0]["html"][:160])
            for each in axe.run(page).response["violations"]
            if each["impact"] in SERIOUS
        ]
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            wrong.append((name, "scrolls sideways", wide))
    assert wrong == []


def test_the_calculator_works_by_keyboard_alone(people: Any, page: Any) -> None:
    log_in(page, "agent")
    page.goto(f"/calculator/?choice={YUNNAN}&ask=route")
    for _press in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "amount":
            break
    page.keyboard.type("3000.01")
    page.keyboard.press("Enter")
    page.wait_for_selector("#answer .big:has-text('办事处')")


def test_the_calculator_works_without_script(people: Any, open_page: Any) -> None:
    page = open_page(java_script_enabled=False)
    log_in(page, "agent")
    calculate(page, YUNNAN, "benefit", {"stays-0-base": "5000"})
    page.click("main button[name=more]")
    page.fill("[name='stays-1-base']", "6000")
    page.click("main form[method=post] button[type=submit]:not([name])")
    page.wait_for_selector("#answer .big:has-text('3,460.00')")


def test_the_answer_follows_what_is_typed(people: Any, page: Any) -> None:
    log_in(page, "agent")
    page.goto(f"/calculator/?choice={YUNNAN}&ask=benefit")
    page.fill("[name='stays-0-base']", "9000")
    page.wait_for_selector("#answer .big:has-text('2,460.00')")
    page.fill("[name='stays-0-base']", "5000")
    page.wait_for_selector("#answer .big:has-text('1,260.00')")


def test_line_numbers_stay_beside_lines_that_are_added(people: Any, page: Any) -> None:
    shipped = SchemeVersion.objects.get(scheme__code="yunnan-mutual-aid", period_codes=["18"])
    draft = adoption.draft(
        scheme="yunnan-mutual-aid",
        text=shipped.document.replace('shares = "1份"', 'shares = "1元"'),
        by=people["policy"],
        on=shipped.effective_from,
    )
    log_in(page, "policy")
    page.goto(reverse("policy-edit", args=[draft.pk]))
    lines = page.evaluate("document.querySelector('#id_text').value.split('\\n').length")
    wrong = page.locator(".gutter .wrong-line").first
    number = int(wrong.get_attribute("id").removeprefix("line-"))
    shown = page.locator(".beside li").nth(number - 1)
    assert "1元" in shown.inner_text()
    assert abs(wrong.bounding_box()["y"] - shown.bounding_box()["y"]) < 1
    page.click("#id_text")
    page.keyboard.press("Control+Home")
    page.keyboard.insert_text("# 说明\n" * 120)
    found = page.evaluate(
        """() => {
            const text = document.querySelector('#id_text'), gutter = document.querySelector('.gutter');
            const style = getComputedStyle(text), high = parseFloat(style.lineHeight);
            const count = text.value.split('\\n').length;
            return {
                hidden: text.scrollHeight - text.clientHeight, scrolled: text.scrollTop, count,
                line: text.getBoundingClientRect().top + parseFloat(style.paddingTop) + (count - 1) * high,
                number: gutter.children[count - 1].getBoundingClientRect().top,
                bottom: gutter.getBoundingClientRect().bottom,
            };
        }"""
    )
    assert found["count"] == lines + 120 and found["hidden"] <= 1 and found["scrolled"] == 0
    assert abs(found["line"] - found["number"]) < 2 and found["number"] < found["bottom"]
