"""Two people at their browsers: an agent files a claim, a reviewer approves it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from schemes.models import SchemeVersion

PASSWORD = "a long enough word"


def log_in(page: Any, name: str) -> None:
    page.goto("/login/")
    page.fill("#id_username", name)
    page.fill("#id_password", PASSWORD)
    page.click("main button[type=submit]")


def test_an_agent_files_a_claim_and_a_reviewer_approves_it(
    world: Any, page: Any, open_page: Any, tmp_path: Any
) -> None:
    from claims.models import Claim, PaperKind
    from tests.site.world import PNG

    for name in ("agent", "clerk"):
        world.people[name].set_password(PASSWORD)
        world.people[name].save()
    log_in(page, "agent")
    page.click(f"a[href*='{world.draft.number}']")
    page.click("text=继续填写")
    page.click("text=住院情况")
    page.fill("#id_settlement_number", "YN-BROWSER-1")
    page.fill("#id_hospital", "楚雄州人民医院")
    page.fill("#id_admitted", "2022-05-01")
    page.fill("#id_discharged", "2022-05-12")
    page.click("text=保存并继续")
    page.click("a:text-is('费用')")
    page.fill("#id_total", "9000")
    page.fill("#id_basic_paid", "3000")
    page.fill("#id_cash_paid", "6000")
    page.locator("#id_cash_paid").blur()
    page.wait_for_selector("#live .big:has-text('1,560.00')")
    page.click("text=保存并继续")
    page.click("text=申请资料")
    for kind in PaperKind.objects.filter(required=True):
        paper = tmp_path / f"{kind.code}.png"
        paper.write_bytes(PNG + kind.code.encode())
        page.select_option("#id_kind", str(kind.pk))
        page.set_input_files("#id_file", str(paper))
        page.click("main button:text-is('上传')")
    page.click("text=返回任务清单")
    page.click("text=核对并提交")
    page.click("button:text-is('提交申请')")
    page.wait_for_selector(".receipt .number")
    assert world.draft.number in page.inner_text(".receipt")

    other = open_page()
    log_in(other, "clerk")
    other.goto("/inbox/")
    other.click(f"a:text-is('{world.draft.number}')")
    other.click("text=同意…")
    other.click("button:text-is('同意')")
    other.wait_for_selector(".message.success")
    assert Claim.objects.get(number=world.draft.number).state == "approved"


SERIOUS = {"serious", "critical"}
NUMBERED = Callable[[Any], list[str]]
LOOKED_AT: dict[str, tuple[list[str], NUMBERED]] = {
    "clerk": (
        ["/admin/", "/inbox/", "/claims/", "/claims/new/", "/calculator/",
         "/calculator/?choice=chain:chuxiong", "/calculator/?choice=lianyungang-basic&ask=levy", "/rosters/",
         "/books/", "/books/proof/", "/runs/", "/receipts/", "/receipts/summaries/",
         "/policy/", "/password/", "/admin/enrollment/member/"],
        lambda world: [
            reverse("claim", args=[world.claim.number]),
            reverse("claim-decide", args=[world.claim.number, "reject"]),
            reverse("paper", args=[world.paper.pk]),
            reverse("run", args=[world.run.pk]),
            reverse("roster-return", args=[world.roster.pk]),
        ],
    ),
    "agent": (
        ["/portal/", "/claims/", "/claims/new/", "/runs/", "/receipts/"],
        lambda world: [
            reverse("roster", args=[world.region.unit.pk, f"{world.region.period.scheme.code}_18"]),
            reverse("roster-submit", args=[world.roster.pk]),
            reverse("roster-form", args=[world.roster.pk]),
            *(reverse(name, args=[world.draft.number]) for name in (
                "claim-tasks", "claim-papers", "claim-check")),
            *(reverse("claim-page", args=[world.draft.number, name]) for name in ("stay", "costs", "card")),
            reverse("claim", args=[world.claim.number]),
        ],
    ),
    "accountant": (
        ["/admin/", "/payments/", "/receipts/", "/receipts/summaries/", "/books/", "/books/vouchers/",
         "/books/proof/", "/runs/"],
        lambda world: [
            reverse("batch", args=[world.batch.pk]),
            reverse("batch-act", args=[world.batch.pk, "release"]),
            reverse("voucher", args=[world.voucher.pk]),
            reverse("summary", args=[world.summary.pk]),
        ],
    ),
    "policy": (
        ["/admin/", "/policy/", "/policy/new/", "/policy/figures/", "/policy/simulations/", "/runs/"],
        lambda world: [
            *(reverse(name, args=[world.region.period.scheme.code]) for name in (
                "policy-scheme", "policy-figures-of")),
            *(reverse(name, args=[SchemeVersion.objects.filter(
                scheme=world.region.period.scheme).order_by("pk")[0].pk])
              for name in ("policy-version", "policy-text", "policy-compare", "policy-copy",
                           "policy-withdraw")),
        ],
    ),
    "officer": (["/settlements/"], lambda world: []),
    "operator": (
        ["/admin/", "/today/", "/runs/", "/admin/core/user/", "/admin/core/office/"], lambda world: []
    ),
}  # fmt: skip


@pytest.mark.parametrize("who", LOOKED_AT)
def test_axe_finds_nothing_serious_and_nothing_scrolls_sideways_on_a_phone(
    world: Any, open_page: Any, who: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    world.people[who].set_password(PASSWORD)
    world.people[who].save()
    page, axe, wrong = open_page(viewport={"width": 360, "height": 740}), Axe(), []
    log_in(page, who)
    pages, more = LOOKED_AT[who]
    for address in (*pages, *more(world)):
        answer = page.goto(address)
        if answer.status != 200:
            wrong.append((address, "status", answer.status))
        for each in axe.run(page).response["violations"]:
            if each["impact"] in SERIOUS:
                wrong.append((address, each["id"], each["nodes"][0]["html"][:160]))
        page.evaluate("for (const menu of document.querySelectorAll('header details')) menu.open = true")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0 and not address.startswith("/admin/core/") and not address.startswith("/admin/enr"):
            wrong.append((address, "scrolls sideways", wide))
    assert wrong == []
